"""A runbook's text in the colours of the screens."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from textual.content import Content

from mobius_tui.runbook.prose.lines import lines
from mobius_tui.runbook.prose.model import Prose
from mobius_tui.runbook.prose.wrap import Look
from mobius_tui.tui.theme import Role, assemble

LOOKS: Mapping[Look, Role] = {
    "plain": "plain",
    "strong": "strong",
    "code": "command",
    "muted": "muted",
}
"""The role of each look; bold and dim are told apart without a colour."""


@lru_cache(maxsize=64)
def prose_lines(prose: Prose, width: int) -> tuple[Content, ...]:
    """The lines of a text; nothing in them can be clicked."""
    return tuple(
        assemble(*((each.words, LOOKS[each.look]) for each in line))
        for line in lines(prose, width)
    )
