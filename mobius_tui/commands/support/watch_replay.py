"""What `mobius-tui watch --replay` does."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from mobius_tui.errors import OK, MobiusError, UsageError
from mobius_tui.sanitize import line

if TYPE_CHECKING:
    import argparse

_LONGEST = 1 << 20
"""Bytes of a line; no record is as long, and a file without lines is none of ours."""


def replay_file(options: argparse.Namespace) -> int:
    """Run recorded checks through other thresholds.

    Raises:
        UsageError: the file holds no checks, or a threshold is none.
        OSError: it cannot be read.
    """
    from mobius_tui.health.backtest import as_json, in_lines, run_backtest
    from mobius_tui.health.thresholds import SEED, with_thresholds

    triggers = with_thresholds(SEED, options.trigger)
    with Path(options.replay).open("rb") as file:
        found = run_backtest(_lines(file), triggers)
    if not found.checks:
        wrong = f": {found.problems[0]}" if found.problems else ""
        raise UsageError(
            f"--replay {options.replay}: it holds no check{wrong}; "
            "give the health.jsonl of a run (`mobius-tui paths` says where runs are)"
        )
    stops = _stops(Path(options.replay))
    if options.json:
        text = as_json(found, stops)
    else:
        text = "\n".join(map(line, in_lines(found, stops)))
    sys.stdout.write(f"{text}\n")
    return OK


def _stops(record: Path) -> tuple[str, ...]:
    """Where the rollback would stop, of a record that lies in the directory of its run.

    What a run had at its beginning counts: when it would have been armed nobody knows.
    """
    from mobius_tui.run.storage.run_directory import RunDirectory

    directory = RunDirectory(record.resolve().parent)
    if not directory.journal.is_file():
        return ()
    from mobius_tui.run.events.run_events import RunBegan, VariableSet
    from mobius_tui.run.journal.follower import JournalFollower, load_run_runbook
    from mobius_tui.run.planning.plan import Plan
    from mobius_tui.run.planning.rollback import rollback_obstacles
    from mobius_tui.run.state.reducer import fold

    try:
        entries = JournalFollower(directory).read_new()
        first = takewhile(
            lambda e: isinstance(e.event, RunBegan | VariableSet), entries
        )
        head = tuple(first)
        began = head[0].event if head else None
        if not isinstance(began, RunBegan):
            return ()
        runbook = load_run_runbook(directory, began)
        return rollback_obstacles(Plan(runbook), fold(runbook, head))
    except MobiusError:
        return ()  # the record can be tried all the same


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """The lines of a file; of one that is too long its beginning, no record."""
    while piece := file.readline(_LONGEST):
        yield piece
        while len(piece) == _LONGEST and not piece.endswith(b"\n"):
            piece = file.readline(_LONGEST)
