"""An attempt at a `watch` step: it watches health for a while.

It starts no process, and asks no probe itself: it uses the checks that the run's host
makes anyway, and the triggers. What happened while no check was made is not known, so a
gap ends the attempt as unknown: the machine was suspended, or no host ran for a while.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from mobius_tui.errors import MobiusError, RunError
from mobius_tui.health.probe_window import hosts_cycle, stale_after
from mobius_tui.health.ticker import boot_clock
from mobius_tui.run.attempts.exit_status import restart_text
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.planning.variables import UnfitValueError
from mobius_tui.run.planning.watch_progress import (
    HealthSnapshot,
    WatchStepVerdict,
    probes_counted,
    should_await_checks,
    watch_step_verdict,
)
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.last_viewed import last_check_times
from mobius_tui.runbook.model.actions import Watch
from mobius_tui.runbook.model.probes import Health
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.text.units import clock_duration, duration_in_words

POLL_INTERVAL = 0.1
"""Seconds between two evaluations of the checks."""


class WatchAttempt:
    """One attempt at watching."""

    def __init__(self, context: RunContext, step: Step) -> None:
        """Prepare; `run` watches.

        Args:
            context: the run's.
            step: one whose action is to watch, and whose attempt has started.
        """
        health, last = (
            context.plan.runbook.health,
            context.state.steps[step.id].last_attempt,
        )
        assert health is not None
        assert last is not None
        self._context = context
        self._step = step
        self._attempt = last
        self._health: Health = health
        self._longest_gap = stale_after(self._check_cycle())
        """Seconds without a check after which it is not known what happened."""

    def _check_cycle(self) -> float:
        """Seconds within which every probe is asked and has answered."""
        values = self._context.values()
        timeouts = (("timeout", probe.timeout) for probe in self._health.probes)
        durations = [5.0]
        for key, text in (("every", self._health.every), *timeouts):
            with suppress(MobiusError):  # the monitor tells of it
                durations.append(values.seconds(text, key))
        counted = probes_counted(self._health)
        if any(probe.id in counted for probe in self._health.host_probes):
            with suppress(MobiusError):
                every = values.seconds(self._health.hosts_every, "hosts_every")
                durations.append(hosts_cycle(every))
        return max(durations[1:], default=5.0)

    async def run(self, *, resumed: bool) -> WatchStepVerdict:
        """Watch until it is decided, is stopped, or cannot be known any more.

        Args:
            resumed: whether an earlier host began it.

        Raises:
            RunError: `for` is no duration, or one out of bounds.
        """
        assert isinstance(self._step.action, Watch)
        try:
            duration = self._context.values().seconds(self._step.action.for_, "for")
        except UnfitValueError as error:
            raise RunError(f"watch.for: {error}") from error
        if resumed and (reason := self._gap_reason()):
            return WatchStepVerdict(result=Status.UNKNOWN, reason=reason)
        if self._attempt.stop_asked:
            return WatchStepVerdict(result=Status.STOPPED, reason="stopped")
        task = await self._context.step_tasks.run(self._step.id, self._watch(duration))
        if task.cancelled():
            took = clock_duration(self._elapsed())
            words = f"stopped after {took} of {clock_duration(duration)}"
            return WatchStepVerdict(result=Status.STOPPED, reason=words)
        return task.result()

    def _elapsed(self) -> float:
        """Seconds since it began, across hosts, on the machine's own clock."""
        return max(0.0, self._context.clock.mono() - self._attempt.mono)

    async def _watch(self, duration: float) -> WatchStepVerdict:
        looked = boot_clock()
        while True:
            now = boot_clock()
            if now - looked > self._longest_gap:
                gap = duration_in_words(now - looked)
                words = f"nobody looked for {gap}: its host slept"
                return WatchStepVerdict(result=Status.UNKNOWN, reason=words)
            looked = now
            health, took = self._health_snapshot(), self._elapsed()
            watch = self._context.state.watch
            waits = (
                should_await_checks(watch, health)
                and took < duration + self._longest_gap
            )
            verdict = watch_step_verdict(
                watch,
                health,
                since=self._attempt.started,
                duration=duration + self._longest_gap if waits else duration,
                elapsed=took,
            )
            if verdict is not None:
                return verdict
            await asyncio.sleep(POLL_INTERVAL)

    def _health_snapshot(self) -> HealthSnapshot:
        context = self._context
        states, looked = context.health.states(), context.health.last_checks()
        ids = probes_counted(self._health)
        since = self._attempt.started
        return HealthSnapshot(
            unchecked=tuple(i for i in ids if looked.get(i, 0.0) < since),
            failing=tuple(i for i in ids if states.get(i) == "failing"),
            unknown=(
                *(i for i in ids if states.get(i, "unknown") == "unknown"),
                *context.health.unknown_triggers(),
            ),
        )

    def _gap_reason(self) -> str | None:
        """Why an earlier host's watch cannot be continued; None where it can."""
        if self._context.state.is_taken_over(self._attempt):
            return "the run was taken over meanwhile; nobody watched"
        if self._attempt.boot != self._context.clock.boot:
            words = restart_text(is_machine_known=bool(self._attempt.machine))
            return f"{words} meanwhile; nobody watched"
        seen = last_check_times(self._context.directory.health)
        now = self._context.clock.wall()
        began = self._attempt.started
        since = min(max(began, seen.get(i, 0.0)) for i in probes_counted(self._health))
        if now - since <= self._longest_gap:
            return None
        stamp = time.strftime("%H:%M:%S", time.localtime(since))
        lasted = duration_in_words(now - since)
        return f"its host had ended: nobody watched for {lasted}, from {stamp} on"
