"""A `mobius-tui watch` in its host: the log of its checks, and when and how it ends.

The log is `monitor_logs/monitor_<env>_<stamp>.log`, a line `time|status|ms|body` for a
check. The host writes it, so it goes on when whoever began the watch is gone, and no
terminal delays it. The host does not keep the response's body, so the last field has
the probe's name and, in words, why it is not ok.
"""

from __future__ import annotations

import asyncio
import os
import re
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from msgspec import Struct

from mobius_tui.errors import MobiusError, UsageError
from mobius_tui.health.health_record import MachineSample, ProbeResult
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.attempts.stopping import finish_run
from mobius_tui.run.events.mode_and_outcome import ListingState, Outcome
from mobius_tui.run.events.run_events import NoteAdded
from mobius_tui.run.events.watch_events import WatchOver
from mobius_tui.run.journal.journal import JournalWriter
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.rollback import (
    has_person_begun_steps,
    is_rollback_under_way,
    rollback_text,
)
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.state.watch_state import WatchState
from mobius_tui.runbook.text.shortening import shortened
from mobius_tui.runbook.text.units import duration_in_words
from mobius_tui.sanitize import line

LOG_FOLDER = "monitor_logs"
MAX_LOG_DETAIL_CHARS = 200
"""Characters of a line's last field at most."""
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9.-]+")


def make_watch_log(folder: Path, environment: str, at: float) -> Path:
    """Make the file of a watch that is about to begin; only its owner may read it.

    Args:
        folder: where it goes; made, where only it is missing.
        environment: what it is named after.
        at: seconds since 1970.

    Raises:
        UsageError: it cannot be made, or the folder is a link.
    """
    stamp = datetime.fromtimestamp(at, UTC).strftime("%Y%m%d_%H%M%S")
    base = f"monitor_{_NOT_IN_NAMES.sub('-', environment)[:64]}_{stamp}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        inside = _open_folder(folder)
        try:
            for suffix in ("", *(f"-{n}" for n in range(2, 100))):
                name = f"{base}{suffix}.log"
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
                try:
                    os.close(os.open(name, flags | os.O_CLOEXEC, 0o600, dir_fd=inside))
                except FileExistsError:
                    continue
                return folder / name
        finally:
            os.close(inside)
    except OSError as error:
        raise UsageError(
            f"{folder}: {error.strerror}; the log of the checks goes there: make it a "
            "folder that you may write to, or name another one with --log-dir"
        ) from error
    raise UsageError(f"{folder}: a hundred watches began in this second")


def _open_folder(folder: Path) -> int:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(folder, flags)


def watch_log_line(check: ProbeResult) -> str:
    """The log's line for a check, its newline included."""
    at = datetime.fromtimestamp(check.at, UTC).isoformat(timespec="milliseconds")
    status = "000" if check.status is None else f"{check.status:03}"
    ms = "-" if check.ms is None else f"{check.ms:.0f}"
    words = line(f"{check.probe}: {check.state}")
    if check.reason:
        words += f": {line(check.reason)}"
    words = shortened(words, MAX_LOG_DETAIL_CHARS)
    return f"{at.replace('+00:00', 'Z')}|{status}|{ms}|{words}\n"


class WatchLog:
    """The log file of a watch, made before."""

    def __init__(self, path: Path) -> None:
        """Open it for appending.

        Args:
            path: from `make_watch_log`.

        Raises:
            OSError: it is gone, or something else is in its place.
        """
        inside = _open_folder(path.parent)
        try:
            flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
            self._file = os.open(path.name, flags | os.O_NONBLOCK, dir_fd=inside)
        finally:
            os.close(inside)
        if not stat.S_ISREG(os.fstat(self._file).st_mode):
            self.close()
            raise OSError(0, "it is no file")

    def write(self, check: ProbeResult) -> None:
        """Append a check.

        Raises:
            OSError: it could not be written.
        """
        data = watch_log_line(check).encode()
        if os.write(self._file, data) != len(data):
            raise OSError(28, "No space left on device")

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


MAX_VIEWER_ABSENCE = 10.0
"""Seconds without a viewer after which a watch that is not detached ends."""
MAX_DATA_WAIT = 5.0
"""Seconds for which the end of a watch waits for checks, where some had no data."""


class WatchRunVerdict(Struct, frozen=True, kw_only=True):
    """The outcome with which a `mobius-tui watch` is to end, and why."""

    outcome: Outcome | Literal[ListingState.OPEN]
    """`open`: the run stays open for a person."""
    reason: str


def watch_run_verdict(
    plan: Plan,
    state: RunState,
    *,
    is_time_over: bool,
    unviewed: float,
    unknown: tuple[str, ...],
) -> WatchRunVerdict | None:
    """How the watch is to end now; `None` while it goes on. Pure.

    Args:
        plan: the run's.
        state: the run's.
        is_time_over: whether its time is over.
        unviewed: seconds for which no viewer has been connected.
        unknown: probes of which nothing is known now.
    """
    watch = state.watch
    job = watch.watch_run
    if (
        job is None
        or watch.watch_run_end_reason
        or is_rollback_under_way(watch)
        or has_person_begun_steps(plan, state)
    ):
        return None
    if any(step.status is Status.RUNNING for step in state.steps.values()):
        return None
    fired = watch.latest_alarm is not None
    alone = not job.detached and unviewed > MAX_VIEWER_ABSENCE
    if is_time_over or (fired and (alone or not job.keep)):
        return _verdict(watch, job.seconds, unknown)
    if alone:
        reason = "whoever began the watch is gone; --detach lets it go on"
        return WatchRunVerdict(outcome=Outcome.ABANDONED, reason=reason)
    return None


