"""What lives of a run's steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mobius_tui.run.plan import kind_of
from mobius_tui.run.steps import Status
from mobius_tui.run.traces import mark_of, read_pid, survivors
from mobius_tui.runbook.model import Step

if TYPE_CHECKING:
    from mobius_tui.run.engine import Engine


def groups(engine: Engine) -> frozenset[int]:
    """The process groups of the steps that run now."""
    found = {
        read_pid(engine.directory.attempt(step_id, own.last.number))
        for step_id, own in engine.state.steps.items()
        if own.status is Status.RUNNING and own.last is not None
    }
    return frozenset(group for group in found if group)


def alive(engine: Engine, step: Step) -> tuple[str, ...]:
    """What still lives of a step's last attempt."""
    last = engine.state.steps[step.id].last
    if last is None or kind_of(step) != "run":
        return ()
    return survivors(
        engine.directory.attempt(step.id, last.number),
        mark_of(engine.directory, step.id, last.number),
    )
