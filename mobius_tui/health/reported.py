"""A figure that a service reports about itself, for as long as it does. Pure."""

from __future__ import annotations

from dataclasses import dataclass

LACKING = 3
"""Answers in a row without a figure after which the service no longer reports it."""


@dataclass(frozen=True, slots=True)
class Reported:
    """What was reported last; nothing has been, at first."""

    value: float | None = None
    """`None` where the service does not report it: our own checks have to tell."""
    lacking: int = LACKING
    """Answers in a row that did not have it."""

    def after(self, value: float | None) -> Reported:
        """What is known after the next answer.

        Args:
            value: what it reports; `None` if it has no such figure, or none in range.
        """
        if value is not None:
            return Reported(value, 0)
        if self.value is None:
            return self
        lacking = self.lacking + 1
        return Reported(self.value if lacking < LACKING else None, lacking)
