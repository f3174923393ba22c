"""The host's one decider: it makes events durable, and what they say true.

One turn at a time: whoever decides holds `turn` from the look at the state until the
event that follows is durable, so no two decisions see the same state.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from mobius_tui.errors import MobiusError, RunError, StateError
from mobius_tui.run.attempts.disk_space import DiskSpaceWaiters
from mobius_tui.run.attempts.execution import AttemptExecution
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import Event
from mobius_tui.run.events.step_events import StepStarted
from mobius_tui.run.host.automatic import apply_consequences
from mobius_tui.run.journal.journal import Clock, Journal
from mobius_tui.run.planning.approval_rules import still_approved
from mobius_tui.run.planning.plan import Plan, will_retry
from mobius_tui.run.planning.proposal import running_step
from mobius_tui.run.planning.variables import Values
from mobius_tui.run.state.reducer import advance
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import BAD
from mobius_tui.run.storage.redaction import redact
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.runbook.model.runbook import Step

T = TypeVar("T")


@dataclass(slots=True)
class Engine:
    """A run's one decider."""

    directory: RunDirectory
    plan: Plan
    state: RunState
    journal: Journal
    clock: Clock
    secrets: dict[str, str]
    """Values of secret variables, in memory alone."""
    env: Mapping[str, str]
    """The environment that steps start from."""
    log: int
    """A descriptor for what keepers say."""
    tasks: asyncio.TaskGroup
    on_entry: Callable[[Entry], None]
    health: Callable[[], Mapping[str, str]]
    """Each probe's state, in words."""
    looked: Callable[[], Mapping[str, float]]
    """When each probe was last asked, in seconds since 1970."""
    blind: Callable[[], tuple[str, ...]]
    """Triggers of which it is not known whether they hold, in words."""
    viewers: Callable[[], int]
    """How many viewers are connected."""
    room: DiskSpaceWaiters
    """Who waits for room on the disk."""
    found: set[str] = field(default_factory=set)
    """Steps whose attempt an earlier host left behind."""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set after each entry; whoever waits clears it."""
    stirred: asyncio.Event = field(default_factory=asyncio.Event)
    """Set whenever the host may have reason to go; the host clears it."""
    is_released: bool = False
    """Whether the host may go though the run is open."""
    checking: dict[str, asyncio.Task[Any]] = field(default_factory=dict)
    """The checks that are being made, or the watch that is kept, by step."""
    broken: str | None = None
    """Why nothing new is started, once the journal has failed."""

    async def write(self, event: Event, by: str, intent: str | None = None) -> Entry:
        """Make an event durable and true; the turn is held by the caller.

        Raises:
            StateError: it may not follow.
            RunError: it could not be made durable.
        """
        # Once begun it is carried through: a line that is written and not applied
        # would leave the state behind the journal.
        return await asyncio.shield(self._write(event, by, intent))

    async def _write(self, event: Event, by: str, intent: str | None) -> Entry:
        self.state.check(event)
        try:
            entry = await self.journal.append(event, by=by, intent=intent)
        except RunError as error:
            self.broken = str(error)
            self._stir()
            raise
        advance(self.state, entry)
        self.on_entry(entry)
        self._stir()
        return entry

    def _stir(self) -> None:
        self.changed.set()
        self.stirred.set()

    def release(self) -> None:
        """Let the host go; whatever is asked of it next keeps it."""
        self.is_released = True
        self.stirred.set()

    async def record(self, event: Event, by: str = "host") -> Entry:
        """Take a turn and write one event."""
        async with self.turn:
            return await self.write(event, by)

    def values(self) -> Values:
        """What names mean now, secrets included."""
        return Values(
            self.state,
            now=self.clock.wall(),
            secrets=self.secrets,
            health=self.health(),
            name_of=self.plan.name,
        )

    def busy(self) -> Step | None:
        """The step that runs now, other than those that follow."""
        return running_step(self.plan, self.state)

    async def start(
        self, step: Step, attempt: int, who: str, intent: str | None = None
    ) -> Entry:
        """Begin an attempt whose start was judged right; the turn is held."""
        event = StepStarted(
            step=step.id, attempt=attempt, reads=self.plan.reads[step.id]
        )
        entry = await self.write(event, who, intent)
        self.conduct(step, attempt)
        return entry

    def conduct(self, step: Step, attempt: int, *, found: bool = False) -> None:
        """Carry an attempt through in a task of its own.

        Args:
            step: the step.
            attempt: its number.
            found: whether an earlier host started it.
        """
        self.tasks.create_task(
            self._conduct(step, attempt, found), name=f"conduct {step.id}.{attempt}"
        )

    async def _conduct(self, step: Step, attempt: int, found: bool) -> None:
        conduct = AttemptExecution(self, step, attempt)
        if found:
            self.found.add(step.id)
        try:
            await (conduct.resume() if found else conduct.begin())
        except (StateError, RunError) as error:
            # Without a journal there is nobody to tell but the log.
            print(f"step {step.id}: {error}", flush=True)  # noqa: T201
            return
        except Exception as error:  # noqa: BLE001 - no task may die in silence
            traceback.print_exc()
            await conduct.fail(f"this program failed: {error!r}")
        try:
            await self.settle()
            await self.again(step)
        except (StateError, RunError) as error:
            print(f"step {step.id}: {error}", flush=True)  # noqa: T201

    async def again(self, step: Step) -> None:
        """Try a failed step again, where its `retry` says so."""
        own = self.state.steps[step.id]
        if not will_retry(step, own) or step.retry is None:
            return
        tried = len(own.attempts)
        try:
            pause = self.values().seconds(step.retry.every, "every")
        except MobiusError as error:
            print(f"step {step.id}: retry.every: {error}", flush=True)  # noqa: T201
            pause = 5.0
        await asyncio.sleep(pause)
        async with self.turn:
            own = self.state.steps[step.id]
            same = len(own.attempts) == tried and own.status in BAD
            free = self.busy() is None and not self.missing_secrets(step)
            free = free and still_approved(self.plan, self.state, step)
            if same and self.state.ended is None and free:
                await self.start(step, tried + 1, "host")

    async def stoppable(
        self, step: Step, work: Coroutine[Any, Any, T]
    ) -> asyncio.Task[T]:
        """Do the host's own part of a step; whoever stops the step cancels it.

        Returns:
            The task of it, done or cancelled.
        """
        task = self.tasks.create_task(work)
        self.checking[step.id] = task
        try:
            await asyncio.wait([task])
        finally:
            self.checking.pop(step.id, None)
        return task

    def redact(self, text: str) -> str:
        """A text without the values of secrets."""
        return redact(text, self.secrets.values())

    def missing_secrets(self, step: Step) -> tuple[str, ...]:
        """Secrets that a step needs, and that this host was not given."""
        variables = self.state.variables
        return tuple(
            name
            for name in self.plan.reads[step.id]
            if name in variables
            and variables[name].text is None
            and name not in self.secrets
        )

    async def settle(self) -> None:
        """What follows by itself: an aside's end, and what followed it."""
        async with self.turn:
            if self.state.ended is not None or self.broken is not None:
                return
            await apply_consequences(self)
