"""The rollback that a trigger begins, and whether a run is only a watch. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from mobius_tui.run.planning.lost_secrets import lost_secret_notice
from mobius_tui.run.planning.plan import Plan, effect_of
from mobius_tui.run.planning.step_status import step_statuses
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import (
    GATE_OPENING_STATUSES,
    UNBEGUN_STATUSES,
    Status,
)
from mobius_tui.run.state.watch_state import WatchState
from mobius_tui.runbook.model.runbook import Phase, Step
from mobius_tui.runbook.model.unattended import (
    KnownValues,
    replaced_steps,
    triggered_phase,
    unattended_stops,
)

if TYPE_CHECKING:
    from mobius_tui.health.trigger import Meter
    from mobius_tui.run.state.watch_state import Alarm


MIN_OKS_TO_DROP_ROLLBACK = 5
"""Ok checks in a row, at least, that drop a rollback which had to wait. If the rule's
meter fires only at a greater count, it takes as many as that."""


def rollback_phase(plan: Plan) -> Phase | None:
    """The phase that triggers begin; `None` where the runbook names none."""
    return triggered_phase(plan.runbook)


def rollback_stop_texts(plan: Plan, state: RunState) -> tuple[str, ...]:
    """Where the rollback would stop if it began now: which step, and why, in words.

    Empty where it would reach its end with nobody there, if nothing fails.
    """
    standings = step_statuses(plan, state)
    own = rollback_phase(plan)
    mine = {step.id for step in own.steps} if own is not None else set()
    unbegun = UNBEGUN_STATUSES | {Status.WAITING}
    replaced = {
        s for s in replaced_steps(plan.runbook) if standings[s].status in unbegun
    }
    done = {s for s, each in standings.items() if each.status in GATE_OPENING_STATUSES}
    fetched = {n for n, each in plan.runbook.variables.items() if each.is_fetched}
    known = KnownValues(
        names=frozenset(state.variables.keys() - set(state.lost_secrets) | fetched),
        # The rollback begins anew, so its own steps do not count as done.
        satisfied_steps=frozenset((done - mine) | replaced),
        values={name: value.text for name, value in state.variables.items()},
    )
    stops = unattended_stops(plan.runbook, known, lambda step: plan.name(step.id))
    lost = lost_secret_notice(plan.runbook, state)
    return (
        *((lost,) if lost else ()),
        *(f"{plan.name(stop.step.id)}: {stop.why}" for stop in stops),
    )


def step_blocking_rollback(plan: Plan, state: RunState) -> Step | None:
    """The running step that a rollback waits for.

    It is one that changes something, or one of the rollback's own phase, which begins
    anew, or of those that it replaces.
    """
    phase = rollback_phase(plan)
    over = (phase.id, *phase.instead_of) if phase is not None else ()
    for step in plan.steps.values():
        if state.steps[step.id].status is Status.RUNNING and (
            effect_of(step) != "read" or plan.phase_of[step.id].id in over
        ):
            return step
    return None


def belongs_to_rollback(plan: Plan, step: Step) -> bool:
    """Whether a step belongs to the rollback that a trigger begins.

    It does if its phase is the rollback phase, one that the rollback phase replaces
    (`instead_of`), or one that replaces the rollback phase.
    """
    own, phase = rollback_phase(plan), plan.phase_of[step.id]
    return own is not None and (
        phase.id in (own.id, *own.instead_of) or own.id in phase.instead_of
    )


def meter_of(meters: Iterable[Meter], alarm: Alarm) -> Meter | None:
    """The meter of the rule that fired an alarm; `None` where there is none."""
    matching = (m for m in meters if (m.probe, m.rule) == (alarm.probe, alarm.rule))
    return next(matching, None)


def oks_that_drop_rollback(meters: Iterable[Meter], alarm: Alarm) -> int:
    """Ok checks in a row that cancel a rollback which had to wait."""
    meter = meter_of(meters, alarm)
    return max(MIN_OKS_TO_DROP_ROLLBACK, meter.of if meter is not None else 0)


def has_person_begun_steps(plan: Plan, state: RunState) -> bool:
    """Whether a person has begun steps, and so decides when the run ends."""
    mains = [step.id for phase in plan.main_phases for step in phase.steps]
    elsewhere = bool(state.aside_frames) and not (
        state.watch.rollback_running or state.watch.rollback_stop_reason
    )
    return elsewhere or any(state.steps[step_id].attempts for step_id in mains)


def is_watch_run_only(plan: Plan, state: RunState) -> bool:
    """Whether the run is a `mobius-tui watch` that goes on, and nothing more."""
    watch = state.watch
    return (
        watch.watch_run is not None
        and not watch.watch_run_end_reason
        and not watch.rollback_stop_reason
        and not has_person_begun_steps(plan, state)
    )


def ends_without_viewers(plan: Plan, state: RunState) -> bool:
    """Whether the run is a watch that ends when its last viewer leaves."""
    job = state.watch.watch_run
    stays = job is None or job.detached or is_rollback_under_way(state.watch)
    return not stays and is_watch_run_only(plan, state)


def is_rollback_under_way(watch: WatchState) -> bool:
    """Whether a rollback counts down or runs."""
    return watch.countdown is not None or watch.rollback_running


def person_end_reason(watch: WatchState, who: str) -> str:
    """Why a watch ended that a person ends, in words."""
    if watch.latest_alarm is None:
        return f"{who} ended the watch; no trigger fired"
    reason = f"a trigger fired: {watch.latest_alarm.reason}; {rollback_text(watch)}"
    return f"{who} ended the watch; {reason}"


def rollback_text(watch: WatchState) -> str:
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
