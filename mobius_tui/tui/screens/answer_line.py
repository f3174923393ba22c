"""A line of the briefing in which a variable is filled in."""

from __future__ import annotations

from typing import TypeAlias

from textual.widgets import Input, Select, Static

from mobius_tui.runbook.model import Variable
from mobius_tui.tui.theme import text

Line: TypeAlias = Input | Select[str]


def label_of(variable: Variable) -> Static:
    """What stands over the line."""
    words = text(variable.title or variable.name)
    return Static(words, classes="label", markup=False)


def answer_line(variable: Variable, known: str) -> Line:
    """A line, or a choice.

    Args:
        variable: what is asked for.
        known: what stands in it; empty for nothing.
    """
    if variable.choices:
        options = [(text(choice), choice) for choice in variable.choices]
        chosen = known if known in variable.choices else Select.NULL
        return Select(
            options,
            value=chosen,
            prompt="Choose",
            id=f"var-{variable.name}",
            compact=True,
        )
    return Input(
        known, id=f"var-{variable.name}", password=variable.secret, compact=True
    )


def answer_in(line: Line) -> str | None:
    """What is filled in in a line; `None` where nothing is chosen."""
    if isinstance(line, Input):
        return line.value.strip()
    return None if line.value is Select.NULL else str(line.value)
