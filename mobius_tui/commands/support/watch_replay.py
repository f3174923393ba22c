"""`mobius-tui watch --replay`: recorded checks, judged by other thresholds.

It also says at which steps the rollback of a recorded run would have stopped.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from mobius_tui.errors import EXIT_OK, UsageError
from mobius_tui.health.backtest import (
    DEFAULT_TRIGGERS,
    backtest_as_json,
    backtest_lines,
    run_backtest,
    with_thresholds,
)
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.sanitize import line

_LONGEST = 1 << 20
"""Bytes of a line; no record is as long, and a file without lines is none of ours."""


def replay_file(options: argparse.Namespace) -> int:
    """Run recorded checks through other thresholds.

    Raises:
        UsageError: the file holds no checks, or a threshold is none.
        OSError: it cannot be read.
    """
    triggers = with_thresholds(DEFAULT_TRIGGERS, options.trigger)
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
        text = backtest_as_json(found, stops)
    else:
        text = "\n".join(map(line, backtest_lines(found, stops)))
    sys.stdout.write(f"{text}\n")
    return EXIT_OK


def _stops(record: Path) -> tuple[str, ...]:
    """Where the rollback would stop, if the record lies in the directory of its run."""
    directory = RunDirectory(record.resolve().parent)
    if not directory.journal.is_file():
        return ()
    # Only now: a record by itself is replayed in a third of the time.
    from mobius_tui.review.run_reader import rollback_stops

    return rollback_stops(directory)


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """The lines of a file; a line longer than `_LONGEST` is cut, and so no record."""
    while piece := file.readline(_LONGEST):
        yield piece
        while len(piece) == _LONGEST and not piece.endswith(b"\n"):
            piece = file.readline(_LONGEST)
