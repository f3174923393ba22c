"""The table of commands: its lines, and the reading of them.

`commands.toml` beside this module says how a line is written.
"""

from __future__ import annotations

import fnmatch
import functools
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, cast

Weight = Literal["nothing", "read", "change", "destroy"]
WEIGHTS: tuple[Weight, ...] = ("nothing", "read", "change", "destroy")
"""From the lightest to the heaviest."""
LANGUAGES = ("shell", "sql", "redis", "mongo", "awk", "sed")
CODES = ("words", "joined", "first", "value", "dashes", "until", "input")
WRITES = ("words", "last", "value")

_KEYS = frozenset(("effect", "valued", "code", "language", "skip", "writes"))
_GLOB = re.compile(r"[*?]")
_FILE = Path(__file__).with_name("commands.toml")
MOST_LINES = 1000
"""What a runbook or a person may add; the table itself has fewer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PatternToken:
    """A word of a pattern, after the command."""

    names: tuple[str, ...]
    values: tuple[str, ...] = ()
    """What the option's value must be; empty for any, or none."""

    @property
    def is_option(self) -> bool:
        """Whether it stands for an option, not for a word in its place."""
        return self.names[0].startswith("-") and self.names[0] != "-"


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandLine:
    """A line of the table, for one command."""

    tokens: tuple[PatternToken, ...] = ()
    effect: Weight | None = None
    code: tuple[str, ...] = ()
    language: str = "shell"
    skip: int = 0
    writes: str = ""
    own: bool = False
    """Whether a runbook or a person added it to what the table knows of the command."""

    @property
    def words(self) -> int:
        """How many words after the command it wants."""
        return sum(not token.is_option for token in self.tokens)


@dataclass(frozen=True, kw_only=True)
class CommandEntry:
    """All that is known of a command."""

    lines: tuple[CommandLine, ...]
    valued: frozenset[str] = frozenset()
    """Options that take the next word as their value."""

    @functools.cached_property
    def base(self) -> CommandLine:
        """What the command does where no other line fits."""
        plain = [line for line in self.lines if not line.tokens]
        return plain[-1] if plain else CommandLine(effect="change")

    @functools.cached_property
    def spelt_out(self) -> bool:
        """Whether `-name` is one option, as with find, and not several letters."""
        given = (n for line in self.lines for t in line.tokens for n in t.names)
        return any(
            len(name) > 2 and name[0] == "-" and name[1] not in "-*"
            for name in (*given, *self.valued)
        )


class BadLineError(Exception):
    """A line that cannot be read; its text says why."""


class CommandTable:
    """The table: what is known of each command."""

    def __init__(self, entries: Mapping[str, CommandEntry]) -> None:
        self._entries = dict(entries)
        self._globs = tuple(name for name in self._entries if _GLOB.search(name))

    def find(self, name: str) -> CommandEntry | None:
        """What is known of a command, by its name without a folder."""
        found = self._entries.get(name)
        if found is not None or not name:
            return found
        for pattern in self._globs:
            if fnmatch.fnmatchcase(name, pattern):
                return self._entries[pattern]
        return None

    def names(self) -> Iterator[str]:
        """The commands, as the table spells them."""
        yield from self._entries

    def extended(self, lines: Mapping[str, object]) -> CommandTable:
        """The table with further lines.

        What it knows already stays: a line that says less of the same words than one
        of its own changes nothing.

        Args:
            lines: patterns and what they say, as in the file.

        Raises:
            BadLineError: one of them cannot be read.
        """
        if not lines:
            return self
        entries = dict(self._entries)
        for name, made in _entries(lines).items():
            known = self.find(name)
            if known is None:
                entries[name] = made
                continue
            own = (replace(line, own=True) for line in made.lines)
            entries[name] = CommandEntry(
                lines=(*known.lines, *(each for each in own if _adds(each, known))),
                valued=known.valued | made.valued,
            )
        return CommandTable(entries)


def _adds(line: CommandLine, known: CommandEntry) -> bool:
    """Whether a line may stand beside what is known: it makes nothing lighter."""
    if line.effect is None or line.code or not line.tokens:
        return False
    usual = known.base.effect or "change"
    return usual == "change" or WEIGHTS.index(line.effect) >= WEIGHTS.index(usual)


@functools.cache
def bundled_commands() -> CommandTable:
    """The table of the package."""
    sections = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    lines: dict[str, object] = {}
    for section in sections.values():
        lines.update(section)
    return CommandTable(_entries(lines))


def _entries(lines: Mapping[str, object]) -> dict[str, CommandEntry]:
    found: dict[str, list[CommandLine]] = {}
    valued: dict[str, set[str]] = {}
    for pattern, says in lines.items():
        names, line, options = read_line(pattern, says)
        for name in names:
            found.setdefault(name, []).append(line)
            valued.setdefault(name, set()).update(options)
    return {
        name: CommandEntry(lines=tuple(each), valued=frozenset(valued[name]))
        for name, each in found.items()
    }


def read_line(
    pattern: str, says: object
) -> tuple[Sequence[str], CommandLine, Sequence[str]]:
    """A line of the table.

    Args:
        pattern: the command and the words after it.
        says: an effect, or a table.

    Returns:
        The commands that it is of, the line, and their options with a value.

    Raises:
        BadLineError: it is none.
    """
    words = pattern.split()
    if not words:
        raise BadLineError("a line begins with the command that it is of")
    language, colon, listed = words[0].rpartition(":")
    names = [f"{language}{colon}{name}" for name in listed.split("|")]
    table = {"effect": says} if isinstance(says, str) else says
    if not isinstance(table, Mapping) or not table:
        raise BadLineError(f"`{pattern}` is an effect, or a table with one")
    strange = sorted(set(table) - _KEYS)
    if strange:
        raise BadLineError(f"`{pattern}` knows no `{strange[0]}`")
    line = CommandLine(
        tokens=tuple(_token(word) for word in words[1:]),
        effect=cast("Weight | None", _one(pattern, table, "effect", WEIGHTS)),
        code=_codes(pattern, table),
        language=_one(pattern, table, "language", LANGUAGES) or "shell",
        skip=_number(pattern, table),
        writes=_one(pattern, table, "writes", WRITES) or "",
    )
    return names, line, _text(pattern, table, "valued").split()


def _token(word: str) -> PatternToken:
    names, _, values = word.partition("=") if word[0] == "-" else (word, "", "")
    return PatternToken(
        names=tuple(name for name in names.split("|") if name) or (word,),
        values=tuple(values.split("|")) if values else (),
    )


def _text(pattern: str, table: Mapping[str, object], key: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise BadLineError(f"`{key}` of `{pattern}` is a text")
    return value


def _one(
    pattern: str, table: Mapping[str, object], key: str, known: Sequence[str]
) -> str | None:
    value = _text(pattern, table, key)
    if value and value not in known:
        raise BadLineError(f"`{key}` of `{pattern}` is one of {', '.join(known)}")
    return value or None


def _codes(pattern: str, table: Mapping[str, object]) -> tuple[str, ...]:
    found = tuple(_text(pattern, table, "code").split())
    if not set(found) <= set(CODES):
        raise BadLineError(f"`code` of `{pattern}` is one of {', '.join(CODES)}")
    return found


def _number(pattern: str, table: Mapping[str, object]) -> int:
    value = table.get("skip", 0)
    if not isinstance(value, int) or not 0 <= value <= 9:
        raise BadLineError(f"`skip` of `{pattern}` is a number from 0 to 9")
    return value
