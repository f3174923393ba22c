"""A runbook whose steps can be undone, and the events of its runs, in memory."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.run.events.event import Event
from mobius_tui.run.events.run_events import PhaseEntered
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.situation import Situation
from mobius_tui.run.state.reducer import fold
from mobius_tui.run.state.run_state import RunState
from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.runbook import Phase, Runbook, Step, Variable
from tests.run.small_runbook import BEGAN, entries


def _changing(name: str, undo: bool = True, **more: object) -> tuple[Step, ...]:
    step = Step(id=name, title=name.upper(), action=Run(script="touch x"), **more)  # type: ignore[arg-type]
    reads = "$v $w" if name == "a" else ""
    run = Run(script=f"rm x {reads}")
    undoes = Step(id=f"undo-{name}", title=f"Undo: {step.title}", action=run)
    return (step, _of(undoes, name)) if undo else (step,)


def _of(step: Step, name: str) -> Step:
    return Step(id=step.id, title=step.title, action=step.action, undo_of=name)


_A = _changing("a", outputs=("v",))
_B = _changing("b")
_C = _changing("c")
_KEPT = _changing("kept", undo=False, no_undo="a mail is out")
_READ = Step(id="read", title="Read", action=Run(script="date $v", effect="read"))
RUNBOOK = Runbook(
    id="test",
    title="Test",
    path=Path("test.toml"),
    variables={name: Variable(name=name) for name in ("v", "w")},
    phases=(
        Phase(id="main", title="Main", steps=(_A[0], _B[0], _KEPT[0], _C[0], _READ)),
        Phase(id="undo", title="Undo", aside=True, steps=(_C[1], _B[1], _A[1])),
    ),
)
PLAN = Plan(RUNBOOK)


def after(*events: Event) -> RunState:
    """The state after these events."""
    return fold(RUNBOOK, entries(BEGAN, *events))


def turned(*steps: str) -> PhaseEntered:
    """That the run turned to undoing these steps."""
    undoes = tuple(f"undo-{step}" for step in steps)
    return PhaseEntered(phase="undo", undoes=undoes)


def situation(state: RunState) -> Situation:
    """The run, for a judgement."""
    return Situation(plan=PLAN, state=state, now=0.0, uid=0)
