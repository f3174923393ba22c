"""What a new host journals first: how the run began, and that it is there."""

from __future__ import annotations

import os
from collections.abc import Mapping

from mobius_tui.errors import INCOMPLETE
from mobius_tui.run.engine import Engine
from mobius_tui.run.events import AutoStopped, HostStarted, VariableSet
from mobius_tui.run.intents import decode_intent
from mobius_tui.run.journal import Tail
from mobius_tui.run.state import RunState
from mobius_tui.run.takeover import Order, operator


async def begin(
    engine: Engine, order: Order, tail: Tail, left: tuple[str, ...]
) -> None:
    """Journal it, before anybody is listened to.

    Args:
        engine: the run's decider.
        order: what whoever started the host wants.
        tail: the journal as it was found.
        left: attempts that an earlier host left behind.

    Raises:
        RunError: it could not be made durable.
    """
    who = operator()
    if not tail.entries and order.began is not None:
        await engine.record(order.began, who)
        await _set(engine, order, who)
        await _know(engine, tuple(order.secrets), who)
    lost = lost_secrets(engine.state, order.secrets)
    started = HostStarted(pid=os.getpid(), left_over=left, cut=tail.torn, without=lost)
    await engine.record(started)
    if engine.state.ended is None:
        await _set(engine, order, who)
    await _know(engine, new_secrets(engine.state, order.secrets), who)
    if order.watch is not None:
        await engine.record(order.watch, who)
    if order.auto is not None:
        reply = await engine.judge(decode_intent(order.auto.encode()), who)
        if not reply.ok:
            await engine.record(AutoStopped(reason=reply.text, code=INCOMPLETE))


async def _set(engine: Engine, order: Order, who: str) -> None:
    """Journal the values of variables that have none yet."""
    for name, (value, source) in order.values.items():
        if name not in engine.state.variables:
            event = VariableSet(name=name, value=value, source=source)  # type: ignore[arg-type]
            await engine.record(event, who)


async def _know(engine: Engine, secrets: tuple[str, ...], who: str) -> None:
    """Journal that secrets are known, and never what they are."""
    for name in secrets:
        secret = VariableSet(name=name, value=None, source="secret")
        await engine.record(secret, who)


def lost_secrets(state: RunState, given: Mapping[str, str]) -> tuple[str, ...]:
    """The secrets that a run had, and that whoever starts its host does not give."""
    return tuple(
        name
        for name, value in state.variables.items()
        if value.text is None and name not in given
    )


def new_secrets(state: RunState, given: Mapping[str, str]) -> tuple[str, ...]:
    """The secrets that an open run did not have, and that whoever resumes it gives."""
    if state.ended is not None:
        return ()
    return tuple(name for name in given if name not in state.variables)
