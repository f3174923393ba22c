"""The fold and its table."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobius_tui.errors import StateError
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import (
    HostStarted,
    NoteAdded,
    PhaseEntered,
    PhaseLeft,
    RunEnded,
    TakenOver,
    VariableSet,
)
from mobius_tui.run.events.step_events import (
    ApprovalAsked,
    CheckTried,
    ChoiceMade,
    StepOverridden,
    StepRestored,
    StepSkipped,
    StepStarted,
    StepUnknown,
    StopAsked,
)
from mobius_tui.run.events.watch_events import RollbackBegan
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.proposal import propose
from mobius_tui.run.state.reducer import advance, fold, initial_state
from mobius_tui.run.state.step_state import STATUSES_NEEDING_DECISION, Status
from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.runbook import Phase, Runbook, Step, Variable
from tests.run.small_runbook import BEGAN, RUNBOOK, after, end, entries, start


def test_an_attempt_from_start_to_end() -> None:
    state = after(start("a"), end("a"))
    step = state.steps["a"]
    assert step.status is Status.PASSED
    assert step.last_attempt is not None
    assert step.last_attempt.duration == 1.0
    assert step.by == "ana"


def test_nothing_may_come_before_the_beginning() -> None:
    with pytest.raises(StateError, match="StepStarted before the run began"):
        fold(RUNBOOK, entries(start("a")))


def test_a_step_that_runs_cannot_start_again() -> None:
    with pytest.raises(StateError, match="StepStarted while step 'a' is running"):
        after(start("a"), start("a", 2))


def test_a_step_ends_once() -> None:
    with pytest.raises(StateError, match="StepEnded while step 'a' is passed"):
        after(start("a"), end("a"), end("a"))


def test_an_end_names_its_attempt() -> None:
    with pytest.raises(StateError, match="attempt 1 of step 'a', which has 2"):
        after(start("a"), end("a", 1, "failed"), start("a", 2), end("a", 1))


@pytest.mark.parametrize(
    "event",
    [
        PhaseEntered(phase="x", reason=""),
        PhaseLeft(phase="side", passed=True, to="x"),
        PhaseLeft(phase="side", passed=True, recovered=("x",)),
        RollbackBegan(phase="x", cause="trigger", reason="r"),
    ],
)
def test_what_the_runbook_lacks_is_refused(event: Event) -> None:
    into = PhaseEntered(phase="side", reason="it failed")
    with pytest.raises(StateError, match="that the runbook lacks"):
        after(into, event)


def test_an_illegal_event_changes_nothing() -> None:
    state = after(start("a"))
    before = (dict(state.steps), state.last_entry_number)
    bad = next(entries(end("a", 7), start=3))
    with pytest.raises(StateError):
        advance(state, bad)
    assert (state.steps, state.last_entry_number) == before


def test_entries_come_in_order() -> None:
    state = after()
    with pytest.raises(StateError, match="entry 9 follows entry 1"):
        advance(state, next(entries(NoteAdded(text="x"), start=9)))


def test_a_retry_takes_the_outputs_back_and_marks_what_used_them() -> None:
    used = StepStarted(step="c", attempt=1, reads=("v",))
    set_v = VariableSet(name="v", value="1", source="output", step="a")
    state = after(start("a"), set_v, end("a"), used, end("c"))
    assert state.variables["v"].text == "1"
    assert not state.steps["c"].is_stale
    state = after(start("a"), set_v, end("a"), used, end("c"), start("a", 2))
    assert "v" not in state.variables
    assert state.steps["c"].is_stale


def test_a_skipped_step_comes_back() -> None:
    state = after(StepSkipped(step="a", reason="known"), StepRestored(step="a"))
    assert state.steps["a"].status is Status.PENDING
    with pytest.raises(StateError):
        after(StepRestored(step="a"))


def test_override_from_any_state_but_running() -> None:
    over = StepOverridden(step="a", reason="seen by hand")
    assert after(over).steps["a"].status is Status.OVERRIDDEN
    assert after(start("a"), end("a", 1, "failed"), over).steps["a"].by == "ana"
    with pytest.raises(StateError, match="while step 'a' is running"):
        after(start("a"), over)


def test_an_aside_repairs_the_step_that_led_there() -> None:
    state = after(
        start("a"),
        end("a", 1, "failed"),
        PhaseEntered(phase="side", from_step="a"),
        start("s"),
        end("s"),
        PhaseLeft(phase="side", passed=True, to="main", recovered=("a",)),
    )
    assert state.steps["a"].status is Status.RECOVERED
    assert state.aside_frames == ()
    assert state.main_line_phase == "main"


def test_entering_an_aside_again_makes_its_steps_pending() -> None:
    state = after(
        PhaseEntered(phase="side"),
        start("s"),
        end("s", 1, "failed"),
        PhaseEntered(phase="side"),
    )
    assert state.steps["s"].status is Status.PENDING
    assert len(state.aside_frames) == 1
    assert len(state.steps["s"].attempts) == 1


def test_a_choice_is_a_passed_step_and_a_variable() -> None:
    state = after(ChoiceMade(step="b", attempt=1, var="v", values=("x", "y")))
    assert state.steps["b"].status is Status.PASSED
    assert state.variables["v"].text == "x\ny"


def test_after_the_end_only_what_still_ran_comes_to_its_end() -> None:
    ended = RunEnded(outcome=Outcome.ABANDONED)
    state = after(start("a"), ended, end("a", 1, "stopped"))
    assert state.steps["a"].status is Status.STOPPED
    with pytest.raises(StateError, match="after the run ended"):
        after(ended, start("a"))


def test_a_repeated_intent_is_known() -> None:
    state = after()
    entry = Entry(
        n=2, at=1.0, mono=1.0, boot="b", by="x", event=start("a"), intent="i1"
    )
    advance(state, entry)
    assert state.intents == {"i1": 2}


def test_a_new_host_is_not_automatic() -> None:
    from mobius_tui.run.events.run_events import AutoStarted

    assert after(AutoStarted()).auto is not None
    assert after(AutoStarted(), HostStarted(pid=1)).auto is None


def test_time_across_a_reboot_is_taken_from_the_wall() -> None:
    first = list(entries(BEGAN, start("a")))
    later = Entry(n=3, at=1500.0, mono=2.0, boot="c", by="host", event=end("a"))
    state = fold(RUNBOOK, [*first, later])
    assert state.steps["a"].last_attempt is not None
    assert state.steps["a"].last_attempt.duration == 1500.0 - 1002.0


@pytest.mark.parametrize("hour", [-3600.0, 3600.0])
def test_a_clock_that_is_set_meanwhile_changes_no_duration(hour: float) -> None:
    first = list(entries(BEGAN, start("a")))
    later = Entry(n=3, at=1009.0 + hour, mono=9.0, boot="b", by="host", event=end("a"))
    state = fold(RUNBOOK, [*first, later])
    assert state.steps["a"].last_attempt is not None
    assert state.steps["a"].last_attempt.duration == 9.0 - first[-1].mono


EVENTS = st.sampled_from(
    [
        *(start(s, n) for s in "abc" for n in (1, 2)),
        *(end(s, n, r) for s in "ab" for n in (1, 2) for r in ("passed", "failed")),
        StepUnknown(step="a", attempt=1, reason="lost"),
        CheckTried(
            step="a", attempt=1, check=0, look=1, held=True, detail="", ms=1, row=1
        ),
        StopAsked(step="a", attempt=1),
        StepSkipped(step="a", reason="r"),
        StepRestored(step="a"),
        StepOverridden(step="b", reason="r"),
        ChoiceMade(step="b", attempt=1, var="v", values=("x",)),
        PhaseEntered(phase="side"),
        PhaseLeft(phase="side", passed=False),
        RunEnded(outcome=Outcome.FAILED),
        NoteAdded(text="n"),
    ]
)


@given(st.lists(EVENTS, max_size=25))
@settings(deadline=None)
def test_the_table_decides_and_nothing_else(events: list[Event]) -> None:
    """Each event is taken if and only if the table allows it; ends stay ends."""
    state = after()
    number = itertools.count(2)
    n = next(number)
    for event in events:
        step_id = getattr(event, "step", None)
        before = state.steps[step_id].status if step_id else None
        entry = Entry(n=n, at=1.0, mono=1.0, boot="b", by="x", event=event)
        try:
            advance(state, entry)
        except StateError:
            assert state.last_entry_number == n - 1
            continue
        n = next(number)
        if event.statuses_before:
            assert before in event.statuses_before
        if isinstance(event, StepStarted):
            assert state.steps[event.step].status is Status.RUNNING
    running = [s for s in state.steps.values() if s.status is Status.RUNNING]
    for step in running:
        assert step.last_attempt is not None
        assert step.last_attempt.ended is None
    for step in state.steps.values():
        assert [a.number for a in step.attempts] == list(
            range(1, len(step.attempts) + 1)
        )


def test_a_step_may_begin_after_every_end_that_is_bad() -> None:
    assert set(StepStarted.statuses_before) >= STATUSES_NEEDING_DECISION
    assert initial_state(RUNBOOK).aside_steps == {"side": ("s",)}


@pytest.mark.parametrize(
    ("event", "remedy"),
    [
        (StepSkipped(step="a", reason="r"), "1.1 gives it: undo its skip"),
        (StepOverridden(step="a", reason="r"), "1.1 gives it: retry that"),
    ],
)
def test_what_is_awaited_names_who_gives_it_and_how(event: Event, remedy: str) -> None:
    """A skipped step cannot be retried: its skip is undone first."""
    giver = Step(id="a", title="A", action=Run(script="true"), outputs=("v",))
    reader = Step(id="b", title="B", action=Run(script='echo "$v"'))
    phase = Phase(id="main", title="Main", steps=(giver, reader))
    book = Runbook(
        id="test",
        title="Test",
        path=Path("test.toml"),
        phases=(phase,),
        variables={"v": Variable(name="v")},
    )
    state = fold(book, entries(BEGAN, event))
    assert remedy in propose(Plan(book), state).text


def taken(epoch: int) -> TakenOver:
    return TakenOver(epoch=epoch, place={}, taken_from={}, heard=1.0)


def test_a_takeover_marks_what_began_before_it_and_not_what_begins_then() -> None:
    state = after(start("a"), taken(2), HostStarted(pid=7, epoch=2, place={"x": "y"}))
    (before,) = state.steps["a"].attempts
    assert state.epoch == 2
    assert state.place == {"x": "y"}
    assert state.is_taken_over(before)
    assert not state.steps["a"].may_retry
    state = after(start("a"), taken(2), end("a", result="failed"), start("a", 2))
    (before, since) = state.steps["a"].attempts
    assert [state.is_taken_over(each) for each in (before, since)] == [True, False]
    assert state.steps["a"].may_retry
    assert after(start("c")).steps["a"].may_retry


def test_an_approval_is_asked_for_anew_after_a_takeover() -> None:
    asked = ApprovalAsked(
        step="a", attempt=1, role="a lead", count=1, within=60.0, binding="x", uid=1
    )
    assert after(asked).approvals.keys() == {"a"}
    state = after(asked, taken(2))
    assert not state.approvals
    assert after(asked, taken(2), asked).approvals.keys() == {"a"}


def test_an_epoch_follows_a_smaller_one() -> None:
    for wrong in (1, 2):
        with pytest.raises(StateError, match=f"names epoch {wrong} after 2"):
            after(taken(2), taken(wrong))
    ended = RunEnded(outcome=Outcome.COMPLETED)
    assert after(ended, taken(2), HostStarted(pid=7, epoch=2)).epoch == 2
    assert after(HostStarted(pid=7)).epoch == 1, "as earlier versions wrote it"