def _verdict(
    watch: WatchState, seconds: float | None, unknown: tuple[str, ...]
) -> WatchRunVerdict:
    if watch.rollback_stop_reason:
        return WatchRunVerdict(
            outcome=ListingState.OPEN,
            reason=f"the rollback wants a person: {watch.rollback_stop_reason}",
        )
    if watch.latest_alarm is not None:
        begun = watch.rollback
        fired = watch.latest_alarm.reason
        if begun is not None and begun.cause == "trigger":
            fired = begun.reason  # others may have fired since
        reason = f"a trigger fired: {fired}; {rollback_text(watch)}"
        return WatchRunVerdict(outcome=Outcome.FAILED, reason=reason)
    lasted = f"watched for {duration_in_words(seconds or 0.0)}"
    if unknown:
        reason = f"{lasted}; nothing is known of {', '.join(unknown)} at the end"
        return WatchRunVerdict(outcome=Outcome.INCOMPLETE, reason=reason)
    return WatchRunVerdict(
        outcome=Outcome.COMPLETED, reason=f"{lasted}; no trigger fired"
    )


class WatchRunMonitor:
    """Logs checks and ends the watch in a run that is a watch; nothing in any other."""

    def __init__(
        self,
        context: RunContext,
        writer: JournalWriter,
        no_viewer_since: Callable[[], float | None],
    ) -> None:
        """Do nothing yet.

        Args:
            context: the run's.
            writer: the run's.
            no_viewer_since: loop time since which no viewer is connected.
        """
        self._context = context
        self._writer = writer
        self._no_viewer_since = no_viewer_since
        self._log: WatchLog | None = None
        self._log_failure = ""
        self._trouble_noted = False

    def log_health(self, record: ProbeResult | MachineSample) -> None:
        """Log a check."""
        watch = self._context.state.watch
        if watch.watch_run is None or watch.watch_run_end_reason or self._log_failure:
            return
        if not isinstance(record, ProbeResult) or not watch.watch_run.log:
            return
        path = Path(watch.watch_run.log)
        try:
            if self._log is None:
                self._log = WatchLog(path)
            self._log.write(record)
        except OSError as error:
            self._log_failure = f"{path}: {error.strerror}; checks are no longer logged"
            print(self._log_failure, flush=True)  # noqa: T201

    async def run(self) -> None:
        """End the watch when it is due."""
        loop = asyncio.get_running_loop()
        if self._context.state.watch.watch_run is None:
            return
        deadline = self._deadline(loop.time())
        while self._context.state.ended is None and self._writer.failure is None:
            wait = MAX_DATA_WAIT if self._unknown_probes() else 0.0
            is_time_over = deadline is not None and loop.time() >= deadline + wait
            since = self._no_viewer_since()
            unviewed = 0.0 if since is None else loop.time() - since
            try:
                async with self._writer.turn:
                    await self._decide(is_time_over=is_time_over, unviewed=unviewed)
            except MobiusError as error:
                print(f"watch: {error}", flush=True)  # noqa: T201
            await asyncio.sleep(0.05)

    def _deadline(self, now: float) -> float | None:
        """Loop time at which the watch ends; a resumed one has watched already."""
        watch = self._context.state.watch
        if watch.watch_run is None or watch.watch_run.seconds is None:
            return None
        gone = self._context.clock.wall() - watch.watch_run_began_at
        return now + watch.watch_run.seconds - max(0.0, gone)

    async def _decide(self, *, is_time_over: bool, unviewed: float) -> None:
        context, writer = self._context, self._writer
        if context.state.ended is not None or writer.failure is not None:
            return
        if self._log_failure and not self._trouble_noted:
            self._trouble_noted = True
            await writer.write(NoteAdded(text=self._log_failure), "host")
        verdict = watch_run_verdict(
            context.plan,
            context.state,
            is_time_over=is_time_over,
            unviewed=unviewed,
            unknown=self._unknown_probes(),
        )
        if verdict is None:
            return
        if verdict.outcome is ListingState.OPEN:
            await writer.write(WatchOver(reason=verdict.reason), "host")
        else:
            await finish_run(context, writer, verdict.outcome, verdict.reason, "host")

    def _unknown_probes(self) -> tuple[str, ...]:
        """The probes of which nothing is known."""
        health = self._context.plan.runbook.health
        states = self._context.health.states()
        probes = health.probes if health is not None else ()
        return tuple(p.id for p in probes if states.get(p.id, "unknown") == "unknown")

    def close(self) -> None:
        """Close the log file."""
        self._log_failure = self._log_failure or "the host has ended"
        if self._log is not None:
            self._log.close()
