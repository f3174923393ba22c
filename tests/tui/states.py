"""The bundled rollback with a step in each state that a step can be in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from mobius_tui.run.events.run_events import PhaseEntered, PhaseLeft
from mobius_tui.run.events.step_events import (
    Result,
    StepEnded,
    StepOverridden,
    StepStarted,
)
from mobius_tui.run.state.step_state import Status
from tests.tui import scenes
from tests.tui.runs import MadeRun

Made = tuple[MadeRun, str]
"""A run, and the step in it to look at."""


def _ended(
    result: Result, reason: str, code: int | None = None
) -> Callable[[Path], Made]:
    """The restore, come to a bad end."""

    def make(tmp_path: Path) -> Made:
        run = scenes.running(tmp_path)
        if result != Status.NOT_STARTED:
            line = "cp: cannot create config/api.json: No space left on device\n"
            run.output("execute", 1, line)
        left = ("4711 node /srv/mobius/api.js",) if result == Status.STOPPED else ()
        ended = StepEnded(
            step="execute",
            attempt=1,
            result=result,
            reason=reason,
            exit=code,
            left=left,
        )
        run.write(ended, after=3)
        return run, "execute"

    return make


def _overridden(tmp_path: Path) -> Made:
    run = scenes.failed(tmp_path)
    run.write(StepOverridden(step="execute", reason="restored by hand"), after=30)
    return run, "execute"


def _recovered(tmp_path: Path) -> Made:
    run = scenes.failed(tmp_path)
    run.write(PhaseEntered(phase="failure-recovery", from_step="execute"), after=10)
    for step in run.runbook.phase("failure-recovery").steps:
        run.write(StepStarted(step=step.id, attempt=1), after=2)
        run.write(StepEnded(step=step.id, attempt=1, result=Status.PASSED), after=20)
    left = PhaseLeft(
        phase="failure-recovery", passed=True, to="verify", recovered=("execute",)
    )
    run.write(left, after=1, by="host")
    return run, "execute"


def _undone(tmp_path: Path) -> Made:
    """The newest change was taken back; what is proposed is the end."""
    run, step = scenes.changed(tmp_path), "drain-the-old-pool"
    run.write(PhaseEntered(phase="undo", undoes=(f"undo-{step}",)), after=10)
    run.write(StepStarted(step=f"undo-{step}", attempt=1), after=2)
    run.output(f"undo-{step}", 1, "green is full again\n")
    ended = StepEnded(step=f"undo-{step}", attempt=1, result=Status.PASSED)
    run.write(ended, after=3)
    run.write(PhaseLeft(phase="undo", passed=True, to=None), by="host")
    return run, step


def _replaced(tmp_path: Path) -> Made:
    run = scenes.assessed(tmp_path)
    run.write(PhaseEntered(phase="failure-recovery", from_step=None), after=10)
    return run, "execute"


STATES: Mapping[Status, Callable[[Path], Made]] = {
    Status.PENDING: lambda path: (scenes.assessed(path), "execute"),
    Status.RUNNING: lambda path: (scenes.running(path), "execute"),
    Status.PASSED: lambda path: (scenes.assessed(path), "find-backup"),
    Status.WARNED: lambda path: (scenes.assessed(path), "system-status"),
    Status.FAILED: _ended(Status.FAILED, "exit 1: the command says that it failed", 1),
    Status.TIMED_OUT: _ended(Status.TIMED_OUT, "it ran for longer than 15 min", -15),
    Status.STOPPED: _ended(Status.STOPPED, "stopped by maria", -15),
    Status.NOT_STARTED: _ended(Status.NOT_STARTED, "no such directory: /srv/mobius"),
    Status.OUTPUT_LOST: _ended(Status.OUTPUT_LOST, "No space left on device", -15),
    Status.UNKNOWN: lambda path: (scenes.unknown(path), "execute"),
    Status.UNDONE: _undone,
    Status.SKIPPED: lambda path: (scenes.assessed(path), "status-page"),
    Status.OVERRIDDEN: _overridden,
    Status.RECOVERED: _recovered,
    Status.NOT_APPLICABLE: _replaced,
    Status.WAITING: lambda path: (scenes.fresh(path), "execute"),
}
"""By state."""
