"""Reading runbooks from text, and finding the place that a problem points at."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.runbook.library.loader import examine
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.runbook.toml.problem import Problem
from tests.runbook.runbook_texts import Decoded, Examine, Pointed
from tests.runbook.schema_refusals import refusals

HEAD = """format = 1

[runbook]
id = "example"
title = "Example"
"""


@pytest.fixture
def examined(tmp_path: Path) -> Examine:
    """Examine a runbook; a text without a `format` gets a head.

    Whatever has no error is right for an editor's schema, too.
    """

    def from_text(text: str) -> tuple[Runbook | None, tuple[Problem, ...]]:
        whole = text if "format = " in text else HEAD + text
        path = tmp_path / "example.toml"
        path.write_text(whole, encoding="utf-8")
        runbook, problems = examine(path)
        assert runbook is None or refusals(whole) == [], "see key_table.py"
        return runbook, problems

    return from_text


@pytest.fixture
def decoded(examined: Examine) -> Decoded:
    """The runbook of a text in which no error is."""

    def from_text(text: str) -> Runbook:
        runbook, problems = examined(text)
        assert runbook is not None, [problem.render() for problem in problems]
        return runbook

    return from_text


@pytest.fixture
def pointed(examined: Examine) -> Pointed:
    """The severity and message of the only problem, which must be at the `«`."""

    def from_text(text: str) -> list[tuple[str, str]]:
        whole = text if "format = " in text else HEAD + text
        before, mark, after = whole.partition("«")
        assert mark, "no place is marked"
        _, problems = examined(before + after)
        line = before.count("\n") + 1
        column = len(before) - before.rfind("\n")
        for problem in problems:
            assert (problem.line, problem.column) == (line, column), problem.render()
        return [(problem.severity, problem.message) for problem in problems]

    return from_text
