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
from mobius_tui.run.keeper.attempt_record import NO_SPACE_EXIT
from mobius_tui.run.keeper.disk_full import DISK_FULL_ERRNOS, RETRY_INTERVAL
from mobius_tui.run.storage.run_directory import AttemptDirectory
from mobius_tui.runbook.model.runbook import Step

JOURNAL_WAITER = ""
"""Who waits, where no step does; it is named first."""
LOOK = 1.0
"""Seconds between two looks at what a keeper says that it waits for."""


class DiskSpaceWaiters:
    """Who waits for room on the disk, and why."""

    def __init__(self, on_change: Callable[[str], None]) -> None:
        """Nobody waits.

        Args:
            tell: told why somebody waits, whenever that changes; empty where nobody
                does any more.
        """
        self._on_change = on_change
        self._reasons: dict[str, str] = {}
        self._last_reason = ""

    def waits(self, who: str, why: str) -> None:
        """Somebody waits, or waits no longer.

        Args:
            who: a step's id, or `JOURNAL`.
            why: in words; empty where they wait no longer.
        """
        if why:
            self._reasons[who] = why
        else:
            self._reasons.pop(who, None)
        first = next(iter(self._reasons.values()), "")
        now = self._reasons.get(JOURNAL_WAITER, first)
        if now != self._last_reason:
            self._last_reason = now
            self._on_change(now)


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
        self.exit_code: int | None = None
        """How the keeper's own process ended; negative for the signal that ended it,
        `None` where another host started it: only its parent is told."""

    async def run(self, script: str, spec: launcher.LaunchSpec) -> bool:
        """Start it, as soon as there is room on the disk, and wait for its end.

        Returns:
            Whether it was started; not where it was stopped before.

        Raises:
            OSError: it could not be started, for want of something else than room.
        """
        while full := await self._start(script, spec):
            self._report_wait(full)
            pause = await self._context.step_tasks.run(
                self._step.id, asyncio.sleep(RETRY_INTERVAL)
            )
            await asyncio.to_thread(_remove_unstarted, self._directory)
            if pause.cancelled():
                break
        self._report_wait("")
        return not full

    async def wait_until_ended(self) -> None:
        """Wait for its end, and say meanwhile if it waits for room."""
        end = asyncio.ensure_future(launcher.wait_until_unlocked(self._directory.lock))
        while not (await asyncio.wait([end], timeout=LOOK))[0]:
            self._report_wait(
                await asyncio.to_thread(
                    attempt_files.keeper_wait_reason, self._directory
                )
            )
        self._report_wait("")

    async def _start(self, script: str, spec: launcher.LaunchSpec) -> str:
        """Start it, and wait for its end; why there was no room to begin, in words."""
        try:
            child = await asyncio.to_thread(
                launcher.launch_keeper,
                self._directory,
                script,
                spec,
                self._context.keeper_log,
            )
        except OSError as error:
            if error.errno not in DISK_FULL_ERRNOS:
                raise
            return os.strerror(error.errno)
        await self.wait_until_ended()
        self.exit_code = await asyncio.to_thread(child.wait)
        if self.exit_code == NO_SPACE_EXIT:
            return os.strerror(errno.ENOSPC)
        end = attempt_files.read_script_end(self._directory)
        is_short = (
            end is not None
            and end.cause is attempt_files.Cause.NOT_STARTED
            and end.errno in DISK_FULL_ERRNOS
        )
        return os.strerror(end.errno) if end is not None and is_short else ""

    def _report_wait(self, why: str) -> None:
        name = self._context.plan.name(self._step.id)
        self._disk_waiters.waits(self._step.id, f"{name} waits: {why}" if why else "")


def _remove_unstarted(directory: AttemptDirectory) -> None:
    """Remove what there was room for of an attempt that did not begin.

    The `pid` goes first: without it, it is sure that nothing ran.
    """
    directory.pid.unlink(missing_ok=True)
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(directory.path)
