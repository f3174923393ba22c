"""`${name}` in texts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobius_tui.runbook.text.template_text import (
    broken_template,
    fill,
    template_names,
    title_of_unknown_run,
    without_templates,
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
        assert fill(without_templates(text), unknown) == text


def test_what_cannot_be_filled_in() -> None:
    assert broken_template("${a} $${b} ${c:-d} e") == "${c:-d} e"
    assert broken_template("${a} $${ $b") is None


def test_a_title_of_no_run_has_the_names_of_what_is_not_known() -> None:
    assert title_of_unknown_run("Drain ${node} as $${x}") == "Drain ‹node› as ${x}"
