"""Reads config.toml, its keys among it, and writes a theme that was chosen into it.

Apart from `settings`, which is imported at every start: what reads TOML takes a tenth
of a second to import.
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from mobius_tui.errors import UsageError
from mobius_tui.folders import make_folders, replace_file
from mobius_tui.runbook.decode.decode_head import read_command_lines
from mobius_tui.runbook.text.names import did_you_mean
from mobius_tui.runbook.toml.problem import problem_report
from mobius_tui.runbook.toml.runbook_source import RefusedError, config_file, read_bytes
from mobius_tui.runbook.toml.table_reader import TomlTable
from mobius_tui.runbook.toml.toml_document import (
    Findings,
    TooManyProblemsError,
    parse_toml,
)
from mobius_tui.runbook.toml.unknown_keys import report_unknown_keys
from mobius_tui.tui.commands.command import (
    COMMANDS_IN_DIALOGS,
    COMMANDS_WITH_OUTPUT,
    NAMED_KEYS,
    PLACES_TOGETHER,
    UNSENDABLE,
    Command,
    Place,
    canonical_key,
    key_name,
)
from mobius_tui.tui.commands.registry import COMMANDS
from mobius_tui.tui.config.settings import (
    DEFAULT_SETTINGS,
    OWN_THEME_NAMES,
    THEME_NAMES,
    Settings,
)

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


def _problem(key: str, command: Command) -> str | None:
    """Why a command cannot have a key; None where it can."""
    if key in UNSENDABLE:
        other = UNSENDABLE[key]
        return f"`{key}` cannot be used: terminals send it as {other}; choose another"
    if key in RESERVED_KEYS and key not in command.keys:
        return f"`{key}` {RESERVED_KEYS[key]}; choose another"
    in_dialogs = command.asks_host or command.id in COMMANDS_IN_DIALOGS
    if key in DIALOG_KEYS and in_dialogs and key not in command.keys:
        words = f"dialogs need `{key_name(key)}` themselves"
        return f"{words}, so `{command.id}` cannot have it; choose another"
    return None


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
        _is_had_in(first, places) and _is_had_in(second, places)
        for places in PLACES_TOGETHER
    )


def _is_had_in(command: Command, places: tuple[Place, ...]) -> bool:
    """Whether a command can be had in one of these places."""
    with_output = command.id in COMMANDS_WITH_OUTPUT and "output" in places
    return command.place in places or with_output


def load_settings() -> Settings:
    """Read config.toml; the defaults where there is no file.

    Raises:
        UsageError: it cannot be read, or is wrong; the text is the whole report.
    """
    file = config_file()
    if not os.path.lexists(file):
        return DEFAULT_SETTINGS
    try:
        return decode_settings(file, read_bytes(file))
    except RefusedError as error:
        raise UsageError(error.problem.render()) from error


def decode_settings(file: Path, data: bytes) -> Settings:
    """Decode the bytes of a config.toml.

    Args:
        file: where the bytes are from; it is not opened.
        data: its bytes.

    Raises:
        UsageError: something is wrong with them; the text is the whole report.
    """
    findings = Findings()
    settings = DEFAULT_SETTINGS
    try:
        root = TomlTable(parse_toml(str(file), data, findings))
        theme = root.optional_text("theme")
        if theme is not None and theme not in THEME_NAMES:
            words = (
                did_you_mean(theme, THEME_NAMES)
                or f"; ours are {', '.join(OWN_THEME_NAMES)}"
            )
            root.report(f"there is no theme called `{theme}`{words}", "theme")
        settings = Settings(
            theme=theme,
            ascii=root.flag("ascii") if root.has("ascii") else None,
            bell=root.flag("bell", default=True),
            title=root.flag("title", default=True),
            keys=read_keys(root.table("keys")),
        )
        read_command_lines(root)  # only checked here: lint reads them itself
        report_unknown_keys(root.registry.tables)
    except RefusedError as error:
        findings.problems.append(error.problem)
    except TooManyProblemsError:
        pass  # so many are reported below
    if findings.problems:
        found = sorted(findings.problems, key=lambda each: (each.line, each.column))
        raise UsageError(problem_report(found))
    return settings


_THEME_LINE = re.compile(
    r"""^([ \t]*(?:theme|"theme"|'theme')[ \t]*=[ \t]*)("[^"\n]*"|'[^'\n]*')""",
    re.MULTILINE,
)


def save_theme(file: Path, theme: str) -> None:
    """Write a theme's name into config.toml, which is made if it is not there.

    A link is followed, so that it stays one.

    Args:
        file: where config.toml is, or is to be.
        theme: the theme's name.

    Raises:
        UsageError: it was not written, and is as it was; the text says why.
    """
    real = Path(os.path.realpath(file))
    try:
        mode, before = _read(real)
        after = with_theme(before.decode(), theme).encode()
        if after != before:
            make_folders(real.parent)
            replace_file(real, after, mode)
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from error
    except ValueError as error:  # no UTF-8, no TOML, or a line that is not found
        raise UsageError(f"{file}: {error}") from error


def with_theme(text: str, theme: str) -> str:
    """A config.toml with another theme, and else the same to the byte.

    Args:
        text: what it says now; may be empty.
        theme: the theme's name.

    Raises:
        ValueError: it is no TOML, or the place of its theme is not certain.
    """
    before = tomllib.loads(text)
    wanted = {**before, "theme": theme}
    if before == wanted:
        return text
    said = f'"{theme}"'
    if "theme" not in before:
        end = "\r\n" if "\r\n" in text else "\n"
        return f"theme = {said}{end}{text}"
    for found in _THEME_LINE.finditer(text):
        # What looks like the line may be in a table, or in a text of several lines.
        changed = text[: found.start(2)] + said + text[found.end(2) :]
        with suppress(tomllib.TOMLDecodeError):
            if tomllib.loads(changed) == wanted:
                return changed
    raise ValueError("it is not certain where its theme is")


def _read(file: Path) -> tuple[int, bytes]:
    """Permissions and bytes of a regular file; private and empty where none is."""
    try:
        status = file.stat()
    except FileNotFoundError:
        return 0o600, b""
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("it is no regular file")
    return stat.S_IMODE(status.st_mode), file.read_bytes()
