"""What a host journals first and last, and its seals on `health.jsonl`."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Mapping

from mobius_tui.errors import EXIT_INCOMPLETE, RunError, StateError
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.attempts.value_sources import obtain_secrets, record_found_secrets
from mobius_tui.run.events.run_events import (
    AutoStopped,
    HealthSealed,
    HostStarted,
    HostStopped,
    TakenOver,
    VariableSet,
)
from mobius_tui.run.host.control_server import IntentHandler
from mobius_tui.run.host.copies import HeldKey
from mobius_tui.run.host.host_setup import HostSpec, current_operator
from mobius_tui.run.intents.action import Caller
from mobius_tui.run.intents.control_protocol import decode_envelope
from mobius_tui.run.journal.journal import JournalContent, JournalWriter
from mobius_tui.run.records.run_record import refresh_stats, write_record
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.watch.health_monitor import HealthMonitor
from mobius_tui.sanitize import line

GET_AGAIN_TIMEOUT = 8.0
"""Seconds that a host takes at its start to get secrets again: whoever started it waits
for that. What comes later is not lost then, either."""


async def journal_host_start(
    context: RunContext,
    writer: JournalWriter,
    handle_intent: IntentHandler,
    spec: HostSpec,
    key: HeldKey,
    journal_content: JournalContent,
    left_over: tuple[AttemptId, ...],
) -> None:
    """Journal how a run and its host begin, before the control socket listens.

    First, of a new run, its beginning and its values, or of another that it was taken
    over; then `HostStarted`, values and secrets that are new, and the watch. The host's
    first intent is acted on last.

    Args:
        context: the run's.
        writer: the run's.
        handle_intent: acts on `spec.first_intent`, if there is one.
        spec: what the host was started with.
        key: the run's key; says where the host is.
        journal_content: the journal as it was found.
        left_over: attempts that an earlier host left behind.

    Raises:
        RunError: it could not be made durable.
    """
    who = current_operator()
    if not journal_content.entries and spec.began is not None:
        await writer.write_in_turn(spec.began, who)
        await _record_values(context, writer, spec, who)
        await _record_secrets(writer, tuple(spec.secrets), who)
    names, place = tuple(map(str, left_over)), key.place.as_mapping()
    if spec.taken_epoch is not None:
        taken = TakenOver(
            epoch=key.epoch,
            place=place,
            taken_from=context.state.place,
            heard=context.state.last_entry_at,
            in_flight=names,
        )
        await writer.write_in_turn(taken, who)
    lost = await _get_lost_secrets_again(context, writer)
    started = HostStarted(
        pid=os.getpid(),
        left_over=names,
        cut=journal_content.torn_bytes,
        without=lost,
        place=place,
        epoch=key.epoch,
    )
    await writer.write_in_turn(started)
    if context.state.last_end is None:
        await _record_values(context, writer, spec, who)
    await _record_secrets(writer, new_secrets(context.state, spec.secrets), who)
    if spec.watch is not None:
        await writer.write_in_turn(spec.watch, who)
    if spec.first_intent is not None:
        first = decode_envelope(spec.first_intent.encode())
        reply = await handle_intent(first, Caller(name=who))
        if not reply.ok and context.state.ended is not None:
            print(f"not opened again: {reply.text}", flush=True)  # noqa: T201
        elif not reply.ok:
            await writer.write_in_turn(
                AutoStopped(reason=reply.text, code=EXIT_INCOMPLETE)
            )


async def _get_lost_secrets_again(
    context: RunContext, writer: JournalWriter
) -> tuple[str, ...]:
    """Get the secrets again that the run had, where a command or a file gives them.

    Returns:
        Those that this host does not know.
    """
    lost = lost_secrets(context.state, context.secrets)
    getting = context.tasks.create_task(obtain_secrets(context, lost))
    await asyncio.wait((getting,), timeout=GET_AGAIN_TIMEOUT)
    found = lost_secrets(context.state, context.secrets)
    if found:
        context.tasks.create_task(_record_late_secrets(context, writer, getting))
    return found


async def _record_late_secrets(
    context: RunContext, writer: JournalWriter, getting: asyncio.Task[str | None]
) -> None:
    """Log why lost secrets could not be got; journal those that came late."""
    problem = await getting
    if problem:
        print(line(problem), flush=True)  # noqa: T201 - the host's log
    async with writer.turn:
        if context.state.ended is None and writer.failure is None:
            await record_found_secrets(context, writer)


async def _record_values(
    context: RunContext, writer: JournalWriter, spec: HostSpec, who: str
) -> None:
    """Journal the values of variables that have none yet."""
    for name, (value, source) in spec.values.items():
        if name not in context.state.variables:
            event = VariableSet(name=name, value=value, source=source)  # type: ignore[arg-type]
            await writer.write_in_turn(event, who)


async def _record_secrets(
    writer: JournalWriter, secrets: tuple[str, ...], who: str
) -> None:
    """Journal that secrets have values, and never which."""
    for name in secrets:
        secret = VariableSet(name=name, value=None, source="secret")
        await writer.write_in_turn(secret, who)


def lost_secrets(state: RunState, given: Mapping[str, str]) -> tuple[str, ...]:
    """Secrets that the run had, and that the new host was not given."""
    return tuple(
        name
        for name, value in state.variables.items()
        if value.text is None and name not in given
    )


def new_secrets(state: RunState, given: Mapping[str, str]) -> tuple[str, ...]:
    """Secrets that an open run did not have, and that the new host was given."""
    if state.ended is not None:
        return ()
    return tuple(name for name in given if name not in state.variables)


SEAL_INTERVAL = 60.0
"""Seconds between seals."""


async def seal_health_regularly(
    context: RunContext, writer: JournalWriter, monitor: HealthMonitor
) -> None:
    """Seal `health.jsonl` again and again."""
    while True:
        await asyncio.sleep(SEAL_INTERVAL)
        await seal_health(context, writer, monitor)


async def seal_health(
    context: RunContext, writer: JournalWriter, monitor: HealthMonitor
) -> None:
    """Journal the digest of `health.jsonl`, if it has grown.

    A file that cannot be read is logged, and the seal left out: the run goes on
    without it.

    Raises:
        RunError: it could not be made durable.
        StateError: the event is not valid in the current state.
    """
    try:
        size, digest = await asyncio.to_thread(monitor.digest)
    except OSError as error:
        print(f"{context.directory.health}: {error.strerror}", flush=True)  # noqa: T201
        return
    sealed = context.state.health_seal
    if size and (sealed is None or sealed.bytes != size):
        await writer.write_in_turn(HealthSealed(bytes=size, sha256=digest))


async def journal_host_end(
    context: RunContext, writer: JournalWriter, monitor: HealthMonitor, why: str
) -> None:
    """Seal health, journal the host's end, and write the record of an ended run."""
    if writer.failure is not None or writer.journal.stall_reason:
        return
    with contextlib.suppress(RunError, StateError):
        await seal_health(context, writer, monitor)
        await writer.write_in_turn(HostStopped(reason=why))
        if context.state.ended is not None:
            _write_record(context, writer)
            await asyncio.to_thread(refresh_stats, context.directory, is_host=True)


def _write_record(context: RunContext, writer: JournalWriter) -> None:
    """Write the record; a failure is logged, as the journal has all of it."""
    directory = context.directory
    try:
        write_record(directory, context.plan, context.state, writer.journal.head)
    except OSError as error:
        print(f"{directory.record}: {error.strerror}", flush=True)  # noqa: T201
