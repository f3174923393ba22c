"""The parts of a run that all of its host shares: plan, state, clock, health, tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

from msgspec import Struct, field

from mobius_tui.run.events.event import Event
from mobius_tui.run.journal.journal import Clock, secret_rule_of_event_field
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.variables import Values
from mobius_tui.run.rollout.rollout import RolloutHealth
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.storage.redaction import (
    MIN_ENCODED_CHARS,
    redact,
    without_secrets,
)
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.runbook.model.actions import Choose
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.text.provided_names import HostField

T = TypeVar("T")
SETTLE_INTERVAL = 0.1
"""Seconds between two looks whether lost secrets are settled."""


class StepTasks:
    """Tasks by the step that they are part of; stopping the step cancels them."""

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        """Run nothing yet.

        Args:
            tasks: the group that the tasks belong to.
        """
        self._tasks = tasks
        self._by_step: dict[str, asyncio.Task[Any]] = {}

    def start(self, step_id: str, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Begin work on a step, as a task of its own."""
        task = self._tasks.create_task(work)
        self._by_step[step_id] = task
        task.add_done_callback(lambda _: self._remove(step_id, task))
        return task

    async def run(self, step_id: str, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Do work on a step, and wait for it.

        Returns:
            The task of it, done or cancelled.
        """
        task = self.start(step_id, work)
        try:
            await asyncio.wait([task])
        finally:
            self._remove(step_id, task)
        return task

    def running(self) -> frozenset[str]:
        """The steps that there is work on, by id."""
        return frozenset(self._by_step)

    def is_running(self, step_id: str) -> bool:
        """Whether there is work on a step."""
        return step_id in self._by_step

    def cancel(self, step_id: str) -> bool:
        """Cancel the work on a step.

        Returns:
            Whether there was any.
        """
        task = self._by_step.get(step_id)
        if task is None:
            return False
        task.cancel()
        return True

    def _remove(self, step_id: str, task: asyncio.Task[Any]) -> None:
        if self._by_step.get(step_id) is task:
            del self._by_step[step_id]


class HealthReadings(Struct, frozen=True, kw_only=True):
    """What is known of health at the moment of the call."""

    states: Callable[[], Mapping[str, str]]
    """Each probe's state, in a word."""
    last_checks: Callable[[], Mapping[str, float]]
    """When each probe was last asked, in seconds since 1970."""
    at_end: Callable[[], str | None]
    """How health is as the run ends, in words; `None` where it has no probes."""
    unknown_triggers: Callable[[], tuple[str, ...]]
    """Triggers of which it is not known whether they hold, in words."""
    rollout: Callable[[], RolloutHealth]
    """Health as a rollout looks at it between two batches."""


class RunContext(Struct, frozen=True, kw_only=True):
    """The parts of a run that its attempts, messages and watch have in common."""

    directory: RunDirectory
    folder_number: tuple[int, int] | None
    """`RunDirectory.folder_number` when the host began."""
    plan: Plan
    state: RunState
    """Changed by the journal's writer alone."""
    clock: Clock
    secrets: dict[str, str]
    """Values of secret variables by name, in memory alone."""
    env: Mapping[str, str]
    """The environment that steps start from."""
    keeper_log: int
    """A file descriptor for the standard error of keepers."""
    tasks: asyncio.TaskGroup
    """Of everything that goes on in the host."""
    step_tasks: StepTasks
    health: HealthReadings
    secret_tasks: dict[str, asyncio.Task[str | None]] = field(default_factory=dict)
    """Tasks that are obtaining secrets now, by variable; see `value_sources`."""
    told_fleets: set[Callable[[], Coroutine[Any, Any, None]]] = field(
        default_factory=set
    )
    """What tells attempts on hosts of secrets that were learnt; see `secret_telling`.
    """
    steps_with_held_guard: set[str] = field(default_factory=set)
    """Ids of steps that may begin, as their guards held; see `step_checks`."""

    def is_folder_gone(self) -> bool:
        """Whether the run's folder was moved or removed, or another put in its place.

        What is not at its path is no proof of anything then.
        """
        return self.directory.folder_number() != self.folder_number

    @property
    def run_key(self) -> str:
        """What no other run has; see `RunBegan.run_key`."""
        began = self.state.began
        assert began is not None
        return began.run_key

    def values(
        self, step: Step | None = None, host: Mapping[HostField, str] | None = None
    ) -> Values:
        """The values of variables now, secrets included.

        Args:
            step: the step that reads them; one that undoes another step's attempt
                gets the values that this attempt had.
            host: the values of `${host.…}`, for one host of a step.
        """
        return Values(
            self.state,
            variables=None if step is None else self.state.variables_for(step.id),
            now=self.clock.wall(),
            secrets=self.secrets,
            health=self.health.states(),
            name_of=self.plan.name,
            host=host,
        )

    def redact(self, text: str) -> str:
        """A text without the values of secrets."""
        return redact(text, self.secrets.values())

    def harmless(self, event: Event) -> Event:
        """An event as the journal may keep it; what wrote it has redacted most of it.

        Secrets so short that any digest may hold them by chance are left to that.

        Raises:
            RunError: it holds a secret in a value that is kept.
        """
        return without_secrets(
            event,
            (each for each in self.secrets.values() if len(each) >= MIN_ENCODED_CHARS),
            secret_rule_of_event_field,
            is_known=self.has_name,
        )

    def has_name(self, text: str) -> bool:
        """Whether a text is a name of the run: a secret can be in it only by chance.

        Such are ids and options that its runbook has, steps that joined it, and hosts.
        """
        own = self.plan.runbook
        return (
            text in self.plan.steps
            or text in own.variables
            or text in own.channels
            or text in own.messages
            or text in own.targets
            or any(text == phase.id for phase in own.phases)
            or any(text in each.newest_states() for each in self.state.fleets.values())
            or any(
                text == option.value
                for step in own.steps()
                if isinstance(step.action, Choose)
                for option in step.action.options
            )
        )

    async def wait_until_settled(self) -> bool:
        """Wait until each lost secret is known, or a person went on without it.

        Until then nothing is run, and nothing read of what was printed, by itself.

        Returns:
            Whether that is so; false where the run has ended before.
        """
        # The journal moves it on, by whatever event: there is none of its own to await.
        while self.state.unsettled_secrets and self.state.ended is None:  # noqa: ASYNC110
            await asyncio.sleep(SETTLE_INTERVAL)
        return not self.state.unsettled_secrets

    def missing_secrets(self, step: Step) -> tuple[str, ...]:
        """The names of secrets that a step needs, and that this host was not given."""
        variables = self.state.variables_for(step.id)
        return tuple(
            name
            for name in self.plan.variables_read[step.id]
            if name in variables
            and variables[name].text is None
            and name not in self.secrets
        )
