"""Comparisons of what a document or an output has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.health.response_body import pointer_mismatch, resolve_pointer
from mobius_tui.runbook.model.check_kinds import HttpCheck, RunCheck
from mobius_tui.runbook.model.guard_comparison import comparison_problem, unmet_in_words
from mobius_tui.runbook.model.probes import Probe
from mobius_tui.runbook.model.runbook_diff import part_digest
from tests.runbook.runbook_texts import Decoded, Pointed

VAR = "[var.x]\ndefault = '1'\n"
HEAD = f"format = 2\n[runbook]\ntitle = 'X'\n{VAR}[[step]]\ntitle = 'S'\n"


def test_pointers_and_equal_parts_of_an_answer(decoded: Decoded) -> None:
    wanted = "{ '/a/b' = '> 3', '/c' = ['x', 7, true], '/d' = '${x}', e = '> 3' }"
    text = f"{HEAD}check.http = {{ url = 'http://x', json = {wanted} }}"
    (check,) = decoded(text).steps()[0].checks
    assert isinstance(check, HttpCheck)
    assert check.json == {"e": "> 3"}
    assert check.pointers == {
        "/a/b": ("> 3",),
        "/c": ("x", "= 7", "= true"),
        "/d": ("= ${x}",),
    }
    assert "/a/b > 3, /c = x or = 7 or = true, /d = ${x}" in check.condition


def test_what_a_script_prints(decoded: Decoded) -> None:
    text = "{ script = 'k get', json = { '/n' = 3 }, is = ['a', '< ${x}'] }"
    (check,) = decoded(f"{HEAD}check.run = {text}").steps()[0].checks
    assert check == RunCheck(
        script="k get", pointers={"/n": ("= 3",)}, is_=("a", "< ${x}")
    )
    assert check.condition == "`k get` prints = a or < ${x} and gives /n = 3"


def test_a_pointer_is_a_name_in_format_1(decoded: Decoded) -> None:
    text = (
        "[[phase]]\nid = 'p'\ntitle = 'P'\n[[phase.step]]\nid = 's'\ntitle = 'S'\n"
        "check.http = { url = 'http://x', json = { '/a' = '> 3' } }\n"
    )
    (check,) = decoded(text).steps()[0].checks
    assert check == HttpCheck(url="http://x", json={"/a": "> 3"})


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (
            "json = { «'a.b' = 3 }",
            '`a.b` is none: write a JSON pointer, such as "/a/b"',
        ),
        ("json = { «'/a' = { x = 1 } }", "this is a comparison, such as"),
        ("json = { «'/a' = inf }", "not a number"),
        ("json = { «'/a' = [] }", "an empty list compares nothing"),
        ("json = { «'/a' = '> x' }", "`>` compares with a number"),
        ("«json = {}", "`json` is empty"),
        ("«is = '< '", "`<` compares with a number"),
        ("is = ['a', «1979-05-27]", "not a date"),
        ("is = '«${nobody}'", "`nobody` is used and never defined"),
    ],
)
def test_a_mistake_is_shown_at_its_place(
    pointed: Pointed, run: str, words: str
) -> None:
    (_, said), *_ = pointed(f"{HEAD}check.run = {{ script = 'x ${{x}}', {run} }}")
    assert words in said


def test_digests_of_older_versions_stay() -> None:
    assert part_digest(Probe(id="x", url="http://x")) == "24315caf0a9b072d"
    assert part_digest(RunCheck(script="x")) == "ae1c68e47351e982"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(JSON, st.text().map(lambda text: f"/{text}"), st.text())
def test_any_document_can_be_compared(
    document: object, pointer: str, text: str
) -> None:
    if not comparison_problem(text):
        pointer_mismatch({"x": document}, {pointer: (text,), "/x": (text,)})
    resolve_pointer(document, pointer)


@given(st.text().filter(lambda text: text == text.strip()))
def test_a_filled_in_value_is_equal_to_itself_alone(value: str) -> None:
    assert unmet_in_words(value, (f"= {value}",)) is None


@given(st.integers(), st.integers())
def test_numbers_are_compared_as_numbers(value: int, other: int) -> None:
    assert (unmet_in_words(str(value), (f"< {other}",)) is None) == (value < other)
