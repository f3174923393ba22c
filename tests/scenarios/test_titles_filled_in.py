"""`${name}` in titles and reasons: the value, wherever a run is told of or shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.run.events.run_events import PhaseEntered, VariableSet
from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.library.loader import load
from tests.program import program
from tests.tui.looks import text
from tests.tui.runs import MadeRun, Time, hosted, opened, press, settled

HOSTILE = "so[b]uth\x1b]0;x\x07 **bold** ${other}"
"""Markup, a terminal's sequence, Markdown and a name."""
SHOWN = "so[b]uth␛]0;x␇ **bold** ${other}"

BOOK = """
format = 2

[runbook]
id = "moved"
title = "Move ${site}"

[var]
site = { ask = true }
other = { default = "OTHER" }
found = { default = "before" }

[[message]]
id = "word"
title = "Moving ${site}"
body = "We move ${site}, not ${other}."

[[phase]]
title = "Look at ${site}"
why = "Because of ${site} and nothing else"

[[phase.step]]
id = "look"
title = "See ${site}"
why = "It is ${site}"
run = 'echo "$site $other"; printf "found=node-7\\nlater=soon\\n" >> "$RUNBOOK_OUTPUT"'
outputs = ["found", "later"]
effect = "read"

[[phase.step]]
id = "each"
title = "Ping ${item} of ${site}"
for_each = ["a", "b ${other}"]
run = 'echo "$item"'

[[phase.step]]
id = "drain"
title = "Drain ${found}"
why = "${found} is broken"
run = 'echo "$found" > drained'
undo = { run = 'rm drained' }
timeout = "1m"

[[phase.step]]
id = "later"
title = "Wait for ${later}"
run = 'echo "$later"'

[[phase]]
title = "Aside for ${site}"
why = "Where ${site} is lost"
aside = true

[[phase.step]]
id = "ask"
title = "Ask of ${site}"
why = "Only ${site} knows"
manual = "Look at ${site}."
ask = { var = "answer", title = "What does ${site} say?" }
links = [{ title = "Page of ${site}", url = "https://example.org/${other}" }]

[[phase.step]]
id = "way"
title = "Which way for ${site}?"
why = "There are two for ${site}"

[phase.step.choose]
var = "way"
option = [
  { value = "a", title = "Leave ${site}", why = "it is ${site}" },
  { value = "b", title = "Keep ${site}" },
]

[[phase.step]]
id = "tell"
title = "Tell of ${site}"
message = "word"
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "moved.toml"
    path.write_text(BOOK)
    return path


def assert_filled_in(words: str) -> None:
    """No name is left in a text but that in the hostile value, and the scripts'."""
    assert "${site}" not in words
    assert "${found}" not in words
    assert "OTHER}" not in words


def test_in_lines_and_reports(book: Path) -> None:
    given = ("--var", f"site={HOSTILE}")
    dry = program("run", str(book), "--dry-run", *given)
    assert_filled_in(dry.stdout)
    assert "Wait for ‹later›" in dry.stdout
    assert f"1.1 See {SHOWN}" in dry.stdout
    assert f"why    It is {SHOWN}" in dry.stdout
    assert f"asks   What does {SHOWN} say?" in dry.stdout
    run = program("run", str(book), "--auto", "--plain", *given)
    assert_filled_in(run.stdout)
    assert f"Move {SHOWN}" in run.stdout
    assert f"started: 1.1 See {SHOWN}" in run.stdout
    assert f"why Look at {SHOWN}: Because of {SHOWN} and nothing else" in run.stdout
    assert f"started: 1.2.2 Ping b ${{other}} of {SHOWN}" in run.stdout
    assert "started: 1.3 Drain node-7" in run.stdout
    assert "started: 1.4 Wait for soon" in run.stdout
    assert f"Move {SHOWN}" in program("runs").stdout
    assert "Wait for ‹later›" in program("stats", str(book)).stdout
    for form in ("md", "html", "json", "junit"):
        report = program("report", "--format", form).stdout
        assert_filled_in(report.replace('echo "$site', ""))
        assert "Drain node-7" in report
    undone = program("undo", "moved", "--yes")
    assert_filled_in(undone.stdout)
    assert "Drain node-7" in undone.stdout


async def test_on_screens(book: Path, tmp_path: Path) -> None:
    """Every row with its details, whatever the cursor is on."""
    run = MadeRun(tmp_path / "runs", load(book), values={"site": "no[b]rth"})
    run.write(StepStarted(step="look", attempt=1))
    run.write(StepEnded(step="look", attempt=1, result=Status.PASSED, exit=0))
    run.write(PhaseEntered(phase="aside-for-site", reason="it is lost"))
    time, seen = Time(run.at), ""
    page = opened(run, time=time, size=(140, 50))
    async with hosted(run), page as (_, pilot):
        await press(pilot, time, "home")
        for _ in range(12):
            await settled(pilot)
            seen += text(pilot)
            await press(pilot, time, "down")
    assert "${" not in seen.replace("${other}", "")
    for words in (
        "Look at no[b]rth",
        "1.1 See no[b]rth",
        "It is no[b]rth",
        "Because of no[b]rth and nothing else",
        "1.4 Wait for ‹later›",
        "What does no[b]rth say?",
        "Page of no[b]rth",
        "Leave no[b]rth  it is no[b]rth",
    ):
        assert words in seen


def test_what_undoes_a_step_names_what_that_step_was_given(
    book: Path, tmp_path: Path
) -> None:
    run = MadeRun(tmp_path / "runs", load(book), values={"found": "node-1"})
    run.write(StepStarted(step="drain", attempt=1, reads=("found",)))
    run.write(StepEnded(step="drain", attempt=1, result=Status.PASSED, exit=0))
    run.write(VariableSet(name="found", value="node-2", source="answer"))
    plan = Follower(run.directory).plan
    assert plan.name("drain") == "1.3 Drain node-2"
    assert plan.name("undo-drain").endswith("Drain node-1")


def test_a_long_value_is_cut_and_no_clock_is_told(
    tmp_path: Path,
) -> None:
    run = MadeRun(tmp_path / "runs", load(write(tmp_path, LONG)), values={})
    run.write(VariableSet(name="long", value="x" * 300, source="begin"))
    run.write(VariableSet(name="many", value="a\nb\nc", source="begin"))
    plan = Follower(run.directory).plan
    assert plan.name("a") == f"1.1 See {'x' * 79}…"
    assert plan.name("b") == "1.2 See a, b, c at ${literally} ‹now›"
    assert plan.at_start().name("a") == "1.1 See ‹long›"


LONG = """
format = 2
[runbook]
id = "long"
title = "Long"
[var]
long = { ask = true }
many = { ask = true, many = true }
[[step]]
id = "a"
title = "See ${long}"
run = 'echo "$long"'
[[step]]
id = "b"
title = "See ${many} at $${literally} ${now}"
run = 'echo "$many"'
"""


def write(tmp_path: Path, words: str) -> Path:
    path = tmp_path / "book.toml"
    path.write_text(words)
    return path
