"""A label and what stands beside it: what the detail pane and the dialogs list."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content


@dataclass(frozen=True, slots=True)
class Field:
    """A label and what stands beside it, with hanging indent."""

    label: str
    content: Content
    value: str = ""
    """What follows the content, cut in its middle where the line is too short."""
    sign: str = ""
    """What stands before the content, whose other lines begin beneath its first."""
