"""Decoding `files`: what a runbook's steps call, as a part of the runbook."""

from __future__ import annotations

from collections.abc import Callable

from mobius_tui.runbook.effects.command_effects import bundled_commands
from mobius_tui.runbook.model.runbook import FILE_PATTERN, MAX_FILES, SourceFile
from mobius_tui.runbook.toml.runbook_source import RefusedError
from mobius_tui.runbook.toml.table_reader import TomlTable

ReadRunbookFile = Callable[[str], bytes]
"""Reads a file by its path from the runbook's folder."""

_SHELL_WORDS = frozenset(
    (
        *("if", "then", "else", "elif", "fi", "case", "esac", "for", "select", "while"),
        *("until", "do", "done", "in", "function", "coproc"),
        *("bind", "compopt", "enable", "fc", "logout", "suspend"),
    )
)
"""Words of bash that the table of commands has no line for."""


class RunbookFiles:
    """The files that a runbook, and what it includes, name; each is read once."""

    def __init__(self, read: ReadRunbookFile) -> None:
        """Begin with none.

        Args:
            read: reads one.
        """
        self._read = read
        self._by_path: dict[str, SourceFile | None] = {}
        self._paths: dict[str, str] = {}
        """By bare name, the path that has it."""

    def found(self) -> tuple[SourceFile, ...]:
        """Those that could be read."""
        return tuple(each for each in self._by_path.values() if each is not None)

    def add(self, root: TomlTable) -> None:
        """Add those that a file names: in `[runbook]`, or at its top where it has none.

        Raises:
            TooManyProblemsError: there are too many problems.
        """
        table = root.table("runbook")
        if table is None:
            table = root
        elif root.has("files"):
            root.report("`files` stands in [runbook], where a file has that", "files")
        if not table.has_since(2, "files"):
            return
        for index, path in enumerate(
            table.text_list("files", example='["mobius/find-backup"]')
        ):
            if path in self._by_path:
                continue
            problem = self._problem_of_name(path)
            self._by_path[path] = None
            if problem:
                table.report(problem, "files", index)
            elif len(self._by_path) > MAX_FILES:
                table.report(f"more than {MAX_FILES} files", "files", index)
                return
            else:
                self._add_one(path, table, index)

    def _add_one(self, path: str, table: TomlTable, index: int) -> None:
        try:
            self._by_path[path] = SourceFile(name=path, data=self._read(path))
        except RefusedError as error:
            words = f"{error.problem.file}: {error.problem.message}"
            table.report(words, "files", index)

    def _problem_of_name(self, path: str) -> str | None:
        """What is wrong with a path, in words; None if nothing is."""
        if FILE_PATTERN.fullmatch(path) is None:
            return (
                "a path in `files` leads down from this file: letters, digits, `_`, "
                "`.` and `-`, with `/` between, such as mobius/find-backup"
            )
        name = path.rpartition("/")[2]
        other = self._paths.setdefault(name, path)
        if other != path:
            return f"{other} is called `{name}`, too; steps name a file without folders"
        if name in _SHELL_WORDS or bundled_commands().find(name) is not None:
            return f"`{name}` is a command already; call the file otherwise"
        return None
