"""A runbook's source in the person's editor, at the line that is meant."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mobius_tui.runbook.library.loader import examine
from mobius_tui.runbook.toml.positions import HeaderKind, header_line, included_files
from mobius_tui.runbook.toml.runbook_source import RefusedError, read_bytes
from mobius_tui.tui.external.output_files import (
    editor_variable,
    editor_words,
    run_program,
)

_PLUS_NAMES = """
vi vim nvim view vimx gvim ex elvis nano pico rnano emacs emacsclient mg jed joe ne
kak micro vis less most more
"""
_EDITORS_WITH_PLUS_LINE = frozenset(_PLUS_NAMES.split())
"""Programs that take `+LINE` before the file."""
_EDITORS_WITH_GOTO = frozenset(
    {"code", "code-insiders", "codium", "vscodium", "cursor"}
)
"""Programs that take `-g FILE:LINE`, and wait only with `--wait`."""
_EDITORS_WITH_COLON_LINE = frozenset({"hx", "helix", "subl", "zed", "zeditor"})
"""Programs that take `FILE:LINE`."""


def command_at_line(words: tuple[str, ...], path: Path, line: int) -> tuple[str, ...]:
    """The command that opens a file at a line, where its program can do that.

    Args:
        words: the editor, as the person names it.
        path: the file.
        line: from 1.
    """
    program = Path(words[0]).name
    if program in _EDITORS_WITH_PLUS_LINE:
        return (*words, f"+{line}", str(path))
    if program in _EDITORS_WITH_GOTO:
        waits = () if {"-w", "--wait"} & {*words} else ("--wait",)
        return (*words, *waits, "-g", f"{path}:{line}")
    if program in _EDITORS_WITH_COLON_LINE:
        return (*words, f"{path}:{line}")
    return (*words, str(path))


def source_place(path: Path, part: HeaderKind, name: str) -> tuple[Path, int]:
    """The file and line of a phase or step: the runbook's, or one that it includes.

    Args:
        path: the runbook's main file.
        part: what is looked for.
        name: its id; the file's first line where it is empty, or not to be found.
    """
    text = _decode_lossy(path)
    line = header_line(text, part, name)
    if line is not None:
        return path, line
    for file in included_files(text):
        beside = path.with_name(Path(file).name)
        line = header_line(_decode_lossy(beside), part, name)
        if line is not None:
            return beside, line
    return path, 1


def edit_runbook(
    path: Path,
    environ: Mapping[str, str],
    *,
    part: HeaderKind = "phase",
    name: str = "",
    reports_problems: bool = True,
) -> str:
    """Open a runbook's source in an editor, and wait until that ends.

    Args:
        path: the runbook's main file.
        environ: says which editor it is.
        part: what it is opened at.
        name: the id of that.
        reports_problems: whether to tell what is wrong with the runbook then.

    Returns:
        What to tell afterwards; nothing if all went well.
    """
    variable = editor_variable(environ)
    try:
        words = editor_words(environ)
    except ValueError as error:
        return f"${variable} cannot be read: {error}"
    file, line = source_place(path, part, name)
    try:
        code = run_program(command_at_line(words, file, line), environ)
    except OSError as error:
        return f"{words[0]}: {error.strerror}; set ${variable}"
    if code:
        return f"{words[0]} ended with {code}"
    return _check_summary(path) if reports_problems else ""


def _check_summary(path: Path) -> str:
    """The result of checking a runbook, in a line; empty if it is valid."""
    runbook, problems = examine(path)
    if runbook is not None:
        return ""
    errors = [each for each in problems if each.severity == "error"]
    first = errors[0].render().split("\n")[0]
    more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
    return f"It cannot be run as it is: {first}{more}"


def _decode_lossy(path: Path) -> str:
    try:
        return read_bytes(path).decode("utf-8", errors="replace").replace("\r\n", "\n")
    except RefusedError:
        return ""
