"""The services that a runbook checks, looked at beside its probes for the panel."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mobius_tui.errors import MobiusError
from mobius_tui.run.checks.context import Context
from mobius_tui.run.checks.service import states
from mobius_tui.run.living import groups
from mobius_tui.runbook.model_check import ServiceCheck

if TYPE_CHECKING:
    from mobius_tui.run.engine import Engine

EVERY = 10.0
"""Seconds between two looks: each is a process of its own."""
LIMIT = 5.0
"""Seconds that a look may take."""


class UnitStates:
    """What `systemctl` said of them last."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.known: Mapping[str, str] = {}
        """By unit; empty where there is none to look at, or nobody to ask."""

    async def watch(self, engine: Engine, *, every: float) -> None:
        """Look for as long as the run is open.

        Args:
            engine: the run's decider.
            every: seconds between two checks of health; it looks no more often.
        """
        while names := _names(engine):
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(LIMIT):
                    self.known = await states(names, _context(engine))
            await asyncio.sleep(max(every, EVERY))


def _names(engine: Engine) -> tuple[str, ...]:
    """Units that a check wants to be active, filled in as far as that can be."""
    values = engine.values()
    found: dict[str, None] = {}
    for step in engine.plan.steps.values():
        for check in step.checks:
            if isinstance(check, ServiceCheck) and "active" in check.state:
                for name in check.names:
                    with suppress(MobiusError):
                        found[values.fill(name)] = None
    return tuple(name for name in found if name and not name.startswith("-"))


def _context(engine: Engine) -> Context:
    began = engine.state.began
    assert began is not None
    return Context(
        workdir=Path(began.workdir),
        env=engine.env,
        fill=engine.values().fill,
        groups=groups(engine),
        own=frozenset({os.getpid()}),
    )
