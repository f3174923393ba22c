"""A runbook of a few steps, and the entries of its runs, in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mobius_tui.run.events.event import Event
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.events.run_events import RunBegan
from mobius_tui.run.events.step_events import (
    StepEnded,
    StepStarted,
)
from mobius_tui.run.state.reducer import fold
from mobius_tui.run.state.run_state import RunState
from mobius_tui.runbook.model.actions import Manual, Run
from mobius_tui.runbook.model.runbook import Phase, Runbook, Step

BEGAN = RunBegan(
    run="r",
    runbook="test",
    file="test.toml",
    sha256="0",
    title="Test",
    mode=Mode.INCIDENT,
    workdir="/",
    operator="ana",
    setting={},
)


RUNBOOK = Runbook(
    id="test",
    title="Test",
    path=Path("test.toml"),
    phases=(
        Phase(
            id="main",
            title="Main",
            steps=(
                Step(id="a", title="A", action=Run(script="true"), outputs=("v",)),
                Step(id="b", title="B", action=Manual(text="do it"), gate=True),
                Step(id="c", title="C", action=Run(script="true")),
            ),
        ),
        Phase(
            id="side",
            title="Side",
            aside=True,
            next="main",
            steps=(Step(id="s", title="S", action=Run(script="true")),),
        ),
    ),
)


def entries(*events: Event, start: int = 1) -> Iterator[Entry]:
    for n, event in enumerate(events, start):
        yield Entry(n=n, at=1000.0 + n, mono=float(n), boot="b", by="ana", event=event)


def after(*events: Event) -> RunState:
    return fold(RUNBOOK, entries(BEGAN, *events))


def start(step: str, attempt: int = 1) -> StepStarted:
    return StepStarted(step=step, attempt=attempt, reads=())


def end(step: str, attempt: int = 1, result: str = "passed") -> StepEnded:
    return StepEnded(step=step, attempt=attempt, result=result)  # type: ignore[arg-type]
