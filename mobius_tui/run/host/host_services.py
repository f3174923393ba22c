"""The parts of a run's host, and what it does for the actions that intents carry."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping
from typing import NoReturn

from msgspec import Struct

from mobius_tui.errors import RunError, StateError
from mobius_tui.health import safe_search
from mobius_tui.run.attempts import called_file_digests, stopping, value_sources
from mobius_tui.run.attempts.attempt_runner import AttemptRunner
from mobius_tui.run.attempts.launcher import request_stop
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.attempts.step_checks import StepChecks, require_guard_look
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import HOST_AUTHOR, NoteAdded
from mobius_tui.run.events.watch_events import RollbackBegan
from mobius_tui.run.intents.action import Caller
from mobius_tui.run.journal.journal import JournalWriter
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.situation import Situation
from mobius_tui.run.planning.variables import Values, require_value, validate_value
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.watch import triggers
from mobius_tui.runbook.model.actions import Manual
from mobius_tui.runbook.model.limits import limited_texts_by_variable
from mobius_tui.runbook.model.runbook import Runbook, Step
from mobius_tui.runbook.model.value_kinds import stored_value


class HostServices(Struct):
    """The run's context, journal writer and attempt runner.

    It is the `Host` that actions are done by, which says what each method does; the
    caller holds `writer.turn`.
    """

    context: RunContext
    writer: JournalWriter
    runner: AttemptRunner
    viewer_count: Callable[[], int]
    """How many viewers are connected."""
    is_released: bool = False
    """Whether the host may end though the run is open."""

    @property
    def plan(self) -> Plan:
        """The run's."""
        return self.context.plan

    @property
    def state(self) -> RunState:
        """As the journal has it now."""
        return self.context.state

    async def write(self, event: Event, by: str, intent: str | None = None) -> Entry:
        """Journal an event."""
        return await self.writer.write(event, by, intent)

    def uid_of(self, caller: Caller) -> int:
        """The uid of the caller; the run owner's for the host itself."""
        return os.getuid() if caller.uid is None else caller.uid

    def situation(self, caller: Caller) -> Situation:
        """The run now and the caller, for actions to be judged by."""
        return Situation(
            plan=self.plan,
            state=self.state,
            now=self.context.clock.wall(),
            uid=self.uid_of(caller),
            name=caller.name,
            survivors_of=lambda step: stopping.attempt_survivors(self.context, step),
            being_checked=self.context.step_tasks.running(),
            viewers=self.viewer_count(),
        )

    def values(self) -> Values:
        """The values of variables now."""
        return self.context.values()

    def redact(self, text: str) -> str:
        """A text without the values of secrets."""
        return self.context.redact(text)

    async def learn_secret(self, name: str, value: str) -> None:
        """Know a secret from now on, and redact it."""
        await value_sources.learn_secret(self.context, name, value)

    def require_secrets(self, names: Iterable[str], what: str = "") -> None:
        """Go on only with these secrets.

        Raises:
            SecretsNeededError: some must be obtained first.
        """
        value_sources.require_secrets(self.context, names, what)

    def require_guard_look(self, step: Step) -> None:
        """Go on only where a step's guard was seen to hold.

        Raises:
            GuardLookNeededError: it must be looked at first.
        """
        require_guard_look(self.context, step)

    def require_options_listed(self, step: Step) -> NoReturn:
        """Have the options of a decision listed, without the turn.

        Raises:
            OptionsNeededError: always.
        """
        raise value_sources.OptionsNeededError(step)

    async def validate_answers(self, step: Step, given: Mapping[str, str]) -> None:
        """Hold answers to a manual step to its variables' rules; may take long."""
        runbook = self.plan.runbook
        await asyncio.to_thread(_validate_answers, step, given, runbook)

    async def called_file_digests(self, step: Step) -> Mapping[str, str]:
        """The digests of the files that a step's scripts run, by path."""
        return await called_file_digests.called_file_digests(self.context, step)

    async def changed_files_text(
        self, step: Step, shown: Mapping[str, str] | None
    ) -> str | None:
        """Which files have changed since their digests were shown; None for none."""
        return await called_file_digests.changed_files_text(self.context, step, shown)

    async def begin_attempt(
        self, step: Step, number: int, by: str, intent: str | None
    ) -> Entry:
        """Begin an attempt at a script, a check or a watch."""
        return await self.runner.start(step, number, by, intent)

    def carry_through(self, step: Step, number: int) -> None:
        """Go on with an attempt whose start is journaled."""
        self.runner.execute_in_task(step, number)

    def make_checks_once(self, step: Step, number: int, intent: str) -> None:
        """Make the checks of an attempt once each, in a task; a note says the rest."""
        checks = StepChecks(self.context, self.writer, step, number)
        task = self.context.step_tasks.start(step.id, checks.run_once())
        self.context.tasks.create_task(self._note_checks(step, task, intent))

    async def _note_checks(
        self, step: Step, checks: asyncio.Task[str], intent: str
    ) -> None:
        """Journal the results of a step's checks as a note, once they are made."""
        await asyncio.wait([checks])
        if checks.cancelled():
            return
        event = NoteAdded(text=f"looked first: {checks.result()}", step=step.id)
        try:
            async with self.writer.turn:
                await self.writer.write(event, HOST_AUTHOR, intent)
        except (StateError, RunError) as error:
            # Without a journal there is nobody to tell but the log.
            print(f"step {step.id}: {error}", flush=True)  # noqa: T201

    async def stop_attempt(
        self, step: Step, number: int, by: str, intent: str | None
    ) -> Entry:
        """Ask a running attempt to end."""
        return await stopping.stop_attempt(
            self.context, self.writer, step, number, by, intent
        )

    def stop_without_journal(self, step_id: str, number: int) -> bool:
        """Stop an attempt while the disk is full; whether there was one to stop."""
        return request_stop(self.context.directory.attempt(step_id, number))

    async def begin_rollback(self, event: RollbackBegan, by: str, intent: str) -> Entry:
        """Begin the rollback, and enter its phase."""
        return await triggers.begin_rollback(self.writer, event, by, intent)

    async def finish_run(
        self, outcome: Outcome, reason: str, by: str, intent: str | None = None
    ) -> Entry:
        """End the run, and stop what still runs."""
        return await stopping.finish_run(
            self.context, self.writer, outcome, reason, by, intent
        )

    def release(self) -> None:
        """Let the host end though the run is open; the next intent cancels that."""
        self.is_released = True
        self.writer.activity.set()


def _validate_answers(step: Step, given: Mapping[str, str], runbook: Runbook) -> None:
    filled_in = limited_texts_by_variable(runbook)
    for ask in step.action.ask if isinstance(step.action, Manual) else ():
        value = given[ask.var].strip()
        if ask.match is not None and not all(
            safe_search.lines_matching(ask.match, [value], whole=True)
        ):
            title = ask.title or ask.var
            raise RunError(f"{title}: {value!r} does not match {ask.match}")
        variable = runbook.variables[ask.var]
        value = stored_value(variable, value)
        require_value(variable, value)
        validate_value(variable, value, filled_in.get(ask.var, ()))
