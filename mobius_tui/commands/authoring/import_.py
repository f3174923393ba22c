"""`mobius-tui import`: a page as a runbook, why so, and where the two differ."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import to_builtins
from msgspec.structs import asdict

from mobius_tui.commands.authoring.schema import write_schema_for_editors
from mobius_tui.commands.support.command_output import narrate, print_data
from mobius_tui.errors import EXIT_FAILED, EXIT_OK, RunbookError, UsageError
from mobius_tui.runbook.library.loader import decode_runbook, examine, load
from mobius_tui.runbook.library.runbook_files import find_runbook
from mobius_tui.runbook.library.runbook_schema import SCHEMA_LINE
from mobius_tui.runbook.page.convert import ConvertedPage, convert_page
from mobius_tui.runbook.page.page_drift import (
    ComparedCommand,
    Drift,
    commands_of_runbook,
    find_drift,
)
from mobius_tui.runbook.text.shortening import shortened
from mobius_tui.runbook.toml.problem import problem_report
from mobius_tui.runbook.toml.runbook_source import (
    MAX_BYTES,
    RefusedError,
    read_bytes,
    write_source,
)
from mobius_tui.runbook.toml.toml_document import decode_text
from mobius_tui.sanitize import line
from mobius_tui.structs import replace

_VARIABLE = r"\"?\$\{?(?:%s)\b\}?\"?"


def check_import(
    made: ConvertedPage, text: str, *, page: str, path: Path, as_json: bool
) -> int:
    """Print where the commands of a page and a runbook differ.

    Args:
        made: the runbook that the page becomes.
        text: the page.
        page: what the page is called.
        path: the runbook that is kept beside it.
        as_json: whether one JSON list is printed, in place of lines.

    Returns:
        0 where their commands agree, else 1.
    """
    imported, _ = decode_runbook(Path("page.toml"), made.text.encode(), _refuse_include)
    assert imported is not None, "what a page becomes is always valid"
    names = frozenset(imported.variables)
    of_page = [
        replace(each, placeholders=names, file=page, line=at)
        for each, at in _with_page_lines(commands_of_runbook(imported), text, names)
    ]
    of_runbook = [
        replace(each, file=str(path.with_name(each.file) if each.file else path))
        for each in commands_of_runbook(load(path))
    ]
    found = find_drift(of_page, of_runbook)
    if as_json:
        items = [_as_json(each, page, str(path)) for each in found]
        print_data(json.dumps(items, indent=2, ensure_ascii=False))
    else:
        for each in found:
            print_data(line(_in_words(each, page, str(path))))
    if found:
        kinds = [each.kind for each in found]
        counts = ", ".join(
            f"{kind} {kinds.count(kind)}" for kind in dict.fromkeys(kinds)
        )
        narrate(f"{page} and {path} have parted: {counts}")
        return EXIT_FAILED
    narrate(f"{page} and {path} agree: commands {len(of_page)}")
    return EXIT_OK


def _refuse_include(_name: str) -> tuple[str, bytes]:
    """What is made of a page includes nothing."""
    raise AssertionError


def _with_page_lines(
    commands: Sequence[ComparedCommand], text: str, names: frozenset[str]
) -> Iterator[tuple[ComparedCommand, int]]:
    """Each command that is run, with its line on the page; 0 where no line matches."""
    rows = [_one_spaced(row) for row in text.split("\n")]
    variable = (
        re.compile(_VARIABLE % "|".join(map(re.escape, sorted(names))))
        if names
        else None
    )
    last = 0
    for command in commands:
        if not command.is_run:
            continue
        first = _one_spaced(command.first_line)
        parts = variable.split(first) if variable is not None else [first]
        pattern = re.compile("[^\n]{1,90}?".join(map(re.escape, parts)))
        places = [*range(last, len(rows)), *range(last)]
        at = next((at for at in places if pattern.search(rows[at])), None)
        yield command, 0 if at is None else at + 1
        last = last if at is None else at + 1


def _one_spaced(text: str) -> str:
    """A line made safe to print, with single spaces."""
    return " ".join(line(text).split())


def _position(command: ComparedCommand) -> str:
    return f"{command.file}:{command.line}" if command.line else command.file


def _in_words(drift: Drift, page: str, runbook: str) -> str:
    """One line for a person, which begins with a place, as a compiler's does."""
    on_page, in_book = drift.page, drift.runbook
    if on_page is None:
        assert in_book is not None
        words = f"missing: `{in_book.shown}` of step {in_book.step} is not on {page}"
        return f"{_position(in_book)}: {words}"
    what = f"{_position(on_page)}: {drift.kind}: `{on_page.shown}`"
    if in_book is None:
        beside = drift.preceding
        where = (
            f"; what is before it is step {beside.step} ({_position(beside)})"
            if beside
            else ""
        )
        return f"{what} is in no step of {runbook}{where}"
    there = f"step {in_book.step} ({_position(in_book)})"
    if drift.kind == "condition":
        if not in_book.is_conditional:
            return f"{what} is done only on a condition, and always in {there}"
        if not on_page.is_conditional:
            return f"{what} is done always, and only on a condition in {there}"
        return f"{what} goes with another condition in {there}"
    if drift.kind == "order":
        return f"{what} stands elsewhere among its neighbours in {there}"
    return f"{what} is `{in_book.shown}` in {there}"


