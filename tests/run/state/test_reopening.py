"""A run that is open again after its end: undone, and nothing else, however it went."""

from __future__ import annotations

import json

import pytest

from mobius_tui.errors import StateError
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.journal_entry import (
    Entry,
    decode_entry,
    encode_entry,
)
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import (
    AutoStarted,
    NoteAdded,
    PhaseEntered,
    RunEnded,
    RunReopened,
    VariableSet,
)
from mobius_tui.run.events.step_events import (
    StepImprovised,
    StepOverridden,
    StepSkipped,
)
from mobius_tui.run.events.watch_events import (
    RollbackBegan,
    TriggerFired,
    WatchArmed,
    WatchBegan,
)
from mobius_tui.run.planning.proposal import propose
from mobius_tui.run.planning.rollback import is_watch_run_only
from mobius_tui.run.planning.run_outcome import run_outcome
from mobius_tui.run.state.reducer import advance
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status
from mobius_tui.structs import replace
from tests.run.small_runbook import end, start
from tests.run.undo_runbook import PLAN, after, turned

ENDED = RunEnded(outcome=Outcome.FAILED, reason="no trigger fired", seals=True)
AGAIN = RunReopened()
AB = (start("a"), end("a"), start("b"), end("b"))
UNDO_B = (turned("b"), start("undo-b"), end("undo-b"))


@pytest.mark.parametrize(
    "event",
    [
        AutoStarted(),
        start("c"),
        start("a", 2),
        StepSkipped(step="c", reason="no"),
        StepOverridden(step="c", reason="seen"),
        PhaseEntered(phase="main"),
        PhaseEntered(phase="undo"),
        VariableSet(name="w", value="x", source="set"),
        WatchArmed(),
        WatchBegan(seconds=1.0),
        TriggerFired(probe="web", rule="consecutive_failures", reason="x", seen=0.0),
        RollbackBegan(phase="undo", cause="trigger", reason="down"),
        StepImprovised(step="!1", script="x", effect="read", title="x", improviser="a"),
    ],
)
def test_nothing_begins_in_it_that_is_no_undo(event: Event) -> None:
    state = after(*AB, ENDED, AGAIN)
    number = state.last_entry_number
    with pytest.raises(StateError, match="open again to be undone alone"):
        _advance(state, event)
    assert state.last_entry_number == number
    for fits in (NoteAdded(text="x"), *UNDO_B, ENDED):
        _advance(state, fits)
    assert state.steps["b"].status is Status.UNDONE
    assert state.ended is ENDED


def _advance(state: RunState, event: Event) -> None:
    n = state.last_entry_number + 1
    advance(state, Entry(n=n, at=1e3 + n, mono=1.0, boot="b", by="ana", event=event))


def test_only_what_has_ended_is_opened_again() -> None:
    with pytest.raises(StateError, match="RunReopened in a run that has not ended"):
        after(*AB, AGAIN)
    with pytest.raises(StateError, match="RunReopened in a run that has not ended"):
        after(*AB, ENDED, AGAIN, AGAIN)
    state = after(*AB, ENDED)
    assert (state.is_reopened, state.last_end) == (False, ENDED)
    state = after(*AB, ENDED, AGAIN)
    assert (state.is_reopened, state.last_end, state.ended) == (True, ENDED, None)
    assert (state.ended_at, state.auto) == (None, None)


def test_no_way_that_it_was_on_goes_on_and_nothing_is_proposed() -> None:
    begun = RollbackBegan(phase="undo", cause="trigger", reason="down")
    fired = TriggerFired(probe="web", rule="consecutive_failures", reason="x", seen=0.0)
    story = (
        WatchBegan(seconds=9.0),
        *AB,
        WatchArmed(),
        fired,
        begun,
        turned("b", "a"),
    )
    before = after(*story)
    assert before.watch.rollback_running or before.aside_frames
    state = after(*story, ENDED, AGAIN)
    watch = state.watch
    assert (watch.rollback_running, watch.armed, watch.alarms) == (False, False, ())
    assert (state.aside_frames, state.undo_order) == ((), ())
    assert not is_watch_run_only(PLAN, state)
    assert propose(PLAN, state).kind == "end"
    assert propose(PLAN, after(*AB, ENDED, AGAIN, turned("b"))).step == "undo-b"


def test_it_ends_as_it_had_or_says_what_was_undone() -> None:
    def outcome(*events: Event) -> tuple[Outcome, str]:
        return run_outcome(PLAN, after(*AB, ENDED, AGAIN, *events))

    assert outcome() == (Outcome.FAILED, "no trigger fired")
    assert outcome(turned("b")) == (Outcome.FAILED, "no trigger fired")
    undone = outcome(*UNDO_B)
    assert undone[0] is Outcome.ABANDONED
    assert undone[1] == (
        "ended first as failed; undone: 1.2 B; not done: 1.3 KEPT, 1.4 C, 1.5 Read"
    )
    failed = outcome(turned("b"), start("undo-b"), end("undo-b", result="failed"))
    assert failed[0] is Outcome.FAILED
    assert failed[1].startswith(
        "ended first as failed, then nothing undone; failed: A.2"
    )
    # Of several times it tells the first end, and how far back it is by now.
    undo_a = (turned("a"), start("undo-a"), end("undo-a"))
    last = replace(ENDED, outcome=Outcome.ABANDONED)
    words = outcome(*UNDO_B, last, AGAIN, *undo_a)[1]
    assert words.startswith(
        "ended first as failed; undone: 1.1 A, 1.2 B, which is all that its steps had "
        "changed; not done: "
    )


def test_the_time_between_the_ends_is_not_its_own() -> None:
    # The entries are a second apart, and the run is closed from one to the next.
    state = after(*AB, ENDED, AGAIN, *UNDO_B, ENDED, AGAIN, ENDED)
    assert state.ended_at is not None
    assert state.ended_at - state.began_at == 12.0
    assert state.open_seconds(state.ended_at) == 10.0


def test_a_line_has_how_long_it_was_open_only_where_that_is_another_time() -> None:
    for ended, expected in ((ENDED, None), (replace(ENDED, took=7.5), 7.5)):
        entry = Entry(n=1, at=1.0, mono=1.0, boot="b", by="ana", event=ended)
        line = encode_entry(entry, "")
        assert json.loads(line).get("took", "none") == (expected or "none")
        assert decode_entry(line[:-1])[0].event == ended
