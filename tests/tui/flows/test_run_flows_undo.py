"""`U`: how far back, what exactly would run, and what is asked of the host then."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.review.reviewed_run import ReviewedRun
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import PhaseEntered, RunEnded, RunReopened
from mobius_tui.run.intents.undo_intents import UndoSteps
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.tui.commands.run_commands import RunCommand
from mobius_tui.tui.dialogs.end_card import EndCard
from mobius_tui.tui.dialogs.phase_dialogs import UndoConfirmDialog, UndoDialog
from mobius_tui.tui.dialogs.question import Question
from mobius_tui.tui.presenters.availability import available_commands, why_unavailable
from mobius_tui.tui.screen_state import StepRow
from mobius_tui.tui.screens.review_screen import ReviewScreen
from tests.tui import scenes
from tests.tui.runs import Time, hosted, opened, press, running, until, view_of, words

BALANCER = "point-the-balancer-at-the-new-pool"
MEANT = ("drain-the-old-pool", "tell-customers", BALANCER)


async def test_what_would_run_is_shown_and_what_stays_is_typed_past(
    tmp_path: Path,
) -> None:
    run = scenes.changed(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "U")
        assert isinstance(pilot.app.screen, UndoDialog)
        await press(pilot, time, "home", "down", "down", "enter")
        assert isinstance(pilot.app.screen, UndoConfirmDialog)
        shown = words(pilot)
        assert shown.index("./pool fill green") < shown.index("./balancer use")
        assert "old_pool=green" in shown
        assert "1.3 Tell customers (passed): stays, what is sent is sent" in shown
        await press(pilot, time, *"prod", "enter")
        assert isinstance(pilot.app.screen, UndoConfirmDialog)
        assert host.intents == []
        await press(pilot, time, *"production", "enter")
        await until(pilot, lambda: host.intents)
        assert host.intents == [UndoSteps(steps=MEANT, confirm="production")]


async def test_back_to_what_stays_alone_is_no_way_back(tmp_path: Path) -> None:
    run = scenes.changed(tmp_path)
    run.write(PhaseEntered(phase="undo", undoes=("undo-drain-the-old-pool",)))
    scenes.passed(run, "undo-drain-the-old-pool")
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "U", "home", "enter")
        assert isinstance(pilot.app.screen, UndoDialog)
        assert "Nothing down to there can be undone" in words(pilot)
        assert host.intents == []


async def test_where_nothing_can_be_undone_it_says_why(tmp_path: Path) -> None:
    run = scenes.changed(tmp_path)
    async with hosted(run):
        view = view_of(run)
        assert RunCommand.UNDO in available_commands(view, None)
        # Nobody turns aside to it as to another phase.
        no_aside = why_unavailable(view, None, RunCommand.ENTER_PHASE)
        assert no_aside == "This runbook has no phase to turn aside to."
        undo = StepRow("undo-drain-the-old-pool")
        assert "is in Undo: U turns" in why_unavailable(view, undo, RunCommand.SKIP)
        undoes = ("undo-drain-the-old-pool", f"undo-{BALANCER}")
        run.write(PhaseEntered(phase="undo", undoes=undoes))
        for step in undoes:
            scenes.passed(run, step)
        view = view_of(run)
        assert RunCommand.UNDO not in available_commands(view, None)
        assert why_unavailable(view, None, RunCommand.UNDO) == (
            "1.3 Tell customers stays: what is sent is sent; 1.1 Note the old pool "
            "stays: the note harms nobody."
        )
    other = scenes.fresh(tmp_path)
    async with hosted(other):
        words = why_unavailable(view_of(other), None, RunCommand.UNDO)
        assert words == "This runbook says of no step how it is undone."


async def test_an_ended_run_is_opened_again_once_all_is_said_and_then_undone(
    tmp_path: Path,
) -> None:
    run = scenes.changed(tmp_path)
    run.write(RunEnded(outcome=Outcome.FAILED, reason="exit 1"))
    time = Time(run.at + 12 * 60)
    opened_again: list[str] = []

    async def open_again(directory: RunDirectory, runbook: Runbook) -> None:
        opened_again.append(f"{directory.id} {runbook.id}")
        run.write(RunReopened())

    async with (
        hosted(run) as host,
        opened(run, time=time, open_again=open_again) as (screen, pilot),
    ):
        await until(pilot, lambda: isinstance(pilot.app.screen, EndCard))
        assert "U Undo" in words(pilot)
        await press(pilot, time, "U")
        await until(pilot, lambda: isinstance(pilot.app.screen, Question))
        assert "ended 12 min ago: failed. Open it again to undo?" in words(pilot)
        assert "nothing else" in words(pilot)
        # Whoever thinks better of it has changed nothing.
        await press(pilot, time, "escape")
        assert "U undoes what it did" in words(pilot)
        await press(pilot, time, "U", "enter", "home", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, UndoConfirmDialog))
        assert "Open the run again, and turn to undoing" in words(pilot)
        assert (opened_again, host.intents) == ([], [])
        await press(pilot, time, "enter")
        await until(pilot, lambda: host.intents)
        assert opened_again == [f"{run.directory.id} {run.runbook.id}"]
        assert host.intents == [UndoSteps(steps=MEANT[:1])]
        assert "open again to undo" in words(pilot)
        assert screen.view is not None
        offered = available_commands(screen.view, None)
        assert offered & {RunCommand.IMPROVISE, RunCommand.ENTER_PHASE} == set()
        assert {RunCommand.UNDO, RunCommand.NOTE, RunCommand.END_RUN} <= offered
        why = why_unavailable(screen.view, StepRow("tell-customers"), RunCommand.RETRY)
        assert "1.3 Tell customers stays as it is: this run had ended" in why
        await press(pilot, time, "home", "down")
        assert "End the run again: nothing undone" in words(pilot)


async def test_an_ended_run_in_which_nothing_can_be_undone_says_why(
    tmp_path: Path,
) -> None:
    run = scenes.fresh(tmp_path)
    run.write(RunEnded(outcome=Outcome.ABANDONED))
    view = view_of(run)
    assert RunCommand.UNDO not in available_commands(view, None)
    words = why_unavailable(view, None, RunCommand.UNDO)
    assert words == "This runbook says of no step how it is undone."


async def test_the_review_of_an_ended_run_leads_to_its_own_screen(
    tmp_path: Path,
) -> None:
    run = scenes.changed(tmp_path)
    run.write(RunEnded(outcome=Outcome.FAILED, reason="exit 1"))
    time, led_to = Time(run.at), list[RunDirectory]()
    for keys in (("U",), ("enter", "U")):  # the second one from the card of its end
        screen = ReviewScreen(ReviewedRun(run.directory), open_run=led_to.append)
        screen.mono = time.mono
        async with running(screen, size=(120, 36)) as pilot:
            await press(pilot, time, *keys)
            await until(pilot, lambda: led_to)
        assert led_to.pop() == run.directory
    fresh = scenes.fresh(tmp_path)
    fresh.write(RunEnded(outcome=Outcome.ABANDONED))
    screen = ReviewScreen(ReviewedRun(fresh.directory), open_run=led_to.append)
    async with running(screen, size=(120, 36)) as pilot:
        await press(pilot, time, "U")
        assert "This runbook says of no step how it is undone." in words(pilot)
    assert led_to == []
