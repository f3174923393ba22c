"""The effects of commands: the table of known ones, and the findings in a script.

The format of its lines is described in `commands.toml` beside this module.
"""

from __future__ import annotations

import fnmatch
import functools
import re
import tomllib
from collections import ChainMap
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Literal, cast

from msgspec import Struct

from mobius_tui.runbook.model.actions import Effect
from mobius_tui.runbook.model.runbook import SourceFile
from mobius_tui.structs import replace

TableEffect = Literal["nothing", "read", "change", "destroy"]
TABLE_EFFECTS: tuple[TableEffect, ...] = ("nothing", "read", "change", "destroy")
"""From the lightest to the heaviest."""
CODE_LANGUAGES = (
    *(
        "shell",
        "transport",
        "setting",
        "text",
        "path",
        "sql",
        "mysql",
        "redis",
        "mongo",
        "awk",
        "sed",
    ),
    *("python", "perl", "net"),
)
CODE_PLACES = (
    *("words", "joined", "first", "value", "assigned", "dashes", "until", "input"),
)
WRITE_PLACES = ("words", "last", "value")

_KEYS = frozenset(
    ("effect", "valued", "looks", "code", "language", "skip", "writes", "also")
)
TokenKind = Literal["operand", "option", "keyed", "end"]
"""What a word of a pattern matches: an operand by its position, an option, an operand
such as `of=x` wherever it stands, or the end of the operands."""
_EFFECT_BY = re.compile(r"(\S+)(?:( words)? by (\S.*))?")
_GLOB = re.compile(r"[*?[]")
WHO_ADDED = "who added it"
"""What a line of a runbook or a person was held against."""
_FILE = Path(__file__).with_name("commands.toml")
MAX_ADDED_LINES = 1000
"""Lines that a runbook or a person may add; the table itself has fewer."""


class PatternToken(Struct, frozen=True, kw_only=True):
    """One word of a pattern after the command."""

    names: tuple[str, ...]
    values: tuple[str, ...] = ()
    """The allowed values of an option; empty for any, or none."""
    kind: TokenKind = "operand"
    is_word: bool = False
    """Whether it names operands as they are, and no pattern of them."""


class TableLine(Struct, frozen=True, kw_only=True):
    """One line of commands.toml.

    A pattern of a command's arguments, and what a call that matches it does.
    """

    tokens: tuple[PatternToken, ...] = ()
    effect: TableEffect | None = None
    """What a call does; None if the line states none, as where it only names code."""
    code_places: tuple[str, ...] = ()
    """Where the command has code that it runs: some of `CODE_PLACES`."""
    language: str = "shell"
    """The language of that code: one of `CODE_LANGUAGES`."""
    skip: int = 0
    """The number of operands before that code."""
    write_place: str = ""
    """Where the names of files that it writes are: one of `WRITE_PLACES`, or empty."""
    also: bool = False
    """Whether it counts beside the lines that match the same words, and beside its
    code."""
    verified_by: str = ""
    """What it was held against, such as a manual page: options that stand nowhere in
    the table only look then. Empty if nobody has."""
    words_verified_by: str = ""
    """What only its words were held against, and not each option."""
    is_added: bool = False
    """Whether a runbook or a person added it to a command of the bundled table."""

    operand_count: int = 0
    """The number of operands that it matches by their position."""
    part_count: int = 0
    """The number of words, options and values of options that it names.

    A word that is given as it is counts for more than a pattern of words.
    """


class CommandEntry(Struct, frozen=True, kw_only=True, dict=True):
    """All lines about one command."""

    lines: tuple[TableLine, ...]
    valued_options: frozenset[str] = frozenset()
    """Options that take the next word as their value."""
    looking_options: frozenset[str] = frozenset()
    """Options that only look, beside those of the lines."""

    @functools.cached_property
    def has_sub_commands(self) -> bool:
        """Whether a line begins with a word that is given as it is."""
        first = (line.tokens[0] for line in self.lines if line.tokens)
        return any(token.is_word and token.kind == "operand" for token in first)

    @functools.cached_property
    def default_line(self) -> TableLine:
        """The line that applies if no other one matches."""
        plain = [line for line in self.lines if not line.tokens]
        return plain[-1] if plain else TableLine(effect="change")

    @functools.cached_property
    def option_names(self) -> frozenset[str]:
        """The options that its lines name, also as patterns."""
        given = (n for line in self.lines for t in line.tokens for n in t.names)
        named = frozenset(name for name in given if name[0] == "-")
        return named | self.valued_options | self.looking_options

    @functools.cached_property
    def has_long_options(self) -> bool:
        """Whether `-name` is one option, as for find, and not four letters."""
        return any(len(name) > 2 and name[1] not in "-*" for name in self.option_names)


class BadLineError(Exception):
    """A line that is invalid; the text says why."""


