"""When a watch is over, and how it ends: the decision by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.errors import StateError
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.events.run_events import PhaseEntered, PhaseLeft, RunBegan
from mobius_tui.run.events.step_events import StepStarted
from mobius_tui.run.events.watch_events import (
    RollbackBegan,
    RollbackStopped,
    TriggerCleared,
    TriggerFired,
    WatchArmed,
    WatchBegan,
    WatchOver,
)
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.state.reducer import advance, initial_state
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.watch.watch_run import WatchRunVerdict, watch_run_verdict
from mobius_tui.structs import replace
from tests.conftest import MakeRunbook
from tests.run.watched_service import BOOK

RUN = RunBegan(
    run="r",
    runbook="watched",
    file="test.toml",
    sha256="",
    title="Watched",
    mode=Mode.INCIDENT,
    workdir="/",
    operator="x",
    setting={},
)
JOB = WatchBegan(seconds=60.0, log="")
FIRED = TriggerFired(
    probe="api", rule="consecutive_failures", reason="3 failed", seen=1.0
)
COUNTS = replace(FIRED, grace=10.0)
GONE = TriggerCleared(probe="api", rule="consecutive_failures")
BEGAN = RollbackBegan(phase="automatic", cause="trigger", reason="3 failed")
ENTERED = PhaseEntered(phase="automatic")


class Scene:
    """A run as some events leave it."""

    def __init__(self, make_runbook: MakeRunbook, *events: Event) -> None:
        runbook = make_runbook(BOOK.format(port=1, grace="1s", where="staging"))
        self.plan, self.state = Plan(runbook), initial_state(runbook)
        for event in (RUN, *events):
            self.then(event)

    def then(self, event: Event) -> RunState:
        n = self.state.last_entry_number + 1
        entry = Entry(n=n, at=float(n), mono=float(n), boot="b", by="x", event=event)
        advance(self.state, entry)
        return self.state

    def verdict(
        self, *, over: bool = False, lonely: float = 0.0, unknown: tuple[str, ...] = ()
    ) -> WatchRunVerdict | None:
        return watch_run_verdict(
            self.plan, self.state, is_time_over=over, unviewed=lonely, unknown=unknown
        )

    def outcome(
        self, *, over: bool = False, lonely: float = 0.0, unknown: tuple[str, ...] = ()
    ) -> str | None:
        found = self.verdict(over=over, lonely=lonely, unknown=unknown)
        return None if found is None else found.outcome


def test_a_run_that_is_no_watch_is_left_alone(make_runbook: MakeRunbook) -> None:
    scene = Scene(make_runbook, FIRED)
    assert scene.outcome(over=True, lonely=1e9) is None


def test_it_goes_on_until_its_time_is_over(make_runbook: MakeRunbook) -> None:
    scene = Scene(make_runbook, JOB)
    assert scene.outcome() is None
    assert scene.outcome(over=True) == "completed"
    assert scene.outcome(over=True, unknown=("api",)) == "incomplete"


def test_a_trigger_ends_it_unless_it_is_to_go_on(make_runbook: MakeRunbook) -> None:
    assert Scene(make_runbook, JOB, FIRED).outcome() == "failed"
    assert Scene(make_runbook, JOB, FIRED, GONE).outcome() == "failed"
    kept = Scene(make_runbook, replace(JOB, keep=True), FIRED)
    assert kept.outcome() is None
    assert kept.outcome(over=True) == "failed"


def test_the_trigger_that_began_the_rollback_is_the_one_that_is_named(
    make_runbook: MakeRunbook,
) -> None:
    """Another one may have fired since."""
    since = TriggerFired(probe="api", rule="success_rate", reason="too few", seen=1.0)
    left = PhaseLeft(phase=ENTERED.phase, passed=True)
    scene = Scene(make_runbook, JOB, WatchArmed(), COUNTS, BEGAN, ENTERED, since, left)
    verdict = scene.verdict()
    assert verdict is not None
    assert verdict.reason == f"a trigger fired: {BEGAN.reason}; the rollback passed"


def test_a_rollback_under_way_is_waited_for(make_runbook: MakeRunbook) -> None:
    scene = Scene(make_runbook, JOB, WatchArmed(), COUNTS)
    assert scene.outcome(over=True, lonely=1e9) is None
    scene.then(BEGAN)
    scene.then(ENTERED)
    assert scene.outcome(over=True, lonely=1e9) is None


@pytest.mark.parametrize("keep", [True, False])
def test_one_that_wants_a_person_leaves_the_run_open(
    make_runbook: MakeRunbook, keep: bool
) -> None:
    job = replace(JOB, keep=keep)
    scene = Scene(make_runbook, job, WatchArmed(), COUNTS, BEGAN, ENTERED)
    scene.then(RollbackStopped(reason="the backup is gone"))
    assert scene.outcome() == (None if keep else "open")
    found = scene.verdict(over=True)
    assert found is not None
    assert found.outcome == "open"
    assert "the backup is gone" in found.reason
    scene.then(WatchOver(reason=found.reason))
    assert scene.outcome(over=True, lonely=1e9) is None
    with pytest.raises(StateError):
        scene.then(WatchOver(reason="again"))


def test_alone_it_ends_unless_it_was_detached(make_runbook: MakeRunbook) -> None:
    scene = Scene(make_runbook, JOB)
    assert scene.outcome(lonely=9.9) is None
    assert scene.outcome(lonely=10.1) == "abandoned"
    detached = Scene(make_runbook, replace(JOB, detached=True))
    assert detached.outcome(lonely=1e9) is None
    fired = Scene(make_runbook, replace(JOB, keep=True), FIRED)
    assert fired.outcome(lonely=10.1) == "failed"


def test_whoever_works_the_runbook_ends_the_run(make_runbook: MakeRunbook) -> None:
    scene = Scene(make_runbook, JOB, StepStarted(step="look", attempt=1), FIRED)
    assert scene.outcome(over=True, lonely=1e9) is None
    aside = Scene(make_runbook, JOB, PhaseEntered(phase="automatic"))
    assert aside.outcome(over=True) is None


def test_a_run_is_made_a_watch_once(make_runbook: MakeRunbook, tmp_path: Path) -> None:
    scene = Scene(make_runbook, JOB)
    with pytest.raises(StateError):
        scene.then(replace(JOB, log=str(tmp_path)))
