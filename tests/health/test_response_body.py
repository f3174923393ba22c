"""What a body says: assertions and figures."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.health import response_body
from mobius_tui.runbook.model.check_kinds import Json
from mobius_tui.runbook.model.probes import Figure


def wrong(
    text: str, wanted: dict[str, Json], contains: str | None = None
) -> str | None:
    data = text.encode()
    return response_body.body_mismatch(
        data, response_body.parse_json(data), wanted, contains
    )


@pytest.mark.parametrize(
    ("text", "wanted", "problem"),
    [
        ('{"a": 1, "b": 2}', {"a": 1}, None),
        ('{"a": 1}', {"a": 1.0}, None),
        (
            '{"a": {"b": [1, {"c": null, "d": 0}]}}',
            {"a": {"b": (1, {"c": None})}},
            None,
        ),
        ('{"a": true}', {"a": 1}, "a is true, wanted 1"),
        ('{"a": 1}', {"a": True}, "a is 1, wanted true"),
        ('{"a": "1"}', {"a": 1}, 'a is "1", wanted 1'),
        ("{}", {"a": {"b": "x"}}, 'a is missing, wanted {"b": "x"}'),
        ('{"a": {}}', {"a": {"b": "x"}}, 'a.b is missing, wanted "x"'),
        ('{"a": null}', {"a": {"b": 1}}, "a is null, wanted an object"),
        ('{"a": [1]}', {"a": (1, 2)}, "a is [1], wanted a list of 2"),
        ('{"a": [1, 3]}', {"a": (1, 2)}, "a[1] is 3, wanted 2"),
        ("[]", {"a": 1}, "its body is [], wanted an object"),
        ("<html>", {"a": 1}, "its body is no JSON"),
        ("[" * 100_000, {"a": 1}, "its body is no JSON"),
    ],
)
def test_assertions(text: str, wanted: dict[str, Json], problem: str | None) -> None:
    assert wrong(text, wanted) == problem


def test_contains() -> None:
    assert wrong("all is well", {}, "well") is None
    assert wrong("all is lost", {}, "well") == 'its body does not contain "well"'
    assert "is empty: it says nothing" in str(wrong("all is lost", {}, ""))


def test_a_long_value_is_cut() -> None:
    said = wrong(json.dumps({"a": "x" * 5000}), {"a": "y"})
    assert said is not None
    assert len(said) < 100


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.booleans()))
def test_everything_is_as_it_is(value: dict[str, Json]) -> None:
    assert wrong(json.dumps(value), value) is None


@pytest.mark.parametrize(
    ("text", "at", "value"),
    [
        ('{"a": {"b": 0.5}}', "/a/b", 0.5),
        ('{"a": [0, 1]}', "/a/1", 1.0),
        ('{"a/b": {"~c": 0}}', "/a~1b/~0c", 0.0),
        ('{"": 1}', "/", 1.0),
        ("0.25", "", 0.25),
        ('{"a": 1.0001}', "/a", None),
        ('{"a": -0.1}', "/a", None),
        ('{"a": NaN}', "/a", None),
        ('{"a": Infinity}', "/a", None),
        ('{"a": "0.5"}', "/a", None),
        ('{"a": true}', "/a", None),
        ('{"a": null}', "/a", None),
        ("{}", "/a", None),
        ('{"a": [1]}', "/a/7", None),
        ('{"a": [1]}', "/a/-", None),
        ('{"a": [1]}', "/a/99999999999999999999", None),
        ("nothing", "/a", None),
    ],
)
def test_figures(text: str, at: str, value: float | None) -> None:
    found = response_body.reported_figure(
        response_body.parse_json(text.encode()), Figure(at=at), highest=1.0
    )
    assert found == value


def test_a_time_is_told_in_milliseconds() -> None:
    document = response_body.parse_json(b'{"p95": 1.5}')
    seconds = response_body.reported_figure(
        document, Figure(at="/p95", unit="s"), highest=1e9
    )
    millis = response_body.reported_figure(
        document, Figure(at="/p95", unit="ms"), highest=1e9
    )
    assert (seconds, millis) == (1500.0, 1.5)
    assert response_body.reported_figure(document, None, highest=1e9) is None
