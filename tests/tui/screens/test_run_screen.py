"""The run screen: what Enter does, what is asked, what is sent, what is shown."""

from __future__ import annotations

from pathlib import Path
from time import localtime, strftime

import pytest
from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget

from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import RunEnded
from mobius_tui.run.events.step_events import RowsAdded, StepEnded, StepStarted
from mobius_tui.run.intents.step_intents import StartStep, StopStep
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.last_viewed import LastView, read_last_view, write_last_view
from mobius_tui.runbook.library.loader import load
from mobius_tui.tui.dialogs.end_card import EndCard
from mobius_tui.tui.dialogs.leave_dialog import LeaveDialog
from mobius_tui.tui.dialogs.return_card import ReturnCard
from mobius_tui.tui.output.output_pane import OutputPane
from mobius_tui.tui.presenters.next_action import ResumeHost
from mobius_tui.tui.presenters.styled_text import ROLE_STYLES
from mobius_tui.tui.screen_state import StepRow
from mobius_tui.tui.screens.run_screen import RunScreen
from mobius_tui.tui.widgets.health_panel import HealthPanel
from tests.tui import scenes
from tests.tui.runs import (
    MadeRun,
    Time,
    hosted,
    opened,
    press,
    settled,
    until,
    words,
)


async def test_enter_runs_the_next_step_without_a_question_if_it_only_reads(
    tmp_path: Path,
) -> None:
    run = scenes.decided(tmp_path)
    async with hosted(run) as host, opened(run) as (screen, pilot):
        assert screen.key == StepRow("system-status")
        await pilot.press("enter")
        await until(pilot, lambda: host.intents)
        (intent,) = host.intents
        assert intent == StartStep(step="system-status", attempt=1)


async def test_a_refusal_of_the_host_is_shown(tmp_path: Path) -> None:
    run = scenes.decided(tmp_path)
    async with hosted(run) as host, opened(run) as (_, pilot):
        host.refuse = "2.1 System status has moved on [/x]"
        await pilot.press("enter")
        await until(pilot, lambda: "has moved on [/x]" in words(pilot))


