"""The positions of the keys of a TOML text, and of the headers of phases and steps."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Literal

from msgspec import Struct

from mobius_tui.runbook.toml.derived_keys import id_of

KeyPath = tuple[str | int, ...]
"""The path to a value: keys of tables, and indices of arrays."""

MAX_DEPTH = 32
"""tomllib recurses for each level, and its time grows with the square of a key's parts:
a dotted key of 40 KB takes 8 seconds."""
MAX_LIST = 10_000
"""Values in one list; half a million take seconds."""
_TOO_DEEP = f"nested more than {MAX_DEPTH} deep"
_TOO_LONG = f"a list of more than {MAX_LIST} values"

_SPACE = re.compile(r"[ \t]*+")
_BLANK = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+)*+")
_LINE = re.compile(r"[^\n]*+")
_BARE = re.compile(r"[A-Za-z0-9_-]++")
_SCALAR = re.compile(r"[^,\]}\n#]*+")
_STRING = re.compile(
    r'"""(?:[^"\\]++|\\[\s\S]|"{1,2}+(?!"))*+"{3,5}+'
    r"|'''(?:[^']++|'{1,2}+(?!'))*+'{3,5}+"
    r'|(?!""")"(?:[^"\\\n]++|\\[^\n])*+"'
    r"|(?!''')'[^'\n]*+'"
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b"}


class TomlTooLargeError(Exception):
    """Nested deeper than `MAX_DEPTH` or longer than `MAX_LIST`; `offset` is where."""

    def __init__(self, words: str, offset: int) -> None:
        super().__init__(words)
        self.offset = offset


class KeyOffsets(Struct, frozen=True, kw_only=True):
    """The offsets of a key and of its value in the text."""

    key: int
    start: int
    """The first character of the value; that of the header for a table with one."""
    end: int
    """One past the last character of the value; of the header likewise."""


class Positions:
    """The positions of all keys of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.key_offsets: dict[KeyPath, KeyOffsets] = {}
        self.headers: set[KeyPath] = set()
        """The tables that have a `[header]` of their own."""
        self.unclosed: int | None = None
        """The offset of the first quotes that nothing closes; None if all are."""
        self._lines = [0]
        self._lines += [match.end() for match in re.finditer("\n", text)]
        self._last_line = (0, "")
        """The line that was asked for last: its number and its text."""

    def line_and_column(self, offset: int) -> tuple[int, int]:
        """The line and column of an offset, both from 1; columns in characters."""
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """The offset of a line and column, both from 1; limited to the text."""
        start = self._lines[min(max(line, 1), len(self._lines)) - 1]
        return min(start + max(column, 1) - 1, len(self.text))

    def line(self, number: int) -> str:
        """The text of a line, without its end; empty if there is no such line."""
        if not 1 <= number <= len(self._lines):
            return ""
        if number != self._last_line[0]:  # of a long line there is one copy
            start = self._lines[number - 1]
            end = self.text.find("\n", start)
            self._last_line = (
                number,
                self.text[start : len(self.text) if end < 0 else end],
            )
        return self._last_line[1]

    def offsets_of(self, path: KeyPath) -> KeyOffsets:
        """The offsets of a key, or of the nearest enclosing key that has one."""
        while path:
            found = self.key_offsets.get(path)
            if found is not None:
                return found
            path = path[:-1]
        return KeyOffsets(key=0, start=0, end=0)

    def key_line_and_column(self, path: KeyPath) -> tuple[int, int]:
        """The line and column of a key, or of the nearest enclosing one."""
        return self.line_and_column(self.offsets_of(path).key)

    def raw(self, path: KeyPath) -> str:
        """The source of a value, with quotes and escapes."""
        offsets = self.offsets_of(path)
        return self.text[offsets.start : offsets.end]


def scan_positions(text: str) -> Positions:
    r"""The place of every key of a TOML text with `\n` line ends.

    Raises:
        TomlTooLargeError: something is nested too deep, or a list is too long.
    """
    scanner = _Scanner(text)
    with suppress(_SyntaxLostError):  # tomllib, which is called next, reports it
        scanner.document()
    return scanner.found


class _SyntaxLostError(Exception):
    """The text is not TOML from here on."""


class _Scanner:
    """Scans one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.pos = 0
        self.found = Positions(text)
        self._last_index: dict[KeyPath, int] = {}
        """The index of the newest element of each array of tables."""

    def document(self) -> None:
        """Scan the whole text."""
        table: KeyPath = ()
        while True:
            self._skip(_BLANK)
            if self.pos >= len(self.text):
                return
            if self.text[self.pos] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip(_LINE)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.pos)
        if match is not None:
            self.pos = match.end()

    def _expect(self, token: str) -> None:
        if not self.text.startswith(token, self.pos):
            raise _SyntaxLostError
        self.pos += len(token)

    def _record(self, path: KeyPath, offsets: KeyOffsets) -> None:
        if len(path) > MAX_DEPTH:
            raise TomlTooLargeError(_TOO_DEEP, offsets.key)
        self.found.key_offsets.setdefault(path, offsets)

    def _header(self) -> KeyPath:
        begin = self.pos
        array = self.text.startswith("[[", begin)
        self._expect("[[" if array else "[")
        parts = self._key()
        self._expect("]]" if array else "]")
        offsets = KeyOffsets(key=begin, start=begin, end=self.pos)
        path: KeyPath = ()
        for part, _ in parts[:-1]:
            path += (part,)
            self._record(path, offsets)
            if path in self._last_index:
                path += (self._last_index[path],)
        path += (parts[-1][0],)
        if array:
            self._record(path, offsets)
            self._last_index[path] = self._last_index.get(path, -1) + 1
            path += (self._last_index[path],)
        self.found.key_offsets.pop(path, None)  # a header of its own beats a child's
        self._record(path, offsets)
        self.found.headers.add(path)
        return path

    def _key(self) -> list[tuple[str, int]]:
        """The parts of a dotted key, each with its offset."""
        parts: list[tuple[str, int]] = []
        while True:
            self._skip(_SPACE)
            if len(parts) >= MAX_DEPTH:
                raise TomlTooLargeError(_TOO_DEEP, parts[0][1])
            begin = self.pos
            parts.append((self._part(), begin))
            self._skip(_SPACE)
            if not self.text.startswith(".", self.pos):
                return parts
            self.pos += 1

    def _part(self) -> str:
        """One part of a key, as tomllib names it."""
        bare = _BARE.match(self.text, self.pos)
        if bare is not None:
            self.pos = bare.end()
            return bare[0]
        quoted = _STRING.match(self.text, self.pos)
        if quoted is None:
            raise _SyntaxLostError
        self.pos = quoted.end()
        inner = quoted[0][1:-1]
        return _ESCAPE.sub(_unescaped, inner) if quoted[0][0] == '"' else inner

    def _pair(self, table: KeyPath) -> None:
        """A key, `=` and its value, below a table."""
        parts = self._key()
        self._expect("=")
        self._skip(_SPACE)
        path = table
        begin = self.pos
        for part, offset in parts:
            path += (part,)
            self._record(path, KeyOffsets(key=offset, start=begin, end=begin))
        self._value(path)
        self.found.key_offsets[path] = KeyOffsets(
            key=parts[-1][1], start=begin, end=self.pos
        )

    def _value(self, path: KeyPath) -> None:
        if len(path) > MAX_DEPTH:
            raise TomlTooLargeError(_TOO_DEEP, self.pos)
        first = self.text[self.pos : self.pos + 1]
        if first == "[":
            self._array(path)
        elif first == "{":
            self._inline(path)
        elif first in ("'", '"') and first:
            string = _STRING.match(self.text, self.pos)
            if string is None:
                self.found.unclosed = self.pos
                raise _SyntaxLostError
            self.pos = string.end()
        else:
            scalar = _SCALAR.match(self.text, self.pos)
            self.pos += len(scalar[0].rstrip()) if scalar is not None else 0

    def _array(self, path: KeyPath) -> None:
        self.pos += 1
        index = 0
        while True:
            self._skip(_BLANK)
            if self.text.startswith("]", self.pos):
                self.pos += 1
                return
            begin = self.pos
            self._value((*path, index))
            if self.pos == begin:
                raise _SyntaxLostError
            self._record(
                (*path, index), KeyOffsets(key=begin, start=begin, end=self.pos)
            )
            index += 1
            if index > MAX_LIST:
                raise TomlTooLargeError(_TOO_LONG, begin)
            self._skip(_BLANK)
            if self.text.startswith(",", self.pos):
                self.pos += 1

    def _inline(self, path: KeyPath) -> None:
        self.pos += 1
        while True:
            self._skip(_BLANK)
            if self.text.startswith("}", self.pos):
                self.pos += 1
                return
            self._pair(path)
            self._skip(_BLANK)
            if self.text.startswith(",", self.pos):
                self.pos += 1


def _unescaped(match: re.Match[str]) -> str:
    short, long, letter = match.groups()
    if letter is not None:
        return _ESCAPED.get(letter, letter)
    number = int(short or long, 16)
    return chr(number) if number <= 0x10FFFF else "�"


_HEADER = re.compile(r"[ \t]*\[{1,2}[ \t]*([\w.\" -]+?)[ \t]*\]{1,2}[ \t]*(?:#.*)?")
_ID = re.compile(r"[ \t]*id[ \t]*=[ \t]*[\"']([a-z0-9-]+)[\"'][ \t]*(?:#.*)?")
_INCLUDE = re.compile(r"[ \t]*include[ \t]*=[ \t]*[\"']([^\"'#]+)#([a-z0-9-]+)[\"'].*")

HeaderKind = Literal["phase", "phase.step"]


def header_line(text: str, part: HeaderKind, part_id: str) -> int | None:
    """The line of the header of a phase or step, from 1; `None` if there is none.

    An `id` is looked for line by line, so that errors elsewhere in the text do not
    matter; an id that a title makes is found where the text can be parsed.
    """
    headers = {part, part.removeprefix("phase.")}
    header, at = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        if (found := _HEADER.fullmatch(line)) is not None:
            header, at = found[1], number
        elif (
            header in headers and (found := _ID.fullmatch(line)) and found[1] == part_id
        ):
            return at
    try:
        tree, positions = tomllib.loads(text), scan_positions(text)
    except (ValueError, RecursionError, TomlTooLargeError):
        return None
    for path, node in part_tables(tree, part):
        if part_id and id_of(node) == part_id:
            return positions.key_line_and_column(path)[0]
    return None


def part_tables(
    tree: Mapping[str, Any], part: HeaderKind
) -> Iterator[tuple[KeyPath, Mapping[str, Any]]]:
    """The tables of all phases, or of all steps, with their paths."""
    phases = list(_tables(tree, ("phase",)))
    if part == "phase":
        yield from phases
        return
    yield from _tables(tree, ("step",))
    for path, phase in phases:
        yield from _tables(phase, (*path, "step"))


def _tables(
    node: Mapping[str, Any], path: KeyPath
) -> Iterator[tuple[KeyPath, Mapping[str, Any]]]:
    """The tables in the list that a path's last key names."""
    found = node.get(str(path[-1]))
    for index, each in enumerate(found if isinstance(found, list) else ()):
        if isinstance(each, dict):
            yield (*path, index), each


def included_files(text: str) -> tuple[str, ...]:
    """The files from which a runbook includes phases, each once."""
    found = (_INCLUDE.fullmatch(line) for line in text.split("\n"))
    return tuple(dict.fromkeys(match[1] for match in found if match is not None))
