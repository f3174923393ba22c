"""Health before and after a step, and the times of an outage, as they are shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.health.health_record import ProbeResult
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import NoteAdded, RunEnded
from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.events.watch_events import RollbackBegan, TriggerFired
from mobius_tui.run.state.step_state import Status
from mobius_tui.tui.presenters.status_text import status_text
from mobius_tui.tui.presenters.step_details import detail_fields
from mobius_tui.tui.screen_state import StepRow
from tests.tui import scenes
from tests.tui.runs import MadeRun, Time, hosted, opened, rollback, words


def seen(run: MadeRun, spelt: str) -> None:
    """A check of the probe each second from now on; the clock goes on with them."""
    for each in spelt:
        run.at += 1
        check = ProbeResult(
            at=run.at,
            mono=run.at,
            probe="api",
            state={"o": "ok", "f": "failed"}[each],  # type: ignore[arg-type]
        )
        run.health([check])


def stepped(run: MadeRun, during: str) -> None:
    run.write(StepStarted(step="execute", attempt=1), after=0.5)
    seen(run, during)
    run.write(StepEnded(step="execute", attempt=1, result=Status.FAILED), after=0.5)


@pytest.mark.parametrize("compact", [False, True])
@pytest.mark.parametrize(
    ("before", "during", "shown"),
    [
        ("of", "ffo", "✖ api failing  →  ● api ok"),
        ("oo", "f", "● api ok  →  ✖ api failing"),
        ("", "o", "? api unknown  →  ● api ok"),
    ],
)
async def test_a_step_shows_health_when_it_began_and_ended(
    tmp_path: Path, before: str, during: str, shown: str, compact: bool
) -> None:
    run = scenes.assessed(tmp_path)
    seen(run, before)
    stepped(run, during)
    async with hosted(run), opened(run) as (screen, _):
        assert screen.view is not None
        fields = detail_fields(screen.view, StepRow("execute"), compact=compact)
    assert [f.content.plain for f in fields if f.label == "health"] == [shown]


async def test_nothing_is_said_of_health_that_nobody_looked_at(tmp_path: Path) -> None:
    run = scenes.assessed(tmp_path)
    stepped(run, "")
    async with hosted(run), opened(run) as (screen, _):
        assert screen.view is not None
        fields = detail_fields(screen.view, StepRow("execute"), compact=False)
    assert "health" not in [field.label for field in fields]


async def test_a_running_step_shows_what_it_began_with(tmp_path: Path) -> None:
    run = scenes.running(tmp_path)
    async with hosted(run), opened(run) as (_, pilot):
        assert "health  ✖ api failing  when it began" in words(pilot)


def outage(tmp_path: Path) -> MadeRun:
    run = rollback(tmp_path)
    seen(run, "ooofff")
    run.write(
        TriggerFired(
            probe="api",
            rule="consecutive_failures",
            reason="3 checks of api failed in a row",
            seen=run.at,
        ),
        by="trigger",
    )
    seen(run, "ff")
    run.write(NoteAdded(text="I look"), after=39)
    began = RollbackBegan(phase="automated-rollback", cause="person", reason="so")
    run.write(began, after=10)
    seen(run, "ffoooo")
    return run


LINES = (
    "trigger fired: 3 checks of api failed in a row",
    "+0:41     acknowledged by maria, counted from the trigger",
    "+0:51     rollback begun",
    "+0:54     healthy again",
    "+0:56     three healthy in a row",
)


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_the_end_card_has_the_times_of_the_outage(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    run = outage(tmp_path)
    run.write(RunEnded(outcome=Outcome.FAILED, reason="it took too long"), after=5)
    async with hosted(run), opened(run, size=size) as (_, pilot):
        shown = words(pilot)
        assert [line for line in LINES if line not in shown] == []


async def test_the_status_has_them_in_a_line(tmp_path: Path) -> None:
    run = outage(tmp_path)
    async with hosted(run), opened(run, time=Time(run.at)) as (screen, _):
        assert screen.view is not None
        text = status_text(screen.view, screen.health, run="r", head="h" * 64)
    assert (
        "\nOutage: 13:45:11 UTC trigger fired: 3 checks of api failed in a row, "
        "+0:41 acknowledged by maria, counted from the trigger, +0:51 rollback begun, "
        "+0:54 healthy again, +0:56 three healthy in a row\n"
    ) in text


async def test_an_outage_that_goes_on_says_so(tmp_path: Path) -> None:
    run = outage(tmp_path)
    run.directory.health.write_bytes(b"")
    async with hosted(run), opened(run) as (screen, _):
        assert screen.view is not None
        text = status_text(screen.view, None, run="r", head="h" * 64)
    assert "not healthy again" in text
