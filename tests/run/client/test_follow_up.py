"""What is due after a run, and what a run tells to the one that looks back on it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mobius_tui.errors import UsageError
from mobius_tui.plain import print_run
from mobius_tui.run.client.follow_up import add_run_facts, due_follow_up
from mobius_tui.run.client.run_briefing import answer_briefing, prepare_briefing
from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.events.run_events import RunEnded
from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.journal.follower import Follower
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import find_runbook
from mobius_tui.runbook.text.names import RUN_FACTS
from tests.tui.runs import MadeRun

POST = "mobius-post-incident"


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MadeRun:
    """A run of the bundled rollback, kept where runs are kept, that goes on."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return begun(tmp_path)


def begun(tmp_path: Path, mode: str = "incident") -> MadeRun:
    runs = tmp_path / "mobius-tui" / "runs"
    book = load(find_runbook("mobius-rollback"))
    values = {"target_env": "production", "reason": "it fails"}
    return MadeRun(runs, book, values=values, mode=mode, environment="production")


def ended(run: MadeRun, step: str = "execute", result: str = "failed") -> Follower:
    run.write(StepStarted(step=step, attempt=1), after=30)
    run.write(StepEnded(step=step, attempt=1, result=result), after=30)  # type: ignore[arg-type]
    run.write(RunEnded(outcome=Outcome.FAILED, reason="[bold]it failed"), after=2)
    return Follower(run.directory)


def test_it_is_due_after_an_incident_that_changed_something(made: MadeRun) -> None:
    follower = ended(made)
    due = due_follow_up(follower.plan, follower.state)
    assert due is not None
    run = made.directory.id
    assert due.command == f"mobius-tui run {POST} --var incident={run}"
    assert due.text.startswith("After each rollback event: MOBIUS post-incident")
    briefing = prepare_briefing(due.runbook, given=due.given)
    assert briefing.missing == ()
    values = {name: value for name, (value, _) in briefing.values.items()}
    assert values["incident"] == run
    assert values["incident_runbook"] == "MOBIUS rollback"
    assert values["incident_outcome"] == "failed"
    assert values["incident_took"].startswith("1 min 2 s")
    assert values["incident_failed"] == "3.5 Restore the backup"
    assert set(values) >= {f"incident_{fact}" for fact in RUN_FACTS}


def test_nothing_is_due_while_it_goes_on_or_where_nothing_changed(
    made: MadeRun,
) -> None:
    follower = Follower(made.directory)
    assert due_follow_up(follower.plan, follower.state) is None
    follower = ended(made, step="metrics", result="passed")
    assert due_follow_up(follower.plan, follower.state) is None


def test_nothing_is_due_after_a_drill(made: MadeRun, tmp_path: Path) -> None:
    assert made.directory.path.is_dir()
    follower = ended(begun(tmp_path, mode=Mode.DRILL))
    assert due_follow_up(follower.plan, follower.state) is None


def test_plain_says_what_is_due(
    made: MadeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    ended(made)
    assert asyncio.run(print_run(made.directory, as_json=False, auto=None)) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[-1].startswith("due: After each rollback event: MOBIUS post-incident")
    assert asyncio.run(print_run(made.directory, as_json=True, auto=None)) == 1
    assert '"RunEnded"' in capsys.readouterr().out.splitlines()[-1]


def test_what_cannot_be_looked_back_on_is_refused(made: MadeRun) -> None:
    book = load(find_runbook(POST))
    with pytest.raises(UsageError, match="has not ended"):
        add_run_facts(book, {"incident": made.directory.id})
    with pytest.raises(UsageError, match="no run 'nope'"):
        prepare_briefing(book, given={"incident": "nope"})


def test_a_run_that_is_named_in_the_briefing_tells_its_facts_too(made: MadeRun) -> None:
    ended(made)
    briefing = prepare_briefing(load(find_runbook(POST)), given={})
    assert [each.name for each in briefing.missing] == ["incident"]
    ready = answer_briefing(briefing, {"incident": made.directory.id})
    assert ready.values["incident_reason"][0] == "[bold]it failed"