class CommandTable:
    """The entries of all commands."""

    def __init__(
        self, entries: Mapping[str, CommandEntry], scripts: Mapping[str, str] = {}
    ) -> None:
        """Keep what is known of commands.

        Args:
            entries: by name or pattern, what calls do.
            scripts: by name, the text of those that are shell scripts at hand.
        """
        self.scripts = scripts
        self._entries = entries
        globs = (name for name in self._entries if _GLOB.search(name))
        self._globs = sorted(globs, key=len, reverse=True)
        """The longest, which says most, first."""

    def find(self, name: str) -> CommandEntry | None:
        """The entry of a command, by its name without a folder, or `None`."""
        found = self._entries.get(name)
        if found is not None or not name:
            return found
        for pattern in self._globs:
            if fnmatch.fnmatchcase(name, pattern):
                return self._entries[pattern]
        return None

    def names(self) -> Iterator[str]:
        """The names and patterns of the commands in the table."""
        yield from self._entries

    def extended(self, lines: Mapping[str, object]) -> CommandTable:
        """A table with further lines; existing lines stay.

        A line for a command of the table is left out if it has code, no effect or no
        words after the command, or if its effect is lighter than that of the command's
        default line, unless that is `change`.

        Args:
            lines: patterns and their values, as in the file.

        Raises:
            BadLineError: one of them is invalid.
        """
        if not lines:
            return self
        # What is changed is the first map of a chain; the others are only read.
        read_only = cast("MutableMapping[str, CommandEntry]", self._entries)
        entries = ChainMap[str, CommandEntry]({}, read_only)
        for name, added in {**_Entries(lines)}.items():
            existing = self.find(name)
            vouched = tuple(
                replace(line, is_added=existing is not None, verified_by=WHO_ADDED)
                for line in added.lines
            )
            if existing is None:
                entries[name] = replace(added, lines=vouched)
                continue
            entries[name] = CommandEntry(
                lines=(
                    *existing.lines,
                    *(each for each in vouched if _may_add(each, existing)),
                ),
                valued_options=existing.valued_options | added.valued_options,
                looking_options=existing.looking_options,
            )
        return CommandTable(entries, self.scripts)

    def with_files(self, files: Sequence[SourceFile]) -> CommandTable:
        """A table that also knows the `files` of a runbook, of which shells run some.

        What the table has a line for is judged by that.
        """
        scripts = {
            file.base_name: file.shell_script
            for file in files
            if file.shell_script is not None
        }
        return CommandTable(self._entries, scripts) if scripts else self


def _may_add(line: TableLine, existing: CommandEntry) -> bool:
    """Whether a line may be added to the entry of a command of the table.

    It has an effect, further words and no code; and it is not lighter than the entry's
    default line, unless that is `change`, the effect of what is unknown.
    """
    if line.effect is None or line.code_places or not line.tokens:
        return False
    base_effect = existing.default_line.effect or "change"
    return base_effect == "change" or TABLE_EFFECTS.index(
        line.effect
    ) >= TABLE_EFFECTS.index(base_effect)


@functools.cache
def bundled_commands() -> CommandTable:
    """The table that comes with the program."""
    sections = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    lines: dict[str, object] = {}
    for section in sections.values():
        lines.update(section)
    return CommandTable(_Entries(lines))


class _Entries(Mapping[str, CommandEntry]):
    """The entries of lines. A command's lines are read when it is asked for.

    All of them take 30 ms to read, and a runbook has few of a thousand commands.
    """

    def __init__(self, lines: Mapping[str, object]) -> None:
        self._lines: dict[str, list[tuple[str, object]]] = {}
        for pattern, entry_value in lines.items():
            for name in _commands_of(pattern):
                self._lines.setdefault(name, []).append((pattern, entry_value))
        self._read: dict[str, CommandEntry] = {}

    def __getitem__(self, name: str) -> CommandEntry:
        if name not in self._read:
            parsed = [parse_table_line(*each) for each in self._lines[name]]
            self._read[name] = CommandEntry(
                lines=tuple(each.line for each in parsed),
                valued_options=frozenset(n for p in parsed for n in p.valued_options),
                looking_options=frozenset(n for p in parsed for n in p.looking_options),
            )
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)


def _commands_of(pattern: str) -> list[str]:
    """The names of the commands that a line of the table is about."""
    first = pattern.split(maxsplit=1)[0] if pattern.strip() else ""
    language, colon, alternatives = first.rpartition(":")
    return [f"{language}{colon}{name}" for name in alternatives.split("|")]


class ParsedLine(Struct, frozen=True, kw_only=True):
    """A line of the table as it is read, without its commands."""

    line: TableLine
    valued_options: Sequence[str]
    looking_options: Sequence[str]


