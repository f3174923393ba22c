"""Whatever a file holds, it is a runbook or a report, and soon."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from mobius_tui.runbook.library.loader import decode_runbook
from mobius_tui.runbook.model.key_table import KEYS as KEY_TABLE
from mobius_tui.runbook.toml.problem import Problem, problem_report
from mobius_tui.runbook.toml.runbook_source import RefusedError
from tests.paths import TESTS

REPEATABLE = settings(derandomize=True, deadline=None)
DATA = TESTS / "runbook" / "data"
WHOLE = (DATA / "rollback.toml").read_bytes()
COMMON = (DATA / "mobius-common.toml").read_bytes()
PIECES = st.sampled_from(
    [
        *(b"[", b"]", b"{", b"}", b"'", b'"', b"'''", b'"""', b"=", b".", b",", b"#"),
        *(b"\n", b"\\", b"\0", b"${", b"}", b"1", b"true", b"nan", b"\xff", b"[["),
        *(b"[[phase]]\n", b"use = 'execute'\n", b"9" * 5000, b"\x1b", b"[" * 40),
    ]
)


def read(name: str) -> tuple[str, bytes]:
    """The included file, which is there under one name only."""
    if name == "mobius-common.toml":
        return name, COMMON
    raise RefusedError(Problem(file=name, line=0, column=0, message="is not there"))


def holds(data: bytes) -> None:
    """A runbook or a report."""
    runbook, problems = decode_runbook(Path("x.toml"), data, read, thorough=True)
    text = problem_report(problems)
    errors = [problem for problem in problems if problem.severity == "error"]
    assert (runbook is None) == bool(errors)
    assert text.replace("\n", "").isprintable()
    for problem in problems:
        assert problem.file in ("x.toml", "mobius-common.toml")
        assert problem.column <= len(problem.text) + 1


@REPEATABLE
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    holds(data)


@REPEATABLE
@given(st.binary(max_size=100))
def test_any_bytes_after_a_head(data: bytes) -> None:
    holds(b"format = 1\n" + data)


@settings(REPEATABLE, max_examples=80)
@given(
    st.lists(
        st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 30), PIECES), max_size=4
    )
)
def test_a_mutated_runbook(edits: list[tuple[int, int, bytes]]) -> None:
    data = WHOLE
    for at, cut, piece in edits:
        data = data[:at] + piece + data[at + cut :]
    holds(data)


@settings(REPEATABLE, max_examples=80)
@given(st.data())
def test_shuffled_lines(data: st.DataObject) -> None:
    lines = WHOLE.split(b"\n")
    moves = st.lists(st.integers(0, len(lines) - 1), min_size=2, max_size=6)
    for at in data.draw(moves):
        lines.insert(data.draw(st.integers(0, len(lines))), lines[at])
    holds(b"\n".join(lines))


WORDS = """
    format runbook var profile contact health message channel phase step id title run
    manual ask message choose option watch check http process service checksum file port
    tls disk memory output use include when needs uses outputs env secrets retry every
    timeout attempts on_failure probe trigger then url json match at free names follow
    tty approve links role next instead_of aside p95 error_rate success_rate value go
"""
KEYS = st.sampled_from(WORDS.split())
SCALARS = (
    st.sampled_from(
        ["", "x", "${x}", "${", "5s", "1GiB", "http://x", "a:1", "(", "stop"]
    )
    | st.integers(-(2**63), 2**63 - 1)
    | st.booleans()
    | st.floats()
    | st.dates()
)
TREES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6)
    ),
    max_leaves=25,
)


@settings(REPEATABLE, max_examples=120)
@given(st.dictionaries(KEYS, TREES, max_size=8))
def test_any_tree_of_known_keys(tree: dict[str, Any]) -> None:
    holds(tomli_w.dumps({**tree, "format": 1}).encode())


@settings(REPEATABLE, max_examples=120)
@given(st.dictionaries(KEYS, TREES, max_size=8))
def test_any_step_of_known_keys(step: dict[str, Any]) -> None:
    tree = {
        "format": 1,
        "runbook": {"id": "x", "title": "X"},
        "phase": [
            {"id": "p", "title": "P", "step": [{"id": "s", "title": "S", **step}]}
        ],
    }
    holds(tomli_w.dumps(tree).encode())


VARIABLES = st.fixed_dictionaries(
    {},
    optional={
        "default": SCALARS | st.lists(SCALARS, max_size=2),
        "kind": st.sampled_from(["int", "duration", "date", "host", "bool", "zz"]),
        "match": st.text(alphabet="()[]{}*+?|\\^$.<=!:Pa1,-", max_size=8) | SCALARS,
        "choices": st.lists(SCALARS, max_size=3) | SCALARS,
        "min": SCALARS,
        "max": SCALARS,
        "many": st.booleans(),
        "hint": SCALARS,
        "secret": st.booleans(),
    },
)


@settings(REPEATABLE, max_examples=300)
@given(VARIABLES, SCALARS)
def test_any_variable_with_its_values(variable: dict[str, Any], given: object) -> None:
    """What a value is held to may itself be wrong."""
    tree = {
        "format": 2,
        "runbook": {"title": "X"},
        "var": {"v": variable},
        "profile": {"p": {"v": given}},
        "step": [{"title": "S", "run": 'echo "$v"', "uses": ["v"]}],
    }
    holds(tomli_w.dumps(tree).encode())


@settings(REPEATABLE, max_examples=150)
@given(st.text(alphabet="()[]{}*+?|\\^$.<=!:Pa1,-", max_size=10))
def test_any_pattern_of_any_key(pattern: str) -> None:
    """Each key that takes a pattern: it is one, or is reported."""
    checks = {
        "process": {"match": pattern},
        "log": {"file": "x", "match": pattern, "not": pattern},
        "output": {"match": pattern, "not": pattern},
        "run": {"script": "x", "is": f"matches {pattern}"},
    }
    ask = {"var": "w", "match": pattern}
    tree = {
        "format": 2,
        "runbook": {"title": "X"},
        "var": {"v": {"match": pattern, "default": "a"}},
        "step": [
            {"title": "A", "run": 'echo "$v"', "check": checks},
            {"title": "B", "manual": "x", "ask": ask},
            {"title": "C", "run": "x", "when": {"v": f"matches {pattern}"}},
        ],
    }
    found = {
        place for place, keys in KEY_TABLE.items() for key in keys if key == "match"
    }
    assert found == {
        "var.NAME",
        "phase.step.ask",
        *(f"phase.step.check.{kind}" for kind in checks if kind != "run"),
    }
    holds(tomli_w.dumps(tree).encode())
