"""Waiting for space on the disk: who waits, and a keeper that waits to start."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
from collections.abc import Callable

from mobius_tui.errors import RunError
from mobius_tui.run.attempts import attempt_files, launcher
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.keeper.attempt_record import NO_SPACE_EXIT
from mobius_tui.run.keeper.disk_full import DISK_FULL_ERRNOS, RETRY_INTERVAL
from mobius_tui.run.storage.run_directory import AttemptDirectory
from mobius_tui.runbook.model.runbook import Step

JOURNAL_WAITER = ""
"""Names the journal where a step has its id; its reason comes first."""
POLL_INTERVAL = 1.0
"""Seconds between two reads of whether a keeper waits for space."""


class DiskSpaceWaiters:
    """Who waits for space on the disk, and why."""

    def __init__(self, on_change: Callable[[str], None]) -> None:
        """Begin with nobody waiting.

        Args:
            on_change: called with the reason, in words, whenever it changes; with an
                empty text once nobody waits.
        """
        self._on_change = on_change
        self._reasons: dict[str, str] = {}
        self._last_reason = ""

    def set_waiting(self, who: str, why: str) -> None:
        """Note that somebody waits, or waits no longer.

        Args:
            who: a step's id, or `JOURNAL_WAITER`.
            why: in words; empty where they wait no longer.
        """
        if why:
            self._reasons[who] = why
        else:
            self._reasons.pop(who, None)
        first = next(iter(self._reasons.values()), "")
        reason = self._reasons.get(JOURNAL_WAITER, first)
        if reason != self._last_reason:
            self._last_reason = reason
            self._on_change(reason)


class KeeperHandle:
    """The keeper process of one attempt, from its start to its end."""

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
        self._attempt_directory = directory
        self.exit_code: int | None = None
        """Of the keeper's own process; negative for the signal that ended it, `None`
        where an earlier host started it: only a parent gets it."""

    async def run(self, script: str, spec: launcher.LaunchSpec) -> bool:
        """Start the keeper once there is space on the disk, and wait for its end.

        Returns:
            Whether it was started; false where it was stopped before.

        Raises:
            OSError: it could not be started, for another reason than a full disk.
        """
        while full := await self._start(script, spec):
            self._report_wait(full)
            pause = await self._context.step_tasks.run(
                self._step.id, asyncio.sleep(RETRY_INTERVAL)
            )
            await asyncio.to_thread(_remove_unstarted, self._attempt_directory)
            if pause.cancelled():
                break
        self._report_wait(None)
        return not full

    async def wait_until_ended(self) -> None:
        """Wait for the keeper's end, and report meanwhile when it waits for space."""
        end = asyncio.ensure_future(
            launcher.wait_until_unlocked(self._attempt_directory.lock)
        )
        while not (await asyncio.wait([end], timeout=POLL_INTERVAL))[0]:
            self._report_wait(
                await asyncio.to_thread(
                    attempt_files.keeper_wait_reason, self._attempt_directory
                )
            )
        self._report_wait(None)

    async def _start(self, script: str, spec: launcher.LaunchSpec) -> str | None:
        """Start the keeper and wait for its end.

        Returns:
            Why there was no space to begin, in words; None where there was.
        """
        try:
            child = await asyncio.to_thread(
                launcher.launch_keeper,
                self._attempt_directory,
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
        try:
            end = attempt_files.read_script_end(self._attempt_directory)
        except RunError:
            return None  # whatever is there, the keeper has begun
        is_short = (
            end is not None
            and end.cause is attempt_files.ScriptEndCause.NOT_STARTED
            and end.errno in DISK_FULL_ERRNOS
        )
        return os.strerror(end.errno) if end is not None and is_short else None

    def _report_wait(self, why: str | None) -> None:
        name = self._context.plan.name(self._step.id)
        self._disk_waiters.set_waiting(
            self._step.id, f"{name} waits: {why}" if why else ""
        )


def _remove_unstarted(directory: AttemptDirectory) -> None:
    """Remove the directory of an attempt that could not begin.

    The `pid` goes first: without it, it is sure that nothing ran.
    """
    directory.pid.unlink(missing_ok=True)
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(directory.path)
