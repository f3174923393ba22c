"""Every command of the screens, once: keys, footer, help and palette come from here.

A command's id is also the name of the action that a screen or widget carries out, and
the id of its binding.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from textual.binding import Binding

Place = Literal["app", "run", "checklist", "output", "briefing", "library"]
"""Where a command works: everywhere, on a screen, or in a pane that has the focus."""

KEY_NAMES = {
    "enter": "Enter",
    "space": "Space",
    "escape": "Esc",
    "question_mark": "?",
    "at": "@",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "tab": "Tab",
    "shift+tab": "Shift+Tab",
    "ctrl+g": "Ctrl+G",
    "ctrl+p": "Ctrl+P",
    "ctrl+c": "Ctrl+C",
}
"""What keys are called for a person."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """One thing that can be done."""

    id: str
    keys: tuple[str, ...]
    title: str
    """In the palette and the help."""
    label: str = ""
    """In the footer; empty for what is not shown there."""
    help: str = ""
    """What it does, in a sentence; the title, where it is empty."""
    group: str
    place: Place
    by_widget: bool = False
    """Whether the pane itself binds it; listed for the help alone."""
    flow: bool = False
    """Whether it ends in an intent to the host; see `flows`."""

    @property
    def action(self) -> str:
        """The action that a screen or pane carries out."""
        return f"flow('{self.id}')" if self.flow else self.id

    @property
    def key_name(self) -> str:
        """The first key, for a person."""
        return key_name(self.keys[0])

    @property
    def key_names(self) -> str:
        """All keys, for a person."""
        return " ".join(key_name(key) for key in self.keys)


def key_name(key: str) -> str:
    """What a key is called for a person."""
    return KEY_NAMES.get(key, key)


COMMANDS: tuple[Command, ...] = (
    Command(
        id="next_action",
        keys=("enter",),
        title="Do the next thing",
        help="Does what the line above the footer says; asks before anything changes.",
        group="Steps",
        place="run",
    ),
    Command(
        id="tick",
        flow=True,
        keys=("space",),
        title="Tick or decide the step",
        label="Tick",
        help="Says that you have done it, or answers what it asks.",
        group="Steps",
        place="run",
    ),
    Command(
        id="message",
        flow=True,
        keys=("m",),
        title="Show the step's message",
        label="Message",
        help="The text, filled in; tell it, then tick it as told.",
        group="Steps",
        place="run",
    ),
    Command(
        id="stop",
        flow=True,
        keys=("x",),
        title="Stop the step",
        label="Stop",
        help="Ends a running step and every process of its group.",
        group="Steps",
        place="run",
    ),
    Command(
        id="retry",
        flow=True,
        keys=("r",),
        title="Run the step again",
        label="Retry",
        help="A new attempt; the old one and its output stay on record.",
        group="Steps",
        place="run",
    ),
    Command(
        id="skip",
        flow=True,
        keys=("s",),
        title="Skip the step",
        label="Skip",
        help="Passes it over, with a reason, for good. A gate cannot be skipped.",
        group="Steps",
        place="run",
    ),
    Command(
        id="restore",
        flow=True,
        keys=("u",),
        title="Undo the skip",
        label="Unskip",
        help="Makes a skipped step pending again.",
        group="Steps",
        place="run",
    ),
    Command(
        id="override",
        flow=True,
        keys=("o",),
        title="Override the step",
        label="Override",
        help="You vouch for it, with a reason, for good; gates open.",
        group="Steps",
        place="run",
    ),
    Command(
        id="note",
        flow=True,
        keys=("n",),
        title="Add a note",
        label="Note",
        help="Puts a remark on the step on record.",
        group="Steps",
        place="run",
    ),
    Command(
        id="enter_phase",
        flow=True,
        keys=("f",),
        title="Go to a phase aside",
        label="Failure phase",
        help="Turns aside to failure recovery or another phase off the main line.",
        group="Run",
        place="run",
    ),
    Command(
        id="contacts",
        flow=True,
        keys=("at",),
        title="Show whom to call",
        label="Contacts",
        group="Run",
        place="run",
    ),
    Command(
        id="end_run",
        flow=True,
        keys=("E",),
        title="End the run",
        label="End",
        help="Ends it for good, whatever is not done; the record says what was.",
        group="Run",
        place="run",
    ),
    Command(
        id="follow_run",
        keys=("escape",),
        title="Back to the next step",
        help="Puts the cursor back where the run is, and keeps it there.",
        group="Moving",
        place="run",
    ),
    Command(
        id="pane('1')",
        keys=("1",),
        title="Go to the checklist",
        group="Moving",
        place="run",
    ),
    Command(
        id="pane('2')",
        keys=("2",),
        title="Go to the output",
        group="Moving",
        place="run",
    ),
    Command(
        id="pane('3')",
        keys=("3",),
        title="Go to health",
        group="Moving",
        place="run",
    ),
    Command(
        id="zoom",
        keys=("z",),
        title="Zoom the pane",
        label="Zoom",
        help="Gives the whole screen to the pane that has the focus, and back.",
        group="Moving",
        place="run",
    ),
    Command(
        id="cursor(-1)",
        keys=("up", "k"),
        title="Up",
        group="Moving",
        place="checklist",
    ),
    Command(
        id="cursor(1)",
        keys=("down", "j"),
        title="Down",
        group="Moving",
        place="checklist",
    ),
    Command(
        id="phase(-1)",
        keys=("left", "h"),
        title="Phase before",
        group="Moving",
        place="checklist",
    ),
    Command(
        id="phase(1)",
        keys=("right", "l"),
        title="Phase after",
        group="Moving",
        place="checklist",
    ),
    Command(
        id="page(-1)",
        keys=("pageup",),
        title="Page up",
        group="Moving",
        place="checklist",
    ),
    Command(
        id="page(1)",
        keys=("pagedown",),
        title="Page down",
        group="Moving",
        place="checklist",
    ),
    Command(
        id="first",
        keys=("g", "home"),
        title="First step",
        group="Moving",
        place="checklist",
    ),
    Command(
        id="last",
        keys=("G", "end"),
        title="Last step",
        group="Moving",
        place="checklist",
    ),
    Command(
        id="rows",
        keys=("up", "down", "k", "j", "pageup", "pagedown"),
        title="Scroll",
        group="Output",
        place="output",
        by_widget=True,
    ),
    Command(
        id="ends",
        keys=("g", "G"),
        title="First line; last line and follow",
        group="Output",
        place="output",
        by_widget=True,
    ),
    Command(
        id="wrap",
        keys=("w",),
        title="Wrap long lines, or not",
        group="Output",
        place="run",
    ),
    Command(
        id="times",
        keys=("t",),
        title="Show when each line came",
        group="Output",
        place="run",
    ),
    Command(
        id="begin",
        keys=("ctrl+g",),
        title="Begin the run",
        label="Begin",
        help="Makes the run; nothing was executed before.",
        group="Briefing",
        place="briefing",
    ),
    Command(
        id="back",
        keys=("escape",),
        title="Back, and begin nothing",
        label="Back",
        group="Briefing",
        place="briefing",
    ),
    Command(
        id="open",
        keys=("enter",),
        title="Open",
        label="Open",
        group="Library",
        place="library",
        by_widget=True,
    ),
    Command(
        id="help",
        keys=("question_mark", "f1"),
        title="Help: every key",
        label="Help",
        group="Everywhere",
        place="app",
    ),
    Command(
        id="leave",
        keys=("q",),
        title="Leave",
        label="Leave",
        help="Leaves the screen; a run goes on unless you stop it.",
        group="Everywhere",
        place="app",
    ),
    Command(
        id="command_palette",
        keys=("ctrl+p",),
        title="Find a command by its name",
        group="Everywhere",
        place="app",
        by_widget=True,
    ),
    Command(
        id="focus_next",
        keys=("tab", "shift+tab"),
        title="Next pane; pane before",
        group="Everywhere",
        place="app",
        by_widget=True,
    ),
)

FIXED = frozenset(
    {"next_action", "follow_run", "zoom", "wrap", "times", "help", "leave"}
    | {command.id for command in COMMANDS if command.place != "run"}
    | {command.id for command in COMMANDS if command.id.startswith("pane(")}
)
"""Ids of the commands that do not depend on the state of the run."""


def commands(*places: Place) -> tuple[Command, ...]:
    """The commands of these places, in order."""
    return tuple(command for command in COMMANDS if command.place in places)


def bindings(*places: Place) -> list[Binding]:
    """The bindings of these places' commands."""
    return [
        Binding(
            ",".join(command.keys),
            command.action,
            command.title,
            show=False,
            id=f"{command.place}.{command.id}",
        )
        for command in commands(*places)
        if not command.by_widget
    ]


def footer(
    places: tuple[Place, ...], available: Collection[str]
) -> tuple[Command, ...]:
    """What the footer shows: what has a label and applies now."""
    return tuple(
        command
        for command in commands(*places)
        if command.label and (command.id in FIXED or command.id in available)
    )
