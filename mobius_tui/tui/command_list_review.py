"""The commands of a review and its timeline; see `command_list`."""

from __future__ import annotations

from functools import partial

from mobius_tui.tui.command import Command

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
        act="pane('checklist')",
        keys=("1",),
        title="Go to the checklist",
    ),
    _moving(
        id="review.pane.output",
        act="pane('output')",
        keys=("2",),
        title="Go to the output",
    ),
    _moving(
        id="review.pane.health", act="pane('health')", keys=("3",), title="Go to health"
    ),
    _moving(
        id="review.pane.timeline",
        act="pane('timeline')",
        keys=("4",),
        title="Go to the timeline",
    ),
    _moving(
        id="review.pane.detail",
        act="pane('detail')",
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
