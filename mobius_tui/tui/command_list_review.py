"""The commands of a review and its timeline; see `command_list`."""

from __future__ import annotations

from mobius_tui.tui.command import Command

TIMELINE_COMMANDS: tuple[Command, ...] = tuple(
    Command(
        id=f"timeline.{name}",
        act=act,
        keys=keys,
        title=title,
        label=label,
        help=help_,
        group="Time",
        place="timeline",
    )
    for name, act, keys, title, label, help_ in (
        ("before", "event(-1)", ("left", "h"), "Event before", "Before", ""),
        ("after", "event(1)", ("right", "l"), "Event after", "After", ""),
        ("first", "first", ("home", "g"), "First event", "", ""),
        ("last", "last", ("end", "G"), "Last event", "", ""),
        (
            *("zoom_in", "zoom_in", ("plus", "equals_sign"), "Show less time", "Zoom"),
            "Around the cursor; Ctrl and the mouse wheel do it, too.",
        ),
        (
            *("zoom_out", "zoom_out", ("minus",), "Show more time", ""),
            "Around the cursor.",
        ),
        ("whole", "whole", ("0",), "Show the whole time", "", ""),
        (
            *("pan_left", "pan(-1)", ("shift+left", "H"), "Earlier times", ""),
            "Moves what is in sight; so does dragging it.",
        ),
        ("pan_right", "pan(1)", ("shift+right", "L"), "Later times", "", ""),
        ("up", "lanes(-1)", ("up", "k"), "Lanes above", "", ""),
        ("down", "lanes(1)", ("down", "j"), "Lanes below", "", ""),
        (
            *("filter", "filter", ("slash",), "Find in time", "Find"),
            "Shows what is about a person, phase, kind or word alone; Esc shows all.",
        ),
    )
)

STATS_COMMANDS: tuple[Command, ...] = (
    Command(
        id="stats.up",
        act="rows(-1)",
        keys=("up", "k"),
        title="Up",
        group="Statistics",
        place="stats",
    ),
    Command(
        id="stats.down",
        act="rows(1)",
        keys=("down", "j"),
        title="Down",
        group="Statistics",
        place="stats",
    ),
    Command(
        id="stats.back",
        act="leave",
        keys=("escape",),
        title="Back",
        label="Back",
        group="Statistics",
        place="stats",
    ),
)

REVIEW_COMMANDS: tuple[Command, ...] = (
    *(
        Command(
            id=f"review.{name}",
            act=act,
            keys=keys,
            title=title,
            label=label,
            help=help_,
            group="Review",
            place="review",
        )
        for name, act, keys, title, label, help_ in (
            (
                *("bad_after", "bad(1)", ("full_stop",), "What went wrong next"),
                *("Wrong", "Goes on to what failed, fired, or is not known."),
            ),
            (
                *("bad_before", "bad(-1)", ("comma",), "What went wrong before"),
                *("", "Goes back to what failed, fired, or is not known."),
            ),
            (
                *("end", "end", ("enter",), "How the run ended", "The end"),
                "Its outcome and times; of a drill, its score.",
            ),
            (
                *("drill", "drill", ("d",), "Beside the last drill, or alone", "Drill"),
                "Under each step the same step of the drill, aligned at the trigger.",
            ),
            (
                *("annotate", "annotate", ("n",), "Annotate", "Annotate"),
                "On the moment, the step or a range; kept beside the journal.",
            ),
            (
                *("mark", "mark", ("m",), "Mark one end of a range", ""),
                "The cursor is its other end; annotate it then.",
            ),
            (
                *("items", "items", ("P",), "Action items", "Action items"),
                "What is left to do: whose it is, until when, and whether it is done.",
            ),
            (
                *("status", "status", ("y",), "Copy a status update"),
                *(
                    "Status",
                    "Copies where the run stood then; in dialogs, too.",
                ),
            ),
            (
                *("changes", "changes", ("D",), "Show what was edited since it began"),
                *(
                    "",
                    "Compares the runbook's file with the copy that the run went by.",
                ),
            ),
        )
    ),
    Command(
        id="review.back",
        act="follow_run",
        keys=("escape",),
        title="Back to the timeline",
        help="Out of the zoom, and of what was searched for, first.",
        group="Moving",
        place="review",
    ),
    *(
        Command(
            id=f"review.pane.{name}",
            act=f"pane('{key}')",
            keys=(key,),
            title=f"Go to {pane}",
            group="Moving",
            place="review",
        )
        for key, name, pane in (
            ("1", "checklist", "the checklist"),
            ("2", "output", "the output"),
            ("3", "health", "health"),
            ("4", "timeline", "the timeline"),
        )
    ),
    Command(
        id="review.zoom",
        act="zoom",
        keys=("z",),
        title="Zoom the pane",
        label="Zoom pane",
        help="Gives the whole screen to the pane that has the focus, and back.",
        group="Moving",
        place="review",
    ),
)
