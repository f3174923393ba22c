"""What is undone of the rows of a step: each that changed something, newest first."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.errors import StateError
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import PhaseEntered, VariableSet
from mobius_tui.run.events.step_events import RowsAdded
from mobius_tui.run.intents.permissions import decide
from mobius_tui.run.intents.undo_intents import UndoSteps
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.proposal import is_out_of_order, propose
from mobius_tui.run.planning.run_outcome import aside_outcome
from mobius_tui.run.planning.situation import ALLOWED, Situation
from mobius_tui.run.planning.step_status import step_statuses
from mobius_tui.run.planning.undoing import undo_item_text, undo_items
from mobius_tui.run.planning.variables import Values
from mobius_tui.run.state.reducer import advance, initial_state
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.library.loader import decode_runbook
from tests.run.small_runbook import BEGAN, end, start

BOOK = b"""format = 2
[runbook]
title = "Rows that are undone"
[var.mode]
default = "old"
[[step]]
id = "go"
title = "Make ${item}"
for_each = { run = "ls" }
parallel = 2
run = 'touch "$item" $mode'
undo = 'rmdir "$item" $mode'
[[step]]
id = "say"
title = "Say ${item}"
for_each = ["x"]
run = "touch $item"
undo = "none: it is said"
"""
ITEMS = ("a", "$(b)", "c")
ROWS = ("go--1", "go--2", "go--3")


class Course:
    """A run in memory whose first rows are listed, and worked as they are told."""

    def __init__(self) -> None:
        book, problems = decode_runbook(Path("x.toml"), BOOK, lambda name: (name, b""))
        assert book is not None, problems
        self.plan, self.state = Plan(book), initial_state(book)
        self.write(BEGAN, VariableSet(name="mode", value="old", source="default"))
        self.write(start("go"), RowsAdded(step="go", rows=ROWS, items=ITEMS), end("go"))

    def write(self, *events: Event) -> None:
        for event in events:
            n = self.state.last_entry_number + 1
            at = float(n)
            entry = Entry(n=n, at=at, mono=at, boot="b", by="x", event=event)
            advance(self.state, entry)
            self.plan.catch_up(self.state)

    def offered(self) -> list[str]:
        found = undo_items(self.plan, self.state)
        return [undo_item_text(self.plan, self.state, item) for item in found]

    def status(self, step: str) -> Status:
        return step_statuses(self.plan, self.state)[step].status


def test_each_row_that_changed_something_is_undone_the_newest_first() -> None:
    course = Course()
    assert course.offered() == []  # to list changes nothing
    course.write(start("go--1"), start("go--2"), end("go--2", 1, "failed"))
    course.write(end("go--1"))
    course.write(RowsAdded(step="say", rows=("say--1",), items=("x",)))
    course.write(start("say--1"), end("say--1"))
    course.write(VariableSet(name="mode", value="new", source="set"))
    assert course.offered() == [
        "1.2.1 Say x (passed): stays, it is said",
        *("1.1.1 Make a (passed)", "1.1.2 Make $(b) (failed)"),
    ]
    steps = ("say--1", "go--1", "go--2")
    now = Situation(plan=course.plan, state=course.state, now=0.0, uid=0)
    assert decide(UndoSteps(steps=steps, confirm="A"), now) == ALLOWED
    numbers = [course.plan.numbers[f"undo-{row}"] for row in ("go", *ROWS)]
    assert numbers == ["A.1", "A.1.1", "A.1.2", "A.1.3"]

    undoes = ("undo-go--1", "undo-go--2")
    course.write(PhaseEntered(phase="undo", undoes=undoes))
    assert propose(course.plan, course.state).step == "undo-go--1"
    assert is_out_of_order(course.plan, course.state, "undo-go--2")
    assert course.status("undo-go") is Status.NOT_APPLICABLE
    assert course.status("undo-go--3") is Status.NOT_APPLICABLE
    with pytest.raises(StateError, match="has nothing to undo"):
        course.write(start("undo-go--3"))
    # It has the item of its row, and what that had, whatever that is by now.
    seen = course.state.variables_for("undo-go--2")
    values = Values(course.state, variables=seen, now=0.0, name_of=course.plan.name)
    undo = course.plan.steps["undo-go--2"]
    assert values.fill(undo.env["item"]) == "$(b)"
    assert seen["mode"].text == "old"


def test_a_row_that_is_undone_says_so_and_so_does_its_step() -> None:
    course = Course()
    for row in ROWS:
        course.write(start(row), end(row))
    assert course.status("go") is Status.PASSED
    course.write(PhaseEntered(phase="undo", undoes=("undo-go--3", "undo-go--1")))
    course.write(start("undo-go--3"))
    assert propose(course.plan, course.state).kind == "running"
    course.write(end("undo-go--3"))
    assert propose(course.plan, course.state).step == "undo-go--1"
    assert course.status("go--3") is Status.UNDONE
    assert course.status("go") is Status.UNDONE
    assert course.state.steps["go"].reason == "1 of 3 rows: c"
    course.write(start("undo-go--1"), end("undo-go--1"))
    assert aside_outcome(course.plan, course.state) == ("undo", True)
    assert course.offered() == ["1.1.2 Make $(b) (passed)"]
    # Made again it can be undone again.
    course.write(start("go--3", 2), end("go--3", 2))
    assert course.offered()[0] == "1.1.3 Make c (passed, attempt 2)"
