"""What a run says that its runbook lacks: `diff` proposes it, `amend` writes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.cli import main
from mobius_tui.run.events.step_events import (
    Result,
    StepEnded,
    StepImprovised,
    StepStarted,
)
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.loader import load
from tests.tui.runs import MadeRun

BOOK = """\
format = 2
[runbook]
title = "Look after it"
# The first look.
[[step]]
id = "look"
run = "uptime"

# The second.
[[step]]
id = "again"
run = "df -h"
"""
COMMANDS: tuple[tuple[str, str | None, Result], ...] = (
    ("ls -l /srv\n# all of it", "look", Status.PASSED),
    ("free -m", "improvised--1", Status.PASSED),
    ("cat /nowhere", "again", Status.FAILED),
    ("id", None, Status.PASSED),
)


@pytest.fixture
def run(tmp_path: Path) -> MadeRun:
    """Four commands: one that passed, one after that, one that failed, one alone."""
    path = tmp_path / "look.toml"
    path.write_text(BOOK)
    made = MadeRun(runs_root(), load(path), values={})
    for number, (script, after, result) in enumerate(COMMANDS, 1):
        name = f"improvised--{number}"
        event = StepImprovised(
            step=name,
            script=script,
            title=script.split("\n")[0],
            effect="read",
            after=after,
            improviser="ana",
        )
        made.write(event, by="ana")
        made.write(StepStarted(step=name, attempt=1), by="ana")
        made.write(StepEnded(step=name, attempt=1, result=result), after=1)
    return made


def test_diff_says_what_was_improvised(
    run: MadeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", run.directory.id]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "improvised !1 by ana, after 1.1 uptime: passed",
        "    + ls -l /srv",
        "    + # all of it",
        "improvised !2 by ana, after 1.1 uptime: passed",
        "    + free -m",
        "improvised !3 by ana, after 1.2 df -h: failed",
        "    + cat /nowhere",
        "improvised !4 by ana, after no step: passed",
        "    + id",
    ]
    assert f"`mobius-tui amend {run.directory.id}` writes it" in said.err


def test_amend_shows_then_writes_what_passed(
    run: MadeRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "look.toml"
    assert main(["amend", run.directory.id]) == 0
    said = capsys.readouterr()
    assert "+free" not in said.out
    assert '+run = "free -m"' in said.out
    assert "!3 is left out (failed); --step names it" in said.err
    assert path.read_text() == BOOK
    other = tmp_path / "other.toml"
    assert main(["amend", run.directory.id, "--step", "!3", "-o", str(other)]) == 0
    assert [each.id for each in load(other).steps()] == ["look", "again", "cat-nowhere"]
    assert main(["amend", run.directory.id, "-o", str(other)]) == 2
    assert main(["amend", run.directory.id, "--write"]) == 0
    steps = [each.id for each in load(path).steps()]
    assert steps == ["look", "ls-l-srv", "free-m", "again"]
    assert "# The second.\n[[step]]" in path.read_text()
    assert 'id = "free' not in path.read_text()
    assert "2 steps more; look" in capsys.readouterr().out
    assert main(["amend", run.directory.id, "--write"]) == 2
    said = capsys.readouterr()
    assert "!2 is left out (the runbook has it as `free-m`)" in said.err
    assert f"{run.directory.id} is left to write" in said.err
    assert main(["diff", run.directory.id]) == 0
    said = capsys.readouterr()
    assert "after 1.1 uptime: passed; the runbook has it as `free-m`" in said.out
    assert "writes it into the runbook" not in said.err
    assert main(["amend", run.directory.id, "--step", "1"]) == 2
    assert "`look` has `ls-l-srv` behind it now" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--step", "9"], "--step 9: there are 1, 2, 3, 4"),
        (["--step", "4"], "it came after no step"),
        (["--write", "-o", "x"], "not allowed with argument"),
    ],
)
def test_what_cannot_be_written_is_refused(
    run: MadeRun, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(["amend", run.directory.id, *words])
    except SystemExit as error:
        code = int(str(error.code))
    assert code == 2
    assert said in capsys.readouterr().err
