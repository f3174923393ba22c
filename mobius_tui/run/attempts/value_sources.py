"""Gets what a step needs first from a command or file: secrets, and options.

Secrets are in the host's memory alone; another host gets them anew. What runs already
is told of one that the host has just learnt: each keeper, and Ansible's plugin, has a
socket of datagrams in its folder. Who opens that file reads nothing, nothing of it is
on the disk, and the next host finds it, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path

from mobius_tui.errors import MobiusError
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.checks.value_commands import (
    ListedValues,
    list_values,
    read_secret_file,
    run_for_secret,
    secret_file_path,
)
from mobius_tui.run.events.run_events import VariableSet
from mobius_tui.run.journal.journal import JournalWriter
from mobius_tui.run.keeper.told_secrets import TOLD_SEPARATOR
from mobius_tui.run.planning.variables import script_env
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.play_files import plays_of_attempt
from mobius_tui.run.storage.redaction import holds_secret, secret_literals
from mobius_tui.run.storage.socket_path import short_socket_path
from mobius_tui.runbook.model.actions import Choose
from mobius_tui.runbook.model.runbook import Step, Variable
from mobius_tui.runbook.model.script_names import names_in_script
from mobius_tui.runbook.model.value_kinds import value_problem
from mobius_tui.structs import replace


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
    """Secrets must be obtained first; that takes time, so without the turn."""

    def __init__(self, names: tuple[str, ...], what: str = "") -> None:
        """Name them.

        Args:
            names: of their variables.
            what: what waits for them, in words; empty for nothing but they themselves.
        """
        super().__init__(*names)
        self.names, self.what = names, what


def require_secrets(context: RunContext, names: Iterable[str], what: str = "") -> None:
    """Go on only with these secrets.

    Raises:
        SecretsNeededError: some are not obtained yet; with `what`, as it takes it.
    """
    if wanted := secrets_to_obtain(context, names):
        raise SecretsNeededError(wanted, what)


async def obtain_needed_secrets(
    context: RunContext, writer: JournalWriter, needed: SecretsNeededError
) -> str | None:
    """Obtain needed secrets; returns why one is missing, or None.

    The caller does not hold `writer.turn`.
    """
    lacking = await obtain_secrets(context, needed.names)
    if not lacking:
        async with writer.turn:
            await record_found_secrets(context, writer)
    return f"{needed.what} waits: {lacking}" if lacking and needed.what else lacking


async def obtain_secrets(context: RunContext, names: Iterable[str]) -> str | None:
    """Obtain secrets; each is obtained once, however many steps wait for it.

    It may take long, so the caller must not hold the journal writer's `turn`.

    Args:
        context: the run's.
        names: those that are there already, or are no such secrets, are passed over.

    Returns:
        Why one is not there, in words; None where all are.
    """
    tasks = [_task(context, name) for name in secrets_to_obtain(context, names)]
    problems = [await asyncio.shield(task) for task in tasks]
    return "; ".join(problem for problem in problems if problem) or None


def _task(context: RunContext, name: str) -> asyncio.Task[str | None]:
    """The task that obtains a secret: the one that runs already, or a new one."""
    task = context.secret_tasks.get(name)
    if task is None:
        work = _obtain(context, context.plan.runbook.variables[name])
        task = context.tasks.create_task(work, name=f"secret {name}")
        context.secret_tasks[name] = task
        task.add_done_callback(lambda _: context.secret_tasks.pop(name, None))
    return task


async def _obtain(context: RunContext, variable: Variable) -> str | None:
    """Obtain one secret; returns why it is missing, or None."""
    try:
        text = await _read_secret_source(context, variable)
        problem = value_problem(variable, text)
    except (MobiusError, OSError) as error:
        problem = str(error)
    if problem:
        return f"no {variable.name} yet: {context.redact(problem)}"
    await learn_secret(context, variable.name, text)
    return None


async def learn_secret(context: RunContext, name: str, value: str) -> None:
    """Redact a secret from now on, also in what runs already."""
    context.secrets[name] = value
    await tell_secret(context, value)


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
    """Journal that a step's secrets have values, but not which values.

    The caller holds `writer.turn`.
    """
    declared, state = context.plan.runbook.variables, context.state
    for name in context.plan.variables_read[step.id]:
        is_new = name not in state.variables or name in state.lost_secrets
        if declared[name].is_fetched and name in context.secrets and is_new:
            event = VariableSet(name=name, value=None, source="secret")
            await writer.write(event, "host")


async def record_found_secrets(context: RunContext, writer: JournalWriter) -> None:
    """Journal that lost secrets are known again; the caller holds `writer.turn`."""
    for name in context.state.lost_secrets:
        if name in context.secrets:
            event = VariableSet(name=name, value=None, source="secret")
            await writer.write(event, "host")


class OptionsNeededError(Exception):
    """A decision's options must be listed first, without holding the turn."""

    def __init__(self, step: Step) -> None:
        super().__init__(step.id)
        self.step = step


