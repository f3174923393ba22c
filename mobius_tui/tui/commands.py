"""Every command of the screens, once: keys, footer, help and palette come from here.

A command's id is also the name of the action that a screen or widget carries out, and
the id of its binding.
"""

from __future__ import annotations

from collections.abc import Collection

from textual.binding import Binding

from mobius_tui.tui.command import Command, Place
from mobius_tui.tui.command_list import COMMANDS

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
