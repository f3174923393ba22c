"""What a run is for, and what it came to. Pure.

Each value is the word that the journal, JSON and every list have for it. It imports
next to nothing, since `--help` names these words too.
"""

from __future__ import annotations

from enum import StrEnum

from mobius_tui.errors import EXIT_ABANDONED, EXIT_FAILED, EXIT_INCOMPLETE, EXIT_OK


class Mode(StrEnum):
    """What a run is for."""

    INCIDENT = "incident"
    DRILL = "drill"
    MAINTENANCE = "maintenance"
    """Planned work: as real as an incident, and nothing is broken."""

    @property
    def plural(self) -> str:
        """What several runs of it are called."""
        return "maintenance runs" if self is Mode.MAINTENANCE else f"{self}s"


class Outcome(StrEnum):
    """How a run ended."""

    COMPLETED = "completed"
    FAILED = "failed"
    ABANDONED = "abandoned"
    INCOMPLETE = "incomplete"

    @property
    def exit_code(self) -> int:
        """The exit code of a command whose run ended so."""
        match self:
            case Outcome.COMPLETED:
                return EXIT_OK
            case Outcome.FAILED:
                return EXIT_FAILED
            case Outcome.ABANDONED:
                return EXIT_ABANDONED
            case Outcome.INCOMPLETE:
                return EXIT_INCOMPLETE


class ListingState(StrEnum):
    """What a list says of a run in place of an outcome, where it has none."""

    OPEN = "open"
    IMPORTED = "imported"
    """It was open where it was run, and was imported from there."""
    DAMAGED = "damaged"
    NEVER_BEGAN = "never began"
