"""Names in texts and in scripts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobius_tui.runbook.model.actions import Ask, Choose, Manual, Option, Run
from mobius_tui.runbook.model.check_kinds import RunCheck
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.model.script_names import names_in_script
from mobius_tui.runbook.model.templates import (
    broken_template,
    fill,
    script_variables,
    template_names,
)


def test_names_come_in_order_and_once() -> None:
    text = "${b} ${run.started} $${x} ${b} $y ${step.find-it.check} $"
    assert template_names(text) == ("b", "run.started", "step.find-it.check")


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("a ${x} b", "a <x> b"),
        ("$${x} ${x}", "${x} <x>"),
        ("$$${x}", "$${x}"),
        ("${x:-y} ${ x} $x ${", "${x:-y} ${ x} $x ${"),
        ("", ""),
    ],
)
def test_fill(text: str, filled: str) -> None:
    assert fill(text, lambda name: f"<{name}>") == filled


@settings(derandomize=True, deadline=None)
@given(st.text())
def test_a_value_is_never_looked_at_again(value: str) -> None:
    assert fill("[${x}]", lambda _: value) == f"[{value}]"


@settings(derandomize=True, deadline=None)
@given(st.text(alphabet="${}xy.-"))
def test_escaping_makes_any_text_literal(text: str) -> None:
    def unknown(name: str) -> str:
        raise AssertionError(name)

    if "$${" not in text:
        assert fill(text.replace("${", "$${"), unknown) == text


def test_what_cannot_be_filled_in() -> None:
    assert broken_template("${a} $${b} ${c:-d} e") == "${c:-d} e"
    assert broken_template("${a} $${ $b") is None


def test_names_in_a_script() -> None:
    script = 'echo "$a" ${b:-x} ${#c} ${!d} \\$e $1 $$ ${f[0]} $aa'
    assert names_in_script(script) == ("a", "b", "c", "d", "e", "f", "aa")


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
