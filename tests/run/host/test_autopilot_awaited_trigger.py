"""A drill that goes by itself may wait for a trigger before it does anything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.client.start_run import start_new_run
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.intents.unattended_answers import (
    UnattendedAnswers,
    automatic_action,
)
from mobius_tui.run.state.step_state import Status
from tests.conftest import MakeRunbook
from tests.run.running import Running
from tests.run.sites import Site

NO_RULES = "# none"


class Drill:
    """A run of a watched runbook, which ends with the test."""

    def __init__(self, folder: Path, make: MakeRunbook) -> None:
        self.site = Site(folder)
        self.make = make
        self.run: Running | None = None

    async def begin(self, triggers: str, *, mode: Mode = Mode.DRILL) -> Running:
        book = self.make(self.site.book(triggers=triggers, grace="0.1s"))
        self.run = Running(book)
        self.run.directory = await start_new_run(
            prepare_briefing(
                book,
                given={},
                workdir=self.site.folder,
                mode=mode,
                home_and_tmpdir={"HOME": "/elsewhere", "TMPDIR": str(self.site.folder)},
            )
        )
        await self.run._look()
        return self.run


@pytest_asyncio.fixture
async def drill(tmp_path: Path, make_runbook: MakeRunbook) -> AsyncIterator[Drill]:
    made = Drill(tmp_path, make_runbook)
    yield made
    if made.run is not None:
        await made.run.close()
    made.site.close()


async def ask(run: Running, within: float) -> str:
    """Ask for a run that waits for a trigger; gives why not."""
    assert run.viewer is not None
    answers = UnattendedAnswers(trigger_within=within)
    reply = await run.viewer.send_intent(
        automatic_action(answers, manual="tick", yes=True)
    )
    return "" if reply.ok else reply.text


async def test_nothing_is_done_until_a_trigger_begins_the_rollback(
    drill: Drill,
) -> None:
    run = await drill.begin("consecutive_failures = 3")
    assert await ask(run, 60.0) == ""
    state = await run.until(lambda state: state.watch.armed)
    assert state.auto is not None
    assert state.steps["restore"].status is Status.PENDING
    (drill.site.folder / "down").touch()
    state = await run.over()
    assert state.ended is not None
    assert state.ended.outcome == "completed"
    assert drill.site.invoked() == ["automatic"]
    assert state.steps["verified"].status is Status.PASSED


async def test_without_a_trigger_in_time_it_has_failed(drill: Drill) -> None:
    run = await drill.begin(NO_RULES)
    (drill.site.folder / "down").touch()
    assert await ask(run, 0.3) == ""
    state = await run.over()
    assert state.ended is not None
    assert state.ended.outcome == "failed"
    assert state.ended.reason == "no trigger began the rollback in time"
    assert drill.site.invoked() == []


async def test_an_incident_waits_for_no_trigger(drill: Drill) -> None:
    run = await drill.begin(NO_RULES, mode=Mode.INCIDENT)
    assert "only a drill waits for a trigger" in await ask(run, 60.0)
    assert run.state.auto is None
    assert not run.state.watch.armed


async def test_steps_get_the_places_of_a_drill(drill: Drill) -> None:
    restore = drill.site.folder / "restore"
    restore.write_text('#!/bin/sh\necho "$HOME $TMPDIR"\n')
    run = await drill.begin(NO_RULES)
    await run.did("start", "restore")
    await run.output("restore", f"/elsewhere {drill.site.folder}\n")
    await run.status("restore", "passed")
