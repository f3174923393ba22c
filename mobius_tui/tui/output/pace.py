"""How often the output is drawn while it grows: less often where that is hard work."""

from __future__ import annotations

from time import monotonic

REST = 3
"""Times as long as a frame takes that nothing is drawn: keys come first, and the step
that prints wants the processor, too."""
POURING = 2
"""Times as long between two frames that have nothing in common."""
SLOWEST = 0.5
"""Seconds between two frames at most."""


class Pace:
    """Says how long to wait for the next frame."""

    def __init__(self, repaints: int) -> None:
        """Begin with nothing drawn.

        Args:
            repaints: The most frames in a second.
        """
        self._least = self.interval = 1 / repaints
        """Seconds between the beginnings of two frames."""
        self._began = 0.0
        self.is_pouring = False
        """Whether the last frame had nothing of the one before: nobody reads that."""

    def wait(self) -> float:
        """Seconds until the next frame may be drawn; zero or less if it may be now."""
        return self._began + self.interval - monotonic()

    def begin(self) -> None:
        """A frame is laid out now."""
        self._began = monotonic()

    def end(self) -> None:
        """It has been drawn."""
        took = monotonic() - self._began
        least = self._least * (POURING if self.is_pouring else 1)
        self.interval = min(max(least, (1 + REST) * took), SLOWEST)
