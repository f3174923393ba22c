"""`mobius-tui import --check`: where a page and its runbook differ."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from mobius_tui.commands.support.command_output import narrate, print_data
from mobius_tui.errors import FAILED, OK
from mobius_tui.runbook.library.loader import decode, load
from mobius_tui.runbook.page.convert import Imported
from mobius_tui.runbook.page.page_drift import (
    ComparedCommand,
    Drift,
    commands_of_runbook,
    find_drift,
)
from mobius_tui.sanitize import line

_VARIABLE = r"\"?\$\{?(?:%s)\b\}?\"?"


def check_import(
    made: Imported, text: str, *, page: str, path: Path, as_json: bool
) -> int:
    """Print where the commands of a page and a runbook differ.

    Args:
        made: the runbook that the page becomes.
        text: the page.
        page: what the page is called.
        path: the runbook that is kept beside it.
        as_json: whether it is one JSON list of what is printed.

    Returns:
        0 where their commands agree, else 1.
    """
    imported, _ = decode(Path("page.toml"), made.text.encode(), _refuse_include)
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
        return FAILED
    narrate(f"{page} and {path} agree: commands {len(of_page)}")
    return OK


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
        first = _one_spaced(command.first)
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
        beside = drift.beside
        where = (
            f"; what is before it is step {beside.step} ({_position(beside)})"
            if beside
            else ""
        )
        return f"{what} is in no step of {runbook}{where}"
    there = f"step {in_book.step} ({_position(in_book)})"
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
