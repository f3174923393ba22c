"""Which variables a step reads."""

from __future__ import annotations

import pytest

from mobius_tui.runbook.model.actions import Ask, Choose, Manual, Option, Run
from mobius_tui.runbook.model.check_kinds import RunCheck
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.model.templates import script_variables

STEPS: list[tuple[Step, tuple[str, ...]]] = [
    (Step(id="s", title="S", action=Run(script="$a ${b} $unknown $ab")), ("a", "b")),
    (
        Step(
            id="s",
            title="S",
            action=Run(script="b=1; echo b=$b"),
            outputs=("b",),
            uses=("c",),
            checks=(RunCheck(script="test $a"),),
        ),
        ("a", "c"),
    ),
    (
        Step(
            id="s",
            title="S",
            action=Manual(text="$c", ask=(Ask(var="a"),)),
            checks=(RunCheck(script="test $a $b"),),
        ),
        ("b",),
    ),
    (
        Step(
            id="s",
            title="S",
            action=Choose(var="a", options=(Option(value="x"),)),
            checks=(RunCheck(script="$a"),),
            uses=("a",),
        ),
        ("a",),
    ),
    (
        Step(
            id="s",
            title="S",
            action=Choose(var="a", from_="c"),
            checks=(RunCheck(script="test $a $b"),),
            uses=("d",),
        ),
        ("c", "b", "d"),
    ),
]


@pytest.mark.parametrize(("step", "names"), STEPS)
def test_the_variables_that_a_step_reads(step: Step, names: tuple[str, ...]) -> None:
    assert script_variables(step, {"a", "b", "c", "d"}) == names
