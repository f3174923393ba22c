"""What `mobius-tui watch --replay` does."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

from mobius_tui.errors import OK, UsageError
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
    from mobius_tui.health.backtest import as_json, in_lines
    from mobius_tui.health.replay import replay
    from mobius_tui.health.thresholds import SEED, changed

    triggers = changed(SEED, options.trigger)
    with Path(options.replay).open("rb") as file:
        found = replay(_lines(file), triggers)
    if not found.checks:
        wrong = f": {found.problems[0]}" if found.problems else ""
        raise UsageError(
            f"--replay {options.replay}: it holds no check{wrong}; "
            "give the health.jsonl of a run (`mobius-tui paths` says where runs are)"
        )
    text = as_json(found) if options.json else "\n".join(map(line, in_lines(found)))
    sys.stdout.write(f"{text}\n")
    return OK


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """The lines of a file; of one that is too long its beginning, no record."""
    while piece := file.readline(_LONGEST):
        yield piece
        while len(piece) == _LONGEST and not piece.endswith(b"\n"):
            piece = file.readline(_LONGEST)
