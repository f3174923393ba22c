"""What a host journals last, and the seals on health that it sets until then."""

from __future__ import annotations

import asyncio
import contextlib

from mobius_tui.errors import RunError, StateError
from mobius_tui.run.engine import Engine
from mobius_tui.run.events import HealthSealed, HostStopped
from mobius_tui.run.monitor import Monitor
from mobius_tui.run.record import write_record

EVERY = 60.0
"""Seconds between seals."""


async def keep_sealing(engine: Engine, monitor: Monitor) -> None:
    """Seal what is known of health, again and again."""
    while True:
        await asyncio.sleep(EVERY)
        await seal(engine, monitor)


async def seal(engine: Engine, monitor: Monitor) -> None:
    """Hold the journal to what is known of health by now, if there is more of it.

    Raises:
        RunError: it could not be made durable.
        StateError: the run's state admits no such entry now.
    """
    size, digest = await asyncio.to_thread(monitor.digest)
    sealed = engine.state.sealed
    if size and (sealed is None or sealed.bytes != size):
        await engine.record(HealthSealed(bytes=size, sha256=digest))


async def end(engine: Engine, monitor: Monitor, why: str) -> None:
    """Seal, say why the host goes, and write the record of a run that has ended."""
    if engine.broken is not None or engine.journal.stalled:
        return
    with contextlib.suppress(RunError, StateError):
        await seal(engine, monitor)
        await engine.record(HostStopped(reason=why))
        if engine.state.ended is not None:
            _write_record(engine)


def _write_record(engine: Engine) -> None:
    """Write it; the journal has all of it, so the end does not hang on that."""
    directory = engine.directory
    try:
        write_record(directory, engine.plan, engine.state, engine.journal.head)
    except OSError as error:
        print(f"{directory.record}: {error.strerror}", flush=True)  # noqa: T201
