"""The run screen: what Enter does, what is asked, what is sent, what is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from mobius_tui.run.events import RunEnded, StepEnded, StepStarted
from mobius_tui.tui.output.pane import OutputPane
from mobius_tui.tui.screens.card import EndCard, ReturnCard
from mobius_tui.tui.screens.confirm import ConfirmDialog
from mobius_tui.tui.screens.dialog import DEAF, Dialog
from mobius_tui.tui.screens.failure import FailureDialog
from mobius_tui.tui.screens.leave import LeaveDialog
from mobius_tui.tui.screens.run import RunScreen
from mobius_tui.tui.widgets.key_bar import KeyBar
from tests.pictures import svg_of, text_of
from tests.tui import scenes
from tests.tui.runs import Time, hosted, opened, settled, until


async def press(pilot: Pilot[int], time: Time, *keys: str) -> None:
    """Press keys, each when the dialog that the last one opened takes keys."""
    for key in keys:
        time.pass_(DEAF + 0.01)
        await pilot.press(key)
        await until(pilot, lambda: is_quiet(pilot))


def is_quiet(pilot: Pilot[int]) -> bool:
    """Whether no dialog is on its way."""
    screen = pilot.app.screen
    if isinstance(screen, Dialog):
        return screen._opened is not None
    return not any(w.name == "ask" and w.is_running for w in pilot.app.workers)


def words(pilot: Pilot[int]) -> str:
    return text_of(svg_of(pilot.app))


async def test_enter_runs_the_next_step_without_a_question_if_it_only_reads(
    tmp_path: Path,
) -> None:
    run = scenes.decided(tmp_path)
    async with hosted(run) as host, opened(run) as (screen, pilot):
        assert screen.key == "system-status"
        await pilot.press("enter")
        await until(pilot, lambda: host.intents)
        (intent,) = host.intents
        assert (intent.wish, intent.step, intent.attempt) == (
            "start",
            "system-status",
            1,
        )


async def test_what_destroys_shows_its_exact_command_and_wants_the_name_typed(
    tmp_path: Path,
) -> None:
    run = scenes.assessed(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "enter")
        assert isinstance(pilot.app.screen, ConfirmDialog)
        shown = words(pilot)
        assert "rollback_dhash.sh --backup" in shown
        assert f"backup_file={scenes.BACKUP}" in shown
        assert "/srv/mobius" in shown
        await press(pilot, time, *"staging", "enter")
        assert isinstance(pilot.app.screen, ConfirmDialog)
        assert "That is not it" in words(pilot)
        assert host.intents == []
        await press(pilot, time, *(["backspace"] * 7), *"production", "enter")
        await until(pilot, lambda: host.intents)
        assert host.intents[0].confirm == "production"
        assert host.intents[0].step == "execute"


async def test_a_dialog_takes_no_keys_that_were_typed_before_it_was_seen(
    tmp_path: Path,
) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(pilot.app.screen, FailureDialog)
        time.pass_(DEAF - 0.01)
        await pilot.press("r")
        await settled(pilot)
        assert isinstance(pilot.app.screen, FailureDialog)
        time.pass_(0.02)
        await pilot.press("r")
        await settled(pilot)
        assert isinstance(pilot.app.screen, ConfirmDialog)
        assert host.intents == []


async def test_a_failed_step_says_why_and_offers_the_ways_on(tmp_path: Path) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        shown = words(pilot)
        assert "exit 1: it says that it failed" in shown
        assert "No space left on device" in shown
        await press(pilot, time, "enter", "s")
        assert isinstance(pilot.app.screen, FailureDialog), "a gate cannot be skipped"
        await press(pilot, time, "o", *"seen", "enter")
        await until(pilot, lambda: host.intents)
        (intent,) = host.intents
        assert (intent.wish, intent.step, intent.text) == (
            "override",
            "execute",
            "seen",
        )


async def test_the_failure_phase_is_entered_from_the_failed_step(
    tmp_path: Path,
) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "f", "enter")
        await until(pilot, lambda: host.intents)
        (intent,) = host.intents
        assert (intent.wish, intent.phase, intent.step) == (
            "enter",
            "failure-recovery",
            "execute",
        )


async def test_answers_are_held_against_their_pattern_where_they_are_typed(
    tmp_path: Path,
) -> None:
    run = scenes.paging(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "space", *"Bob", "enter")
        assert "does not match @[a-z-]+" in words(pilot)
        assert host.intents == []
        await press(pilot, time, *(["backspace"] * 3), *"@bob", "enter")
        await until(pilot, lambda: host.intents)
        assert host.intents[0].values == {"ic_ack": "@bob"}


async def test_a_decision_of_several_is_marked_and_sent(tmp_path: Path) -> None:
    run = scenes.fresh(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "enter", "enter")
        assert "at least one of them" in words(pilot)
        await press(pilot, time, "space", "down", "down", "space", "enter")
        await until(pilot, lambda: host.intents)
        assert host.intents[0].names == ("critical-functionality", "security")


async def test_a_message_is_filled_in_and_what_was_told_is_sent(tmp_path: Path) -> None:
    run = scenes.telling(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "m")
        assert "Every page answers 500" in words(pilot)
        await press(pilot, time, "enter")
        await until(pilot, lambda: host.intents)
        assert host.intents[0].wish == "tick"
        assert "Environment: production" in host.intents[0].text


async def test_a_skip_wants_a_reason(tmp_path: Path) -> None:
    run = scenes.decided(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "s", "enter")
        assert "it is wanted" in words(pilot)
        await press(pilot, time, *"no", "enter")
        await until(pilot, lambda: host.intents)
        assert (host.intents[0].wish, host.intents[0].text) == ("skip", "no")


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
        run.write(StepEnded(step="system-status", attempt=1, result="passed"), after=1)
        await until(pilot, lambda: screen.key == "metrics")
        await press(pilot, time, "down", "down")
        assert screen.key == "decision"
        run.write(StepStarted(step="metrics", attempt=1), after=1)
        run.write(StepEnded(step="metrics", attempt=1, result="passed"), after=1)
        await until(pilot, lambda: screen.view and screen.view.last_n == run.n)
        assert screen.key == "decision"
        assert screen.offer is not None
        assert "out of order" in screen.offer.note
        await press(pilot, time, "escape")
        assert screen.key == "user-impact"


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
        run.write(StepEnded(step="execute", attempt=1, result="passed"), after=1)
        await until(pilot, lambda: not following())


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
        assert (host.intents[0].wish, host.intents[0].attempt) == ("stop", 1)


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


async def test_the_end_is_told_and_its_exit_code_is_the_outcomes(
    tmp_path: Path,
) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (_, pilot):
        run.write(RunEnded(outcome="failed", reason="failed: 3.2"), after=5)
        await until(pilot, lambda: isinstance(pilot.app.screen, EndCard))
        await press(pilot, time, "enter")
        assert pilot.app.return_value == 1


async def test_without_a_host_enter_resumes(tmp_path: Path) -> None:
    run = scenes.failed(tmp_path)
    resumed: list[str] = []

    async def resume(directory: object, _runbook: object) -> None:
        resumed.append(str(directory))

    async with opened(run, resume=resume) as (screen, pilot):
        assert screen.offer is not None
        assert screen.offer.kind == "resume"
        assert "host gone" in words(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: resumed)


async def test_the_footer_shows_what_applies(tmp_path: Path) -> None:
    run = scenes.assessed(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time, size=(160, 45)) as (screen, pilot):

        def offered() -> set[str]:
            return {command.id for command in screen.query_one(KeyBar).offered}

        assert "skip" not in offered(), "3.2 is a gate"
        assert "retry" not in offered()
        assert {"override", "help", "leave", "end_run"} <= offered()
        await press(pilot, time, "up")
        assert {"retry", "override"} <= offered()


async def test_keys_in_the_footer_and_the_line_above_can_be_clicked(
    tmp_path: Path,
) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (screen, pilot):
        await pilot.click("KeyBar", offset=(2, 0))
        await settled(pilot)
        assert isinstance(pilot.app.screen, ConfirmDialog), "the first is Retry"
        await press(pilot, time, "escape")
        await pilot.click("NextLine", offset=(10, 0))
        await settled(pilot)
        assert isinstance(pilot.app.screen, FailureDialog)
        await press(pilot, time, "escape")
        await pilot.click("#checklist", offset=(12, 5))
        await settled(pilot)
        assert screen.key == "metrics"


@pytest.mark.parametrize("key", ["z", "1", "2", "3", "at", "question_mark", "n", "E"])
async def test_each_of_these_keys_changes_the_screen(tmp_path: Path, key: str) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time, size=(60, 15)) as (screen, pilot):
        if key == "1":
            await press(pilot, time, "2")
        before = svg_of(pilot.app)
        await press(pilot, time, key)
        assert svg_of(pilot.app) != before
        if isinstance(pilot.app.screen, Dialog):
            await press(pilot, time, "escape")
        assert pilot.app.screen is screen


async def test_ctrl_c_ends_nothing(tmp_path: Path) -> None:
    run = scenes.running(tmp_path)
    async with hosted(run) as host, opened(run) as (screen, pilot):
        await pilot.press("ctrl+c")
        await until(pilot, lambda: "Ctrl+C ends nothing here" in words(pilot))
        assert pilot.app.screen is screen
        assert host.intents == []
