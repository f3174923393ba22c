"""The deciding part of a host, in the test's own process."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping

from mobius_tui.run.attempts.attempt_runner import AttemptRunner
from mobius_tui.run.attempts.disk_space import DiskSpaceWaiters
from mobius_tui.run.attempts.run_context import HealthReadings, RunContext, StepTasks
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.host.consequences import journal_consequences
from mobius_tui.run.host.host_services import HostServices
from mobius_tui.run.journal.journal import Clock, Journal, JournalWriter
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.rollout.rollout import RolloutHealth
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.storage.run_directory import RunDirectory


def make_context(
    directory: RunDirectory,
    plan: Plan,
    state: RunState,
    clock: Clock,
    tasks: asyncio.TaskGroup,
    *,
    secrets: Mapping[str, str] | None = None,
    env: Mapping[str, str] | None = None,
) -> RunContext:
    """A run's context, of whose health nothing is known."""
    return RunContext(
        directory=directory,
        folder_number=directory.folder_number(),
        plan=plan,
        state=state,
        clock=clock,
        secrets=dict(secrets or {}),
        env=env or {},
        keeper_log=sys.stderr.fileno(),
        tasks=tasks,
        step_tasks=StepTasks(tasks),
        health=HealthReadings(
            states=dict,
            last_checks=dict,
            at_end=lambda: None,
            unknown_triggers=tuple,
            rollout=RolloutHealth,
        ),
    )


def make_services(
    context: RunContext,
    journal: Journal,
    on_entry: Callable[[Entry], None] = lambda _: None,
) -> HostServices:
    """What handlers of intents act through, with one viewer connected."""
    writer = JournalWriter(journal, context.state, on_entry, harmless=context.harmless)

    async def settled() -> None:
        await journal_consequences(context, writer)

    disk_waiters = DiskSpaceWaiters(lambda _: None)
    runner = AttemptRunner(context, writer, disk_waiters, settled)
    return HostServices(
        context=context, writer=writer, runner=runner, viewer_count=lambda: 1
    )
