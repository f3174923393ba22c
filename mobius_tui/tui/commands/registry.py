"""Every command of the screens, once: keys, footer, help and palette come from here."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from textual.binding import Binding

from mobius_tui.structs import replace
from mobius_tui.tui.commands.command import Command, Place
from mobius_tui.tui.commands.page_commands import (
    BRIEFING_AND_LIBRARY_COMMANDS,
    FACILITATOR_COMMANDS,
    REVIEW_COMMANDS,
    STATS_COMMANDS,
    TIMELINE_COMMANDS,
)
from mobius_tui.tui.commands.pane_commands import (
    CHECKLIST_COMMANDS,
    DETAIL_COMMANDS,
    HOSTS_COMMANDS,
    OUTPUT_COMMANDS,
)
from mobius_tui.tui.commands.run_commands import RUN_COMMANDS

COMMANDS: tuple[Command, ...] = (
    *RUN_COMMANDS,
    *CHECKLIST_COMMANDS,
    *OUTPUT_COMMANDS,
    *HOSTS_COMMANDS,
    *DETAIL_COMMANDS,
    *BRIEFING_AND_LIBRARY_COMMANDS,
    *FACILITATOR_COMMANDS,
    *TIMELINE_COMMANDS,
    *REVIEW_COMMANDS,
    *STATS_COMMANDS,
    Command(
        id="help",
        needs_key=True,
        keys=("question_mark", "f1"),
        title="Help: every key",
        label="Help",
        group="Everywhere",
        place="app",
    ),
    Command(
        id="leave",
        needs_key=True,
        keys=("q",),
        title="Leave",
        label="Leave",
        help="Leaves the screen; a run goes on unless you stop it.",
        group="Everywhere",
        place="app",
    ),
    Command(
        id="redraw",
        act="app.redraw",
        keys=("ctrl+l",),
        title="Draw the screen anew",
        help="Where something else has written over it.",
        group="Everywhere",
        place="app",
    ),
    Command(
        id="palette",
        bound_by_widget=True,
        needs_key=True,
        keys=("ctrl+p",),
        title="Find a command by its name",
        group="Everywhere",
        place="app",
    ),
    Command(
        id="theme",
        act="choose_theme",
        keys=(),
        title="Choose other colours",
        help="A list of themes; your choice is kept in config.toml.",
        group="Everywhere",
        place="app",
    ),
    Command(
        id="suspend",
        act="app.suspend",
        keys=("ctrl+z",),
        title="Stop the screens as a job of the shell; fg goes on",
        group="Everywhere",
        place="app",
    ),
    Command(
        id="focus.next",
        act="app.focus_next",
        keys=("tab",),
        title="Next pane or field",
        group="Everywhere",
        place="app",
    ),
    Command(
        id="focus.before",
        act="app.focus_previous",
        keys=("shift+tab",),
        title="Pane or field before",
        group="Everywhere",
        place="app",
    ),
)


ALWAYS_AVAILABLE = frozenset(
    command.id
    for command in COMMANDS
    if not command.asks_host and not command.depends_on_state
)
"""Ids of the commands that do not depend on the state of the run."""
UNASSIGNED_KEY = "f63"
"""The key of a command that config.toml has left without one: no keyboard has F63."""

_current: dict[str, Command] = {command.id: command for command in COMMANDS}


def set_keys(keys: Mapping[str, tuple[str, ...]]) -> None:
    """Give commands the person's keys in place of ours, all at once.

    Args:
        keys: by command id; the others have the keys of the list.
    """
    for each in COMMANDS:
        _current[each.id] = replace(each, keys=keys.get(each.id, each.keys))


def command_by_id(command_id: str) -> Command:
    """The command of that id, with the keys that it has now."""
    return _current[command_id]


def commands_of_places(*places: Place) -> tuple[Command, ...]:
    """The commands of these places, in order."""
    return tuple(each for each in _current.values() if each.place in places)


def bindings(*places: Place) -> list[Binding]:
    """The bindings of these places' commands."""
    return [
        bind(each.id)
        for each in commands_of_places(*places)
        if not each.bound_by_widget
    ]


def bind(command_id: str, action: str = "", *, priority: bool = False) -> Binding:
    """The binding of a command, in its own place or another, such as a dialog.

    Args:
        command_id: the command's.
        action: what is called there; the command's own action where it is empty.
        priority: whether it works before the bindings of the focused widget.
    """
    each = _current[command_id]
    return Binding(
        ",".join(each.keys) or UNASSIGNED_KEY,
        action or each.action,
        each.title,
        show=False,
        priority=priority,
        id=each.id,
    )


def changed_keymap() -> dict[str, str]:
    """The keys that the person changed, by command id, as Textual expects them."""
    return {
        each.id: ",".join(_current[each.id].keys) or UNASSIGNED_KEY
        for each in COMMANDS
        if each.keys != _current[each.id].keys
    }


def commands_for_footer(
    places: tuple[Place, ...], available: Collection[str]
) -> tuple[Command, ...]:
    """The commands of some places that a footer may show: labelled and available.

    What a command `needs` of the output is not looked at: `OutputController.applies`
    does.

    Args:
        places: whose commands.
        available: ids of those that apply now, beside `ALWAYS_AVAILABLE`.
    """
    return tuple(
        each
        for each in commands_of_places(*places)
        if each.label and (each.id in ALWAYS_AVAILABLE or each.id in available)
    )


def first_key_name(command_id: str) -> str:
    """The first key that a command has now, for a person.

    Without a key it is `the palette`, where the command can be found.
    """
    return _current[command_id].key_name or "the palette"
