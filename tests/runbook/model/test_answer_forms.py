"""A pattern in words: right for what is simple, silent about all else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.runbook.model.answer_forms import example, form_in_words
from mobius_tui.runbook.model.runbook import Contact


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("@[a-z-]+", "@, then small letters or hyphens"),
        ("^@[a-z-]+$", "@, then small letters or hyphens"),
        (r"INC-\d{4,}", "INC-, then 4 or more digits"),
        (r"v?\d+\.\d+", "perhaps one v, then digits, then ., then digits"),
        (
            "[A-Za-z0-9_.-]{1,20}",
            "1 to 20 letters, digits, underscores, dots or hyphens",
        ),
        (r"\w+", "letters, digits or underscores"),
        ("[0-9]", "one digit"),
        ("x{3}", "3 x"),
        (r"[\d\-/]*", "perhaps digits, hyphens or slashes"),
        ("#[ab]", "#, then one a or b"),
        ("yes", "yes"),
        (r"5\$", "5$"),
    ],
)
def test_a_simple_pattern_is_told(pattern: str, words: str) -> None:
    assert form_in_words(pattern) == words


@pytest.mark.parametrize(
    "pattern",
    [
        "yes|no",
        "(a)",
        "[^a]+",
        ".+",
        "a+?",
        r"\bx",
        r"\s",
        "[a-f]",
        "(?i)x",
        "",
        r"a\1",
    ],
)
def test_of_any_other_nothing_is_told(pattern: str) -> None:
    assert form_in_words(pattern) == ""


@pytest.mark.filterwarnings("ignore::FutureWarning")
@given(st.text("@a-z[]{}+*?\\d.^$,|() 0", max_size=12))
def test_no_pattern_is_too_odd(pattern: str) -> None:
    form_in_words(pattern)
    try:
        re.compile(pattern)
    except re.error:
        return
    assert example(pattern, (), "") == ""


def test_an_example_is_a_contact_that_the_pattern_wants() -> None:
    contacts = (
        Contact(role="SRE", handle="@sre-oncall"),
        Contact(role="Operator", handle="@ops"),
        Contact(role="Desk", handle="+49 30 1234"),
    )
    assert example("@[a-z-]+", contacts, "Operator") == "@ops"
    assert example("@[a-z-]+", contacts, "") == "@sre-oncall"
    assert example(r"\+[\d ]+", contacts, "Operator") == "+49 30 1234"
    assert example(".+", contacts, "Operator") == "", "any name will do"
    assert example("#[a-z]+", contacts, "") == ""
