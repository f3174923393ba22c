"""One TOML text with its positions, and the problems found while reading it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from mobius_tui.runbook.model.keys import FORMATS
from mobius_tui.runbook.toml.positions import (
    KeyPath,
    Positions,
    TomlTooLargeError,
    scan_positions,
)
from mobius_tui.runbook.toml.problem import Problem
from mobius_tui.runbook.toml.runbook_source import MAX_BYTES, RefusedError, refuse_file

_BEFORE = re.compile(r"[=,\[{][ \t]*([^=,\[\]{}\"'#\n]*)\Z")
_AFTER = re.compile(r"[^=,\[\]{}\"'#\n]*(?=[,\]}#\n]|\Z)")
_DATE = re.compile(r"\d{4}[./-]\d{1,2}[./-]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}")
_MAX_QUOTED = 40
"""Characters of a value that are shown."""
_FLAGS = {"yes": "true", "on": "true", "no": "false", "off": "false"}
_TYPOGRAPHIC = "\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb`\u00b4"
"""Quotes of word processors and of wikis."""


def missing_quotes(text: str, offset: int) -> str | None:
    """A hint for a value without quotes; None if there is no such value.

    Args:
        text: the file.
        offset: where the TOML parser stopped, in the value or at its end.
    """
    start = text.rfind("\n", 0, offset) + 1
    before, after = _BEFORE.search(text[start:offset]), _AFTER.match(text, offset)
    if before is None or after is None:
        return None
    value = (before[1] + after[0]).strip()
    if not value or len(value) > _MAX_QUOTED:
        return None
    if value[0] in _TYPOGRAPHIC:
        return f"{value[0]} is no quote of TOML: write \"…\" or '…'"
    flag = _FLAGS.get(value.lower(), value.lower())
    if flag in ("true", "false"):
        return f'write {flag}, or "{value}" if it is a text'
    if value.lower() in ("null", "none", "nil", "~"):
        return "TOML has no such value: leave the key out"
    if _DATE.fullmatch(value):
        return f'a date is written 2026-11-24, without quotes; a text is "{value}"'
    if "\\" in value or not value.isprintable():
        return None
    return f'text goes in quotes: "{value}"'


MAX_ERRORS = 100
"""Errors after which reading stops, also to limit the time for hostile files."""

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_VALUE_ERRORS = ("Expected newline", "Invalid", "Unclosed", "Cannot parse")
"""How messages of tomllib begin that a value without quotes may cause."""
_QUOTES = "write scripts and patterns in ''' or '"
_HINTS = (
    ("Unescaped '\\'", f'in "…" a \\ begins an escape, such as \\n; {_QUOTES}'),
    ("Unclosed inline table", "a table in { } cannot break its line; use a [table]"),
    ("Cannot overwrite", "this key was given before"),
    ("Cannot declare", "this table was given before, or as something else"),
    ("Expected '=' after a key", "a line is KEY = VALUE, a [table] or a # comment"),
    ("Invalid value", "text goes in quotes: \"…\" or '…'"),
    ("nvalid character", "control characters cannot stand in a TOML text"),
)
"""Messages of tomllib, and the usual remedies."""


class TooManyProblemsError(Exception):
    """`MAX_ERRORS` errors have been found."""


class Findings(Struct, kw_only=True):
    """The problems and documents of all files of a runbook."""

    problems: list[Problem] = field(default_factory=list)
    documents: list[TomlDocument] = field(default_factory=list)
    """Every file that was read."""
    warning_places: set[tuple[str, int, int, str]] = field(default_factory=set)
    """File, line, column and rule code of each warning."""
    _reported: set[Problem] = field(default_factory=set)

    @property
    def has_errors(self) -> bool:
        """Whether there is an error."""
        return any(each.severity == "error" for each in self.problems)

    def add(self, problem: Problem) -> None:
        """Add a problem, unless it was added before.

        Raises:
            TooManyProblemsError: there are `MAX_ERRORS` errors now.
        """
        if problem in self._reported:
            return
        self._reported.add(problem)
        self.problems.append(problem)
        if problem.severity == "warning":
            self.warning_places.add(
                (problem.file, problem.line, problem.column, problem.code)
            )
            return
        errors = sum(each.severity == "error" for each in self.problems)
        if errors >= MAX_ERRORS:
            raise TooManyProblemsError


class TomlDocument(Struct, frozen=True, kw_only=True):
    """One file, read as TOML."""

    file: str
    """The file as the reports name it."""
    tree: Mapping[str, Any]
    positions: Positions
    findings: Findings

    @property
    def format(self) -> int | None:
        """The format that the file says; None if it says none that is read here."""
        given = self.tree.get("format")
        return given if type(given) is int and given in FORMATS else None

    def check_format(self) -> bool:
        """Whether the file has a format that is read here; it is reported if not."""
        if self.format is not None:
            return True
        given = self.tree.get("format")
        if isinstance(given, str) and given in map(str, FORMATS):
            words = f"`format` is a number, without quotes: format = {given}"
            self.report(("format",), words)
        elif "format" in self.tree:
            known = " and ".join(map(str, FORMATS))
            self.report(("format",), f"this program reads the formats {known}")
        else:
            words = f"`format = {FORMATS[-1]}` is missing: is this a runbook?"
            self.report((), words)
        return False

    def report(
        self, path: KeyPath, message: str, code: str = "", *, blocks: bool = False
    ) -> None:
        """Report a problem at a key, or at the nearest enclosing one.

        Args:
            path: the key.
            message: the problem.
            code: the rule of lint that is broken; empty for an error.
            blocks: whether `--auto` refuses the runbook for it.

        Raises:
            TooManyProblemsError: there are `MAX_ERRORS` of them now.
        """
        at = self.positions.offsets_of(path).key
        self.report_at(at, message, code, blocks=blocks)

    def report_at(
        self, offset: int, message: str, code: str = "", *, blocks: bool = False
    ) -> None:
        """Report a problem at an offset of the text.

        Raises:
            TooManyProblemsError: there are `MAX_ERRORS` of them now.
        """
        problem = problem_at(
            self.file, self.positions, offset, message, code, blocks=blocks
        )
        self.findings.add(problem)


def problem_at(
    file: str,
    positions: Positions,
    offset: int,
    message: str,
    code: str = "",
    *,
    blocks: bool = False,
) -> Problem:
    """A problem at an offset of a text; with a code it is a warning."""
    line, column = positions.line_and_column(offset)
    return Problem(
        file=file,
        line=line,
        column=column,
        message=message,
        severity="warning" if code else "error",
        text=positions.line(line),
        code=code,
        blocks=blocks,
    )


def parse_toml(file: str, data: bytes, findings: Findings) -> TomlDocument:
    """Parse bytes as TOML, within limits that keep tomllib from failing or stalling.

    Raises:
        RefusedError: the bytes are not the TOML of a runbook; it says where and why.
    """
    text = decode_text(file, data)
    try:
        positions = scan_positions(text)
    except TomlTooLargeError as error:
        raise _refused_at(file, text, error.offset, f"{error}; no runbook is") from None
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_refusal(file, positions, str(error)) from None
    except (ValueError, OverflowError):  # Python's limit on the digits of an integer
        huge = re.search(r"[0-9_]{1000}", text)
        offset = huge.start() if huge is not None else 0
        raise _refused_at(file, text, offset, "this number is too long") from None
    except RecursionError:
        raise refuse_file(file, "is nested too deep for a runbook") from None
    document = TomlDocument(
        file=file, tree=tree, positions=positions, findings=findings
    )
    findings.documents.append(document)
    return document


def decode_text(file: str, data: bytes) -> str:
    r"""The text of a file, with `\n` line ends, as tomllib sees it."""
    if len(data) > MAX_BYTES:
        raise refuse_file(file, "is larger than 1 MiB, which is no runbook")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise refuse_file(file, "is UTF-16; save it as UTF-8")
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        words = f"is not UTF-8: byte 0x{data[error.start]:02x} on line {line}"
        raise refuse_file(file, f"{words}; save it as UTF-8") from None
    if "\0" in text:
        offset = text.index("\0")
        raise _refused_at(file, text, offset, "a NUL byte: this is no text file")
    return text


def _syntax_refusal(file: str, positions: Positions, error: str) -> RefusedError:
    """The refusal of a text that is not TOML, with the usual remedy."""
    text = positions.text
    if text.lstrip().startswith("{"):
        words = "this is JSON, or the like; a runbook is TOML: it begins `format = 2`"
        return _refused_at(file, text, len(text) - len(text.lstrip()), words)
    place = _PLACE.search(error)
    message = error[: place.start()] if place is not None else error
    hint = next((words for start, words in _HINTS if start in message), "")
    offset = len(text.rstrip())
    if place is not None and place[1]:
        offset = positions.offset(int(place[1]), int(place[2]))
        if message.startswith(_VALUE_ERRORS):
            hint = missing_quotes(text, offset) or hint
    if positions.unclosed is not None and positions.unclosed <= offset:
        words = _unclosed_quotes(text, positions.unclosed)
        return _refused_at(file, text, positions.unclosed, words)
    message = f"{message}: {hint}" if hint else message
    return RefusedError(problem_at(file, positions, offset, message))


def _unclosed_quotes(text: str, offset: int) -> str:
    """What is wrong with quotes that nothing closes."""
    mark = text[offset]
    if text.startswith(3 * mark, offset):
        return f"the {3 * mark} that opens here is never closed"
    lines = f"; a text of several lines goes in {3 * mark}"
    return f"the {mark} that opens here is not closed on its line{lines}"


def _refused_at(file: str, text: str, offset: int, words: str) -> RefusedError:
    return RefusedError(problem_at(file, Positions(text), offset, words))
