"""A rollback that would stop: said before it is armed, and so it does."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.cli import main
from mobius_tui.errors import USAGE
from mobius_tui.run.home import runs_root
from mobius_tui.run.plan import Plan
from mobius_tui.run.rollback import stops_unattended
from mobius_tui.run.runs import all_runs
from mobius_tui.run.watch_state import Alarm, Countdown, WatchState
from tests.run.conftest import Begin

CASE = Path(__file__).parent.parent / "data" / "cases" / "authoring" / "armed.toml"
STOPS = (
    "A.1 Restore: backup has no value: 1.1 Find the backup, which gives it, is no part "
    "of it"
)


def test_nothing_is_armed_that_would_stop_with_nobody_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = main(["watch", str(CASE), "--auto-rollback", "--plain", "--duration", "1s"])
    said = capsys.readouterr()
    assert code == USAGE
    assert f"Auto would stop, and wait for a person, at {STOPS}." in said.err
    assert "check --explain unattended" in said.err
    assert said.out == ""
    assert all_runs(runs_root()) == ()


async def test_it_stops_where_it_was_said_to(begin: Begin) -> None:
    run = await begin(CASE.read_text())
    plan = Plan(run.runbook)
    assert stops_unattended(plan, run.state) == (STOPS,)
    await run.did("rollback")
    state = await run.until(lambda state: state.watch.stopped)
    assert state.watch.stopped.startswith("A.1 Restore waits: no backup yet")


async def test_what_the_main_line_has_found_by_then_is_there(begin: Begin) -> None:
    run = await begin(CASE.read_text())
    await run.did("start", "find")
    await run.status("find", "passed")
    assert stops_unattended(Plan(run.runbook), run.state) == ()


def alarm(reason: str) -> Alarm:
    return Alarm(probe="api", rule="success_rate", reason=reason, at=1.0)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (WatchState(), ""),
        (WatchState(latest=alarm("b")), "b"),
        (WatchState(alarms=(alarm("a"), alarm("b")), latest=alarm("b")), "a; 1 more"),
        (
            WatchState(
                alarms=(alarm("a"), alarm("b")),
                countdown=Countdown(alarm=alarm("b"), n=9, began=1.0, grace=1.0),
            ),
            "b",
        ),
    ],
)
def test_one_reason_is_told_everywhere(state: WatchState, reason: str) -> None:
    assert state.reason == reason
