"""How a step that watches health is offered, shown and told."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.plain import progress_interval
from mobius_tui.run.events.step_events import StepStarted, StepUnknown
from mobius_tui.run.journal.describe_entry import journal_entry_text
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.planning.variables import Values
from mobius_tui.run.planning.watch_progress import watch_progress_text
from mobius_tui.runbook.library.loader import load
from mobius_tui.tui.presenters.availability import available_commands
from mobius_tui.tui.presenters.next_action import next_action
from mobius_tui.tui.presenters.step_details import detail_fields
from mobius_tui.tui.screen_state import StepRow
from mobius_tui.tui.widgets.checklist import step_row
from tests.tui.runs import MadeRun, Time, hosted, opened

BOOK = """format = 1
[runbook]
id = "watched"
title = "Watched"
[health]
every = "5s"
[[health.probe]]
id = "api"
title = "API"
url = "http://127.0.0.1:1/health"
[health.trigger]
consecutive_failures = 3
[[phase]]
id = "after"
title = "Afterwards"
[[phase.step]]
id = "watch-it"
title = "Watch it"
watch = { for = "30m" }
"""


def made(tmp_path: Path) -> MadeRun:
    path = tmp_path / "watched.toml"
    path.write_text(BOOK)
    return MadeRun(tmp_path / "runs", load(path), values={})


async def test_it_is_offered_and_its_clock_stands_everywhere(tmp_path: Path) -> None:
    run = made(tmp_path)
    async with hosted(run), opened(run) as (screen, _):
        assert screen.view is not None
        assert next_action(screen.view, None, moved=False).text == "Watch: 1.1 Watch it"
        shown = "".join(
            f.content.plain
            for f in detail_fields(screen.view, StepRow("watch-it"), compact=False)
        )
        assert "watch health for 30m" in shown
        assert "retry" not in available_commands(screen.view, StepRow("watch-it"))
    run.write(StepStarted(step="watch-it", attempt=1))
    time = Time(run.at + 130)
    async with hosted(run), opened(run, time=time) as (screen, _):
        view = screen.view
        assert view is not None
        step = view.plan.steps["watch-it"]
        assert step_row(view, step, phase_wait="").right == "2:10 of 30:00"
        said = next_action(view, None, moved=False).text
        assert said == "1.1 Watch it is running, 2:10 of 30:00"
        fields = {
            f.label: f.content.plain
            for f in detail_fields(view, StepRow("watch-it"), compact=True)
        }
        assert fields["now"].startswith("▶ watching health: 2:10 of 30:00, attempt 1")


async def test_unknown_it_can_be_watched_anew(tmp_path: Path) -> None:
    run = made(tmp_path)
    run.write(StepStarted(step="watch-it", attempt=1))
    run.write(StepUnknown(step="watch-it", attempt=1, reason="nobody watched"))
    async with hosted(run), opened(run) as (screen, _):
        assert screen.view is not None
        fields = {
            f.label: f.content.plain
            for f in detail_fields(screen.view, StepRow("watch-it"), compact=True)
        }
        assert "watches anew" in fields["look"]
        assert "retry" in available_commands(screen.view, StepRow("watch-it"))


def test_as_lines(tmp_path: Path) -> None:
    run = made(tmp_path)
    run.write(StepStarted(step="watch-it", attempt=1))
    follower = Follower(run.directory)
    said = [
        journal_entry_text(e, follower.plan, follower.state)
        for e in follower.initial_entries
    ]
    assert said[-1] == "started: 1.1 Watch it; it watches for 30 min"
    assert (progress_interval(1800), progress_interval(100), progress_interval(5)) == (
        60,
        10,
        1,
    )
    step = follower.plan.steps["watch-it"]
    values = Values(follower.state, now=run.at, name_of=str)
    assert (
        watch_progress_text(step, follower.state, values, run.at + 4000)
        == "30:00 of 30:00"
    )
