"""`mobius-tui import`: a runbook out of a Markdown page."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mobius_tui.commands.support.command_output import narrate
from mobius_tui.commands.support.editor_help import write_editor_help
from mobius_tui.commands.support.import_check import check_import
from mobius_tui.errors import OK, RunbookError, UsageError
from mobius_tui.runbook.library.loader import examine
from mobius_tui.runbook.library.runbook_files import find_runbook
from mobius_tui.runbook.library.runbook_schema import SCHEMA_LINE
from mobius_tui.runbook.page.convert import convert
from mobius_tui.runbook.toml.problem import problem_report
from mobius_tui.runbook.toml.runbook_source import (
    MAX_BYTES,
    RefusedError,
    read_bytes,
    write_source,
)
from mobius_tui.runbook.toml.toml_document import decode_text

_STDIN = "standard input"


def do(options: argparse.Namespace) -> int:
    """Write the runbook that a page becomes, or compare a page with its runbook."""
    if options.check:
        return _check(options)
    if options.runbook is not None or options.json:
        raise UsageError("import: RUNBOOK and --json belong to --check")
    return _write(options)


def _write(options: argparse.Namespace) -> int:
    """Write the runbook, and print what to do next."""
    output = options.output or ("-" if options.page == "-" else "")
    if not output:
        raise UsageError("import: name the runbook to write: -o FILE.toml, or -o -")
    target = None if output == "-" else Path(output)
    if target is not None and target.exists() and not options.force:
        raise UsageError(f"{target} is there already; --force replaces it")
    page, text = _read_page(options.page)
    stem = "" if options.page == "-" else Path(page).stem
    if target is not None:
        imported = convert(text, page=page, file=target.name, name=target.stem)
        written = SCHEMA_LINE + imported.text
        write_source(target, written.encode(), replace=options.force)
        write_editor_help(target)
    else:
        imported = convert(text, page=page, file=f"{stem or 'runbook'}.toml", name=stem)
        _write_stdout(imported.text)
    if imported.comments:
        count = (
            "1 HTML comment"
            if imported.comments == 1
            else f"{imported.comments} comments"
        )
        narrate(f"left out, as the page does not show it: {count}")
    if target is not None:
        _report_written(target)
    return OK


def _check(options: argparse.Namespace) -> int:
    """Print where the commands of a page and its runbook differ."""
    if options.runbook is None:
        raise UsageError("import --check: name the page, then its runbook")
    if options.output is not None or options.force:
        raise UsageError("import --check writes nothing; leave -o and --force out")
    named = Path(options.runbook)
    path = named if named.exists() else find_runbook(options.runbook)
    page, text = _read_page(options.page)
    imported = convert(text, page=page, file=path.name, name=path.stem)
    name = page if options.page == "-" else options.page
    return check_import(imported, text, page=name, path=path, as_json=options.json)


def _read_page(name: str) -> tuple[str, str]:
    """Read a page; returns its name and its text.

    Raises:
        RunbookError: it is no text that can be read.
    """
    page = Path(name)
    if name != "-" and page.is_dir():
        raise UsageError(f"{page} is a folder; name a page in it")
    try:
        if name == "-":
            return _STDIN, decode_text(_STDIN, _read_stdin())
        return page.name, decode_text(name, read_bytes(page))
    except RefusedError as error:
        raise RunbookError(problem_report([error.problem])) from None


def _read_stdin() -> bytes:
    """Read standard input, up to one byte more than a page may have."""
    if sys.stdin is None:
        raise UsageError("import: standard input is closed; name a page")
    if sys.stdin.isatty():
        narrate("reads the page from standard input; Ctrl+D ends it")
    return sys.stdin.buffer.read(MAX_BYTES + 1)


def _write_stdout(text: str) -> None:
    """Write the runbook as UTF-8, whatever the encoding of standard output."""
    stream = getattr(sys.stdout, "buffer", None)
    if stream is None:
        sys.stdout.write(text)
    else:
        stream.write(text.encode())
    sys.stdout.flush()


def _report_written(target: Path) -> None:
    """Print how large the written runbook is, and how to check it."""
    runbook, _ = examine(target)
    if runbook is None:
        raise RunbookError(f"{target} was written, and cannot be read as a runbook")
    phases, steps = len(runbook.phases), len(runbook.steps())
    narrate(f"wrote {target}: phases {phases}, steps {steps}")
    narrate(f"`mobius-tui check {target}` says what is wrong with it, place by place")
