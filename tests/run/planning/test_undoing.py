"""What is offered to be undone, whatever was done and undone before, in any order."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from mobius_tui.run.events.event import Event
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import AutoStarted, PhaseEntered, PhaseLeft
from mobius_tui.run.events.step_events import (
    StepEnded,
    StepOverridden,
    StepSkipped,
    StepStarted,
    StepUnknown,
)
from mobius_tui.run.intents.going_on import next_step_without_person
from mobius_tui.run.intents.permissions import decide
from mobius_tui.run.intents.step_intents import RetryStep, StartStep
from mobius_tui.run.intents.undo_intents import UndoSteps
from mobius_tui.run.planning.proposal import propose
from mobius_tui.run.planning.run_outcome import (
    aside_outcome,
    run_outcome,
    run_progress,
)
from mobius_tui.run.planning.situation import ALLOWED
from mobius_tui.run.planning.step_status import step_statuses
from mobius_tui.run.planning.undoing import (
    undo_item_text,
    undo_items,
    undo_items_back_to,
)
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status
from tests.run.small_runbook import end, start
from tests.run.undo_runbook import PLAN, after, situation, turned

DONE = (
    *(start("a"), end("a"), start("b"), end("b", 1, "failed")),
    *(start("kept"), end("kept"), start("read"), end("read")),
)


def test_the_newest_comes_first_and_what_stays_says_why() -> None:
    state = after(*DONE, start("b", 2), end("b", 2))
    texts = [undo_item_text(PLAN, state, item) for item in undo_items(PLAN, state)]
    assert texts == [
        "1.2 B (passed, attempt 2)",
        "1.3 KEPT (passed): stays, a mail is out",
        "1.1 A (passed)",
    ]


def test_back_to_a_step_is_up_to_it_and_it() -> None:
    items = undo_items(PLAN, after(*DONE))
    found = [item.step.id for item in undo_items_back_to(items, "b")]
    assert found == ["kept", "b"]
    assert undo_items_back_to(items, None) == items
    assert undo_items_back_to(items, "c") == ()


def test_what_is_undone_is_done_no_more_and_counts_as_no_step_of_its_own() -> None:
    def progress(*events: Event) -> tuple[int, int]:
        state = after(*events)
        return run_progress(PLAN, state, step_statuses(PLAN, state))

    done = (start("a"), end("a"), start("c"), end("c"))
    assert progress(*done) == (2, 5)
    undone = (turned("c", "a"), start("undo-c"), end("undo-c"))
    assert progress(*done, *undone) == (1, 5)
    assert progress(*done, *undone, start("undo-a"), end("undo-a")) == (0, 5)


def test_what_was_asked_for_is_proposed_in_that_order_and_nothing_else() -> None:
    events: list[Event] = [*DONE, turned("b", "a")]
    state = after(*events)
    statuses = step_statuses(PLAN, state)
    assert statuses["undo-c"].status is Status.NOT_APPLICABLE
    assert statuses["undo-c"].reason == "1.4 C has changed nothing that is not undone"
    # It reads what the attempt had not, and says of which attempt that is.
    assert [wait.text for wait in statuses["undo-a"].waits] == [
        f"no {name}: attempt 1 of 1.1 had none" for name in ("v", "w")
    ]
    assert propose(PLAN, state).step == "undo-b"
    events.append(StepSkipped(step="undo-b", reason="by hand"))
    proposal = propose(PLAN, after(*events))
    assert (proposal.step, proposal.kind) == ("undo-a", "wait")
    assert "retry" not in proposal.text
    events.append(StepSkipped(step="undo-a", reason="by hand"))
    assert aside_outcome(PLAN, after(*events)) == ("undo", False)


def test_the_order_is_that_in_which_it_was_done_and_not_that_of_the_file() -> None:
    done = (start("b"), end("b"), start("c"), end("c"), start("b", 2), end("b", 2))
    newest_first = [item.step.id for item in undo_items(PLAN, after(*done))]
    assert newest_first == ["b", "c"]
    assert propose(PLAN, after(*done, turned("b", "c"))).step == "undo-b"


STEPS = ("a", "b", "c", "kept")
RESULTS = ("passed", "failed", "stopped", "not started", "unknown")
OPERATIONS = st.one_of(
    st.tuples(st.just("do"), st.sampled_from(STEPS), st.sampled_from(RESULTS)),
    st.tuples(st.just("turn"), st.integers(1, 4), st.just("")),
    st.tuples(st.just("undo"), st.sampled_from(STEPS[:3]), st.sampled_from(RESULTS)),
    st.tuples(st.just("vouch"), st.sampled_from(STEPS[:3]), st.just("")),
)


class Model:
    """What was done and not undone since, said as simply as it can be."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.done: list[tuple[str, int]] = []
        """Steps and their attempts, the newest last."""
        self.order: list[str] = []
        self.undone: list[tuple[str, int]] = []

    @property
    def state(self) -> RunState:
        return after(*self.events)

    def attempt(self, step: str) -> int:
        return len(self.state.steps[step].attempts) + 1

    def run(self, step: str, result: str) -> None:
        number = self.attempt(step)
        self.events.append(StepStarted(step=step, attempt=number, reads=()))
        if result == "unknown":
            event: Event = StepUnknown(step=step, attempt=number, reason="r")
        else:
            event = StepEnded(step=step, attempt=number, result=Status(result))  # type: ignore[arg-type]
        self.events.append(event)

    def forget(self, step: str) -> None:
        self.undone += [each for each in self.done if each[0] == step]
        self.done = [each for each in self.done if each[0] != step]


