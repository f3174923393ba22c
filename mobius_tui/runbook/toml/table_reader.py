"""Reading one TOML table: typed keys, and every mistake reported at its place.

Reading methods do not raise for a wrong value: they report it and return the default,
so that all mistakes of a file are reported at once.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from msgspec import Struct, field

from mobius_tui.runbook.model.keys import FORMATS
from mobius_tui.runbook.toml.positions import KeyPath
from mobius_tui.runbook.toml.toml_document import TomlDocument
from mobius_tui.sanitize import is_control

_MISSING = object()
_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "true or false"),
    (str, "a text"),
    (int, "a number"),
    (float, "a number"),
    (list, "a list"),
    (dict, "a table"),
    (datetime.datetime, "a time"),
    (datetime.date, "a date"),
    (datetime.time, "a time"),
)


def kind_in_words(value: object) -> str:
    """The type of a TOML value, for a message; not the value, which may be huge."""
    return next(words for kind, words in _TYPES if isinstance(value, kind))


class TemplateUse(Struct, frozen=True):
    """A text with `${name}` to be filled in, and its place."""

    table: TomlTable
    path: KeyPath
    """Below the table."""
    text: str
    shown: bool
    """Whether it is shown, journaled or sent: no place for a secret."""


class TableRegistry(Struct, kw_only=True):
    """The tables and templates of all files of a runbook, for rules about all."""

    tables: list[TomlTable] = field(default_factory=list)
    """Every table, so that unknown keys can be reported at the end."""
    templates: list[TemplateUse] = field(default_factory=list)
    """Every text that is filled in."""


class TomlTable:
    """A table of a document that records which keys were read.

    The others can then be reported as unknown.

    A step with `use` has a `base`: missing keys are read from there, and their problems
    are reported there.
    """

    def __init__(
        self,
        document: TomlDocument,
        path: KeyPath = (),
        node: Mapping[str, Any] | None = None,
        *,
        parent: TomlTable | None = None,
        base: TomlTable | None = None,
        registry: TableRegistry | None = None,
    ) -> None:
        """A table of a document; without `path` and `node`, the whole document.

        Args:
            document: the file that it is in.
            path: where it is in the file.
            node: its keys and values.
            parent: the table that it was read from; the two share a registry.
            base: the table that it inherits from.
            registry: where a document's root registers its tables; a new one if None.
        """
        self.document = document
        self.path = path
        self.node = document.tree if node is None else node
        self.parent = parent
        self.base = base
        self.format = document.format or FORMATS[0]
        """The format of its file."""
        self.read_keys: set[str] = set()
        self.children: dict[KeyPath, TomlTable] = {}
        """The tables below it, by their paths from here."""
        if parent is not None:
            registry = parent.registry
        self.registry: TableRegistry = registry or TableRegistry()
        self.registry.tables.append(self)

    def owner(self, key: str) -> TomlTable:
        """The table that has the key: this one, or the one that it inherits from."""
        if key not in self.node and self.base is not None and key in self.base.node:
            return self.base
        return self

    def has(self, key: str) -> bool:
        """Whether the table, or its base, has the key; marks it as read."""
        self.read_keys.add(key)
        return key in self.node or (self.base is not None and key in self.base.node)

    def present_keys(self, *keys: str) -> tuple[str, ...]:
        """Those of the given keys that are present here or in the base.

        Marks all of the given keys as read.
        """
        self.read_keys.update(keys)
        if self.base is None:
            return tuple([key for key in keys if key in self.node])
        return tuple([key for key in keys if self.has(key)])

    def keys(self) -> Iterator[str]:
        """All keys of the table itself; marks them as read."""
        self.read_keys.update(self.node)
        return iter(tuple(self.node))

    def has_since(self, version: int, key: str, form: str = "") -> bool:
        """Whether it has a key that a format brought.

        False, with a report, in an older file.

        Args:
            version: the format.
            key: the key.
            form: the form of its value, if the format brought only that.
        """
        if not self.has(key):
            return False
        if self.owner(key).format < version:
            remedy = "`mobius-tui upgrade FILE` makes the file one"
            what = f"`{key}` as {form}" if form else f"`{key}`"
            self.report(f"{what} is of format {version}; {remedy}", key)
            return False
        return True

    def line(self) -> int:
        """The line of the table in its file, from 1."""
        return self.document.positions.key_line_and_column(self.path)[0]

    def report(self, message: str, *path: str | int) -> None:
        """Report a problem at a key below this table, or at the table itself.

        Raises:
            TooManyProblemsError: there are too many of them now.
        """
        table = self.owner(path[0]) if path and isinstance(path[0], str) else self
        table.document.report((*table.path, *path), message)

    def warn(
        self, code: str, message: str, *path: str | int, blocks: bool = False
    ) -> None:
        """Report a warning at a key below this table, or at the table itself.

        Args:
            code: the code of the lint rule.
            message: the warning.
            path: the key, below this table.
            blocks: whether `--auto` refuses the runbook for it.
        """
        table = self.owner(path[0]) if path and isinstance(path[0], str) else self
        table.document.report((*table.path, *path), message, code, blocks=blocks)

    def report_within(self, needle: str, message: str, *path: str | int) -> None:
        """Report a problem at a text in the source of a value, or else at its key.

        Raises:
            TooManyProblemsError: there are too many of them now.
        """
        table = self.owner(path[0]) if path and isinstance(path[0], str) else self
        positions = table.document.positions
        offsets = positions.offsets_of((*table.path, *path))
        offset = positions.text.find(needle, offsets.start, offsets.end)
        table.document.report_at(offsets.key if offset < 0 else offset, message)

    def raw(self, key: str) -> str:
        """The source of a value in its file."""
        table = self.owner(key)
        return table.document.positions.raw((*table.path, key))

    def value(self, key: str, kinds: tuple[type, ...], words: str) -> Any:
        """The value of a key, or None if it is missing or has a wrong type.

        Args:
            key: the key.
            kinds: the allowed types.
            words: what it should be, for the report of a wrong type.
        """
        self.read_keys.add(key)
        value = self.node.get(key, _MISSING)
        if value is _MISSING:
            if self.base is None or key not in self.base.node:
                return None
            value = self.base.node[key]
        if not isinstance(value, kinds) or (
            isinstance(value, bool) and bool not in kinds
        ):
            self.report(f"`{key}` is {words}, not {kind_in_words(value)}", key)
            return None
        return value

    def require(self, *keys: str) -> None:
        """Report each of the keys that is missing."""
        for key in keys:
            if not self.has(key):
                self.report(f"`{key}` is missing in {self.name()}")

    def name(self) -> str:
        """The name of the table in a message: `[[phase.step]]` or `http = { }`."""
        words = self.dotted()
        if self.path not in self.document.positions.headers:
            return f"`{words.rpartition('.')[2]}`" if words else "the file"
        return f"[[{words}]]" if isinstance(self.path[-1], int) else f"[{words}]"

    def dotted(self, *keys: str) -> str:
        """The dotted name of a key below this table, as in a header."""
        own = [part for part in self.path if isinstance(part, str)]
        return ".".join((*own, *keys))

    def text(
        self,
        key: str,
        default: str = "",
        *,
        lines: bool = False,
        filled: bool = False,
        shown: bool = True,
    ) -> str:
        """A text.

        Args:
            key: its key.
            default: returned if it is missing or wrong.
            lines: whether it may have tabs and line ends.
            filled: whether `${name}` in it is filled in.
            shown: whether it is shown or sent, so that it must have no secret.
        """
        value = self.value(key, (str,), "a text in quotes")
        if value is None:
            return default
        self.check_text(value, key, lines=lines, filled=filled, shown=shown)
        return str(value)

    def optional_text(
        self, key: str, *, lines: bool = False, filled: bool = False, shown: bool = True
    ) -> str | None:
        """A text, or None if it is not given; arguments as for `text`."""
        if not self.has(key):
            return None
        return self.text(key, lines=lines, filled=filled, shown=shown)

    def check_text(
        self, text: str, *path: str | int, lines: bool, filled: bool, shown: bool = True
    ) -> None:
        """Report control characters in a text, and register it if it is filled in."""
        allowed = "\n\t" if lines else ""
        # A printable text has none of them: few texts are searched.
        without_line_ends = text.replace("\n", "").replace("\t", "") if lines else text
        if not without_line_ends.isprintable():
            bad = next((c for c in text if is_control(c) and c not in allowed), None)
            if bad is not None:
                self.report(_control_problem(bad, str(path[-1])), *path)
        if filled and "${" in text:
            table = self.owner(path[0]) if isinstance(path[0], str) else self
            self.registry.templates.append(TemplateUse(table, path, text, shown))

    def flag(self, key: str, *, default: bool = False) -> bool:
        """`true` or `false`."""
        value = self.value(key, (bool,), "true or false, without quotes")
        return default if value is None else bool(value)

    def integer(self, key: str, default: int, least: int, most: int) -> int:
        """A whole number between two others, both included."""
        value = self.value(key, (int,), "a whole number, without quotes")
        if value is None:
            return default
        if not least <= value <= most:
            self.report(f"`{key}` is a number from {least} to {most}", key)
            return default
        return int(value)

    def text_list(
        self,
        key: str,
        default: tuple[str, ...] = (),
        *,
        filled: bool = False,
        example: str = '["one", "two"]',
    ) -> tuple[str, ...]:
        """A list of texts, each on one line; an error shows the example."""
        values = self.value(key, (list,), f"a list, such as {example}")
        if values is None:
            return default
        good: list[str] = []
        for index, value in enumerate(values):
            if not isinstance(value, str) or not value:
                self.report(f"`{key}` is a list of texts in quotes", key, index)
                continue
            self.check_text(value, key, index, lines=False, filled=filled)
            good.append(value)
        return tuple(good)

    def text_table(
        self, key: str, *, filled: bool = True, shown: bool = True
    ) -> Mapping[str, str]:
        """A table of texts."""
        values = self.value(key, (dict,), 'a table, such as { NAME = "value" }')
        good: dict[str, str] = {}
        for name, value in (values or {}).items():
            if not isinstance(value, str):
                self.report(f"`{name}` is a text in quotes", key, name)
                continue
            self.check_text(value, key, name, lines=True, filled=filled, shown=shown)
            good[name] = value
        return MappingProxyType(good)

    def child(self, node: Mapping[str, Any], *path: str | int) -> TomlTable:
        """The table below this one at a path; the same object each time."""
        if path not in self.children:
            whole = (*self.path, *path)
            self.children[path] = TomlTable(self.document, whole, node, parent=self)
        return self.children[path]

    def table(self, key: str) -> TomlTable | None:
        """The table of a key, or None if there is none."""
        if not self.has(key):
            return None
        node = self.value(
            key, (dict,), f"a table, [{self.dotted(key)}] or {key} = {{ }}"
        )
        if node is None:
            return None
        return self.owner(key).child(node, key)

    def tables(self, key: str, *, single: bool = False) -> tuple[TomlTable, ...]:
        """The tables of a list; with `single`, a single table is allowed, too."""
        if not self.has(key):
            return ()
        words = f"a list of tables, [[{self.dotted(key)}]]"
        value = self.value(key, (list, dict) if single else (list,), words)
        if isinstance(value, dict):
            one = self.table(key)
            return () if one is None else (one,)
        owner = self.owner(key)
        good: list[TomlTable] = []
        for index, node in enumerate(value or ()):
            if isinstance(node, dict):
                good.append(owner.child(node, key, index))
            else:
                kind = kind_in_words(node)
                self.report(f"`{key}` is a list of tables, not of {kind}", key, index)
        return tuple(good)

    def tables_by_name(self, key: str) -> Iterator[tuple[str, TomlTable]]:
        """The tables of a table, by name: `[key.NAME]`."""
        outer = self.table(key)
        if outer is None:
            return
        for name in outer.keys():  # noqa: SIM118 - a Table is no mapping
            inner = outer.table(name)
            if inner is not None:
                yield name, inner


def _control_problem(char: str, key: str) -> str:
    """The problem of a control character in a text, and its remedy."""
    shown = {"\n": "a line end", "\t": "a tab"}.get(char)
    shown = shown or f"the control character U+{ord(char):04X}"
    if char in "\b\f\r\x1b":
        return (
            f'{shown} in `{key}`: in "…" or """…""" a \\ begins an escape; '
            "write scripts and patterns in ''' or '"
        )
    return f"{shown} in `{key}`: take it out"
