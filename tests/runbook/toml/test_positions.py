"""The scanner finds each key where it stands, in everything that tomllib accepts."""

from __future__ import annotations

import datetime
import tomllib
from typing import Any

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from mobius_tui.runbook.toml.positions import KeyPath, TomlTooLargeError, scan_positions
from tests.table import each_row

TEXT = """\
title = "a = 1 [x] # no"  # [not.a.table]
a.b . "c d" = 1
list = [ 1, [2, 3],
  { x = "}" , 'y z' = ']' }, # comment ]
]

  [owner]
name = '''
[fake]
key = 1
'''
more = \"\"\"
"quoted" \\\"\"\" ""\"\"\"
when = 1979-05-27 07:32:00

[[phase]]
id = "one"
  [[phase.step]]
  run = 'x'
  check.http = { url = "u", json = { a.b = 1 } }
  [phase.step.retry]
  attempts = 2
  [[phase.step]]
  id = "second"
[[phase]]
[[phase.step]]
"""


@each_row(
    ("path", "place"),
    [
        (("title",), (1, 1)),
        (("a",), (2, 1)),
        (("a", "b"), (2, 3)),
        (("a", "b", "c d"), (2, 7)),
        (("list", 0), (3, 10)),
        (("list", 1, 1), (3, 17)),
        (("list", 2), (4, 3)),
        (("list", 2, "y z"), (4, 15)),
        (("owner",), (7, 3)),
        (("owner", "name"), (8, 1)),
        (("owner", "more"), (12, 1)),
        (("owner", "when"), (14, 1)),
        (("phase", 0), (16, 1)),
        (("phase", 0, "step", 0, "run"), (19, 3)),
        (("phase", 0, "step", 0, "check", "http"), (20, 9)),
        (("phase", 0, "step", 0, "check", "http", "json", "a", "b"), (20, 40)),
        (("phase", 0, "step", 0, "retry", "attempts"), (22, 3)),
        (("phase", 0, "step", 1, "id"), (24, 3)),
        (("phase", 1, "step", 0), (26, 1)),
        (("phase", 0, "step", 0, "missing", 3, "deeper"), (18, 3)),
        ((), (1, 1)),
    ],
)
def test_a_key_is_where_it_stands(path: KeyPath, place: tuple[int, int]) -> None:
    tomllib.loads(TEXT)
    assert scan_positions(TEXT).key_line_and_column(path) == place


def test_headers_are_told_from_inline_tables() -> None:
    found = scan_positions(TEXT)
    assert ("phase", 0, "step", 0, "retry") in found.headers
    assert ("phase", 0, "step", 0, "check", "http") not in found.headers


def test_a_value_is_given_as_it_is_spelt() -> None:
    assert scan_positions(TEXT).raw(("owner", "more")).startswith('"""\n"quoted"')
    assert scan_positions(TEXT).raw(("owner", "when")) == "1979-05-27 07:32:00"


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 40 + "]" * 40,
        "a = " + "{b=" * 40 + "1" + "}" * 40,
        ".".join("a" * 40) + " = 1",
        "[" + ".".join("a" * 40) + "]",
        "a = [" + "1, " * 10_001 + "]",
        "[" + ".".join("a" * 30) + "]\n" + ".".join("b" * 10) + " = 1",
    ],
)
def test_what_is_too_much_is_refused(text: str) -> None:
    with pytest.raises(TomlTooLargeError):
        scan_positions(text)


def paths(value: Any, path: KeyPath = ()) -> list[KeyPath]:
    """Every key path of a TOML value."""
    found = [path] if path else []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += paths(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            found += paths(inner, (*path, index))
    return found


KEYS = st.text(st.characters(codec="utf-8"), max_size=6)
VALUES = st.recursive(
    st.text(st.characters(codec="utf-8"))
    | st.integers(-(2**63), 2**63 - 1)
    | st.booleans()
    | st.floats(allow_nan=False)
    | st.just(datetime.datetime(1979, 5, 27, 7, 32))  # noqa: DTZ001 - a local time
    | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(derandomize=True, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_the_scanner_follows_all_of_toml(tree: dict[str, Any]) -> None:
    text = tomli_w.dumps(tree, multiline_strings=True).replace("\r\n", "\n")
    parsed = tomllib.loads(text)
    assert set(paths(parsed)) <= set(scan_positions(text).key_offsets)


@settings(derandomize=True, deadline=None)
@given(st.text(alphabet="a.=[]{},'\"\\#\n 1", max_size=30))
def test_whatever_tomllib_accepts_the_scanner_follows(text: str) -> None:
    try:
        parsed = tomllib.loads(text)
    except ValueError:
        scan_positions(text)
        return
    assert set(paths(parsed)) <= set(scan_positions(text).key_offsets)