@settings(max_examples=300)
@given(st.lists(OPERATIONS, max_size=14))
def test_an_undo_is_offered_for_what_was_done_and_not_undone_since(
    operations: list[tuple[str, str | int, str]],
) -> None:
    model = Model()
    for word, what, result in operations:
        state = model.state
        if word == "do":
            step, number = str(what), model.attempt(str(what))
            model.run(step, result)
            if result != "not started":
                model.done = [each for each in model.done if each[0] != step]
                model.done.append((step, number))
        elif word == "turn":
            steps = tuple(name for name, _ in reversed(model.done))[: int(what)]
            unknown = any(
                state.steps[f"undo-{each}"].status is Status.UNKNOWN for each in "abc"
            )
            can = bool(steps) and not unknown and set(steps) != {"kept"}
            asked = UndoSteps(steps=steps, confirm=PLAN.phase_numbers["undo"])
            assert (decide(asked, situation(state)) == ALLOWED) == can
            if can:
                model.order = [each for each in steps if each != "kept"]
                undoes = tuple(f"undo-{each}" for each in model.order)
                model.events.append(PhaseEntered(phase="undo", undoes=undoes))
        else:
            step = str(what)
            undo, number = f"undo-{step}", model.attempt(f"undo-{step}")
            can = step in model.order and step in dict(model.done)
            own = state.steps[undo].status
            kind = StartStep if own is Status.PENDING else RetryStep
            permission = decide(kind(step=undo, attempt=number), situation(state))
            waits = "no v" in getattr(permission, "text", "")
            assert (permission == ALLOWED or waits) == can, permission
            if can and word == "undo":
                model.run(undo, result)
            elif can:
                model.events.append(StepOverridden(step=undo, reason="r"))
            if can and (word == "vouch" or result == "passed"):
                model.forget(step)
        found = [(item.step.id, item.attempt) for item in undo_items(PLAN, model.state)]
        assert found == model.done[::-1]
    assert len(model.undone) == len(set(model.undone))


def test_what_was_undone_before_stays_passed_when_something_else_is() -> None:
    """In a drill that rehearses each undo they come one by one."""
    events: list[Event] = [*DONE, turned("a"), start("undo-a"), end("undo-a")]
    events += [PhaseLeft(phase="undo", passed=True), start("a", 2), end("a", 2)]
    statuses = step_statuses(PLAN, after(*events, turned("b")))
    assert statuses["undo-a"].status is Status.PASSED
    assert statuses["undo-b"].status is Status.PENDING
    assert statuses["undo-c"].status is Status.NOT_APPLICABLE
    again = step_statuses(PLAN, after(*events, turned("a")))
    assert again["undo-a"].status is Status.WAITING


def test_what_was_taken_back_is_done_again_by_nobody_but_who_goes_to_it() -> None:
    """The end is proposed, whatever is left; beside it the step may begin again."""
    undone = (turned("b"), start("undo-b"), end("undo-b"))
    left = PhaseLeft(phase="undo", passed=True, to=None)
    state = after(*DONE, *undone, left)
    assert state.steps["b"].status is Status.UNDONE
    proposal = propose(PLAN, state)
    assert (proposal.kind, proposal.step) == ("end", None)
    assert proposal.text == "1.2 B was undone"
    found = next_step_without_person(situation(state), "destroy")
    assert found == "1.2 B was undone: nothing goes on by itself past that"
    outcome, reason = run_outcome(PLAN, state)
    assert outcome is Outcome.ABANDONED
    assert reason == "undone: 1.2 B; not done: 1.4 C"
    again = StartStep(step="b", attempt=2)
    assert decide(again, situation(state)) == ALLOWED
    state = after(*DONE, *undone, left, start("b", 2), end("b", 2))
    assert propose(PLAN, state).step == "c"
    # A rehearsal does again what it has undone.
    rehearsal = AutoStarted(rehearse_undo=True)
    assert propose(PLAN, after(rehearsal, *DONE, *undone, left)).step == "b"


def test_when_all_is_undone_that_is_said() -> None:
    undone = (turned("b", "a"), start("undo-b"), end("undo-b"))
    changes = (start("a"), end("a"), start("b"), end("b"))
    state = after(*changes, *undone, start("undo-a"), end("undo-a"))
    assert run_outcome(PLAN, state)[1].startswith(
        "undone: 1.1 A, 1.2 B, which is all that its steps had changed; not done: "
    )
