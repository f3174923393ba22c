"""A line of the briefing in which a variable is filled in."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Input, Select, Static

from mobius_tui.runbook.model import Variable
from mobius_tui.tui.theme import text


def answer_line(variable: Variable, known: str) -> Iterable[Widget]:
    """A label and a line, or a choice.

    Args:
        variable: what is asked for.
        known: what stands in it; empty for nothing.
    """
    yield Static(text(variable.title or variable.name), classes="label", markup=False)
    if variable.choices:
        options = [(text(choice), choice) for choice in variable.choices]
        chosen = known if known in variable.choices else Select.NULL
        yield Select(
            options,
            value=chosen,
            prompt="Choose",
            id=f"var-{variable.name}",
            compact=True,
        )
    else:
        yield Input(
            known,
            id=f"var-{variable.name}",
            password=variable.secret,
            compact=True,
        )


def answer_in(line: Widget) -> str | None:
    """What is filled in in a line; `None` where nothing is chosen."""
    if isinstance(line, Input):
        return line.value.strip()
    if isinstance(line, Select) and line.value is not Select.NULL:
        return str(line.value)
    return None
