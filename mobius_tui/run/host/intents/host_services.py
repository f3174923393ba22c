"""The parts of a run's host that handlers of intents act through."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from mobius_tui.run.attempts.attempt_runner import AttemptRunner
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.journal.journal import JournalWriter


class HostServices(Struct):
    """The run's context, journal writer and attempt runner, for handlers of intents."""

    context: RunContext
    writer: JournalWriter
    runner: AttemptRunner
    viewer_count: Callable[[], int]
    """How many viewers are connected."""
    is_released: bool = False
    """Whether the host may end though the run is open."""

    def release(self) -> None:
        """Let the host end though the run is open; the next intent cancels that."""
        self.is_released = True
        self.writer.activity.set()
