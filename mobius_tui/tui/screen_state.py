"""The state of a run's screen, kept while the screens are closed for a task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from mobius_tui.tui.dialogs.dialog import Draft, DraftKey


@dataclass(frozen=True, kw_only=True, slots=True)
class ScreenState:
    """The state of a run's screen, kept while the screens are closed."""

    key: str | None = None
    """The checklist's key under the cursor."""
    moved: bool = False
    """Whether the person put it there."""
    pane: str = "checklist"
    """The id of the pane with the focus."""
    zoomed: bool = False
    """Whether that has the whole room."""
    edited: bool = False
    """Whether they went to edit the source, and are to be told what differs."""
    edits_told: bool = False
    """Whether they know that the source was edited since the run began."""
    drafts: Mapping[DraftKey, Draft] = field(
        default_factory=lambda: MappingProxyType({})
    )
    """What was typed in dialogs that nothing came of."""


AT_THE_RUN = ScreenState()
"""Of whoever has just come: the cursor follows the run."""
