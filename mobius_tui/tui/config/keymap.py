"""The `[keys]` of config.toml: which key does what, and what cannot be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mobius_tui.runbook.text.names import did_you_mean
from mobius_tui.runbook.toml.table_reader import TomlTable
from mobius_tui.tui.commands.command import (
    COMMANDS_IN_DIALOGS,
    NAMED_KEYS,
    PLACES_TOGETHER,
    UNSENDABLE,
    Command,
    canonical_key,
    key_name,
)
from mobius_tui.tui.commands.registry import COMMANDS

RESERVED_KEYS = {
    "ctrl+c": "copies what is selected, and ends nothing",
    "ctrl+q": "always leaves",
    "ctrl+z": "stops the program, as in a shell",
}
"""Keys that config.toml may give to no command, and what each does."""
DIALOG_KEYS = frozenset(
    {"enter", "escape", "tab", "shift+tab", "up", "down", "pageup", "pagedown"}
)
"""Keys that dialogs use themselves: no command that works in a dialog may have one."""

COMMANDS_BY_ID = {command.id: command for command in COMMANDS}


def read_keys(table: TomlTable | None) -> Mapping[str, tuple[str, ...]]:
    """The keys that the person gives to commands, by command id.

    What is wrong goes to the table's findings.
    """
    if table is None:
        return {}
    given: dict[str, tuple[str, ...]] = {}
    places: dict[str, tuple[str, ...]] = {}
    for place, value in _values(table, ()):
        command_id = ".".join(place)
        if command_id not in COMMANDS_BY_ID:
            hint = (
                did_you_mean(command_id, COMMANDS_BY_ID)
                or "; the README lists the commands"
            )
            table.report(f"there is no command `{command_id}`{hint}", *place)
            continue
        keys = _keys(table, place, value, COMMANDS_BY_ID[command_id])
        if keys is not None:
            given[command_id] = keys
            places[command_id] = place
    for first, second, key in _conflicts(given):
        words = f"`{key_name(key)}` is `{second.id}` ({second.title}), too"
        remedy = "give one of them another key"
        table.report(f"`{first.id}`: {words}; {remedy}", *places[first.id])
    return given


def _values(
    table: TomlTable, place: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each command's path and value: `checklist.up` may be a key in a table."""
    table.read_keys.update(table.node)
    for name, value in table.node.items():
        if isinstance(value, dict):
            for inner, found in _values(table.child(value, name), ()):
                yield (*place, name, *inner), found
        else:
            yield (*place, name), value


def _keys(
    table: TomlTable, place: tuple[str, ...], value: Any, command: Command
) -> tuple[str, ...] | None:
    """The keys of one command; `None` where something is wrong with them."""
    words = value if isinstance(value, list) else [value]
    if not all(isinstance(word, str) for word in words):
        form = f'write {command.id} = "x", or ["x", "y"]'
        table.report(f"a key is a text in quotes; {form}", *place)
        return None
    if not words and command.needs_key:
        table.report(f"`{command.id}` needs a key; nobody can do without it", *place)
        return None
    found: list[str] = []
    for word in words:
        key = canonical_key(word)
        problem = _unknown_key(word) if key is None else _problem(key, command)
        if problem:
            table.report(problem, *place)
            return None
        found.append(key or "")
    return tuple(dict.fromkeys(found))


def _unknown_key(word: str) -> str:
    near = did_you_mean(word.lower(), NAMED_KEYS)
    form = 'a key is a character, "f5", "pageup", or such as "ctrl+g"'
    return f"there is no key called `{word[:40]}`{near or f'; {form}'}"


def _problem(key: str, command: Command) -> str:
    """Why a command cannot have a key; empty where it can."""
    if key in UNSENDABLE:
        other = UNSENDABLE[key]
        return f"`{key}` cannot be used: terminals send it as {other}; choose another"
    if key in RESERVED_KEYS and key not in command.keys:
        return f"`{key}` {RESERVED_KEYS[key]}; choose another"
    in_dialogs = command.flow is not None or command.id in COMMANDS_IN_DIALOGS
    if key in DIALOG_KEYS and in_dialogs and key not in command.keys:
        words = f"dialogs need `{key_name(key)}` themselves"
        return f"{words}, so `{command.id}` cannot have it; choose another"
    return ""


def _conflicts(
    given: Mapping[str, tuple[str, ...]],
) -> Iterator[tuple[Command, Command, str]]:
    """A command that was given a key, the other one that has it, and the key."""
    seen: set[frozenset[str]] = set()
    for command_id, keys in given.items():
        first = COMMANDS_BY_ID[command_id]
        for second in COMMANDS:
            pair = frozenset((first.id, second.id))
            if len(pair) == 1 or pair in seen or not _can_meet(first, second):
                continue
            others = given.get(second.id, second.keys)
            both = [key for key in keys if key in others]
            # What two commands share as they come is meant: the nearer one has it.
            new = [k for k in both if not (k in first.keys and k in second.keys)]
            if new:
                seen.add(pair)
                yield first, second, new[0]


def _can_meet(first: Command, second: Command) -> bool:
    """Whether two commands can be had at the same time."""
    return any(
        first.place in places and second.place in places for places in PLACES_TOGETHER
    )
