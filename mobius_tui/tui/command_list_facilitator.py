"""The commands of the facilitator's screen; see `command_list`."""

from __future__ import annotations

from functools import partial

from mobius_tui.tui.command import Command

_facilitator = partial(Command, group="Facilitator", place="facilitator")

FACILITATOR_COMMANDS: tuple[Command, ...] = (
    _facilitator(
        id="facilitator.inject",
        act="inject",
        keys=("i",),
        title="Inject the fault",
        label="Inject",
        help="Breaks the site; the team is told what it was when the drill is over.",
    ),
    _facilitator(
        id="facilitator.worsen",
        act="worsen",
        keys=("w",),
        title="Worsen the fault",
        label="Worsen",
        help="Breaks it further, or again where a fault has no worse.",
    ),
    _facilitator(
        id="facilitator.heal",
        act="heal",
        keys=("h",),
        title="Heal the fault",
        label="Heal",
        help="Puts right what the fault had broken.",
    ),
    _facilitator(
        id="facilitator.hint",
        act="hint",
        keys=("t",),
        title="Give the team a hint",
        label="Hint",
        help="Shown on the team's screens, on record, and counted in the score.",
    ),
    _facilitator(
        id="facilitator.status",
        act="status",
        keys=("y",),
        title="Copy a status update",
        label="Status",
        help="Where the team's run stands; nothing of what was done to the site.",
    ),
)
