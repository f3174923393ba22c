"""The state of a run's screen, kept while the screens are closed for a task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Draft = Mapping[str, str]
"""What was typed in a dialog, by the ids of its fields."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ScreenState:
    """The state of a run's screen, kept while the screens are closed."""

    key: str | None
    """The checklist's key under the cursor."""
    moved: bool
    """Whether the person put it there."""
    pane: str
    """The id of the pane with the focus."""
    zoomed: bool = False
    """Whether that has the whole room."""
    edited: bool = False
    """Whether they went to edit the source, and are to be told what differs."""
    edits_told: bool = False
    """Whether they know that the source was edited since the run began."""
    drafts: Mapping[str, Draft]
    """What was typed in dialogs that nothing came of, by their headings."""
