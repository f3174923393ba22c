"""What is begun out of order, judged by where the steps stand."""

from __future__ import annotations

from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.proposal import is_out_of_order, unfinished_steps_before
from mobius_tui.run.planning.step_status import step_statuses
from mobius_tui.run.state.reducer import initial_state
from mobius_tui.run.state.step_state import Status
from mobius_tui.structs import replace
from tests.conftest import MakeRunbook
from tests.run.books import ONE, step


def test_what_is_not_done_before_a_step(make_runbook: MakeRunbook) -> None:
    plan = Plan(make_runbook(ONE + step("a") + step("b") + step("c")))
    state = initial_state(plan.runbook)
    assert unfinished_steps_before(plan, state, "a") == ()
    assert unfinished_steps_before(plan, state, "c") == ("a", "b")
    assert is_out_of_order(plan, state, "c")


def test_who_knows_where_the_steps_stand_is_believed(make_runbook: MakeRunbook) -> None:
    """Of 10,000 steps that is not found out anew at each key."""
    plan = Plan(make_runbook(ONE + step("a") + step("b") + step("c")))
    state = initial_state(plan.runbook)
    known = step_statuses(plan, state)
    known["a"] = replace(known["a"], status=Status.NOT_APPLICABLE)
    assert unfinished_steps_before(plan, state, "c", known) == ("b",)
    assert is_out_of_order(plan, state, "c", known)
    assert not is_out_of_order(plan, state, "b", known)
