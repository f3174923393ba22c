"""The commands of the briefing and the library; see `command_list`."""

from __future__ import annotations

from functools import partial

from mobius_tui.tui.command import Command

_library = partial(Command, group="Library", place="library")
_briefing = partial(Command, group="Briefing", place="briefing")

PAGE_COMMANDS: tuple[Command, ...] = (
    _briefing(
        id="briefing.begin",
        act="begin",
        keys=("ctrl+g",),
        title="Begin the run",
        label="Begin",
        help="Makes the run; nothing was executed before.",
    ),
    _briefing(
        id="briefing.probe",
        act="probe",
        keys=("ctrl+t", "p"),
        title="Probe now",
        label="Probe",
        help="Asks every probe once: all that goes over the network before Begin.",
    ),
    _briefing(
        id="briefing.drills",
        act="drills",
        keys=("ctrl+r", "d"),
        title="Show how its drills went",
        help="The time to restore in each, by what broke the site; the best is marked.",
    ),
    _briefing(
        id="briefing.status",
        act="status",
        keys=("ctrl+y", "y"),
        title="Copy a status update",
        help="That the run has not begun, to paste where people read.",
    ),
    _briefing(
        id="briefing.edit",
        act="edit",
        keys=("f4", "e"),
        title="Edit the runbook",
        label="Edit",
        help="Opens its file in $VISUAL, $EDITOR or vi, and reads it again after that.",
    ),
    _briefing(
        id="briefing.back",
        act="back",
        keys=("escape",),
        title="Back, and begin nothing",
        label="Back",
    ),
    _briefing(
        id="briefing.alarm",
        act="alarm",
        at_times=True,
        keys=("ctrl+o",),
        title="Open the run whose trigger has fired",
        help="Another run that wants somebody: the banner says which, and why.",
    ),
    _library(
        id="library.rows",
        by_widget=True,
        keys=("up", "down", "k", "j", "pageup", "pagedown", "g", "G"),
        title="Move in the list",
    ),
    _library(
        id="library.filter",
        act="filter",
        keys=("slash",),
        title="Find runbooks and runs",
        label="Find",
        help="Lists what matches: a title, id, environment, outcome, person or day.",
    ),
    _library(
        id="library.all", act="all", keys=("escape",), title="List everything again"
    ),
    _library(
        id="library.drills",
        act="drills",
        keys=("d",),
        title="Show how the drills of a runbook went",
        label="Drills",
        help="The time to restore in each, by what broke the site; the best is marked.",
    ),
    _library(
        id="library.stats",
        act="stats",
        keys=("t",),
        title="Show what all runs of a runbook say",
        label="Statistics",
        help="Times to restore, and how often and how long each step; with charts.",
    ),
    _library(
        id="library.status",
        act="status",
        keys=("y",),
        title="Copy a status update of a run",
        help="Where the run under the cursor stands; in dialogs over the list, too.",
    ),
    _library(
        id="library.edit",
        act="edit",
        keys=("e",),
        title="Edit a runbook",
        label="Edit",
        help="Opens its file in $VISUAL, $EDITOR or vi, or a copy of one of ours.",
    ),
    _library(
        id="library.open", act="open", keys=("enter",), title="Open", label="Open"
    ),
    _library(
        id="library.alarm",
        act="alarm",
        at_times=True,
        keys=("ctrl+o",),
        title="Open the run whose trigger has fired",
        help="A run that wants somebody: the banner says which, and why.",
    ),
)
