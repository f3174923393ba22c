"""Gets the secrets that a command or a file holds, when a step first needs them.

They are in the host's memory alone; another host gets them anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from mobius_tui.errors import MobiusError
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.checks.value_commands import (
    read_secret_file,
    run_for_secret,
    secret_file_path,
)
from mobius_tui.run.events.run_events import VariableSet
from mobius_tui.run.journal.journal_writer import JournalWriter
from mobius_tui.runbook.model.runbook import Step, Variable
from mobius_tui.runbook.model.templates import names_in_script
from mobius_tui.runbook.model.value_kinds import value_problem


def secrets_to_obtain(context: RunContext, names: Iterable[str]) -> tuple[str, ...]:
    """Those of some variables whose secrets are not obtained yet."""
    declared = context.plan.runbook.variables
    return tuple(
        name
        for name in names
        if name in declared
        and declared[name].is_fetched
        and name not in context.secrets
    )


class SecretsNeededError(Exception):
    """A step's secrets must be obtained first; that takes time, so without the turn."""

    def __init__(self, step: Step) -> None:
        super().__init__(step.id)
        self.step = step


def require_secrets(context: RunContext, step: Step) -> None:
    """Let a step begin only with its secrets.

    Raises:
        SecretsNeededError: some are not obtained yet.
    """
    if secrets_to_obtain(context, context.plan.variables_read[step.id]):
        raise SecretsNeededError(step)


async def obtain_secrets_of_step(context: RunContext, step: Step) -> str:
    """Obtain the secrets of a step; returns why one is missing, or an empty text."""
    lacking = await obtain_secrets(context, context.plan.variables_read[step.id])
    return f"{context.plan.name(step.id)} waits: {lacking}" if lacking else ""


async def obtain_secrets(context: RunContext, names: Iterable[str]) -> str:
    """Obtain secrets; each is obtained once, however many steps wait for it.

    It may take long, so the caller must not hold the journal writer's `turn`.

    Args:
        context: the run's.
        names: those that are there already, or are no such secrets, are passed over.

    Returns:
        Why one is not there, in words; empty where all are.
    """
    tasks = [_task(context, name) for name in secrets_to_obtain(context, names)]
    problems = [await asyncio.shield(task) for task in tasks]
    return "; ".join(problem for problem in problems if problem)


def _task(context: RunContext, name: str) -> asyncio.Task[str]:
    """The task that obtains a secret: the one that runs already, or a new one."""
    task = context.secret_tasks.get(name)
    if task is None:
        work = _obtain(context, context.plan.runbook.variables[name])
        task = context.tasks.create_task(work, name=f"secret {name}")
        context.secret_tasks[name] = task
        task.add_done_callback(lambda _: context.secret_tasks.pop(name, None))
    return task


async def _obtain(context: RunContext, variable: Variable) -> str:
    """Obtain one secret; returns why it is missing, or an empty text."""
    try:
        text = await _read_secret_source(context, variable)
        problem = value_problem(variable, text)
    except (MobiusError, OSError) as error:
        problem = str(error)
    if problem:
        return f"no {variable.name} yet: {context.redact(problem)}"
    context.secrets[variable.name] = text
    return ""


async def _read_secret_source(context: RunContext, variable: Variable) -> str:
    began = context.state.began
    assert began is not None
    workdir = Path(began.workdir)
    if variable.from_file:
        path = secret_file_path(variable.from_file, workdir)
        return await asyncio.to_thread(read_secret_file, path)
    values = context.values()
    read = {
        name: values.lookup(name)
        for name in names_in_script(variable.from_run)
        if name in context.plan.runbook.variables
    }
    env = {**context.env, **read}
    return await run_for_secret(variable.from_run, workdir=workdir, env=env)


async def record_secrets(
    context: RunContext, writer: JournalWriter, step: Step
) -> None:
    """Journal that a step's secrets have values, and never which; the turn is held."""
    declared, state = context.plan.runbook.variables, context.state
    for name in context.plan.variables_read[step.id]:
        is_new = name not in state.variables or name in state.lost_secrets
        if declared[name].is_fetched and name in context.secrets and is_new:
            event = VariableSet(name=name, value=None, source="secret")
            await writer.write(event, "host")
