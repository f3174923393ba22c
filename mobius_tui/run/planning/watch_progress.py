"""How far a `watch` step is, and how it ends by what was observed. Pure."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from mobius_tui.errors import MobiusError
from mobius_tui.run.events.step_events import Result
from mobius_tui.run.planning.variables import Values
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.state.watch_state import WatchState
from mobius_tui.runbook.model.actions import Watch
from mobius_tui.runbook.model.probes import Health
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.text.units import clock_duration, duration_in_words


class HealthSnapshot(Struct, frozen=True, kw_only=True):
    """The state of the probes at one moment, as far as a `watch` step needs it."""

    unchecked: tuple[str, ...] = ()
    """Probes that have not been asked since the step began."""
    failing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    """Probes by id, and triggers in words, whose state is not known."""


class WatchStepVerdict(Struct, frozen=True, kw_only=True):
    """How a `watch` step ends."""

    result: Result | Literal[Status.UNKNOWN]
    reason: str


def watch_step_verdict(
    watch: WatchState,
    health: HealthSnapshot,
    *,
    since: float,
    duration: float,
    elapsed: float,
) -> WatchStepVerdict | None:
    """How the step ends now; `None` while it goes on.

    Args:
        watch: the run's triggers.
        health: what is known of health.
        since: when it began, in seconds since 1970.
        duration: seconds for which it is to watch.
        elapsed: seconds for which it has watched.
    """
    latest = watch.latest_alarm
    if latest is not None and latest.at >= since:
        return WatchStepVerdict(
            result=Status.FAILED, reason=f"a trigger fired: {latest.reason}"
        )
    if elapsed < duration:
        return None
    if watch.alarms:
        reason = f"a trigger had fired before, and stands: {watch.alarms[0].reason}"
        return WatchStepVerdict(result=Status.FAILED, reason=reason)
    lasted = f"watched for {duration_in_words(duration)}"
    if health.unchecked:
        names = ", ".join(health.unchecked)
        reason = f"{lasted}; {names} has not been asked meanwhile"
        return WatchStepVerdict(result=Status.UNKNOWN, reason=reason)
    if health.unknown:
        names = ", ".join(health.unknown)
        reason = f"{lasted}; nothing is known of {names} at the end"
        return WatchStepVerdict(result=Status.UNKNOWN, reason=reason)
    if health.failing:
        reason = f"{lasted}; {', '.join(health.failing)} is failing at the end"
        return WatchStepVerdict(result=Status.FAILED, reason=reason)
    return WatchStepVerdict(result=Status.PASSED, reason=f"{lasted}; no trigger fired")


def should_await_checks(watch: WatchState, health: HealthSnapshot) -> bool:
    """Whether to wait for the next checks at the step's end.

    A failure may be the first of those that a trigger counts, or the only one; and
    where checks had no data, as this machine was busy, the next may have some.
    """
    unsettled = health.unchecked or health.failing or health.unknown
    return bool(unsettled) and not watch.alarms


def probes_counted(health: Health) -> tuple[str, ...]:
    """The probes that a `watch` step goes by: those that triggers count, else all."""
    ids = tuple(probe.id for probe in health.probes if probe.trigger)
    return ids or tuple(probe.id for probe in health.probes)


def watch_duration(step: Step, values: Values) -> float | None:
    """Seconds for which a step watches; `None` where it is no such step, or unknown."""
    if not isinstance(step.action, Watch):
        return None
    try:
        return values.seconds(step.action.for_, "for")
    except MobiusError:
        return None


def watch_progress_text(step: Step, state: RunState, values: Values, now: float) -> str:
    """`2:10 of 30:00`, of a step that watches now; else empty.

    Args:
        step: any step.
        state: the run's.
        values: fill in how long it watches.
        now: seconds since 1970.
    """
    own = state.steps[step.id]
    last = own.last_attempt
    if own.status is not Status.RUNNING or last is None or last.check_tries:
        return ""
    whole = watch_duration(step, values)
    if whole is None:
        return ""
    return (
        f"{clock_duration(min(now - last.started, whole))} of {clock_duration(whole)}"
    )
