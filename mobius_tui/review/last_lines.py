"""The last lines of what an attempt printed."""

from __future__ import annotations

import os
from pathlib import Path

from mobius_tui.run.regular import regular
from mobius_tui.sanitize import collapse, decode

LINES = 20
PIECE = 1 << 14
"""Bytes of an output's end that are read."""
WIDTH = 400
"""Characters of a line that are told."""


def last_lines(path: Path) -> tuple[str, ...]:
    """The last lines of an output, as they came; empty where there is none."""
    try:
        with regular(path) as file:
            size = file.seek(0, os.SEEK_END)
            begin = file.seek(max(0, size - PIECE))
            data = file.read(PIECE)
    except (OSError, ValueError):
        return ()
    rows = collapse(decode(data)).rstrip("\n").split("\n") if data else []
    if begin and len(rows) > 1:
        del rows[0]  # it began before what was read
    return tuple(rows[-LINES:])


def clip(row: str) -> str:
    """A line that fits; what is cut off is told."""
    return row if len(row) <= WIDTH else f"{row[: WIDTH - 1]}…"