async def list_options(
    context: RunContext, writer: JournalWriter, step: Step
) -> str | None:
    """List the options of a decision, and journal what there is to choose.

    It may take long, so the caller must not hold `writer.turn`.

    Returns:
        Why there are none, or not all, in words; None where there is nothing to say.
    """
    choose = step.action
    assert isinstance(choose, Choose)
    assert choose.from_ is not None
    listed = await _listed_options(context, step, choose)
    rows = (f"{o.value}\t{o.title}\t{o.why}".rstrip("\t") for o in listed.options)
    text, problem = "\n".join(rows), listed.problem
    if holds_secret(text, context.secrets.values()):
        text, problem = "", "its command listed the value of a secret"
    event = VariableSet(name=choose.from_, value=text, source="output")
    await writer.write_in_turn(event, "host")
    return (
        f"{context.plan.name(step.id)}: {context.redact(problem)}" if problem else None
    )


async def _listed_options(
    context: RunContext, step: Step, choose: Choose
) -> ListedValues:
    began = context.state.began
    assert began is not None
    declared = context.plan.runbook.variables[choose.var]
    variable = replace(declared, from_run=choose.from_run, many=False, choices=())
    try:
        env = {
            **context.env,
            **script_env(step, context.plan.runbook, context.values()),
        }
    except MobiusError as error:
        return ListedValues(problem=str(error))
    return await list_values(variable, workdir=Path(began.workdir), env=env)


MAX_DATAGRAM_BYTES = 1 << 16
"""Bytes of texts that are told at once; a longer text is told alone."""
TELL_INTERVAL = 0.01
"""Seconds between two tries where a queue is full."""
TELL_TIMEOUT = 2.0
"""Seconds for which whoever needs the secret waits for a queue that stays full: what
does not read does not write either."""


async def tell_secret(context: RunContext, value: str) -> None:
    """Tell all that runs of a secret; what has ended meanwhile is passed over."""
    texts = [os.fsencode(each) for each in secret_literals((value,))]
    paths = await asyncio.to_thread(lambda: tuple(_sockets(context)))
    telling = [
        context.tasks.create_task(_tell(path, datagram))
        for path in paths
        for datagram in _datagrams(texts)
    ]
    telling += [context.tasks.create_task(tell()) for tell in context.told_fleets]
    if telling:
        await asyncio.wait(telling, timeout=TELL_TIMEOUT)


def _sockets(context: RunContext) -> Iterator[Path]:
    """The sockets of what may run; blocking."""
    for step_id, own in tuple(context.state.steps.items()):
        if own.status is not Status.RUNNING or own.last_attempt is None:
            continue
        attempt = context.directory.attempt(step_id, own.last_attempt.number)
        yield attempt.told_secrets
        for play in plays_of_attempt(attempt.path):
            yield play.keeper_directory.told_secrets
            yield play.told_secrets


def _datagrams(texts: list[bytes]) -> Iterator[bytes]:
    held: list[bytes] = []
    for text in texts:
        if held and sum(map(len, held)) + len(text) > MAX_DATAGRAM_BYTES:
            yield TOLD_SEPARATOR.join(held)
            held = []
        held.append(text)
    if held:
        yield TOLD_SEPARATOR.join(held)


async def _tell(path: Path, datagram: bytes) -> None:
    """Send a datagram, once its reader has room, or until it has gone."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way_out:
        way_out.settimeout(0)
        with contextlib.suppress(OSError):
            way_out.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        while True:
            try:
                with short_socket_path(path) as way:
                    way_out.sendto(datagram, str(way))
            except BlockingIOError:
                await asyncio.sleep(TELL_INTERVAL)
                continue
            except OSError:
                pass  # it has ended, or is no such attempt
            return
