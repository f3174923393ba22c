"""The rollback that a trigger begins: its phase, and what it waits for. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from mobius_tui.run.plan import Plan, effect_of
from mobius_tui.run.state import RunState
from mobius_tui.run.steps import OPEN, Status
from mobius_tui.runbook.model import Phase, Step
from mobius_tui.runbook.unattended import Known, begun_phase, obstacles, replaced_steps

if TYPE_CHECKING:
    from mobius_tui.health.trigger import Meter
    from mobius_tui.run.watch_state import Alarm

ENOUGH = 5
"""Checks in a row that are ok after which a rule is judged to be gone; more of them
where it wants more to come true."""


def rollback_of(plan: Plan) -> Phase | None:
    """The phase that triggers begin; `None` where the runbook names none."""
    return begun_phase(plan.runbook)


def stops_unattended(plan: Plan, state: RunState) -> tuple[str, ...]:
    """Where the rollback would stop if it began now: which step, and why.

    It is empty where it can come to its end with nobody there, if nothing fails.
    """
    standings = plan.standings(state)
    own = rollback_of(plan)
    mine = {step.id for step in own.steps} if own is not None else set()
    pending = (Status.PENDING, Status.WAITING)
    replaced = {
        s for s in replaced_steps(plan.runbook) if standings[s].status in pending
    }
    done = {s for s, each in standings.items() if each.status in OPEN}
    known = Known(
        names=frozenset(state.variables.keys() - set(state.without)),
        # What the rollback does itself it does from the beginning.
        open=frozenset((done - mine) | replaced),
        values={name: value.text for name, value in state.variables.items()},
    )
    found = obstacles(plan.runbook, known, lambda step: plan.name(step.id))
    return tuple(f"{plan.name(stop.step.id)}: {stop.why}" for stop in found)


def in_the_way(plan: Plan, state: RunState) -> Step | None:
    """The running step that a rollback waits for.

    It is one that changes something, or one of the phases that the rollback replaces.
    """
    phase = rollback_of(plan)
    replaced = phase.instead_of if phase is not None else ()
    for step in plan.steps.values():
        if state.steps[step.id].status is Status.RUNNING and (
            effect_of(step) != "read" or plan.phase_of[step.id].id in replaced
        ):
            return step
    return None


def meter_of(meters: Iterable[Meter], alarm: Alarm) -> Meter | None:
    """How far the trigger that fired is now."""
    found = (m for m in meters if (m.probe, m.rule) == (alarm.probe, alarm.rule))
    return next(found, None)


def oks_wanted(meters: Iterable[Meter], alarm: Alarm) -> int:
    """Good checks in a row that drop a rollback which had to wait."""
    meter = meter_of(meters, alarm)
    return max(ENOUGH, meter.of if meter is not None else 0)
