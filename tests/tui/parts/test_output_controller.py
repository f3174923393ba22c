"""The output pane on the run screen: its tabs, its footer, and what it stops."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.intents.step_intents import StopStep
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.library.loader import load
from mobius_tui.tui.output.output_pane import OutputPane
from mobius_tui.tui.screen_state import StepRow
from mobius_tui.tui.screens.run_screen import RunScreen
from tests.tui import scenes
from tests.tui.runs import MadeRun, Time, hosted, opened, press, until, words

BESIDE = """
format = 1
[runbook]
id = "beside"
title = "Beside"
[[phase]]
id = "one"
title = "One"
[[phase.step]]
id = "tail"
title = "Tail the log"
effect = "read"
follow = true
run = "tail -f log"
[[phase.step]]
id = "work"
title = "Work"
effect = "read"
run = "work"
[[phase.step]]
id = "tick"
title = "Tick"
manual = "Look."
"""


def pane_of(screen: RunScreen) -> OutputPane:
    return screen.query_one(OutputPane)


def beside(tmp_path: Path) -> MadeRun:
    """One step that failed twice, beside one that follows a log."""
    path = tmp_path / "beside.toml"
    path.write_text(BESIDE)
    run = MadeRun(tmp_path / "runs", load(path), values={})
    run.write(StepStarted(step="tail", attempt=1))
    run.output("tail", 1, "tick [/x]\n")
    for attempt in (1, 2):
        run.write(StepStarted(step="work", attempt=attempt))
        run.output("work", attempt, f"attempt number {attempt}\n")
        run.write(
            StepEnded(
                step="work", attempt=attempt, result=Status.FAILED, reason="1", exit=1
            )
        )
    return run


async def test_attempts_and_what_runs_beside_stand_in_tabs(tmp_path: Path) -> None:
    run = beside(tmp_path)
    async with hosted(run), opened(run) as (screen, pilot):
        assert "attempt number 2" in words(pilot)
        assert "1 ✖ failed │ 2 ✖ failed │ 1.1 Tail the log ▶ live" in words(pilot)
        await pilot.press("2", "left_square_bracket")
        await until(pilot, lambda: "attempt number 1" in words(pilot))
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: "tick [/x]" in words(pilot))
        assert "Output · 1.1 Tail the log · attempt 1" in words(pilot)
        run.output("tail", 1, "another tick\n")
        await until(pilot, lambda: "another tick" in words(pilot))
        await pilot.press("1", "down")
        await until(pilot, lambda: screen.key == StepRow("tick"))
        assert "tick [/x]" not in words(pilot)
        assert "1.1 Tail the log ▶ live" in words(pilot), "wherever the cursor is"
        await pilot.press("2", "right_square_bracket")
        await until(pilot, lambda: "tick [/x]" in words(pilot))


async def test_x_stops_the_live_output_that_is_shown(tmp_path: Path) -> None:
    run = beside(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (screen, pilot):
        await pilot.press("2", "x")
        assert host.intents == [], "the step under the cursor does not run"
        await press(pilot, time, "left_square_bracket", "left_square_bracket")
        await until(pilot, lambda: pane_of(screen).is_shown_stoppable)
        await until(pilot, lambda: "x stops it" in words(pilot))
        await pilot.press("x")
        await until(pilot, lambda: host.intents)
        [intent] = host.intents
        assert intent == StopStep(step="tail", attempt=1)


async def test_a_copy_is_called_as_the_attempt_that_printed_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pager = tmp_path / "pager"
    pager.write_text(f'#!/bin/sh\nbasename "$1" > {tmp_path}/name\n')
    pager.chmod(0o700)
    monkeypatch.setenv("PAGER", str(pager))
    run = beside(tmp_path)
    async with hosted(run), opened(run) as (screen, pilot):
        pane = pane_of(screen)
        await until(pilot, lambda: pane.tab == AttemptId("work", 2))
        task = screen.outputs.task("pager", tmp_path)
        assert task is not None
        assert task.run() == ""
    assert (tmp_path / "name").read_text() == "work.2.txt\n"


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_the_footer_says_what_works_in_the_pane(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    run = scenes.failed(tmp_path)
    async with hosted(run), opened(run, size=size) as (_, pilot):
        assert "Pager" not in words(pilot)
        assert "o Override" in words(pilot)
        await pilot.press("2")
        footer = words(pilot).rstrip().splitlines()[-1]
        for part in ("/ Find", "c Copy", "C All", "o Pager", "e Editor", "S Save"):
            assert part in footer
        assert "? Help" in footer
        assert "Override" not in footer, "its key is the pager's here"
        assert "]" not in footer, "there is one attempt"
        await pilot.press("1")
        assert "Pager" not in words(pilot)
