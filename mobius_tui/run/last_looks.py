"""When health was looked at last, from the end of `health.jsonl` alone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from mobius_tui.errors import RunError
from mobius_tui.health.record import Check, decode
from mobius_tui.run.regular import regular

TAIL = 1 << 18
"""Bytes of the file's end that are read: some thousand checks."""


def last_checks(path: Path) -> Mapping[str, float]:
    """When each probe was last asked, in seconds since 1970.

    Args:
        path: a run's `health.jsonl`.
    """
    found: dict[str, float] = {}
    with suppress(OSError), regular(path) as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - TAIL))
        for line in file.read().split(b"\n"):
            with suppress(RunError):  # the first is cut, the last may be torn
                record = decode(line)
                if isinstance(record, Check):
                    found[record.probe] = record.at
    return found


def unwatched_since(path: Path) -> float | None:
    """When a run whose host is dead was last watched; `None` where it has no probes.

    Args:
        path: its `health.jsonl`.

    Returns:
        Seconds since 1970.
    """
    return max(last_checks(path).values(), default=None)
