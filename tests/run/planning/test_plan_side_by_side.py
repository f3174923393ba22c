"""Steps of a parallel phase: what runs beside what, and what begins next."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.events.run_events import RunBegan
from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.intents.permissions import decide
from mobius_tui.run.intents.step_intents import StartStep
from mobius_tui.run.planning.plan import Plan, may_run_beside, running_steps
from mobius_tui.run.planning.proposal import is_out_of_order, propose
from mobius_tui.run.planning.situation import ALLOWED, RefusalCode, Refused, Situation
from mobius_tui.run.state.reducer import advance, initial_state
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.library.loader import decode_runbook
from mobius_tui.runbook.model.runbook import Runbook

BOOK = """format = 2
[runbook]
title = "Side by side"
[[phase]]
title = "Before"
[[phase.step]]
title = "First"
run = "ls"
[[phase]]
title = "Beside"
parallel = {parallel}
[[phase.step]]
title = "Read 1"
run = "ls"
[[phase.step]]
title = "Read 2"
check = {{ run = "ls" }}
[[phase.step]]
title = "Alone"
run = "touch x"
[[phase.step]]
title = "Independent"
run = "touch y"
independent = true
[[phase.step]]
title = "Read 3"
run = "ls"
needs = ["read-1"]
[[phase.step]]
title = "Follow"
run = "tail -f x"
follow = true
[[phase.step]]
title = "Ask"
manual = "Call them"
[[phase]]
title = "After"
[[phase.step]]
title = "Last"
run = "ls"
"""


def book(parallel: str = "true") -> Runbook:
    data = BOOK.format(parallel=parallel).encode()
    runbook, problems = decode_runbook(Path("x.toml"), data, lambda name: (name, b""))
    assert runbook is not None, problems
    return runbook


EndResult = Literal[Status.PASSED, Status.FAILED, Status.WARNED]
RESULTS: tuple[EndResult | None, ...] = (
    *(None, Status.PASSED),
    *(Status.FAILED, Status.WARNED),
)


class Course:
    """A run in memory: steps begin where they may, and end as they are told."""

    def __init__(self, parallel: str = "true") -> None:
        self.plan = Plan(book(parallel))
        self.state: RunState = initial_state(self.plan.runbook)
        self.number = 0
        self._write(
            RunBegan(
                run="r",
                runbook="side-by-side",
                file="x.toml",
                sha256="",
                title="Side by side",
                mode=Mode.INCIDENT,
                workdir="/",
                operator="ana",
                setting={},
            )
        )

    def begin(self, step_id: str) -> bool:
        """Begin a step, if that is allowed."""
        step = self.plan.steps[step_id]
        now = Situation(plan=self.plan, state=self.state, now=0.0, uid=0)
        attempt = now.next_attempt(step)
        permission = decide(StartStep(step=step_id, attempt=attempt), now)
        if permission == ALLOWED:
            self._write(StepStarted(step=step_id, attempt=attempt))
        return permission == ALLOWED

    def end(self, step_id: str, result: EndResult = Status.PASSED) -> None:
        attempt = len(self.state.steps[step_id].attempts)
        self._write(StepEnded(step=step_id, attempt=attempt, result=result))

    def running(self) -> list[str]:
        return [step.id for step in running_steps(self.plan, self.state)]

    def _write(self, event: RunBegan | StepStarted | StepEnded) -> None:
        self.number += 1
        at = float(self.number)
        entry = Entry(n=self.number, at=at, mono=at, boot="b", by="x", event=event)
        advance(self.state, entry)


STEPS = [s.id for s in book().steps()]
MOVES = st.lists(
    st.tuples(
        st.sampled_from(STEPS),
        st.sampled_from(RESULTS),
    ),
    max_size=40,
)


@given(MOVES, st.sampled_from(["true", "2", "3"]))
def test_only_what_may_runs_beside_another(
    moves: list[tuple[str, EndResult | None]], parallel: str
) -> None:
    course = Course(parallel)
    most = course.plan.runbook.phases[1].parallel
    for step_id, result in moves:
        if result is None:
            course.begin(step_id)
        elif course.state.steps[step_id].status is Status.RUNNING:
            course.end(step_id, result)
        running = course.running()
        assert len(running) <= most
        if len(running) > 1:
            steps = [course.plan.steps[each] for each in running]
            pairs = combinations(steps, 2)
            assert all(may_run_beside(course.plan, *pair) for pair in pairs)
            assert {course.plan.phase_of[each].id for each in running} == {"beside"}
        proposed = propose(course.plan, course.state)
        step = proposed.step
        if proposed.kind == "start" and step is not None and step != "ask":
            beside = {course.plan.phase_of[each].id for each in running}
            if beside <= {course.plan.phase_of[step].id}:
                assert course.begin(step)  # what is proposed is allowed


@pytest.mark.parametrize(("parallel", "together"), [("true", 3), ("2", 2), ("3", 3)])
def test_as_many_begin_as_may(parallel: str, together: int) -> None:
    course = Course(parallel)
    assert course.begin("first")
    course.end("first")
    begun = []
    while (found := propose(course.plan, course.state)).kind == "start":
        if found.step is None or not course.begin(found.step):
            break
        begun.append(found.step)
    assert begun[:together] == ["read-1", "read-2", "independent"][:together]
    assert len(course.running()) == together


def test_what_changes_and_is_not_independent_runs_alone() -> None:
    course = Course()
    assert course.begin("read-1")
    step = course.plan.steps["alone"]
    now = Situation(plan=course.plan, state=course.state, now=0.0, uid=0)
    refused = decide(StartStep(step=step.id, attempt=1), now)
    assert isinstance(refused, Refused)
    assert refused.code is RefusalCode.BUSY
    course.end("read-1")
    assert course.begin("alone")
    assert not course.begin("read-2")
    assert course.begin("follow")  # as ever


def test_one_that_failed_lets_no_other_begin_and_those_that_run_go_on() -> None:
    course = Course()
    assert course.begin("first")
    course.end("first")
    for each in ("read-1", "read-2"):
        assert course.begin(each)
    course.end("read-1", Status.FAILED)
    found = propose(course.plan, course.state)
    assert (found.kind, found.step) == ("running", "read-2")
    course.end("read-2")
    found = propose(course.plan, course.state)
    assert (found.kind, found.step) == ("decide", "read-1")


def test_steps_side_by_side_have_no_order_among_them() -> None:
    course = Course()
    assert course.begin("first")
    course.end("first")
    assert not is_out_of_order(course.plan, course.state, "independent")
    assert not is_out_of_order(course.plan, course.state, "alone")
    assert is_out_of_order(course.plan, course.state, "last")
