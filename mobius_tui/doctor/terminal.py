"""Examines the terminal: size, encoding, colours, clipboard, editor."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping

from mobius_tui.ascii_text import is_unicode
from mobius_tui.doctor.finding import Finding, FindingVerdict
from mobius_tui.tui.backend.capabilities import colour_support
from mobius_tui.tui.backend.clipboard import clipboard_programs
from mobius_tui.tui.external.output_files import editor_words

SMALLEST_SIZE = (60, 15)
"""Columns and rows on which the run screen shows one pane at a time."""
COLOUR_DEPTHS = {
    "none": "none, for NO_COLOR says so; every state has its sign and its word",
    "few": "the terminal's own 16",
    "many": "256 or more",
}


def terminal_findings(
    environ: Mapping[str, str],
    *,
    size: tuple[int, int] | None,
    encoding: str,
) -> Iterator[Finding]:
    """Examine the terminal's size, encoding, colours, clipboard and editor.

    Args:
        environ: the environment.
        size: the terminal's columns and rows; `None` where there is no terminal.
        encoding: how text is written to it.
    """
    yield _terminal_finding(environ, size)
    takes_unicode = is_unicode(encoding)
    words = encoding if takes_unicode else f"{encoding}: all is drawn with ASCII alone"
    remedy = "" if takes_unicode else "a UTF-8 locale, as LANG=C.UTF-8, shows more"
    verdict: FindingVerdict = "ok" if takes_unicode else "note"
    yield Finding(about="encoding", verdict=verdict, words=words, remedy=remedy)
    yield Finding(
        about="colours", verdict="ok", words=COLOUR_DEPTHS[colour_support(environ)]
    )
    yield _clipboard_finding(environ)
    yield _editor_finding(environ)


def _terminal_finding(
    environ: Mapping[str, str], size: tuple[int, int] | None
) -> Finding:
    about, term = "terminal", environ.get("TERM", "")
    if size is None or term in ("", "dumb"):
        words = "none that can draw: runs are shown as lines, as --plain does"
        return Finding(about=about, verdict="note", words=words)
    words = f"{term}, {size[0]} columns and {size[1]} rows"
    if size[0] < SMALLEST_SIZE[0] or size[1] < SMALLEST_SIZE[1]:
        least = f"{SMALLEST_SIZE[0]} × {SMALLEST_SIZE[1]}"
        remedy = f"make it {least} or larger; 80 × 24 shows all panes"
        return Finding(about=about, verdict="note", words=words, remedy=remedy)
    return Finding(about=about, verdict="ok", words=words)


def _clipboard_finding(environ: Mapping[str, str]) -> Finding:
    path = environ.get("PATH")
    programs_found = [
        name
        for name, words in clipboard_programs(environ)
        if shutil.which(words[0], path=path)
    ]
    if programs_found:
        return Finding(about="clipboard", verdict="ok", words=", ".join(programs_found))
    words = (
        "no program within reach: a copy is sent to the terminal, which does not say "
        "whether it took it, and is always in a file as well"
    )
    return Finding(about="clipboard", verdict="note", words=words)


def _editor_finding(environ: Mapping[str, str]) -> Finding:
    remedy = "set VISUAL or EDITOR to a program that is there"
    try:
        words = editor_words(environ)
    except ValueError as error:
        problem = f"$EDITOR cannot be read: {error}"
        return Finding(about="editor", verdict="note", words=problem, remedy=remedy)
    editor = shutil.which(words[0], path=environ.get("PATH"))
    if editor:
        return Finding(about="editor", verdict="ok", words=editor)
    problem = f"{words[0]} is not on PATH"
    return Finding(about="editor", verdict="note", words=problem, remedy=remedy)
