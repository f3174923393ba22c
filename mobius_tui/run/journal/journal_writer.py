"""Writes a run's events: each is durable before it is applied to the run's state."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mobius_tui.errors import RunError
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import Event
from mobius_tui.run.journal.journal import Journal
from mobius_tui.run.state.reducer import advance
from mobius_tui.run.state.run_state import RunState


class JournalWriter:
    """The one writer of a run's journal, and of its state.

    Whoever decides something holds `turn` from reading the state until the event that
    follows is durable, so no two decisions are based on the same state.
    """

    def __init__(
        self,
        journal: Journal,
        state: RunState,
        on_entry: Callable[[Entry], None],
        activity: asyncio.Event | None = None,
    ) -> None:
        """Write nothing yet.

        Args:
            journal: open for appending.
            state: as the journal's entries made it; advanced by each entry.
            on_entry: called with each entry once it is durable and in the state.
            activity: set after each entry, and when the journal has failed.
        """
        self.journal = journal
        self.state = state
        self.turn = asyncio.Lock()
        self.changed = asyncio.Event()
        """Set after each entry; whoever waits for it clears it."""
        self.activity = activity or asyncio.Event()
        """Set whenever the host may have reason to end; the host clears it."""
        self.failure: str | None = None
        """Why nothing new is started, once the journal has failed."""
        self._on_entry = on_entry

    async def write(self, event: Event, by: str, intent: str | None = None) -> Entry:
        """Make an event durable, then apply it; the caller holds `turn`.

        Args:
            event: what happened.
            by: who caused it.
            intent: the id of the intent that it answers.

        Raises:
            StateError: it may not follow.
            RunError: it could not be made durable.
        """
        # Once begun it must not be cancelled: a line that is written and not applied
        # would leave the state behind the journal.
        return await asyncio.shield(self._write(event, by, intent))

    async def write_in_turn(self, event: Event, by: str = "host") -> Entry:
        """Take `turn`, and write one event.

        Raises:
            StateError: it may not follow.
            RunError: it could not be made durable.
        """
        async with self.turn:
            return await self.write(event, by)

    async def _write(self, event: Event, by: str, intent: str | None) -> Entry:
        self.state.validate_event(event)
        try:
            entry = await self.journal.append(event, by=by, intent=intent)
        except RunError as error:
            self.failure = str(error)
            self._wake()
            raise
        advance(self.state, entry)
        self._on_entry(entry)
        self._wake()
        return entry

    def _wake(self) -> None:
        self.changed.set()
        self.activity.set()
