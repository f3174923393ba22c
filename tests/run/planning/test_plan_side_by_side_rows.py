"""Rows of a step: what begins beside what, and after how many that failed."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.run.events.event import Event
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import PhaseEntered, PhaseLeft, VariableSet
from mobius_tui.run.events.step_events import (
    RowsAdded,
    StepEnded,
    StepSkipped,
    StepStarted,
    StepUnknown,
)
from mobius_tui.run.intents.action import Action
from mobius_tui.run.intents.permissions import decide
from mobius_tui.run.intents.step_intents import (
    OverrideStep,
    RetryStep,
    SkipStep,
    StartStep,
)
from mobius_tui.run.journal.describe_entry import journal_entry_text
from mobius_tui.run.planning.plan import Plan, effect_of, running_steps
from mobius_tui.run.planning.proposal import (
    Proposal,
    is_out_of_order,
    propose,
    rows_known_before_start,
)
from mobius_tui.run.planning.run_outcome import run_outcome
from mobius_tui.run.planning.situation import ALLOWED, Refused, Situation
from mobius_tui.run.planning.step_status import step_statuses
from mobius_tui.run.planning.undoing import undo_item_text, undo_items
from mobius_tui.run.planning.variables import Values
from mobius_tui.run.state.reducer import advance, initial_state
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.library.loader import decode_runbook
from tests.run.small_runbook import BEGAN

BOOK = """format = 2
[runbook]
title = "Rows"
[[phase]]
title = "Main"
[[phase.step]]
id = "first"
run = "ls"
[[phase.step]]
id = "go"
title = "Restart ${{item}}"
for_each = ["a", "b", "c", "d"]
run = "touch $item"
{keys}
[[phase.step]]
id = "last"
run = "ls"
needs = ["go"]
[[phase]]
id = "back"
title = "Back"
aside = true
[[phase.step]]
id = "put-back"
run = "touch back"
undo = "rm back"
"""
ROWS = ("go--1", "go--2", "go--3", "go--4")
EndResult = Literal[Status.PASSED, Status.FAILED, Status.WARNED]


class Course:
    """A run in memory: steps begin where they may, and end as they are told."""

    def __init__(self, keys: str = "", text: str = BOOK) -> None:
        data = text.format(keys=keys).encode()
        book, problems = decode_runbook(Path("x.toml"), data, lambda name: (name, b""))
        assert book is not None, problems
        self.plan = Plan(book)
        self.state: RunState = initial_state(book)
        self.write(BEGAN)

    def write(self, event: Event) -> str | None:
        """Journal an event; returns its line."""
        n = self.state.last_entry_number + 1
        entry = Entry(n=n, at=float(n), mono=float(n), boot="b", by="x", event=event)
        advance(self.state, entry)
        self.plan.catch_up(self.state)
        return journal_entry_text(entry, self.plan, self.state)

    def may(self, action: Action) -> bool:
        now = Situation(plan=self.plan, state=self.state, now=0.0, uid=0)
        return decide(action, now) == ALLOWED

    def begin(self, step_id: str) -> bool:
        attempt = len(self.state.steps[step_id].attempts) + 1
        kind = StartStep if self.state.steps[step_id].status == "pending" else RetryStep
        allowed = self.may(kind(step=step_id, attempt=attempt))
        if allowed:
            self.write(StepStarted(step=step_id, attempt=attempt))
        return allowed

    def end(self, step_id: str, result: EndResult = Status.PASSED) -> str | None:
        attempt = len(self.state.steps[step_id].attempts)
        return self.write(StepEnded(step=step_id, attempt=attempt, result=result))

    def did(self, step_id: str, result: EndResult = Status.PASSED) -> None:
        assert self.begin(step_id), step_id
        self.end(step_id, result)

    def listed(self) -> Course:
        """With all before it done, and its items listed."""
        self.did("first")
        assert self.begin("go")
        self.write(RowsAdded(step="go", rows=ROWS, items=("a", "b", "c", "d")))
        self.end("go")
        return self

    def next(self) -> tuple[str, str | None]:
        found: Proposal = propose(self.plan, self.state)
        return found.kind, found.step

    def status(self, step_id: str) -> Status:
        return step_statuses(self.plan, self.state)[step_id].status


def test_the_list_comes_first_and_only_reads() -> None:
    course = Course()
    course.did("first")
    assert course.next() == ("start", "go")
    assert course.plan.name("go") == "1.2 Restart each item"
    assert effect_of(course.plan.steps["go"]) == "read"
    course = Course().listed()
    assert course.next() == ("start", "go--1")
    assert effect_of(course.plan.steps["go--1"]) == "change"
    assert [course.plan.numbers[row] for row in ROWS] == [
        *("1.2.1", "1.2.2", "1.2.3", "1.2.4")
    ]
    assert course.plan.numbers["last"] == "1.3"


def test_one_after_the_other_and_what_needs_the_step_waits_for_all() -> None:
    course = Course().listed()
    for row in ROWS:
        assert course.status("go") is Status.WAITING
        assert course.status("last") is Status.WAITING
        assert course.next() == ("start", row)
        assert course.begin(row)
        assert course.next() == ("running", row)
        assert not any(course.begin(other) for other in ROWS if other != row)
        course.end(row)
    assert course.status("go") is Status.PASSED
    assert course.next() == ("start", "last")
    course.did("last")
    assert run_outcome(course.plan, course.state)[0] == "completed"


def test_one_that_failed_stops_the_next_and_is_retried_alone() -> None:
    course = Course().listed()
    course.did("go--1")
    course.did("go--2", Status.FAILED)
    assert course.next() == ("decide", "go--2")
    course.did("go--2")
    assert len(course.state.steps["go--1"].attempts) == 1
    assert course.next() == ("start", "go--3")


@pytest.mark.parametrize("on_failure", ["stop", "continue"])
def test_as_many_may_fail_as_it_says(on_failure: str) -> None:
    course = Course(f"max_failed = 1\non_failure = '{on_failure}'").listed()
    course.did("go--1", Status.FAILED)
    assert course.next() == ("start", "go--2")
    for row in ROWS[1:]:
        course.did(row)
    own = course.state.steps["go"]
    assert (own.status, own.reason) == ("warned", "1 of 4 rows failed: a")
    assert course.next() == ("start", "last")
    assert not is_out_of_order(course.plan, course.state, "last")
    course.did("last")
    assert run_outcome(course.plan, course.state) == (
        "completed",
        (
            "every step that applies is done; "
            "1.2 Restart each item warned: 1 of 4 rows failed: a"
        ),
    )


def test_after_more_that_failed_the_step_has_and_no_other_row_begins() -> None:
    course = Course("max_failed = 1").listed()
    course.did("go--1", Status.FAILED)
    course.did("go--2", Status.FAILED)
    own = course.state.steps["go"]
    assert (own.status, own.reason) == ("failed", "2 of 4 rows failed: a, b")
    assert course.next() == ("decide", "go--1")
    outcome = run_outcome(course.plan, course.state)
    words = "1.2 Restart each item (2 of 4 rows failed: a, b)"
    assert outcome == ("failed", f"failed: {words}")
    course.did("go--1")  # by a person: it is one that failed again, and is borne
    assert course.next() == ("start", "go--3")
    course.did("go--3")
    course.did("go--4")
    assert course.state.steps["go"].status is Status.WARNED


def test_the_line_of_the_last_row_says_how_the_step_has_ended() -> None:
    course = Course("max_failed = 1").listed()
    said = list[str | None]()
    for row in ROWS[:2]:
        assert course.begin(row)
        said.append(course.end(row, Status.FAILED))
    assert said == [
        "failed: 1.2.1 Restart a, in 1 s",
        (
            "failed: 1.2.2 Restart b, in 1 s; "
            "failed: 1.2 Restart each item: 2 of 4 rows failed: a, b"
        ),
    ]


def test_the_undo_list_tells_of_each_row() -> None:
    course = Course().listed()

    def said() -> list[str]:
        items = undo_items(course.plan, course.state)
        return [undo_item_text(course.plan, course.state, item) for item in items]

    stays = "stays, the runbook does not say how it is undone"
    course.did("go--1")
    assert said() == [f"1.2.1 Restart a (passed): {stays}"]
    course.did("go--2", Status.FAILED)
    assert said() == [
        f"1.2.2 Restart b (failed): {stays}",
        f"1.2.1 Restart a (passed): {stays}",
    ]


def test_the_failure_is_told_by_title_and_item() -> None:
    course = Course("max_failed = 1").listed()

    def failure() -> str:
        values = Values(course.state, now=0.0, name_of=course.plan.name)
        return values.fill_message("${run.failure}")

    course.did("go--1", Status.FAILED)
    assert failure() == "1.2.1 Restart a failed"
    course.did("go--2", Status.FAILED)
    assert failure() == "1.2 Restart each item failed: 2 of 4 rows failed: a, b"
    course.did("go--2")
    course.did("go--3")
    course.did("go--4")
    assert failure() == "not known", "what failed is borne"


def test_with_continue_the_run_goes_on_past_a_step_that_failed() -> None:
    """Each that failed counts; the run is not complete, and what needs it waits."""
    course = Course("max_failed = 1\non_failure = 'continue'").listed()
    course.did("go--1", Status.FAILED)
    course.did("go--2", Status.FAILED)
    assert course.status("go") is Status.FAILED
    assert course.next() == ("wait", "last")
    assert run_outcome(course.plan, course.state)[0] == "failed"


def test_what_is_unknown_holds_whatever_may_fail() -> None:
    course = Course("max_failed = 4").listed()
    assert course.begin("go--1")
    course.write(StepUnknown(step="go--1", attempt=1, reason="nobody saw it end"))
    assert course.next() == ("decide", "go--1")
    assert course.status("go") is Status.WAITING


def test_after_an_aside_no_other_row_begins() -> None:
    course = Course("max_failed = 1\non_failure = 'back'").listed()
    course.did("go--1", Status.FAILED)
    course.did("go--2", Status.FAILED)
    course.write(PhaseEntered(phase="back", from_step="go", reason="r"))
    course.did("put-back")
    course.write(PhaseLeft(phase="back", passed=True, recovered=("go",)))
    assert course.status("go") is Status.RECOVERED
    assert course.next() == ("start", "last")
    course.did("last")
    assert run_outcome(course.plan, course.state) == (
        "completed",
        (
            "every step that applies is done; "
            "1.2 Restart each item failed and was turned aside to Back"
        ),
    )
    course.did("go--1")  # a person may go back to the rows
    assert course.next() == ("start", "go--3")


def test_side_by_side_as_many_as_it_says() -> None:
    course = Course("parallel = 3").listed()
    for row in ROWS[:3]:
        assert course.next() == ("start", row)
        assert course.begin(row)
    assert course.next() == ("running", "go--1")
    assert not course.begin("go--4")
    course.end("go--2", Status.FAILED)
    assert course.next() == ("running", "go--1")  # none begins after one that failed
    course.end("go--1")
    course.end("go--3")
    assert course.next() == ("decide", "go--2")
    course.write(StepSkipped(step="go--2", reason="not this one"))
    course.did("go--4")
    assert course.status("go") is Status.WARNED
    assert course.next() == ("start", "last")


def test_no_row_is_out_of_order_and_what_follows_them_is() -> None:
    course = Course().listed()
    assert not is_out_of_order(course.plan, course.state, "go--3")
    assert is_out_of_order(course.plan, course.state, "last")


def test_a_step_with_rows_is_worked_by_them_alone() -> None:
    course = Course().listed()
    actions = (
        StartStep(step="go", attempt=2),
        RetryStep(step="go", attempt=2),
        SkipStep(step="go", reason="r"),
        OverrideStep(step="go", reason="r"),
    )
    assert not any(course.may(action) for action in actions)
    for row in ROWS:
        course.did(row)
    assert not any(course.may(action) for action in actions)
    now = Situation(plan=course.plan, state=course.state, now=0.0, uid=0)
    refused = decide(actions[1], now)
    assert isinstance(refused, Refused)
    assert "has rows: each is worked by itself" in refused.text


def test_a_list_that_failed_is_retried_or_skipped() -> None:
    course = Course()
    course.did("first")
    course.did("go", Status.FAILED)
    assert course.next() == ("decide", "go")
    assert course.may(SkipStep(step="go", reason="r"))
    assert course.may(RetryStep(step="go", attempt=2))


MOVES = st.lists(
    st.tuples(
        st.sampled_from(("first", "go", *ROWS, "last")),
        st.sampled_from([None, Status.PASSED, Status.FAILED]),
    ),
    max_size=40,
)


@given(MOVES, st.sampled_from([0, 2, 3]), st.sampled_from([0, 1, 2]))
def test_never_more_than_may(
    moves: list[tuple[str, EndResult | None]], parallel: int, max_failed: int
) -> None:
    keys = f"max_failed = {max_failed}\n"
    course = Course(keys + (f"parallel = {parallel}" if parallel else "")).listed()
    for step_id, result in moves:
        if result is None:
            course.begin(step_id)
        elif course.state.steps[step_id].status is Status.RUNNING:
            course.end(step_id, result)
        running = [step.id for step in running_steps(course.plan, course.state)]
        assert len(running) <= max(1, parallel)
        assert len(running) <= 1 or set(running) <= set(ROWS)
        proposed = propose(course.plan, course.state)
        if proposed.kind == "start":
            assert proposed.step is not None
            failed = [r for r in ROWS if course.state.steps[r].status == "failed"]
            assert proposed.step not in ROWS or len(failed) <= max_failed
            assert course.begin(proposed.step)  # what is proposed is allowed


@pytest.mark.parametrize("result", [Status.PASSED, Status.WARNED])
def test_the_status_of_the_step_is_that_of_its_rows(result: EndResult) -> None:
    course = Course().listed()
    for row in ROWS:
        course.did(row, result)
    assert course.state.steps["go"].status is result


BESIDE = """format = 2
[runbook]
title = "Rows of a parallel phase"
[var.known]
default = ["x", "y"]
many = true
[var.mode]
default = "fast"
[[phase]]
id = "before"
title = "Before"
[[phase.step]]
id = "first"
run = "ls"
[[phase]]
id = "beside"
title = "Beside"
parallel = 3
[[phase.step]]
id = "read"
run = "ls"
[[phase.step]]
id = "go"
title = "Restart ${{item}}"
for_each = ["a", "b", "c", "d"]
run = "touch $item"
{keys}
[[phase.step]]
id = "lone"
run = "touch x"
[[phase.step]]
id = "of-known"
title = "Known ${{item}}"
for_each = "known"
run = "ls $item"
[[phase.step]]
id = "slow"
title = "Slow ${{item}}"
for_each = ["a"]
when = {{ mode = "slow" }}
run = "ls"
[[phase.step]]
id = "seen"
title = "Seen ${{item}}"
for_each = ["a"]
when.check.file = "/x"
run = "ls"
[[phase.step]]
id = "sets"
run = "ls"
outputs = ["found"]
[[phase.step]]
id = "of-found"
title = "Found ${{item}}"
for_each = "found"
run = "ls $item"
[[phase.step]]
id = "by-command"
title = "Cmd ${{item}}"
for_each = {{ run = "ls" }}
run = "ls $item"
"""


def listed_by_now(course: Course) -> dict[str, tuple[str, ...]]:
    statuses = step_statuses(course.plan, course.state)
    found = rows_known_before_start(course.plan, course.state, statuses)
    return {step.id: items for step, items in found}


def test_rows_are_known_as_their_phase_is_entered() -> None:
    """Not those of a command, of a look, or of what a step of the phase still sets."""
    course = Course(text=BESIDE)
    course.write(VariableSet(name="known", value="x\ny", source="default"))
    course.write(VariableSet(name="mode", value="fast", source="default"))
    course.write(VariableSet(name="found", value="old", source="set"))
    assert listed_by_now(course) == {}
    course.did("first")
    assert listed_by_now(course) == {
        "go": ("a", "b", "c", "d"),
        "of-known": ("x", "y"),
    }
    course.write(VariableSet(name="known", value=" ", source="set"))
    assert "of-known" not in listed_by_now(course)
    course.write(VariableSet(name="mode", value="slow", source="set"))
    assert listed_by_now(course)["slow"] == ("a",)
    course.write(RowsAdded(step="go", rows=ROWS, items=("a", "b", "c", "d")))
    assert "go" not in listed_by_now(course)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("read", *ROWS, "lone", "of-known--1", "of-known--2")),
            st.sampled_from([None, Status.PASSED, Status.FAILED]),
        ),
        max_size=40,
    ),
    st.sampled_from([0, 2]),
    st.booleans(),
)
def test_rows_count_as_steps_of_a_parallel_phase(
    moves: list[tuple[str, EndResult | None]], parallel: int, independent: bool
) -> None:
    keys = f"parallel = {parallel}\n" * bool(parallel)
    course = Course(keys + f"independent = {str(independent).lower()}", BESIDE)
    course.did("first")
    course.write(RowsAdded(step="go", rows=ROWS, items=("a", "b", "c", "d")))
    known = ("of-known--1", "of-known--2")
    course.write(RowsAdded(step="of-known", rows=known, items=("x", "y")))
    for step_id, result in moves:
        if result is None:
            course.begin(step_id)
        elif course.state.steps[step_id].status is Status.RUNNING:
            course.end(step_id, result)
        running = {step.id for step in running_steps(course.plan, course.state)}
        changing = running & {*ROWS}
        assert len(running) <= 3
        assert len(changing) <= max(1, parallel)
        assert len(running & {*known}) <= 1
        assert "lone" not in running or len(running) == 1
        assert independent or not changing or running <= {*ROWS}
        proposed = propose(course.plan, course.state)
        if proposed.kind == "start" and not running:
            assert proposed.step is not None
            assert course.begin(proposed.step)  # what is proposed is allowed
            course.end(proposed.step)


def test_rows_of_a_parallel_phase_fail_as_their_step_says() -> None:
    course = Course("max_failed = 1", BESIDE)
    course.did("first")
    course.write(RowsAdded(step="go", rows=ROWS, items=("a", "b", "c", "d")))
    course.did("read")
    course.did("go--1", Status.FAILED)
    assert course.next() == ("start", "go--2")
    course.did("go--2", Status.FAILED)
    assert course.next() == ("decide", "go--1")
