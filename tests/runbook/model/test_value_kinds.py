"""Typed variables: what their values are held to, and what is said of the others."""

from __future__ import annotations

import pytest

from mobius_tui.runbook.model.runbook import ValueKind, Variable
from mobius_tui.runbook.model.value_kinds import (
    form_in_words,
    stored_value,
    value_on_one_line,
    value_problem,
)

FITS: dict[ValueKind, tuple[str, ...]] = {
    "": ("", "any", "two\nlines"),
    "int": ("0", "-3", "+12", "007"),
    "duration": ("30s", "1h30m", "500ms"),
    "date": ("2026-11-24", "2024-02-29"),
    "url": ("https://a.example/x?y=1", "postgres://db:5432/x", "http://[::1]:80/"),
    "host": ("db-1", "db-1.example.com", "10.0.0.1", "::1", "a_b.local."),
    "path": ("/srv/data", "./x", "a b"),
    "bool": ("true", "false"),
}
FITS_NOT: dict[ValueKind, tuple[str, ...]] = {
    "": ("a\0b",),
    "int": ("", "three", "1.5", "1 ", "٣", "1" * 19, "0x10"),
    "duration": ("", "30", "1 h", "soon"),
    "date": ("", "2026-02-30", "24.11.2026", "20261124", "2026-W48-2"),
    "url": ("", "a.example", "https://", "https://a b", "http://[::1", "//a/b"),
    "host": ("", "a b", "-a", "a..b", "https://a", "a:80", "a/b", "x" * 64),
    "path": ("", "  ", "a\nb", "a\0b", "a\x1b[31m"),
    "bool": ("", "yes", "True", "1"),
}


@pytest.mark.parametrize("kind", FITS)
def test_a_value_fits_its_kind_or_is_named_with_the_remedy(kind: ValueKind) -> None:
    variable = Variable(name="v", kind=kind)
    for value in FITS[kind]:
        assert value_problem(variable, value) is None, value
    for value in FITS_NOT[kind]:
        problem = value_problem(variable, value) or ""
        assert problem.startswith("v: "), value
        assert "\n" not in problem
        assert "\x1b" not in problem
        optional = Variable(name="v", kind=kind, default="")
        assert bool(value) == bool(value_problem(optional, value))


@pytest.mark.parametrize(
    ("kind", "least", "most", "good", "low", "high"),
    [
        ("int", "1", "10", "10", "0", "11"),
        ("duration", "1m", "2h", "90s", "59s", "2h1s"),
        ("date", "2026-01-01", "2026-12-31", "2026-06-01", "2025-12-31", "2027-01-01"),
    ],
)
def test_min_and_max_hold_a_value(
    kind: ValueKind, least: str, most: str, good: str, low: str, high: str
) -> None:
    variable = Variable(name="v", kind=kind, least=least, most=most, hint="as usual")
    assert value_problem(variable, good) is None
    assert value_problem(variable, low) == (
        f"v: {low!r} is less than the least, {least} (as usual)"
    )
    assert value_problem(variable, high) == (
        f"v: {high!r} is more than the most, {most} (as usual)"
    )
    assert form_in_words(variable) == f"as usual; {least} to {most}"


def test_a_pattern_matches_the_whole_value_and_never_takes_long() -> None:
    variable = Variable(name="v", pattern=r"v\d+\.\d+\.\d+")
    assert value_problem(variable, "v1.2.30") is None
    assert "does not match" in str(value_problem(variable, "v1.2.30-rc"))
    assert "too long" in str(value_problem(variable, "v" + "1" * 10_000))
    hinted = Variable(name="v", pattern="[a-z]+", hint="small letters")
    assert str(value_problem(hinted, "A")).endswith("wanted: (small letters)")


def test_several_values_are_lines_and_are_typed_with_commas() -> None:
    variable = Variable(name="hosts", kind="host", many=True)
    assert stored_value(variable, " a, b ,, c") == "a\nb\nc"
    assert stored_value(variable, "a\nb\n") == "a\nb"
    assert value_on_one_line(variable, "a\nb") == "a, b"
    assert value_problem(variable, "a\nb") is None
    assert str(value_problem(variable, "a\nb c")).startswith(
        "hosts: 'b c' is not a host"
    )
    assert value_problem(variable, "") == "hosts: at least one value is wanted"
    one = Variable(name="one")
    assert stored_value(one, "a, b") == "a, b"
    some = Variable(name="s", many=True, choices=("x", "y"))
    assert value_problem(some, "x\ny") is None
    assert value_problem(some, "x\nz") == "s: 'z' is none of: x, y"
    assert form_in_words(some) == "one or more of x, y, commas between"


def test_no_secret_is_in_what_is_said_of_it() -> None:
    for variable in (
        Variable(name="t", secret=True, kind="int"),
        Variable(name="t", secret=True, kind="int", least="9"),
        Variable(name="t", secret=True, pattern="x+"),
        Variable(name="t", secret=True, choices=("a", "b")),
    ):
        problem = value_problem(variable, "hunter2") or ""
        assert problem.startswith("t: its value ")
        assert "hunter2" not in problem
