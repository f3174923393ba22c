"""What a run's screen shows before the run has been read: its name and its steps.

A small file beside the journal, written when the run begins: to read a runbook of
thousands of steps takes a second, and whoever comes back wants to see at once that it
is the right run. It says nothing of states, so it cannot be out of date.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mobius_tui import sanitize
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.storage.run_directory import RunDirectory, create_file
from mobius_tui.run.storage.safe_open import open_regular
from mobius_tui.runbook.text.template_text import title_of_unknown_run

if TYPE_CHECKING:
    from mobius_tui.run.planning.plan import Plan

MAX_CONTENTS_BYTES = 8 << 20
"""Bytes that are read of the file at most."""
JOURNAL_TAIL_BYTES = 64 << 10
"""Bytes at the journal's end that are searched for the step of the last event.
"""
_MODES: Mapping[str, Mode] = {mode.value: mode for mode in Mode}


class TableOfContents(NamedTuple):
    """The title and steps of a run, known before its journal is read."""

    title: str
    mode: Mode
    environment: str
    rows: tuple[tuple[bool, str], ...]
    """The rows around the step that was last worked on: whether the row is a phase, and
    its number and title."""


def write_table_of_contents(
    directory: RunDirectory, plan: Plan, *, mode: Mode, environment: str | None
) -> None:
    """Write the file; where that fails, the screen shows less at first."""
    with suppress(OSError):
        create_file(
            directory.table_of_contents,
            encode_contents(plan, mode=mode, environment=environment),
        )


def encode_contents(plan: Plan, *, mode: Mode, environment: str | None) -> bytes:
    """The bytes of the file for a new run.

    Titles are as the runbook has them: what is filled in is a part of a state.
    """
    runbook = plan.unfilled_runbook
    head = "\t".join(map(sanitize.line, (runbook.title, mode, environment or "")))
    lines = [head]
    for phase in runbook.phases:
        title = sanitize.line(phase.title)
        lines.append(f"\t{plan.phase_numbers[phase.id]} {title}")
        for step in phase.steps:
            title = sanitize.line(step.title)
            lines.append(f"{step.id}\t{plan.numbers[step.id]} {title}")
    return ("\n".join(lines) + "\n").encode()


def read_table_of_contents(
    directory: RunDirectory, count: int
) -> TableOfContents | None:
    """What a run's file says; `None` where there is none, or it is invalid.

    Args:
        directory: the run's.
        count: rows that there is room for at most.
    """
    try:
        data = _read(directory.table_of_contents, MAX_CONTENTS_BYTES).decode()
        tail = _read(directory.journal, JOURNAL_TAIL_BYTES, from_end=True)
    except (OSError, UnicodeError):
        return None
    head, _, rest = data.partition("\n")
    parts = head.split("\t")
    if len(parts) != 3:
        return None
    title, mode, environment = map(_shown, parts)
    begin = _first_row(rest, tail, count)
    end = begin
    for _ in range(count):
        end = rest.find("\n", end) + 1 or len(rest)
    lines = rest[begin:end].split("\n")
    cells = (line.partition("\t") for line in lines if line)
    rows = tuple((not step, _shown(title)) for step, _, title in cells)
    known = _MODES.get(mode, Mode.INCIDENT)  # if unknown, the gravest
    return TableOfContents(title, known, environment, rows)


def _shown(text: str) -> str:
    """A text of the file; no value of the run is known yet."""
    return sanitize.line(title_of_unknown_run(text))


def _first_row(rest: str, tail: bytes, count: int) -> int:
    """Where the rows begin: at the top, or half a page above the step in question."""
    step = _last_step(tail)
    at = rest.find(f"\n{step}\t") if step else -1
    before = rest[: at + 1].count("\n")
    if before < count:
        return 0
    for _ in range(count // 2):
        at = rest.rfind("\n", 0, at)
    return at + 1


def _last_step(tail: bytes) -> str:
    """The step that the last event about one names; empty where none does.

    Args:
        tail: the end of a journal, whose first line may be cut.
    """
    for line in reversed(tail.split(b"\n")):
        with suppress(ValueError, RecursionError):
            fields = json.loads(line)
            if isinstance(fields, dict) and isinstance(fields.get("step"), str):
                return str(fields["step"])
    return ""


def _read(path: Path, limit: int, *, from_end: bool = False) -> bytes:
    with open_regular(path) as file:
        if from_end:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - limit))
        return file.read(limit)
