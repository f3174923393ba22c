"""The host's part of `mobius-tui watch`: a log of the checks, and the watch's end.

The host decides when it ends, so that it ends even if whoever began it is gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mobius_tui.errors import MobiusError
from mobius_tui.health.health_record import MachineSample, ProbeResult
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.attempts.stopping import finish_run
from mobius_tui.run.events.mode_and_outcome import ListingState, Outcome
from mobius_tui.run.events.run_events import NoteAdded
from mobius_tui.run.events.watch_events import WatchOver
from mobius_tui.run.journal.journal_writer import JournalWriter
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.rollback import is_rollback_under_way, is_worked_by_person
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.state.watch_state import WatchState
from mobius_tui.run.watch.watch_log import WatchLog
from mobius_tui.runbook.text.units import duration_in_words

VIEWER_ABSENCE = 10.0
"""Seconds without a viewer after which a watch that is not detached ends."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchRunVerdict:
    """The outcome with which a `mobius-tui watch` is to end, and why."""

    outcome: Outcome | Literal[ListingState.OPEN]
    """`open`: the run stays open for a person."""
    reason: str


def person_end_reason(watch: WatchState, who: str) -> str:
    """Why a watch ended that a person ends, in words."""
    if watch.latest_alarm is None:
        return f"{who} ended the watch; no trigger fired"
    reason = f"a trigger fired: {watch.latest_alarm.reason}; {_rollback_text(watch)}"
    return f"{who} ended the watch; {reason}"


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
        or is_worked_by_person(plan, state)
    ):
        return None
    if any(step.status is Status.RUNNING for step in state.steps.values()):
        return None
    fired = watch.latest_alarm is not None
    alone = not job.detached and unviewed > VIEWER_ABSENCE
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
        reason = (
            f"a trigger fired: {watch.latest_alarm.reason}; {_rollback_text(watch)}"
        )
        return WatchRunVerdict(outcome=Outcome.FAILED, reason=reason)
    lasted = f"watched for {duration_in_words(seconds or 0.0)}"
    if unknown:
        reason = f"{lasted}; nothing is known of {', '.join(unknown)} at the end"
        return WatchRunVerdict(outcome=Outcome.INCOMPLETE, reason=reason)
    return WatchRunVerdict(
        outcome=Outcome.COMPLETED, reason=f"{lasted}; no trigger fired"
    )


def _rollback_text(watch: WatchState) -> str:
    """What became of the rollback, in words."""
    if watch.countdown is not None:
        return "no rollback was begun: its countdown was under way"
    if watch.rollback_passed is not None:
        return (
            "the rollback passed"
            if watch.rollback_passed
            else "the rollback did not pass"
        )
    why = f" ({watch.disarm_reason})" if watch.disarm_reason else ""
    return f"no rollback was begun: the watch was not armed{why}"


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
            is_time_over = deadline is not None and loop.time() >= deadline
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
