"""The state of a screen: the row under its cursor, and what is kept while closed."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from msgspec import Struct, field

from mobius_tui.tui.commands.command import PaneName


class StepRow(Struct, frozen=True):
    """The row of a step."""

    step_id: str


class HostRow(StepRow, frozen=True):
    """The row of a step, and the host of it under the cursor of its hosts."""

    host: str


class PhaseRow(Struct, frozen=True):
    """The row of a phase."""

    phase_id: str


class LeftOutRow(Struct, frozen=True):
    """The row that stands for the steps of a phase that do not apply."""

    phase_id: str


RowKey = StepRow | PhaseRow | LeftOutRow
"""The key of a row: not an id alone, as a step and a phase may have the same."""


Draft = Mapping[str, str]
"""What was typed in a dialog, by the ids of its fields."""


class Purpose(Enum):
    """What a dialog that is typed in is for."""

    NOTE = "note"
    SKIP = "skip"
    OVERRIDE = "override"
    ANSWERS = "answers"
    DECISION = "decision"
    END_BY_DECISION = "end by decision"
    END_RUN = "end run"
    MESSAGE = "message"
    HINT = "hint"
    ANNOTATION = "annotation"
    ACTION_ITEM = "action item"
    SAVE_OUTPUT = "save output"
    IMPROVISE = "improvise"
    RELEASE_BATCH = "release batch"
    SETTLE_HOST = "settle host"


class DraftKey(Struct, frozen=True, kw_only=True):
    """What a draft was typed for: a draft is given to no dialog but this one.

    The attempt is named only where the dialog is about one that there is. Answers, a
    message or a reason are for the step: the host refuses them exactly where another
    attempt has begun meanwhile, and then they are still to be there.
    """

    purpose: Purpose
    step: str | None = None
    """The step's id; `None` for the whole run."""
    attempt: int | None = None
    """The number of the step's attempt."""
    deliveries: tuple[int, ...] = ()
    """The numbers of the deliveries that are to be sent again."""
    item: str | None = None
    """The id of the action item."""
    host: str | None = None
    """The host of the step."""


class ScreenState(Struct, frozen=True, kw_only=True):
    """The state of a run's screen, kept while the screens are closed."""

    key: RowKey | None = None
    """The checklist's key under the cursor."""
    moved: bool = False
    """Whether the person put it there."""
    pane: PaneName = PaneName.CHECKLIST
    """The pane with the focus."""
    zoomed: bool = False
    """Whether that pane is zoomed: shown alone, in the place of all panes."""
    went_to_editor: bool = False
    """Whether the person went to edit the source, and is to be shown what differs."""
    edits_told: bool = False
    """Whether the person knows that the source was edited since the run began."""
    drafts: Mapping[DraftKey, Draft] = field(
        default_factory=lambda: MappingProxyType({})
    )
    """What was typed in dialogs that were closed unanswered, or refused by the host."""


NEW_SCREEN_STATE = ScreenState()
"""The state of a screen that is new: its cursor follows the run."""