def _as_json(drift: Drift, page: str, runbook: str) -> dict[str, Any]:
    return {
        "kind": drift.kind,
        "page": _place(drift.page) or {"file": page},
        "runbook": _place(drift.runbook) or {"file": runbook},
    }


def _place(command: ComparedCommand | None) -> dict[str, Any] | None:
    if command is None:
        return None
    fields = asdict(command)
    shown = {key: fields[key] for key in ("file", "line", "step")}
    return {**shown, "command": command.shown}


def explain_import(made: ConvertedPage, *, page: str, as_json: bool) -> None:
    """Print what became of each part of a page, and by which rule.

    Args:
        made: the runbook that the page becomes.
        page: what the page is called.
        as_json: whether one JSON list is printed, in place of lines.
    """
    if as_json:
        items = [{"file": page, **to_builtins(part)} for part in made.parts]
        print_data(json.dumps(items, indent=2, ensure_ascii=False))
        return
    for part in made.parts:
        words = shortened(part.words, _MAX_EXPLAINED)
        became = f" → {'; '.join(part.steps)}" if part.steps else ""
        print_data(line(f"{page}:{part.line}: {part.rule}: {words}{became}"))


_MAX_EXPLAINED = 72
"""Characters of a part's words in a line for a person."""
_STDIN = "standard input"


def do(options: argparse.Namespace) -> int:
    """Write the runbook that a page becomes, explain it, or compare the two."""
    if options.check and options.explain:
        raise UsageError("import: --check and --explain do not go together")
    if options.check:
        return _check(options)
    if options.runbook is not None:
        raise UsageError("import: RUNBOOK belongs to --check")
    if options.explain:
        return _explain(options)
    if options.json:
        raise UsageError("import: --json belongs to --check and --explain")
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
        imported = convert_page(
            text, page_file=page, file=target.name, id_source=target.stem
        )
        written = SCHEMA_LINE + imported.text
        write_source(target, written.encode(), replace=options.force)
        write_schema_for_editors(target)
    else:
        imported = convert_page(
            text, page_file=page, file=f"{stem or 'runbook'}.toml", id_source=stem
        )
        _write_stdout(imported.text)
    if imported.comment_count:
        count = (
            "1 HTML comment"
            if imported.comment_count == 1
            else f"{imported.comment_count} comments"
        )
        narrate(f"left out, as the page does not show it: {count}")
    if target is not None:
        _report_written(target)
    return EXIT_OK


def _explain(options: argparse.Namespace) -> int:
    """Print what became of each part of a page."""
    if options.output is not None or options.force:
        raise UsageError("import --explain writes nothing; leave -o and --force out")
    page, text = _read_page(options.page)
    made = convert_page(text, page_file=page, file="", id_source=Path(page).stem)
    name = page if options.page == "-" else options.page
    explain_import(made, page=name, as_json=options.json)
    return EXIT_OK


def _check(options: argparse.Namespace) -> int:
    """Print where the commands of a page and its runbook differ."""
    if options.runbook is None:
        raise UsageError("import --check: name the page, then its runbook")
    if options.output is not None or options.force:
        raise UsageError("import --check writes nothing; leave -o and --force out")
    named = Path(options.runbook)
    path = named if named.exists() else find_runbook(options.runbook)
    page, text = _read_page(options.page)
    imported = convert_page(text, page_file=page, file=path.name, id_source=path.stem)
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
