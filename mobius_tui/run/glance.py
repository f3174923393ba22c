"""When a screen last showed a run, and what health was then.

No event of the run, so it is not in its journal: a small file beside it, written anew
every few seconds by whoever looks. Losing it loses nothing of the run.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass

from mobius_tui.health.record import YEAR_9999
from mobius_tui.run.directory import RunDirectory
from mobius_tui.run.regular import regular

EVERY = 5.0
"""Seconds between two records of that somebody looks."""
LIMIT = 4096
"""Bytes that are read of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Glance:
    """One look of a screen."""

    at: float
    """Seconds since 1970."""
    health: str
    """The worst news of health then, in words."""
    leaves: bool = False
    """Whether that screen went away then; another may show the run all the same."""

    def is_fresh(self, now: float) -> bool:
        """Whether a screen may show the run now: each says so every few seconds.

        Args:
            now: seconds since 1970.
        """
        return now - self.at < 2 * EVERY


def last_glance(directory: RunDirectory) -> Glance | None:
    """The last look of any screen; `None` where there is no record of one."""
    try:
        with regular(directory.glance) as file:
            said = json.loads(file.read(LIMIT))
        glance = Glance(
            at=float(said["at"]),
            health=str(said["health"]),
            leaves=bool(said.get("leaves", False)),
        )
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    return glance if 0 <= glance.at < YEAR_9999 else None


def keep(directory: RunDirectory, glance: Glance) -> None:
    """Put a look on record; where that cannot be, the next card says less."""
    new = directory.glance.with_suffix(f".{os.getpid()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    data = json.dumps(asdict(glance)).encode()
    try:
        with os.fdopen(os.open(new, flags, 0o600), "wb") as file:
            file.write(data)
        new.replace(directory.glance)
    except OSError:
        with suppress(OSError):
            new.unlink()
