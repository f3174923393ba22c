"""`include`: phases, contacts and health from a file in the same folder."""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from mobius_tui.runbook.decode.value_readers import part_id
from mobius_tui.runbook.model.runbook import SourceFile
from mobius_tui.runbook.text.names import did_you_mean
from mobius_tui.runbook.toml.problem import Problem
from mobius_tui.runbook.toml.runbook_source import RefusedError
from mobius_tui.runbook.toml.table_reader import TableRegistry, TomlTable
from mobius_tui.runbook.toml.toml_document import Findings, TomlDocument, parse_toml

_FILE = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,120}\.toml"
_TARGET = re.compile(rf"({_FILE})#([a-z0-9-]{{1,64}})")

ReadIncludedFile = Callable[[str], tuple[str, bytes]]
"""Reads a file of the same folder by its name: its name for reports, and its bytes."""

_TOP_TABLES = (
    *("runbook", "files", "commands", "var", "profile", "contact"),
    *("message", "channel", "health", "targets", "phase", "step"),
)
"""The keys that the root table of a file may have, besides `format`."""

MAX_INCLUDED_FILES = 32
"""Included files; each may be 1 MiB."""


class IncludedPhase(Struct, frozen=True, kw_only=True):
    """A phase of another file."""

    table: TomlTable
    """The phase's table in that file."""
    reference: str
    """`FILE#PHASE`, as it is in the including file."""


class IncludedFiles:
    """The files that a runbook includes, each read once."""

    def __init__(
        self,
        main_name: str,
        read: ReadIncludedFile,
        findings: Findings,
        registry: TableRegistry,
    ) -> None:
        """Begin with no file read.

        Args:
            main_name: the bare name of the including file.
            read: reads an included file.
            findings: where problems are reported.
            registry: where the tables of included files are registered.
        """
        self._main_name = main_name
        self._read = read
        self._findings = findings
        self._registry = registry
        self._roots: dict[str, TomlTable | None] = {}
        self._with_phases: dict[str, TomlTable] = {}
        self.sources: list[SourceFile] = []
        self.unread_problems: list[Problem] = []
        """Problems of files that could not be read; their tables are missing then."""

    def roots(self) -> tuple[TomlTable, ...]:
        """The root tables of the files with included phases, in their order."""
        return tuple(self._with_phases.values())

    def file(self, table: TomlTable) -> TomlTable | None:
        """The root table of the file that `include` in a table names; reports problems.

        Its unused parts are not examined.
        """
        name = table.text("include")
        if re.fullmatch(_FILE, name) is None:
            table.report('`include` is "FILE.toml", a file beside this one', "include")
            return None
        root = self._root_of(name, table)
        if root is not None:
            root.present_keys(*_TOP_TABLES)
        return root

    def phase(self, table: TomlTable) -> IncludedPhase | None:
        """The phase that `include` in a `[[phase]]` names; reports problems."""
        target = table.text("include")
        match = _TARGET.fullmatch(target)
        if match is None:
            words = '`include` is "FILE.toml#PHASE", a file beside this one'
            table.report(words, "include")
            return None
        name, phase_id = match.groups()
        root = self._root_of(name, table)
        if root is None:
            return None
        self._with_phases[name] = root
        found = {part_id(one): one for one in root.tables("phase")}
        if phase_id not in found:
            near = did_you_mean(phase_id, found)
            table.report(f"no phase `{phase_id}` in {name}{near}", "include")
            return None
        return IncludedPhase(table=found[phase_id], reference=target)

    def _root_of(self, name: str, table: TomlTable) -> TomlTable | None:
        if name == self._main_name:
            table.report("a file cannot include itself; see `use`", "include")
            return None
        if name not in self._roots:
            if len(self._roots) >= MAX_INCLUDED_FILES:
                table.report(
                    f"more than {MAX_INCLUDED_FILES} included files", "include"
                )
                return None
            before = len(self._findings.problems)
            self._roots[name] = self._open(name, table)
            if self._roots[name] is None:
                self.unread_problems += self._findings.problems[before:]
        return self._roots[name]

    def _open(self, name: str, table: TomlTable) -> TomlTable | None:
        try:
            shown, data = self._read(name)
            document: TomlDocument = parse_toml(shown, data, self._findings)
        except RefusedError as error:
            if not error.problem.line:
                words = f"{name} cannot be included: {error.problem.message}"
                table.report(words, "include")
            else:
                self._findings.add(error.problem)
            return None
        self.sources.append(SourceFile(name=name, data=data))
        if not document.check_format():
            return None
        root = TomlTable(document, registry=self._registry)
        root.present_keys("format")
        return root
