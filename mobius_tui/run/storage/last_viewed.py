"""When a screen last showed a run (`glance.json`), and each probe's last check."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from msgspec import Struct
from msgspec.structs import asdict

from mobius_tui.errors import RunError
from mobius_tui.health.health_record import ProbeResult, decode_record
from mobius_tui.json_border import Moment, json_as
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.safe_open import open_regular

WRITE_INTERVAL = 5.0
"""Seconds between two records of a screen that shows the run."""
MAX_BYTES = 4096
"""Bytes that are read of `glance.json` at most."""


class LastView(Struct, frozen=True, kw_only=True):
    """When a screen last showed a run."""

    at: Moment
    """Seconds since 1970."""
    health: str
    """The most serious health status that the screen showed then, in words."""
    leaves: bool = False
    """Whether that screen was being left then; another one may still show the run."""

    def is_fresh(self, now: float) -> bool:
        """Whether a screen may show the run now: each records so every few seconds.

        Args:
            now: seconds since 1970.
        """
        return now - self.at < 2 * WRITE_INTERVAL


def read_last_view(directory: RunDirectory) -> LastView | None:
    """The last view of any screen; `None` where none is recorded."""
    try:
        with open_regular(directory.last_view) as file:
            return json_as(LastView, file.read(MAX_BYTES))
    except (OSError, ValueError):
        return None


def write_last_view(directory: RunDirectory, view: LastView) -> None:
    """Record a view; a failure is ignored, as the run goes on without it."""
    new = directory.last_view.with_suffix(f".{os.getpid()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    data = json.dumps(asdict(view)).encode()
    try:
        with os.fdopen(os.open(new, flags, 0o600), "wb") as file:
            file.write(data)
        new.replace(directory.last_view)
    except OSError:
        with suppress(OSError):
            new.unlink()


HEALTH_TAIL_BYTES = 1 << 18
"""Bytes of the file's end that are read: some thousand checks."""


def last_check_times(path: Path) -> Mapping[str, float]:
    """When each probe was last asked, in seconds since 1970.

    Args:
        path: a run's `health.jsonl`.
    """
    times: dict[str, float] = {}
    with suppress(OSError), open_regular(path) as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - HEALTH_TAIL_BYTES))
        for line in file.read().split(b"\n"):
            with suppress(RunError):  # the first is cut, the last may be torn
                record = decode_record(line)
                if isinstance(record, ProbeResult):
                    times[record.probe] = record.at
    return times


def unwatched_since(path: Path) -> float | None:
    """When a run whose host is dead was last watched, in seconds since 1970.

    Args:
        path: its `health.jsonl`.

    Returns:
        `None` where it has no probes, or none was ever asked.
    """
    return max(last_check_times(path).values(), default=None)
