"""A guard that looks, on the screen: said before, while it looks, and afterwards."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.run.events.step_events import StepPassedOver
from mobius_tui.run.intents.step_intents import StartStep
from mobius_tui.runbook.library.loader import load
from tests.tui.runs import MadeRun, Time, hosted, opened, press, until, words

BOOK = """format = 2
[runbook]
title = "Looks"
[[step]]
id = "a"
title = "Promote"
when.check.port = { at = "db-1:5432", closed = true }
run = "touch x"
undo = "none: x"
[[step]]
id = "b"
title = "Look"
run = "ls"
"""


async def test_it_is_said_what_is_looked_at_and_what_was_seen(tmp_path: Path) -> None:
    path, time = tmp_path / "looks.toml", Time()
    path.write_text(BOOK)
    run = MadeRun(tmp_path / "runs", load(path), values={})
    seen = "port check: db-1:5432 is open"
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        host.answers.clear()
        host.says = f"1.1 Promote does not apply: {seen}"
        passed = StepPassedOver(step="a", reason=seen, looked=True)
        host.acts[StartStep] = lambda: run.write(passed)
        await press(pilot, time, "enter")
        assert "db-1:5432 closed, looked at when it begins" in words(pilot)
        await press(pilot, time, "enter")
        await until(pilot, lambda: host.intents)
        looks = "The host looks whether 1.1 Promote applies."
        await until(pilot, lambda: looks in words(pilot))
        host.answers.set()
        await until(pilot, lambda: "1.1 Promote does not apply" in words(pilot))
        await until(pilot, lambda: "Enter ▸ Run 1.2 Look" in words(pilot))
