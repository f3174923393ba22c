"""A label and what stands beside it: what the detail pane and the dialogs list."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content

from mobius_tui.runbook.prose.model import Prose

_NOTHING = Content("")


@dataclass(frozen=True, slots=True)
class Field:
    """A label and what stands beside it, with hanging indent."""

    label: str
    content: Content = _NOTHING
    value: str = ""
    """What follows the content, cut in its middle where the line is too short."""
    prose: Prose | None = None
    """A text of the runbook's, in place of all that; its lines are made for the room
    that there is."""
    sign: str = ""
    """What stands before the content, whose other lines begin beneath its first."""
