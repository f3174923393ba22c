"""Room on the disk: who waits for it, and steps that wait to begin or to go on."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
from collections.abc import Callable

from mobius_tui.run.attempts import attempt_files, launcher
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.keeper.attempt_record import NO_ROOM
from mobius_tui.run.keeper.disk_full import FULL, PAUSE
from mobius_tui.run.storage.run_directory import AttemptDirectory
from mobius_tui.runbook.model.runbook import Step

JOURNAL = ""
"""Who waits, where no step does; it is named first."""
LOOK = 1.0
"""Seconds between two looks at what a keeper says that it waits for."""


class DiskSpaceWaiters:
    """Who waits for room on the disk, and why."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        """Nobody waits.

        Args:
            tell: told why somebody waits, whenever that changes; empty where nobody
                does any more.
        """
        self._tell = tell
        self._waiting: dict[str, str] = {}
        self._told = ""

    def waits(self, who: str, why: str) -> None:
        """Somebody waits, or waits no longer.

        Args:
            who: a step's id, or `JOURNAL`.
            why: in words; empty where they wait no longer.
        """
        if why:
            self._waiting[who] = why
        else:
            self._waiting.pop(who, None)
        first = next(iter(self._waiting.values()), "")
        now = self._waiting.get(JOURNAL, first)
        if now != self._told:
            self._told = now
            self._tell(now)


class KeeperHandle:
    """The keeper of one attempt, from its start to its end."""

    def __init__(
        self,
        context: RunContext,
        disk_waiters: DiskSpaceWaiters,
        step: Step,
        directory: AttemptDirectory,
    ) -> None:
        self._context = context
        self._disk_waiters = disk_waiters
        self._step = step
        self._directory = directory
        self.code: int | None = None
        """How the keeper's own process ended; negative for the signal that ended it,
        `None` where another host started it: only its parent is told."""

    async def keep(self, script: str, spec: launcher.Spec) -> bool:
        """Start it, as soon as there is room on the disk, and wait for its end.

        Returns:
            Whether it was started; not where it was stopped before.

        Raises:
            OSError: it could not be started, for want of something else than room.
        """
        while short := await self._begun(script, spec):
            self._tell(short)
            pause = await self._context.step_tasks.run(
                self._step.id, asyncio.sleep(PAUSE)
            )
            await asyncio.to_thread(_clear, self._directory)
            if pause.cancelled():
                break
        self._tell("")
        return not short

    async def over(self) -> None:
        """Wait for its end, and say meanwhile if it waits for room."""
        end = asyncio.ensure_future(launcher.wait_until_unlocked(self._directory.lock))
        while not (await asyncio.wait([end], timeout=LOOK))[0]:
            self._tell(
                await asyncio.to_thread(attempt_files.waits_for, self._directory)
            )
        self._tell("")

    async def _begun(self, script: str, spec: launcher.Spec) -> str:
        """Start it, and wait for its end; why there was no room to begin, in words."""
        try:
            child = await asyncio.to_thread(
                launcher.launch, self._directory, script, spec, self._context.keeper_log
            )
        except OSError as error:
            if error.errno not in FULL:
                raise
            return os.strerror(error.errno)
        await self.over()
        self.code = await asyncio.to_thread(child.wait)
        if self.code == NO_ROOM:
            return os.strerror(errno.ENOSPC)
        end = attempt_files.read_end(self._directory)
        is_short = (
            end is not None
            and end.cause is attempt_files.Cause.NOT_STARTED
            and end.errno in FULL
        )
        return os.strerror(end.errno) if end is not None and is_short else ""

    def _tell(self, why: str) -> None:
        name = self._context.plan.name(self._step.id)
        self._disk_waiters.waits(self._step.id, f"{name} waits: {why}" if why else "")


def _clear(directory: AttemptDirectory) -> None:
    """Remove what there was room for of an attempt that did not begin.

    The `pid` goes first: without it, it is sure that nothing ran.
    """
    directory.pid.unlink(missing_ok=True)
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(directory.path)
