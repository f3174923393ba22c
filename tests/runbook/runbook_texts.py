"""Texts of small runbooks, and what the loader makes of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mobius_tui.runbook.library.loader import examine
from mobius_tui.runbook.model.runbook import Runbook, Step
from mobius_tui.runbook.toml.problem import Problem

PHASE = """
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "s"
title = "S"
"""

Examine = Callable[[str], tuple[Runbook | None, tuple[Problem, ...]]]
"""The fixture `examined`."""
Decoded = Callable[[str], Runbook]
"""The fixture `decoded`."""
Pointed = Callable[[str], list[tuple[str, str]]]
"""The fixture `pointed`."""


def only(runbook: Runbook) -> Step:
    """The first step."""
    return runbook.steps()[0]


HEAD = "format = 1\n[runbook]\nid = 'x'\ntitle = 'X'\n"
PLACE = "environment = 'env'\n[var.env]\ndefault = 'staging'\n"
STEP = "[[phase]]\nid = 'p'\ntitle = 'P'\n[[phase.step]]\nid = 's'\ntitle = 'S'\n"


FORMAT_2 = "format = 2\n"


def found(text: str, folder: Path) -> list[tuple[str, int, str]]:
    """Code, line and message of each finding in a valid runbook, or a step's keys.

    One that begins with `format = 2` is of that format.

    Lines count from 1 at the first line of the text.
    """
    head = HEAD if text.startswith(("[", "environment")) else HEAD + PLACE + STEP
    if text.startswith(FORMAT_2):
        head, text = HEAD.replace("format = 1\n", FORMAT_2), text[len(FORMAT_2) :]
    path = folder / "x.toml"
    path.write_text(head + text, encoding="utf-8")
    runbook, problems = examine(path, thorough=True)
    assert runbook is not None, [each.render() for each in problems]
    shift = head.count("\n")
    return [(each.code, each.line - shift, each.message) for each in problems]


def phase(name: str, body: str = "", step: str = "run = 'true'", more: str = "") -> str:
    """A phase with one step, whose id is that of the phase with `-1`."""
    return (
        f"\n[[phase]]\nid = '{name}'\ntitle = 'P'\n{body}\n"
        f"[[phase.step]]\nid = '{name}-1'\ntitle = 'S'\n{step}\n{more}\n"
    )
