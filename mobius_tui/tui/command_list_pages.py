"""The commands of the briefing and the library; see `command_list`."""

from __future__ import annotations

from mobius_tui.tui.command import Command

PAGE_COMMANDS: tuple[Command, ...] = (
    Command(
        id="briefing.begin",
        act="begin",
        keys=("ctrl+g",),
        title="Begin the run",
        label="Begin",
        help="Makes the run; nothing was executed before.",
        group="Briefing",
        place="briefing",
    ),
    Command(
        id="briefing.probe",
        act="probe",
        keys=("ctrl+t", "p"),
        title="Probe now",
        label="Probe",
        help="Asks every probe once: all that goes over the network before Begin.",
        group="Briefing",
        place="briefing",
    ),
    Command(
        id="briefing.back",
        act="back",
        keys=("escape",),
        title="Back, and begin nothing",
        label="Back",
        group="Briefing",
        place="briefing",
    ),
    Command(
        id="library.rows",
        by_widget=True,
        keys=("up", "down", "k", "j", "pageup", "pagedown", "g", "G"),
        title="Move in the list",
        group="Library",
        place="library",
    ),
    Command(
        id="library.filter",
        act="filter",
        keys=("slash",),
        title="Find runbooks and runs",
        label="Find",
        help="Lists what matches: a title, id, environment, outcome, person or day.",
        group="Library",
        place="library",
    ),
    Command(
        id="library.all",
        act="all",
        keys=("escape",),
        title="List everything again",
        group="Library",
        place="library",
    ),
    Command(
        id="library.open",
        act="open",
        keys=("enter",),
        title="Open",
        label="Open",
        group="Library",
        place="library",
    ),
)
