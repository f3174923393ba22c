"""Signs of life of a host that is there: a process can live, and do nothing.

What was stopped, or waits for a disk that does not answer, holds its lock and its
socket all the same, and whatever a person asks of it waits with it.
"""

from __future__ import annotations

ASK = 2.0
"""Seconds without a sign after which a viewer asks for one."""
SILENT = 6.0
"""Seconds without a sign after which it says that there is none."""
STOOD = 1.0
"""Seconds between two looks from which it was the viewer itself that stood still."""


class Signs:
    """When a host was heard last. All times are monotonic seconds."""

    def __init__(self, now: float) -> None:
        self._heard = self._looked = now
        self._has_asked = False

    def hear(self, now: float) -> None:
        """Something came from it, or there is nobody from whom it could."""
        self._heard = max(self._heard, now)
        self._has_asked = False

    def look(self, now: float) -> bool:
        """Look at the clock, some times a second; returns whether to ask for a sign."""
        if now - self._looked > STOOD:
            self.hear(now)
        self._looked = now
        if self._has_asked or now - self._heard < ASK:
            return False
        self._has_asked = True
        return True

    @property
    def silent(self) -> float:
        """Seconds without a sign, by the last look; 0 while they are few."""
        quiet = self._looked - self._heard
        return quiet if quiet >= SILENT else 0.0
