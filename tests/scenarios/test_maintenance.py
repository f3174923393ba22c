"""Planned work: chosen by the runbook or by `--mode`, in the words of no incident."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mobius_tui.cli import main
from mobius_tui.review.formats.markdown_report import as_markdown
from mobius_tui.review.report_builder import build_report
from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.events.run_events import RunEnded
from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.events.watch_events import RollbackBegan, TriggerFired
from mobius_tui.run.intents.message_intents import with_mode_mark
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.journal.outage_times import MILESTONE_NAMES
from mobius_tui.run.records.run_record import outage_record, write_record
from mobius_tui.run.records.verification import run_problems
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.loader import load
from tests.review.story import begun, checks
from tests.tui.runs import MadeRun, Time, hosted, opened, pictured, until, words

HEAD = "format = 2\n[runbook]\ntitle = 'Move the database'\n"
STEPS = "[[step]]\nrun = 'true'\n"
LOUD = re.compile("incident|rollback begun|restored|detected", re.IGNORECASE)
"""What nobody says of planned work."""


def worked(root: Path) -> MadeRun:
    """Maintenance that destroys something, during which a probe was red for a while."""
    run = begun(root, mode=Mode.MAINTENANCE)
    run.health(checks(run.at))
    run.write(StepStarted(step="roll", attempt=1), after=20)
    run.write(StepEnded(step="roll", attempt=1, result=Status.PASSED, exit=0), after=10)
    return run


def test_the_runbook_says_it_and_the_command_line_has_the_last_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "move.toml"
    path.write_text(f"{HEAD}mode = 'maintenance'\n{STEPS}", encoding="utf-8")
    for said, mode in (
        ([], "maintenance"),
        (["--mode", "incident"], "incident"),
        (["--mode", "maintenance"], "maintenance"),
    ):
        assert main(["run", str(path), "--dry-run", *said]) == 0
        assert f"mode {mode}, " in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["run", str(path), "--dry-run", "--mode", "drill"])
    drill = prepare_briefing(load(path), given={}, mode=Mode.DRILL)
    assert drill.mode is Mode.DRILL


async def test_the_screen_says_maintenance(tmp_path: Path) -> None:
    run = worked(tmp_path / "runs")
    time = Time(run.at + 1)
    async with hosted(run), opened(run, size=(80, 24), time=time) as (screen, pilot):
        await until(pilot, lambda: " MAINTENANCE " in words(pilot))
        assert not LOUD.search(words(pilot))
        await pictured(pilot, "run-maintenance", ((80, 24), (120, 36)))
        assert "MAINTENANCE" in screen.title_message().title


def test_what_it_destroys_is_no_rollback_and_what_was_red_is_no_outage() -> None:
    run = worked(runs_root())
    run.write(RunEnded(outcome=Outcome.COMPLETED), after=60)
    follower = Follower(run.directory)
    write_record(run.directory, follower.plan, follower.state, follower.head)
    found = follower.milestone_tracker.milestones(follower.health_history)
    assert [found.time_of(name) for name in MILESTONE_NAMES] == [None] * 6
    tracker, history = follower.milestone_tracker, follower.health_history
    assert not outage_record(tracker, history)
    assert tuple(run_problems(run.directory)) == ()
    report = build_report(run.directory)
    assert [each.name for each in report.measures] == ["total"]
    assert not LOUD.search(as_markdown(report))


def test_a_trigger_that_fires_in_it_is_told_as_ever() -> None:
    run = begun(runs_root(), mode=Mode.MAINTENANCE)
    fired = TriggerFired(
        probe="api", rule="consecutive_failures", reason="3 failures", seen=run.at + 30
    )
    run.write(StepStarted(step="roll", attempt=1), after=20)
    run.write(fired, after=11, by="trigger")
    began = RollbackBegan(phase="repair", cause="person", reason="")
    run.write(began, after=9, by="ana")
    (rollback,) = (
        each.at
        for each in build_report(run.directory).measures
        if each.name == "rollback"
    )
    assert rollback == run.at
    assert "Rollback begun" in as_markdown(build_report(run.directory))


def test_lists_and_statistics_keep_it_apart(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for number, mode in enumerate((Mode.INCIDENT, Mode.MAINTENANCE, Mode.MAINTENANCE)):
        run = begun(runs_root(), mode=mode, at=1764000000.0 + 100 * number)
        run.write(RunEnded(outcome=Outcome.COMPLETED), after=60)
    assert main(["runs", "--mode", "maintenance"]) == 0
    assert capsys.readouterr().out.count("  maintenance  ") == 2
    assert main(["stats", "story"]) == 0
    said = capsys.readouterr().out
    assert "1 incident (1 completed); 2 maintenance runs (2 completed)" in said


def test_messages_are_marked_as_what_they_are_of(tmp_path: Path) -> None:
    marked = {
        mode: with_mode_mark(
            "We move", Follower(begun(tmp_path, mode=mode).directory).state.began
        )
        for mode in Mode
    }
    assert marked == {
        Mode.INCIDENT: "We move",
        Mode.DRILL: "[DRILL] We move",
        Mode.MAINTENANCE: "[MAINTENANCE] We move",
    }
