"""The commands of all screens but that of a run; see `registry`."""

from __future__ import annotations

from functools import partial

from mobius_tui.tui.commands.command import Command, PaneName

_library = partial(Command, group="Library", place="library")
_briefing = partial(Command, group="Briefing", place="briefing")

BRIEFING_AND_LIBRARY_COMMANDS: tuple[Command, ...] = (
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
        id="briefing.list",
        act="list",
        depends_on_state=True,
        keys=("f5",),
        title="List the values again",
        label="List again",
        help="Runs the commands that propose values once more; what was typed stays.",
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
        depends_on_state=True,
        keys=("ctrl+o",),
        title="Open the run whose trigger has fired",
        help="Another run that wants somebody: the banner says which, and why.",
    ),
    _library(
        id="library.rows",
        bound_by_widget=True,
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
        depends_on_state=True,
        keys=("ctrl+o",),
        title="Open the run whose trigger has fired",
        help="A run that wants somebody: the banner says which, and why.",
    ),
)


_time = partial(Command, group="Time", place="timeline")
_stats = partial(Command, group="Statistics", place="stats")
_review = partial(Command, group="Review", place="review")
_moving = partial(Command, group="Moving", place="review")

TIMELINE_COMMANDS: tuple[Command, ...] = (
    _time(
        id="timeline.before",
        act="event(-1)",
        keys=("left", "h"),
        title="Event before",
        label="Before",
    ),
    _time(
        id="timeline.after",
        act="event(1)",
        keys=("right", "l"),
        title="Event after",
        label="After",
    ),
    _time(id="timeline.first", act="first", keys=("home", "g"), title="First event"),
    _time(id="timeline.last", act="last", keys=("end", "G"), title="Last event"),
    _time(
        id="timeline.zoom_in",
        act="zoom_in",
        keys=("plus", "equals_sign"),
        title="Show less time",
        label="Zoom",
        help="Around the cursor; Ctrl and the mouse wheel do it, too.",
    ),
    _time(
        id="timeline.zoom_out",
        act="zoom_out",
        keys=("minus",),
        title="Show more time",
        help="Around the cursor.",
    ),
    _time(id="timeline.whole", act="whole", keys=("0",), title="Show the whole time"),
    _time(
        id="timeline.pan_left",
        act="pan(-1)",
        keys=("shift+left", "H"),
        title="Earlier times",
        help="Moves what is in sight; so does dragging it.",
    ),
    _time(
        id="timeline.pan_right",
        act="pan(1)",
        keys=("shift+right", "L"),
        title="Later times",
    ),
    _time(id="timeline.up", act="lanes(-1)", keys=("up", "k"), title="Lanes above"),
    _time(id="timeline.down", act="lanes(1)", keys=("down", "j"), title="Lanes below"),
    _time(
        id="timeline.filter",
        act="filter",
        keys=("slash",),
        title="Find in time",
        label="Find",
        help="Shows what is about a person, phase, kind or word alone; Esc shows all.",
    ),
)

STATS_COMMANDS: tuple[Command, ...] = (
    _stats(id="stats.up", act="rows(-1)", keys=("up", "k"), title="Up"),
    _stats(id="stats.down", act="rows(1)", keys=("down", "j"), title="Down"),
    _stats(
        id="stats.copy",
        act="copy_lines",
        keys=("y", "c"),
        title="Copy the statistics",
        label="Copy",
        help="As lines, to paste where people read: those of `stats --plain`.",
    ),
    _stats(id="stats.back", act="leave", keys=("escape",), title="Back", label="Back"),
)

REVIEW_COMMANDS: tuple[Command, ...] = (
    _review(
        id="review.bad_after",
        act="bad(1)",
        keys=("full_stop",),
        title="What went wrong next",
        label="Wrong",
        help="Goes on to what failed, fired, or is not known.",
    ),
    _review(
        id="review.bad_before",
        act="bad(-1)",
        keys=("comma",),
        title="What went wrong before",
        help="Goes back to what failed, fired, or is not known.",
    ),
    _review(
        id="review.undo",
        act="undo",
        keys=("U",),
        title="Undo what the run did",
        help="On the run's own screen, where a run that has ended is opened again.",
    ),
    _review(
        id="review.end",
        act="end",
        keys=("enter",),
        title="How the run ended",
        label="The end",
        help="Its outcome and times; of a drill, its score.",
    ),
    _review(
        id="review.drill",
        act="drill",
        keys=("d",),
        title="Beside the last drill, or alone",
        label="Drill",
        help="Under each step the same step of the drill, aligned at the trigger.",
    ),
    _review(
        id="review.annotate",
        act="annotate",
        keys=("n",),
        title="Annotate",
        label="Annotate",
        help="On the moment, the step or a range; kept beside the journal.",
    ),
    _review(
        id="review.annotations",
        act="annotations",
        keys=("A",),
        title="List the annotations",
        help="What was said, on what and by whom; Enter goes there.",
    ),
    _review(
        id="review.mark",
        act="mark",
        keys=("m",),
        title="Mark one end of a range",
        help="The cursor is its other end; annotate it then.",
    ),
    _review(
        id="review.items",
        act="items",
        keys=("P",),
        title="Action items",
        label="Action items",
        help="What is left to do: whose it is, until when, and whether it is done.",
    ),
    _review(
        id="review.status",
        act="status",
        keys=("y",),
        title="Copy a status update",
        label="Status",
        help="Copies where the run stood then; in dialogs, too.",
    ),
    _review(
        id="review.changes",
        act="changes",
        keys=("D",),
        title="Show what was edited since it began",
        help="Compares the runbook's file with the copy that the run went by.",
    ),
    _moving(
        id="review.back",
        act="follow_run",
        keys=("escape",),
        title="Back to the timeline",
        help="Out of the zoom, and of what was searched for, first.",
    ),
    _moving(
        id="review.pane.checklist",
        focuses=PaneName.CHECKLIST,
        keys=("1",),
        title="Go to the checklist",
    ),
    _moving(
        id="review.pane.output",
        focuses=PaneName.OUTPUT,
        keys=("2",),
        title="Go to the output",
    ),
    _moving(
        id="review.pane.health",
        focuses=PaneName.HEALTH,
        keys=("3",),
        title="Go to health",
    ),
    _moving(
        id="review.pane.timeline",
        focuses=PaneName.TIMELINE,
        keys=("4",),
        title="Go to the timeline",
    ),
    _moving(
        id="review.pane.detail",
        focuses=PaneName.DETAIL,
        keys=("5",),
        title="Go to the step's details",
    ),
    _moving(
        id="review.zoom",
        act="zoom",
        keys=("z",),
        title="Zoom the pane",
        label="Zoom pane",
        help="Gives the whole screen to the pane that has the focus, and back.",
    ),
)


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
