"""The commands that move in the checklist; see `command_list`."""

from __future__ import annotations

from functools import partial

from mobius_tui.tui.command import Command

_moving = partial(Command, group="Moving", place="checklist")
_run = partial(Command, group="Run", place="checklist")

CHECKLIST_COMMANDS: tuple[Command, ...] = (
    _moving(
        id="checklist.up", act="cursor(-1)", needed=True, keys=("up", "k"), title="Up"
    ),
    _moving(
        id="checklist.down",
        act="cursor(1)",
        needed=True,
        keys=("down", "j"),
        title="Down",
    ),
    _moving(
        id="checklist.phase_before",
        act="phase(-1)",
        keys=("left", "h"),
        title="Phase before",
    ),
    _moving(
        id="checklist.phase_after",
        act="phase(1)",
        keys=("right", "l"),
        title="Phase after",
    ),
    _moving(
        id="checklist.fold",
        act="fold",
        keys=("minus",),
        title="Fold the phase, or unfold it",
        help="Hides a phase's steps, or shows them; a click on its sign does it, too.",
    ),
    _moving(
        id="checklist.fold_done",
        act="fold_done",
        keys=("underscore",),
        title="Fold the phases that are done, or unfold all",
    ),
    _run(
        id="checklist.edit",
        act="edit",
        keys=("e",),
        title="Edit the step in the runbook's file",
        help="Opens its source in $VISUAL, $EDITOR or vi, for the next run.",
    ),
    _moving(
        id="checklist.filter",
        act="filter",
        keys=("slash",),
        title="Find steps",
        label="Find",
        help="Lists the steps whose title, id or state matches; Esc lists all again.",
    ),
    _moving(id="checklist.page_up", act="page(-1)", keys=("pageup",), title="Page up"),
    _moving(
        id="checklist.page_down", act="page(1)", keys=("pagedown",), title="Page down"
    ),
    _moving(id="checklist.first", act="first", keys=("g", "home"), title="First step"),
    _moving(id="checklist.last", act="last", keys=("G", "end"), title="Last step"),
)
