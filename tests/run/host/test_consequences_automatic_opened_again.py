"""What a host does by itself in a run that is open again: nothing but look."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mobius_tui.run.events.event import Event
from mobius_tui.run.events.run_events import RunReopened
from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.events.watch_events import RollbackBegan
from mobius_tui.run.host.consequences import journal_consequences
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.state.step_state import Status, will_retry
from mobius_tui.runbook.library.loader import load
from mobius_tui.structs import replace
from tests.run.planning.situations import BOOK, ENDED, Judges, state_after
from tests.tui.runs import MadeRun


async def test_it_neither_retries_nor_enters_a_rollback_that_was_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Either would end the host, since its state refuses what follows."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    path = tmp_path / "all.toml"
    retried = 'id = "gate"\nretry = { attempts = 3, every = "100ms" }'
    path.write_text(BOOK.replace('id = "gate"', retried))
    values = {"env": "production"}
    run = MadeRun(tmp_path / "runs", load(path), values=values)
    judges, plan = Judges(run.directory, Plan(run.runbook)), Plan(run.runbook)
    gate = plan.steps["gate"]
    story: list[Event] = [
        StepStarted(step="gate", attempt=0, reads=()),
        StepEnded(step="gate", attempt=0, result=Status.FAILED),
        RollbackBegan(phase="back", cause="trigger", reason="down"),
        ENDED,
    ]
    # Its host died between the rollback and its phase, and before the next attempt.
    before = state_after(judges.tail.entries, plan, story)
    assert will_retry(gate.retry, before.steps["gate"])
    assert before.watch.rollback is not None
    state = state_after(judges.tail.entries, plan, [*story, RunReopened()])
    assert state.is_reopened
    services = judges.host(state)
    number = judges.n
    await services.runner.retry(gate)
    await journal_consequences(services.context, services.writer)
    assert judges.n == number
    # In the run as it was before its end, both would have been done.
    going_on = judges.host(replace(before, ended=None, ended_at=None))
    await journal_consequences(going_on.context, going_on.writer)
    assert judges.n == number + 1
    judges.close()