def parse_table_line(pattern: str, entry_value: object) -> ParsedLine:
    """Read a line of the table.

    Args:
        pattern: the commands and the words after them.
        entry_value: an effect, or a table.

    Raises:
        BadLineError: it is invalid.
    """
    words = pattern.split()
    if not words:
        raise BadLineError("a line begins with the command that it is of")
    table = {"effect": entry_value} if isinstance(entry_value, str) else entry_value
    if not isinstance(table, Mapping) or not table:
        raise BadLineError(f"`{pattern}` is an effect, or a table with one")
    unknown_keys = sorted(set(table) - _KEYS)
    if unknown_keys:
        raise BadLineError(f"`{pattern}` knows no `{unknown_keys[0]}`")
    tokens = tuple(_token(word) for word in words[1:])
    effect, verified_by, words_verified_by = _effect(pattern, table)
    line = TableLine(
        tokens=tokens,
        operand_count=sum(token.kind == "operand" for token in tokens),
        part_count=sum(1 + (bool(each.values) or each.is_word) for each in tokens),
        effect=effect,
        verified_by=verified_by,
        words_verified_by=words_verified_by,
        also=_flag(pattern, table, "also"),
        code_places=_codes(pattern, table),
        language=_choice(pattern, table, "language", CODE_LANGUAGES) or "shell",
        skip=_number(pattern, table),
        write_place=_choice(pattern, table, "writes", WRITE_PLACES) or "",
    )
    return ParsedLine(
        line=line,
        valued_options=_text(pattern, table, "valued").split(),
        looking_options=_text(pattern, table, "looks").split(),
    )


def _token(word: str) -> PatternToken:
    is_option = word[0] == "-" and len(word) > 1
    names, _, values = word.partition("=") if is_option else (word, "", "")
    kind: TokenKind = "operand"
    if is_option:
        kind = "option"
    elif word == "$":
        kind = "end"
    elif "=" in word.partition("|")[0]:
        kind = "keyed"
    return PatternToken(
        names=tuple(name for name in names.split("|") if name) or (word,),
        values=tuple(values.split("|")) if values else (),
        kind=kind,
        is_word=kind in ("operand", "keyed") and _GLOB.search(word) is None,
    )


def _text(pattern: str, table: Mapping[str, object], key: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise BadLineError(f"`{key}` of `{pattern}` is a text")
    return value


def _choice(
    pattern: str, table: Mapping[str, object], key: str, choices: Sequence[str]
) -> str | None:
    value = _text(pattern, table, key)
    if value and value not in choices:
        raise BadLineError(f"`{key}` of `{pattern}` is one of {', '.join(choices)}")
    return value or None


def _effect(
    pattern: str, table: Mapping[str, object]
) -> tuple[TableEffect | None, str, str]:
    """The effect of a line, what it was held against, and what only its words were.

    As in `read by grep(1)` and `read words by rclone(1)`.
    """
    match = _EFFECT_BY.fullmatch(_text(pattern, table, "effect"))
    if match is None:
        return None, "", ""
    found = next((each for each in TABLE_EFFECTS if each == match[1]), None)
    if found is None:
        raise BadLineError(
            f"`effect` of `{pattern}` is one of {', '.join(TABLE_EFFECTS)}"
        )
    source = match[3] or ""
    return (found, "", source) if match[2] else (found, source, "")


def _flag(pattern: str, table: Mapping[str, object], key: str) -> bool:
    value = table.get(key, False)
    if not isinstance(value, bool):
        raise BadLineError(f"`{key}` of `{pattern}` is true or false")
    return value


def _codes(pattern: str, table: Mapping[str, object]) -> tuple[str, ...]:
    found = tuple(_text(pattern, table, "code").split())
    if not set(found) <= set(CODE_PLACES):
        raise BadLineError(f"`code` of `{pattern}` is one of {', '.join(CODE_PLACES)}")
    return found


def _number(pattern: str, table: Mapping[str, object]) -> int:
    value = table.get("skip", 0)
    if not isinstance(value, int) or not 0 <= value <= 9:
        raise BadLineError(f"`skip` of `{pattern}` is a number from 0 to 9")
    return value


class CommandEffect(Struct, frozen=True, kw_only=True):
    """One command that does more than read."""

    effect: Effect
    offset: int
    """Characters from the start of the script."""
    source_text: str
    """The command's source text; `what follows` for a rest that cannot be parsed."""
    known: bool = True
    """Whether the table of commands has it; else it is taken for a change."""
    readable: bool = True
    """Whether the script says which command it is; not so for `$x` and `$(…)`."""


class ScriptEffects(Struct, frozen=True, kw_only=True):
    """All effects of a script."""

    effects: tuple[CommandEffect, ...] = ()

    @property
    def effect(self) -> Effect:
        """The heaviest effect."""
        return heaviest_effect("read", *(one.effect for one in self.effects))

    def exceeding(self, label: Effect) -> tuple[CommandEffect, ...]:
        """The effects heavier than a step's label: it does not cover them."""
        own = TABLE_EFFECTS.index(label)
        return tuple(
            each for each in self.effects if TABLE_EFFECTS.index(each.effect) > own
        )


def heaviest_effect(first: Effect, *others: Effect) -> Effect:
    """The heaviest of some effects."""
    return max((first, *others), key=TABLE_EFFECTS.index)


def method_effect(method: str) -> Effect:
    """What an HTTP request does, by its method."""
    if method.upper() in ("GET", "HEAD", "OPTIONS", "TRACE"):
        return "read"
    return "destroy" if method.upper() == "DELETE" else "change"