async def test_the_cursor_follows_the_run_unless_the_person_moved_it(
    tmp_path: Path,
) -> None:
    run = scenes.decided(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (screen, pilot):
        run.write(StepStarted(step="system-status", attempt=1))
        run.write(
            StepEnded(step="system-status", attempt=1, result=Status.PASSED), after=1
        )
        await until(pilot, lambda: screen.key == StepRow("metrics"))
        await press(pilot, time, "down", "down")
        assert screen.key == StepRow("decision")
        run.write(StepStarted(step="metrics", attempt=1), after=1)
        run.write(StepEnded(step="metrics", attempt=1, result=Status.PASSED), after=1)
        await until(
            pilot, lambda: screen.view and screen.view.last_entry_number == run.n
        )
        assert screen.key == StepRow("decision")
        assert screen.offer is not None
        assert "out of order" in screen.offer.note
        await press(pilot, time, "escape")
        assert screen.key == StepRow("user-impact")


async def test_a_clock_that_moves_on_draws_no_detail_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = scenes.decided(tmp_path)
    time = Time(run.at)
    drawn: list[str] = []
    refresh = Widget.refresh

    def noted(self: Widget, *regions: Region, **others: bool) -> Widget:
        drawn.append(type(self).__name__)
        return refresh(self, *regions, **others)

    async with hosted(run), opened(run, time=time) as (screen, pilot):
        monkeypatch.setattr(Widget, "refresh", noted)
        time.pass_(1)
        screen.feed.show_now()
        await settled(pilot)
        assert "RunHeader" in drawn
        assert not {"DetailPane", "FieldList"} & set(drawn)
        drawn.clear()
        await press(pilot, time, "down")
        await until(pilot, lambda: "DetailPane" in drawn)


async def test_a_running_step_is_followed_by_a_worker_that_ends_with_it(
    tmp_path: Path,
) -> None:
    run = scenes.running(tmp_path)
    async with hosted(run), opened(run) as (screen, pilot):

        def following() -> bool:
            return any(
                worker.name == "follow execute.1" and worker.is_running
                for worker in screen.workers
            )

        assert following()
        run.output("execute", 1, "another line\n")
        pane = screen.query_one(OutputPane)
        await until(
            pilot,
            lambda: any(
                "another line" in pane.render_line(y).text
                for y in range(pane.size.height)
            ),
        )
        run.write(StepEnded(step="execute", attempt=1, result=Status.PASSED), after=1)
        await until(pilot, lambda: not following())
        assert screen.outputs.followed == set(), "a long run has 50,000 attempts"


async def test_enter_does_nothing_while_a_step_runs_but_show_it(tmp_path: Path) -> None:
    run = scenes.running(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (screen, pilot):
        await press(pilot, time, "enter")
        assert screen.focused is screen.query_one(OutputPane)
        assert host.intents == []


async def test_stopping_what_changes_is_asked(tmp_path: Path) -> None:
    run = scenes.running(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "x")
        assert host.intents == []
        await press(pilot, time, "enter")
        await until(pilot, lambda: host.intents)
        assert isinstance(host.intents[0], StopStep)
        assert host.intents[0].attempt == 1


async def test_leaving_while_a_step_runs_leaves_it_running(tmp_path: Path) -> None:
    run = scenes.running(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "q")
        assert isinstance(pilot.app.screen, LeaveDialog)
        await press(pilot, time, "escape", "q", "enter")
        assert pilot.app.return_value == 0
        assert host.intents == []


async def test_coming_back_says_what_is_unknown(tmp_path: Path) -> None:
    run = scenes.unknown(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time, is_new=False) as (_, pilot):
        assert isinstance(pilot.app.screen, ReturnCard)
        shown = words(pilot)
        assert "? unknown 3.2 Restore the backup" in shown
        await press(pilot, time, "enter")
        assert isinstance(pilot.app.screen, RunScreen)
        assert "still alive: 4711" in words(pilot)


async def test_coming_back_says_for_how_long_and_what_happened_since(
    tmp_path: Path,
) -> None:
    run = scenes.decided(tmp_path)
    left = run.at
    write_last_view(run.directory, LastView(at=left, health="API health is ok"))
    run.write(StepStarted(step="system-status", attempt=1), after=60)
    run.write(
        StepEnded(step="system-status", attempt=1, result=Status.PASSED), after=60
    )
    run.health(scenes.checks(run, failing=26))
    time = Time(run.at + 5)
    async with hosted(run), opened(run, time=time, is_new=False) as (_, pilot):
        shown = words(pilot)
        assert "no screen showed this run for 2 min 5 s" in shown
        assert "since   ✔ passed 2.1 System status" in shown
        then, now = (strftime("%H:%M:%S", localtime(at)) for at in (left, time.at))
        assert f"at {now}" in shown
        assert f"{then}  API health is ok" in shown
        assert f"{now}  API health is failing" in shown
        time.pass_(10)
        await until(pilot, lambda: _glanced_at(run) == time.at)
    assert _glanced_at(run) == time.at


def _glanced_at(run: MadeRun) -> float:
    glance = read_last_view(run.directory)
    assert glance is not None
    return glance.at


async def test_nobody_was_away_where_another_screen_may_have_shown_it(
    tmp_path: Path,
) -> None:
    run = scenes.decided(tmp_path)
    run.write(StepStarted(step="system-status", attempt=1), after=60)
    run.write(
        StepEnded(step="system-status", attempt=1, result=Status.PASSED), after=60
    )
    write_last_view(run.directory, LastView(at=run.at, health="API health is ok"))
    time = Time(run.at + 4)
    async with hosted(run), opened(run, time=time, is_new=False) as (_, pilot):
        assert "Back in MOBIUS rollback" in words(pilot)
        assert "no screen showed this run" not in words(pilot)


async def test_the_end_is_told_and_its_exit_code_is_the_outcomes(
    tmp_path: Path,
) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (_, pilot):
        run.write(RunEnded(outcome=Outcome.FAILED, reason="failed: 3.2"), after=5)
        await until(pilot, lambda: isinstance(pilot.app.screen, EndCard))
        await press(pilot, time, "enter")
        assert pilot.app.return_value == 1


async def test_without_a_host_enter_resumes(tmp_path: Path) -> None:
    run = scenes.failed(tmp_path)
    resumed: list[str] = []

    async def resume(directory: object, _runbook: object) -> None:
        resumed.append(str(directory))

    async with opened(run, resume=resume) as (screen, pilot):
        assert isinstance(screen.offer, ResumeHost)
        assert "host gone" in words(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: resumed)


async def test_stopping_the_checks_of_a_step_does_not_speak_of_its_script(
    tmp_path: Path,
) -> None:
    run = scenes.running(tmp_path)
    run.directory.attempt("execute", 1).exit.write_text("cause=exited\n")
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (screen, pilot):
        assert "its script has ended; being checked" in words(pilot)
        assert "Stop checking" in words(pilot)
        await press(pilot, time, "x")
        assert "Stop checking 3.2 Restore the backup?" in words(pilot)
        assert "Its script has ended" in words(pilot)
        assert "SIGTERM" not in words(pilot)
        await press(pilot, time, "enter")
        await until(pilot, lambda: host.intents)
        assert screen.offer is not None
        assert "is being checked" in screen.offer.text


async def test_a_warning_is_told_on_the_step_that_follows_it(tmp_path: Path) -> None:
    run = scenes.decided(tmp_path)
    run.write(StepStarted(step="system-status", attempt=1))
    run.write(
        StepEnded(
            step="system-status",
            attempt=1,
            result=Status.WARNED,
            reason="http check: 503",
        ),
        after=1,
    )
    async with hosted(run), opened(run) as (screen, pilot):
        assert screen.key == StepRow("metrics")
        assert "▲ 2.1 System status warned  http check: 503" in words(pilot)


async def test_health_that_nobody_watches_is_calm_and_says_so(tmp_path: Path) -> None:
    run = scenes.running(tmp_path)
    time = Time(run.at + 61)
    async with opened(run, time=time) as (screen, pilot):
        shown = words(pilot)
        since = strftime("%H:%M", localtime(run.at))
        assert f"unwatched since {since}; API health was failing" in shown
        assert "every 5s" not in shown
        health = screen.query_one(HealthPanel)
        assert not health.has_class("-failing")
        content = health.render()
        assert isinstance(content, Content)
        assert {str(span.style) for span in content.spans} == {ROLE_STYLES["muted"]}


async def test_rows_that_come_are_listed_and_the_next_of_them_is_offered(
    tmp_path: Path,
) -> None:
    """The cursor goes to a step that the view before does not have."""
    book = tmp_path / "rows.toml"
    book.write_text(
        'format = 2\n[runbook]\ntitle = "Rows"\n[[step]]\nid = "go"\n'
        'title = "Restart ${server}"\nitem = "server"\nparallel = 2\n'
        "for_each = { run = 'ls /srv' }\nrun = 'systemctl restart \"$server\"'\n"
        '[[step]]\nid = "after"\ntitle = "Look"\nfor_each = ["a"]\nmanual = "Look"\n'
    )
    run = MadeRun(tmp_path / "runs", load(book), values={})
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (screen, pilot):
        assert screen.offer is not None
        assert screen.offer.text == "List the items of 1.1 Restart each server"
        shown = words(pilot)
        assert "for each line of `ls /srv`, as $server, 2 side by side" in shown
        assert 'systemctl restart "$server"' in shown
        run.write(StepStarted(step="go", attempt=1))
        items = ("web-1", "x\x1b[31m [red]${HOME}")
        run.write(RowsAdded(step="go", rows=("go--1", "go--2"), items=items))
        run.write(StepEnded(step="go", attempt=1, result=Status.PASSED), after=1)
        await until(pilot, lambda: screen.key == StepRow("go--1"))
        assert screen.offer.text == "Run 1.1.1 Restart web-1"
        shown = words(pilot)
        assert "1.1.1 Restart web-1" in shown
        assert "1.1.2 Restart x␛[31m [red]${HOME}" in shown
        assert "2 rows left" in shown
        assert "server=web-1" in shown
        run.write(StepStarted(step="go--1", attempt=1), after=1)
        await until(pilot, lambda: screen.key == StepRow("go--2"))  # beside it
        run.write(StepEnded(step="go--1", attempt=1, result=Status.PASSED), after=1)
        await until(
            pilot, lambda: screen.view and screen.view.last_entry_number == run.n
        )
        await press(pilot, time, "down")
        assert screen.key == StepRow("after")
        assert screen.offer.text == "List the items of 1.2 Look"
