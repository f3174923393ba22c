"""The parts of a run's host that handlers of intents act through."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from mobius_tui.run.attempts.attempt_runner import AttemptRunner
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import Event
from mobius_tui.run.host.automatic import settle
from mobius_tui.run.journal.journal import Clock, Journal
from mobius_tui.run.journal.journal_writer import JournalWriter
from mobius_tui.run.planning.confirmation import step_word
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.proposal import running_step
from mobius_tui.run.planning.variables import Values
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.runbook.model.runbook import Step


@dataclass(slots=True)
class Engine:
    """What handlers of intents read, and write through."""

    context: RunContext
    writer: JournalWriter
    runner: AttemptRunner
    viewers: Callable[[], int]
    """How many viewers are connected."""
    is_released: bool = False
    """Whether the host may end though the run is open."""

    @property
    def directory(self) -> RunDirectory:
        """The run's directory."""
        return self.context.directory

    @property
    def plan(self) -> Plan:
        """The run's plan."""
        return self.context.plan

    @property
    def state(self) -> RunState:
        """The run's state."""
        return self.context.state

    @property
    def clock(self) -> Clock:
        """The run's clock."""
        return self.context.clock

    @property
    def secrets(self) -> dict[str, str]:
        """Values of secret variables."""
        return self.context.secrets

    @property
    def journal(self) -> Journal:
        """The run's journal."""
        return self.writer.journal

    @property
    def turn(self) -> asyncio.Lock:
        """Held by whoever decides something."""
        return self.writer.turn

    @property
    def broken(self) -> str | None:
        """Why nothing new is started, once the journal has failed."""
        return self.writer.failure

    async def write(self, event: Event, by: str, intent: str | None = None) -> Entry:
        """Write an event; the caller holds `turn`."""
        return await self.writer.write(event, by, intent)

    async def record(self, event: Event, by: str = "host") -> Entry:
        """Take `turn`, and write one event."""
        return await self.writer.record(event, by)

    async def start(
        self, step: Step, attempt: int, who: str, intent: str | None = None
    ) -> Entry:
        """Begin an attempt; the caller holds `turn`."""
        return await self.runner.start(step, attempt, who, intent)

    def conduct(self, step: Step, attempt: int) -> None:
        """Carry out an attempt whose start is journaled."""
        self.runner.carry_out(step, attempt)

    async def settle(self) -> None:
        """Write what follows by itself from what is on record."""
        await settle(self.context, self.writer)

    def values(self) -> Values:
        """What names mean now, secrets included."""
        return self.context.values()

    def redact(self, text: str) -> str:
        """A text without the values of secrets."""
        return self.context.redact(text)

    def busy(self) -> Step | None:
        """The step that runs now, other than those that follow."""
        return running_step(self.plan, self.state)

    def word(self, step: Step) -> str:
        """The word that confirms a step; empty where none is wanted."""
        return step_word(self.plan, self.state, step)

    def release(self) -> None:
        """Let the host end; the next intent keeps it."""
        self.is_released = True
        self.writer.activity.set()
