"""`U`: how far back, what exactly would run, and what is asked of the host then."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.run.events.run_events import PhaseEntered
from mobius_tui.run.intents.intent_actions import UndoSteps
from mobius_tui.tui.commands.run_commands import RunCommand
from mobius_tui.tui.dialogs.undo_dialog import UndoConfirmDialog, UndoDialog
from mobius_tui.tui.presenters.availability import available_commands, why_not
from mobius_tui.tui.row_key import StepRow
from tests.tui import scenes
from tests.tui.runs import Time, hosted, opened, press, until, view_of, words

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
        await press(pilot, time, *"uction", "enter")
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
        no_aside = why_not(view, None, RunCommand.ENTER_PHASE)
        assert no_aside == "This runbook has no phase to turn aside to."
        undo = StepRow("undo-drain-the-old-pool")
        assert "is in Undo: U turns" in why_not(view, undo, RunCommand.SKIP)
        undoes = ("undo-drain-the-old-pool", f"undo-{BALANCER}")
        run.write(PhaseEntered(phase="undo", undoes=undoes))
        for step in undoes:
            scenes.passed(run, step)
        view = view_of(run)
        assert RunCommand.UNDO not in available_commands(view, None)
        assert why_not(view, None, RunCommand.UNDO) == (
            "1.3 Tell customers stays: what is sent is sent; 1.1 Note the old pool "
            "stays: the note harms nobody."
        )
    other = scenes.fresh(tmp_path)
    async with hosted(other):
        words = why_not(view_of(other), None, RunCommand.UNDO)
        assert words == "This runbook says of no step how it is undone."
