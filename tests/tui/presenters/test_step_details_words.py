"""One fact is one sentence, in the details as in the lines of a plan."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.run.client.dry_run import dry_run_lines
from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.runbook.library.loader import load
from mobius_tui.tui.presenters.step_details import detail_fields
from mobius_tui.tui.screen_state import PhaseRow, RowKey, StepRow
from tests.tui.runs import MadeRun, view_of

BOOK = """format = 2
[runbook]
title = "Words"
[var.token]
secret = true
from_run = "true"
[var.name]
[health]
every = "5s"
[[health.probe]]
id = "api"
title = "API"
url = "http://127.0.0.1:1/health"
[[phase]]
id = "one"
title = "One"
attended = true
[[phase.step]]
id = "read"
title = "Read"
run = "echo $name"
effect = "read"
secrets = { TOKEN = "token" }
[[phase.step]]
id = "look"
title = "Look"
run = "htop"
tty = true
effect = "read"
[[phase.step]]
id = "pick"
title = "Pick"
choose = { var = "pod", from = { run = "ls" } }
[[phase.step]]
id = "wait"
title = "Wait"
watch = { for = "10m" }
[[phase]]
id = "recover"
title = "Recover"
aside = true
instead_of = ["one"]
[[phase.step]]
id = "tell"
title = "Tell"
manual = "Tell them."
"""
SAID: tuple[tuple[RowKey, str, str], ...] = (
    (PhaseRow("one"), "only", "a person starts its steps, each for itself"),
    (
        PhaseRow("recover"),
        "instead",
        "of 1 One: what is pending there does not apply once it begins",
    ),
    (StepRow("look"), "tty", "it gets a terminal to itself, and nothing of that is"),
    (StepRow("pick"), "choose", "one of those that `ls` lists"),
    (StepRow("wait"), "do", "watch health for 10m"),
    (StepRow("read"), "with", "name=(no value yet)"),
    (StepRow("read"), "", "got by `true` when a step first needs it"),
)
"""What is told of a row, under which label, and in which words."""


def test_a_fact_is_told_in_the_same_words(tmp_path: Path) -> None:
    path = tmp_path / "words.toml"
    path.write_text(BOOK)
    runbook = load(path)
    view = view_of(MadeRun(tmp_path / "runs", runbook, values={}))
    plan = "\n".join(
        dry_run_lines(prepare_briefing(runbook, given={}, workdir=tmp_path), now=0.0)
    )
    for key, label, sentence in SAID:
        told = [
            field.content.plain + field.value
            for field in detail_fields(view, key, compact=False)
            if field.label == label
        ]
        assert any(sentence in each for each in told), (key, told)
        assert sentence in plan, sentence
