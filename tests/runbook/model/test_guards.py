"""Guards: what is compared with what, what cannot be, and what can never hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.model.guard_comparison import comparison_problem, satisfies
from mobius_tui.runbook.model.guard_comparison import parse_comparison as meaning
from mobius_tui.runbook.model.guards import (
    evaluate_guard,
    guard_in_words,
    guard_variables,
    not_for_text,
    why_guard_fails,
)
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.model.runbook_diff import diff_runbooks, part_digest
from mobius_tui.runbook.text.regex_cost import max_search_length
from tests.growth import cost
from tests.paths import CASES
from tests.runbook.runbook_texts import Decoded, Examine, Pointed, only, phase
from tests.table import each_row

CASE = CASES / "authoring" / "when.toml"


def satisfied(text: str, value: str) -> bool | None:
    return satisfies(value, meaning(text))


@each_row(
    ("text", "yes", "no", "open_"),
    [
        ("> 1000", ["1000.5", "99999", "1e4", " 1001 ", "+1001"], ["1000", "-5"], []),
        (">1000", ["1001"], ["70", "1e3", "1000.0"], ["", "unknown", "1_001", "90s"]),
        ("< .5", ["0.4", "-.5", "0"], ["0.5", "1E0"], ["inf", "nan", "٣", "0x0"]),
        ("<= 0", ["0", "0.0", "-0"], ["1"], ["zero"]),
        ("< 2m", ["90s", "1m59s", "500ms"], ["2m", "1h", "9000h"], ["90", "2 min"]),
        (">= 1GiB", ["1GiB", "2TB"], ["1GB", "512KiB"], ["1", "1s"]),
        ("= 5", ["5", "5.0"], ["6", "five", ""], ["5s", "5B"]),
        ("!= 0", ["1", "none", ""], ["0", "0.0", "-0"], ["0s"]),
        ("= 90s", ["1m30s"], ["91s", "soon"], ["90"]),
        ("= >1000", [">1000"], ["> 1000", "2000"], []),
        ("== a", ["a"], ["= a", "b"], []),
        ("=", [""], ["a"], []),
        ("!= y", ["x", ""], ["y"], []),
        ("!=", ["x"], [""], []),
        ("a", ["a"], ["b", " a", ""], []),
        ("1.10", ["1.10"], ["1.1"], []),
        ("in a, b", ["a", "b"], ["c", "in a, b"], []),
        ("in progress", ["in progress"], ["progress"], []),
        (r"matches ^2\.\d+", ["2.10", "v\n2.0"], ["12.1", "2."], []),
        ("matches", ["matches"], ["a"], []),
    ],
)
def test_a_value_is_compared_as_what_it_is(
    text: str, yes: list[str], no: list[str], open_: list[str]
) -> None:
    assert comparison_problem(text) is None
    assert {
        v: evaluate_guard({"x": (text,)}, {"x": v}).holds for v in (*yes, *no, *open_)
    } == {
        **dict.fromkeys(yes, True),
        **dict.fromkeys(no, False),
        **dict.fromkeys(open_),
    }


@given(st.decimals(allow_nan=False, places=3), st.decimals(allow_nan=False, places=3))
def test_numbers_are_ordered_as_numbers_are(one: object, other: object) -> None:
    low, high = sorted((float(str(one)), float(str(other))))
    if abs(low) < 1e39 and abs(high) < 1e39:
        assert satisfied(f">= {low:f}", f"{high:f}")
        assert satisfied(f"> {high:f}", f"{low:f}") is False


def test_a_guard_of_several_parts(decoded: Decoded) -> None:
    text = (
        "[var.env]\n[var.zone]\n[var.lag]\n[var.kind]\n[var.rows]\n"
        + phase("a", more="use = 'b-1'", step="")
        + phase("b")
        + "[phase.step.when]\nenv = ['a', 'b']\nnot = { zone = 'eu' }\n"
        "any = [{ lag = '> 1000' }, { kind = 'slow', rows = ['< 3', '> 9'] }]"
    )
    guard = only(decoded(text)).when
    assert guard_variables(guard) == {"env", "zone", "lag", "kind", "rows"}
    assert guard_in_words(guard) == (
        "env = a or b, and not (zone = eu), and "
        "(lag > 1000, or kind = slow, and rows < 3 or rows > 9)"
    )
    values = {"env": "a", "zone": "us", "lag": "5", "kind": "slow", "rows": "12"}
    assert evaluate_guard(guard, values).holds
    either = "(lag > 1000, or rows < 3 or rows > 9)"
    for name, value, why in (
        ("env", "c", "env is c, and the step wants env = a or b"),
        ("zone", "eu", "zone is eu, and the step wants not (zone = eu)"),
        (
            "rows",
            "5",
            f"lag is 5 and rows is 5, and the step wants {either}",
        ),
    ):
        other = {**values, name: value}
        assert why_guard_fails(evaluate_guard(guard, other), other) == why
    titles = {"env": "Which environment?", "lag": ""}
    verdict = evaluate_guard(guard, {**values, "env": "c"}, titles)
    assert why_guard_fails(verdict, {"env": "c"}, titles) == (
        "“Which environment?” is c, and the step wants “Which environment?” = a or b"
    )
    assert not_for_text(verdict, {"env": "c"}, (), titles) == (
        "not for “Which environment?”=c"
    )
    unclear = evaluate_guard(guard, {**values, "lag": "?", "kind": "fast"})
    assert unclear.holds is None
    assert [each.words for each in unclear.undecided] == [
        "cannot be decided: lag is '?', and > 1000 wants a number"
    ]
    # What is false decides, whatever is not known yet.
    assert evaluate_guard(guard, {"env": "c"}).holds is False
    assert [
        each.is_given for each in evaluate_guard(guard, {"env": "a"}).undecided
    ] == [False] * 4
    secret = evaluate_guard({"pw": ("a",)}, {"pw": None})
    assert "pw is a secret" in secret.undecided[0].words


def test_of_several_lines_one_is_enough_and_none_is_more() -> None:
    chosen = {"v": "a\nb"}
    assert evaluate_guard({"v": ("b",)}, chosen).holds
    assert evaluate_guard({"v": ("!= b",)}, chosen).holds is False
    assert evaluate_guard({"v": ("!= c",)}, chosen).holds
    assert evaluate_guard({"v": ("> 1",)}, {"v": "2\n3"}).holds is None


@pytest.mark.parametrize(
    ("text", "value", "other", "holds"),
    [
        ("> ${w}", "5", "4", True),
        ("> ${w}", "5", "9", False),
        ("> ${w}", "5", "many", None),
        ("<= ${w}", "90s", "2m", True),
        ("> ${w}", "90s", "4", None),
        ("${w}", "a", "a", True),
        ("${w}", "1.10", "1.1", False),
        ("= ${w}", "1.10", "1.1", True),
        ("!= ${w}", "a", "b", True),
        ("${w}", "2000", "> 1000", False),
        ("${w}", "> 1000", "> 1000", True),
        ("in x, ${w}", "a, b", "a, b", True),
        ("in x, ${w}", "a", "a, b", False),
        ("${w}", "b", "a\nb", True),
        ("= v-${w}", "v-2", "2", True),
        ("$${w}", "${w}", "x", True),
        ("${w}", "${v}", "${v}", True),
    ],
)
def test_a_variable_is_compared_with_another(
    text: str, value: str, other: str, holds: bool | None
) -> None:
    """A value is an operand, whatever it looks like."""
    guard = {"v": (text,)}
    assert evaluate_guard(guard, {"v": value, "w": other}).holds is holds


def test_what_it_is_compared_with_is_told_and_waited_for() -> None:
    guard = {"lag": ("> ${most}",)}
    assert guard_in_words(guard) == "lag > most"
    assert guard_variables(guard) == {"lag", "most"}
    values = {"lag": "5", "most": "9"}
    assert why_guard_fails(evaluate_guard(guard, values), values) == (
        "lag is 5 and most is 9, and the step wants lag > most"
    )
    (unknown,) = evaluate_guard(guard, {"lag": "5"}).undecided
    assert (unknown.name, unknown.is_given) == ("most", False)
    (secret,) = evaluate_guard(guard, {"lag": "5", "most": None}).undecided
    assert secret.words == "cannot be decided: most is a secret"
    (odd,) = evaluate_guard(guard, {"lag": "5", "most": "x"}).undecided
    assert odd.words == "cannot be decided: lag is '5', and > x wants a number"


def test_a_long_value_is_told_without_its_middle() -> None:
    values = {"v": "x" * 500}
    told = why_guard_fails(evaluate_guard({"v": ("y",)}, values), values)
    assert len(told) < 120
    assert "…" in told


WRONG = [
    ("when = { v = '«> abc' }", "and 'abc' is none; for the text itself, write `= > a"),
    ("when = { v = ['1', '«> 1_000'] }", "'1_000' is none"),
    ("when = { v = '«>' }", "`>` compares with a number"),
    ("when = { v = '«< 30d' }", "'30d' is none"),
    ("when = { v = '«in a,' }", "`in` lists texts"),
    ("when = { v = '«matches (' }", "is no regular expression"),
    ("when = { v = '«matches (a+)+$' }", "may take for ever"),
    ("when = { v = '«matches (?=a)b' }", "may take for ever"),
    ("when = { v = '«matches " + "a*" * 9 + "' }", "too many repeats"),
    ("when = { v = '«matches " + "a" * 201 + "' }", "200 characters at most"),
    ("when = { not = { v = '«> x' } }", "'x' is none"),
    ("when = { any = [{ v = '1' }, { v = '«> x' }] }", "'x' is none"),
    ("when = { «v = 5 }", 'is compared with a text in quotes, such as "> 1000"'),
    ("when = { «v = [] }", "not with an empty list"),
    ("when = { «v = { w = 'a' } }", "`not` takes a table, `any` and `all` lists"),
    ("when = { not = { «w = 'a' } }", "`w` is used and never defined"),
    ("when = { «pw = 'x' }\n[var.pw]\nsecret = true", "is a secret, which no guard"),
    ("when = { any = [«{}] }", "an empty table compares nothing"),
    ("when = { «v = '> ${ww}' }", "`ww` is used and never defined"),
    ("when = { v = '> «${w}' }\n[var.w]\ndefault = 'abc'", "and 'abc' is none"),
    ("when = { v = '> «${w}' }\n[var.w]\nchoices = ['1', 'x']", "and 'x' is none"),
    ("when = { v = '«${w}' }\n[var.w]\nsecret = true", "`w` is a secret, which no"),
    ("when = { v = '«matches ${w}' }\n[var.w]\nask = true", "is written there"),
    ("when = { v = '«${w:-1}' }", "is no ${name}"),
]
NEVER = [
    ("choices = ['1', '2']", "when = { v = '«> 5' }", "`v` is never `> 5`: it is 1 or"),
    ("choices = ['a']", "when = { v = '«matches b' }", "`v` is never `matches b`"),
    ("choices = ['a']", "when = { v = '«in a, c' }", "`v` is never `c`"),
    ("choices = ['a', 'b']", "«when = { v = 'a', not = { v = 'a' } }", "never be true"),
    ("choices = ['a']", "when = { v = '«!= a' }", "`v` is never `!= a`"),
    ("", "«when = { all = [{ v = '> 5' }, { v = '< 3' }] }", "never be true"),
    ("", "«when = { v = '> 5', not = { v = '> 3' } }", "never be true"),
    ("", "«when = { v = '> 5', all = [{ v = '< 2m' }] }", "never be true"),
    ("", "«when = { v = '< 0s' }", "never be true"),
]
SOMETIMES = [
    ("", "when = { all = [{ v = '> 3' }, { v = '< 3.1' }] }"),
    ("", "when = { all = [{ v = 'a' }, { v = 'b' }] }"),
    ("", "when = { not = { v = ['a', 'b'] } }"),
    ("", "when = { v = '!=' }"),
    ("", "when = { not = { v = ['<= 3m', '>= 10m'] } }"),
    ("", "when = { v = 'matches a', not = { v = 'b' } }"),
    ("choices = ['auto', '1', '7']", "when = { v = '> 5' }"),
]


@pytest.mark.parametrize(("guard", "message"), WRONG)
def test_what_cannot_be_compared_is_an_error_in_its_place(
    guard: str, message: str, pointed: Pointed
) -> None:
    ((severity, said),) = pointed(
        "[var.v]\n" + phase("a", more=f"uses = ['v']\n{guard}")
    )
    assert (severity, message in said) == ("error", True), said


@pytest.mark.parametrize(("var", "guard", "message"), NEVER)
def test_a_guard_that_can_never_hold_is_an_error(
    var: str, guard: str, message: str, pointed: Pointed
) -> None:
    ((severity, said),) = pointed(f"[var.v]\n{var}\n" + phase("a", more=guard))
    assert (severity, message in said) == ("error", True), said


@pytest.mark.parametrize(("var", "guard"), SOMETIMES)
def test_a_guard_that_holds_somewhere_is_none(
    var: str, guard: str, examined: Examine
) -> None:
    _, problems = examined(f"[var.v]\n{var}\n" + phase("a", more=guard))
    assert problems == ()


def test_several_that_can_be_chosen_can_be_chosen_together(examined: Examine) -> None:
    options = "option = [{ value = 'x' }, { value = 'y' }]"
    _, problems = examined(
        phase("a", step=f"choose = {{ var = 'v', multi = true, {options} }}")
        + phase("b", more="when = { all = [{ v = 'x' }, { v = 'y' }] }")
    )
    assert problems == ()


def test_a_choice_that_looks_like_a_comparison_is_itself(decoded: Decoded) -> None:
    book = "[var.v]\nchoices = ['>5', 'in a, b', '7']\n"
    step = only(decoded(book + phase("a", more="when = { v = ['>5', 'in a, b'] }")))
    assert {
        v: evaluate_guard(step.when, {"v": v}).holds for v in (">5", "in a, b", "7")
    } == {
        ">5": True,
        "in a, b": True,
        "7": False,
    }


def test_variables_called_like_words_of_a_guard_are_variables(decoded: Decoded) -> None:
    book = "[var.not]\n[var.any]\n" + phase(
        "a", more="when = { not = 'x', any = ['y'] }"
    )
    guard = only(decoded(book)).when
    assert guard_variables(guard) == {"not", "any"}
    assert evaluate_guard(guard, {"not": "x", "any": "y"}).holds


def test_a_guard_without_signs_has_the_digest_that_it_had(decoded: Decoded) -> None:
    plain = only(decoded("[var.v]\n" + phase("a", more="when = { v = ['a', 'b'] }")))
    assert plain.when == {"v": ("a", "b")}
    before = Step(id="a-1", title="S", action=plain.action, when={"v": ("a", "b")})
    assert part_digest(plain) == part_digest(before)


def test_another_guard_is_told_by_diff(decoded: Decoded) -> None:
    def book(limit: str) -> str:
        return "[var.v]\n" + phase(
            "a", more=f"when = {{ any = [{{ v = '{limit}' }}] }}"
        )

    (change,) = diff_runbooks(decoded(book("> 1")), decoded(book("> 2")))
    assert "-when.any.v = > 1" in change.lines
    assert "+when.any.v = > 2" in change.lines


ADVERSE = (
    r"(.*)(.*)(.*)x",
    r"a*a*a*b",
    r"(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)x",
    "a?" * 12 + "a" * 12,
    r"(a{0,99}a{0,99})?x",
    r"\w+\w+\w+!",
    "|".join(["a*x"] * 3),
)


MANY_TIMES = 50
"""So much longer than another that takes as many steps may one take: 7 is usual."""


@pytest.mark.parametrize("pattern", ADVERSE)
def test_no_pattern_that_passes_takes_long(pattern: str) -> None:
    assert comparison_problem(f"matches {pattern}") is None
    most = max_search_length(pattern)
    assert most is not None
    text = "a" * most
    known = "a*a*b"
    known_text = "a" * (max_search_length(known) or 0)
    times = cost(
        lambda _: satisfied(f"matches {pattern}", text),
        lambda _: satisfied(f"matches {known}", known_text),
    )
    assert times < MANY_TIMES
    assert satisfied(f"matches {pattern}", "a" * (most + 1)) is None


def test_the_case_is_what_it_says() -> None:
    step = load(CASE).steps()[1]
    assert guard_in_words(step.when) == "lag > 1000"
    assert evaluate_guard(step.when, {"lag": "99999"}).holds
    assert evaluate_guard(step.when, {"lag": "70"}).holds is False
