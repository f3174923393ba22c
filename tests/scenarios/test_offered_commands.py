"""What a screen offers, the host takes: commands and Enter, by the host's judges."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from mobius_tui.errors import MobiusError
from mobius_tui.run.host.engine import Engine
from mobius_tui.run.host.intents.run_handlers import INTENT_HANDLERS
from mobius_tui.run.host.intents.step_handlers import _may_begin
from mobius_tui.run.intents.messages import Intent
from mobius_tui.run.journal.journal import Clock, Journal, read_journal
from mobius_tui.tui.presenters.availability import available
from mobius_tui.tui.presenters.next_action import offer
from mobius_tui.tui.presenters.run_view import PHASE, RunView
from tests.run.engines import make_context, make_engine
from tests.tui import scenes
from tests.tui.presenters.test_availability import view_of
from tests.tui.runs import hosted

ENV = "production"
WISHES: Mapping[str, Intent] = {
    "skip": Intent(wish="skip", text="why"),
    "override": Intent(wish="override", text="why"),
    "restore": Intent(wish="restore"),
    "note": Intent(wish="note", text="why"),
    "end_run": Intent(wish="end", text="why"),
    "end": Intent(wish="end"),
    "arm": Intent(wish="arm", confirm=ENV),
    "roll_back": Intent(wish="rollback", confirm=ENV),
    "hold": Intent(wish="hold"),
    "enter_phase": Intent(wish="enter", phase="failure-recovery"),
}
"""What is sent, but for the step; what begins a step is judged, and not begun."""
BEGINS = ("retry", "tick", "start", "choose")


async def refusal(engine: Engine, view: RunView, command: str, key: str) -> str:
    """Why the host refuses a command; empty where it takes it."""
    step = engine.plan.steps.get(key)
    try:
        if command in BEGINS and step is not None:
            _may_begin(engine, step, again=bool(view.own(step.id).attempts))
        elif command == "phase":
            intent = Intent(wish="enter", phase=key.removeprefix(PHASE))
            await INTENT_HANDLERS["enter"](engine, intent, "maria")
        elif command in WISHES:
            intent = WISHES[command]
            wish = intent.wish
            if command == "arm" and view.state.watch.armed:
                wish = "disarm"
            named = Intent(
                wish=wish,
                step=step.id if step is not None else None,
                text=intent.text,
                confirm=intent.confirm,
                phase=intent.phase,
            )
            await INTENT_HANDLERS[wish](engine, named, "maria")
    except MobiusError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    "scene",
    [
        *("fresh", "assessed", "running", "failed", "unknown", "recovering"),
        *("fired", "countdown", "rolling", "telling", "deciding", "fired_meanwhile"),
    ],
)
async def test_what_is_offered_is_not_refused(tmp_path: Path, scene: str) -> None:
    run = getattr(scenes, scene)(tmp_path)
    refused: list[tuple[str, str, str]] = []
    async with hosted(run):
        view = view_of(run)
        phases = [PHASE + phase.id for phase in view.runbook.phases]
        async with asyncio.TaskGroup() as tasks:
            clock = Clock(wall=lambda: run.at, mono=lambda: 0.0, boot="boot")
            path = run.directory.journal
            journal = Journal(path, read_journal(path), clock)
            written = view.state.n
            for key in (*view.plan.steps, *phases):
                enter = offer(view, key, moved=True)
                offered = {(command, key) for command in available(view, key)}
                for command, about in {*offered, (enter.kind, enter.key or key)}:
                    state = view.state.copy()
                    state.n = written  # the journal goes on, the state does not
                    context = make_context(
                        run.directory, view.plan, state, clock, tasks
                    )
                    engine = make_engine(context, journal)
                    if why := await refusal(engine, view, command, about):
                        refused.append((command, about, why))
                    written = state.n
            journal.close()
    assert refused == []
