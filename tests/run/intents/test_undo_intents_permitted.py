"""When a run may turn to undoing, and why not, in words."""

from __future__ import annotations

from typing import Any

import pytest

from mobius_tui.run.events.event import Event
from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.events.run_events import AutoStarted, RunEnded, RunReopened
from mobius_tui.run.events.step_events import StepUnknown
from mobius_tui.run.intents.permissions import decide, decide_offer
from mobius_tui.run.intents.run_intents import EnterPhase, StartAutomatic
from mobius_tui.run.intents.step_intents import (
    OverrideStep,
    RetryStep,
    StartStep,
    StopStep,
)
from mobius_tui.run.intents.undo_intents import ReopenRun, UndoSteps
from mobius_tui.run.planning.situation import ALLOWED, Refused
from mobius_tui.run.state.reducer import fold
from mobius_tui.structs import replace
from tests.run.small_runbook import BEGAN, end, entries, start
from tests.run.undo_runbook import RUNBOOK, after, situation, turned

B = (start("b"), end("b"))
LOST = StepUnknown(step="undo-b", attempt=1, reason="its keeper died")


def why(action: Any, *events: Event) -> str:
    """Why an action is refused; empty where it is not."""
    found = decide(action, situation(after(*events)))
    return found.text if isinstance(found, Refused) else ""


REFUSED: list[tuple[UndoSteps, tuple[Event, ...], str]] = [
    (UndoSteps(), (), "nothing has been changed that is not undone"),
    (
        UndoSteps(steps=("kept",)),
        (start("kept"), end("kept")),
        "1.3 KEPT stays: a mail is out",
    ),
    (UndoSteps(steps=("b",)), (*B, start("c")), "1.4 C is running; wait, or stop it"),
    (
        UndoSteps(steps=("b",)),
        (*B, start("c"), end("c")),
        "something has been done or undone since this was shown; look again",
    ),
    (
        UndoSteps(steps=("b",)),
        (*B, AutoStarted()),
        (
            "the host runs it by itself, and would do again what is undone; "
            "wait until it stops"
        ),
    ),
    (
        UndoSteps(steps=("b",)),
        (*B, RunEnded(outcome=Outcome.FAILED)),
        "the run has ended; it is opened again first, and then undone",
    ),
    (
        UndoSteps(steps=("b",)),
        (*B, turned("b"), start("undo-b"), LOST),
        (
            "it is not known how far A.2 Undo: B got; look there first, and "
            "retry it, override it or skip it"
        ),
    ),
    (
        UndoSteps(steps=("kept", "b")),
        (*B, start("kept"), end("kept")),
        "1.3 KEPT stays as it is; type A to go on past it",
    ),
]


@pytest.mark.parametrize(("action", "events", "words"), REFUSED)
def test_it_is_refused_with_the_reason(
    action: UndoSteps, events: tuple[Event, ...], words: str
) -> None:
    assert why(action, *events) == words


def test_what_is_not_known_yet_can_be_offered() -> None:
    stays = (*B, start("kept"), end("kept"))
    for action in (UndoSteps(), UndoSteps(steps=("kept", "b"))):
        assert decide_offer(action, situation(after(*stays))) == ALLOWED
    assert why(UndoSteps(steps=("kept", "b"), confirm="A"), *stays) == ""
    assert why(UndoSteps(steps=("b",)), *B) == ""


def test_a_protected_environment_is_typed_and_another_is_not() -> None:
    events = (*B, start("kept"), end("kept"))
    asked = UndoSteps(steps=("kept", "b"))
    book = replace(RUNBOOK, environment="v", protected=("live",))
    for protected, words in ((True, "type live to go on past it"), (False, "")):
        began = replace(BEGAN, environment="live", protected=protected)
        state = fold(book, entries(began, *events))
        plan = type(situation(state).plan)(book)
        found = decide(asked, replace(situation(state), plan=plan))
        text = found.text if isinstance(found, Refused) else ""
        assert text.endswith(words)
        assert bool(text) == protected


def test_it_is_not_entered_as_another_phase_and_nothing_goes_on_by_itself() -> None:
    assert why(EnterPhase(phase="undo"), *B) == "Undo begins where steps are undone"
    undoing = (*B, turned("b"))
    assert why(StartAutomatic(), *undoing).startswith("steps are being undone")
    assert why(StartStep(step="undo-b", attempt=1), *undoing) == ""
    assert "1.1 A has changed nothing" in why(
        StartStep(step="undo-a", attempt=1), *undoing
    )


def test_an_undo_that_nobody_asked_for_or_that_is_done_does_not_begin() -> None:
    start_it = StartStep(step="undo-b", attempt=1)
    assert why(start_it, *B).endswith("1.2 B is not to be undone")
    vouch = OverrideStep(step="undo-b", reason="by hand")
    assert why(vouch, *B).endswith("1.2 B is not to be undone")
    undone = (*B, turned("b"), start("undo-b"), end("undo-b"))
    again = RetryStep(step="undo-b", attempt=2)
    assert why(again, *undone).endswith("has changed nothing that is not undone")


def test_what_may_still_be_running_is_not_undone() -> None:
    lost = StepUnknown(step="b", attempt=1, reason="its keeper died")
    state = after(start("b"), lost, turned("b"))
    alive = replace(
        situation(state),
        survivors_of=lambda step: ("touch x (pid 7)",) if step.id == "b" else (),
    )
    found = decide(StartStep(step="undo-b", attempt=1), alive)
    assert isinstance(found, Refused)
    assert "may still be running: touch x (pid 7)" in found.text


ENDED = RunEnded(outcome=Outcome.FAILED)
NOT_REOPENED: list[tuple[tuple[Event, ...], str]] = [
    (B, "the run is open: what it did is undone in it as it is"),
    ((ENDED,), "nothing has been changed that is not undone"),
    ((start("kept"), end("kept"), ENDED), "1.3 KEPT stays: a mail is out"),
    (
        (*B, ENDED, RunReopened()),
        "the run is open: what it did is undone in it as it is",
    ),
]


@pytest.mark.parametrize(("events", "words"), NOT_REOPENED)
def test_it_is_not_opened_again_and_says_why(
    events: tuple[Event, ...], words: str
) -> None:
    assert why(ReopenRun(), *events) == words


def test_an_ended_run_is_opened_again_without_a_host_and_a_drill_is_not() -> None:
    seen = situation(after(*B, ENDED))
    assert decide(ReopenRun(), replace(seen, has_host=False)) == ALLOWED
    drill = fold(RUNBOOK, entries(replace(BEGAN, mode=Mode.DRILL), *B, ENDED))
    found = decide(ReopenRun(), situation(drill))
    assert isinstance(found, Refused)
    assert found.text.startswith("a drill that has ended is not opened again: its site")


def test_in_a_run_that_is_open_again_what_is_left_over_is_waited_for() -> None:
    # It ran when the run ended, and its host died: the next one finds how it ended.
    again = (*B, start("c"), ENDED, RunReopened())
    assert why(UndoSteps(steps=("b",)), *again) == (
        "1.4 C is running; wait, or stop it"
    )
    assert why(StopStep(step="c"), *again) == ""
    done = (*again, end("c"), turned("b"))
    assert why(StartStep(step="undo-b", attempt=1), *done) == ""
    words = why(StartStep(step="c", attempt=2), *done)
    assert words.startswith("this run had ended, and is open again to be undone")
    assert why(RetryStep(step="nope", attempt=1), *done) == (
        "this runbook has no step 'nope'"
    )
