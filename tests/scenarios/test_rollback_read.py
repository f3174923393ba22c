"""The bundled rollback on the screen: what a person reads before anything is done."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Static

from mobius_tui.run.events.run_events import VariableSet
from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import find_runbook
from mobius_tui.runbook.model.actions import Choose
from mobius_tui.tui.dialogs.answer_dialogs import DecisionDialog
from mobius_tui.tui.dialogs.rollback_dialog import RollbackDialog
from mobius_tui.tui.presenters.step_details import detail_fields
from mobius_tui.tui.screen_state import LeftOutRow, StepRow
from mobius_tui.tui.widgets.answer_inputs import MarkedOptionList
from mobius_tui.tui.widgets.checklist import ChecklistOutline
from tests.tui.runs import (
    MadeRun,
    hosted,
    made,
    opened,
    settled,
    until,
    view_of,
    words,
)

SIZES = ((120, 36), (80, 24))
OLDER = "/srv/mobius/backups/dhash_production_20261130_200405.zip"


def bundled(tmp_path: Path, name: str) -> MadeRun:
    """A run of a bundled runbook, begun in production."""
    path = find_runbook(name)
    declared = load(path).variables.values()
    values = {v.name: v.default for v in declared if v.default is not None}
    return made(tmp_path, path, {**values, "reason": "Every page answers 500."})


def found(run: MadeRun, step: str, **outputs: str) -> None:
    """What a step has put out."""
    for name, value in outputs.items():
        run.write(VariableSet(name=name, value=value, source="output", step=step))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_all_that_can_be_rolled_back_is_in_sight(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    run = bundled(tmp_path, "mobius-rollback")
    async with hosted(run), opened(run, size=size) as (screen, pilot):
        view = screen.view
        assert view is not None
        step = view.plan.steps["scenario"]
        assert isinstance(step.action, Choose)
        dialog = DecisionDialog(view, step)

        async def ask() -> None:
            await screen.questions.ask(dialog)

        screen.questions.begin(ask())
        await until(pilot, lambda: pilot.app.screen is dialog)
        await settled(pilot)
        rows = dialog.query_one(MarkedOptionList)
        assert rows.size.height >= rows.virtual_size.height
        for option in step.action.options:
            assert option.title in words(pilot)
        assert f"choose one of {len(step.action.options)}" in words(pilot)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_of_more_than_fit_it_is_seen_that_there_are_more(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    run = bundled(tmp_path, "mobius-rollback")
    rows = "\n".join(f"/srv/{n}.zip\trelease {n}\tgood, but older" for n in range(30))
    found(run, "find-backup", backups=rows)
    async with hosted(run), opened(run, size=size) as (screen, pilot):
        view = screen.view
        assert view is not None
        dialog = DecisionDialog(view, view.plan.steps["choose-backup"])

        async def ask() -> None:
            await screen.questions.ask(dialog)

        screen.questions.begin(ask())
        await until(pilot, lambda: pilot.app.screen is dialog)
        await settled(pilot)
        assert "choose one of 30" in words(pilot)
        assert dialog.query_one(MarkedOptionList).vertical_scrollbar.display


@pytest.mark.parametrize("arms", [False, True], ids=["begins", "arms"])
async def test_what_the_rollback_will_do_is_said_first_and_in_a_sentence(
    tmp_path: Path, arms: bool
) -> None:
    run = bundled(tmp_path, "mobius-rollback")
    found(run, "find-backup", backups=f"{OLDER}\t2.4.8 of yesterday\tgood")
    run.write(VariableSet(name="backup_file", value=OLDER, source="answer"))
    async with hosted(run), opened(run) as (screen, pilot):
        view = screen.view
        assert view is not None
        dialog = RollbackDialog(view, arms=arms)

        async def ask() -> None:
            await screen.questions.ask(dialog)

        screen.questions.begin(ask())
        await until(pilot, lambda: pilot.app.screen is dialog)
        await settled(pilot)
        said = dialog.query_one(".body").children[0]
        assert isinstance(said, Static)
        sentence = str(said.content)
        begins = "When a trigger fires, the 5" if arms else "Runs the 5"
        assert sentence.startswith(f"{begins} steps below")
        assert "in production" in sentence
        assert sentence.endswith(
            "Nobody is asked again; if one fails, it waits for you."
        )
        assert "2.4.8" not in words(pilot), "it finds a backup of its own"


def decided(run: MadeRun) -> None:
    """Let the quick way have found a backup that is fit."""
    fit = {"backup_file": OLDER, "backup_fit": "a fit backup", "backup_sums": "x"}
    run.write(StepStarted(step="find-backup", attempt=1))
    found(run, "find-backup", backups=f"{OLDER}\t2.4.8 of yesterday\tgood", **fit)
    ended = StepEnded(
        step="find-backup", attempt=1, result=Status.PASSED, reason="exit 0"
    )
    run.write(ended)


async def test_steps_that_are_passed_over_are_told_in_words(tmp_path: Path) -> None:
    run = bundled(tmp_path, "mobius-quick")
    decided(run)
    async with hosted(run):
        view = view_of(run)
        outline = ChecklistOutline()
        outline.update(view)
        assert outline.row(LeftOutRow("quick")).title == "2 steps: not for a fit backup"
        fields = detail_fields(view, StepRow("inspect-backup"), compact=False)
        [past] = [each for each in fields if each.label == "past"]
        assert "1.3 Why this backup?  not for a fit backup" in past.content.plain
        told = " ".join(each.content.plain for each in fields)
        assert "backup_fit" not in told.replace("$backup", "")


@pytest.mark.parametrize("compact", [False, True])
async def test_why_stands_before_the_command_and_this_before_what_was_passed_over(
    tmp_path: Path, compact: bool
) -> None:
    run = bundled(tmp_path, "mobius-quick")
    decided(run)
    async with hosted(run):
        view = view_of(run)
        fields = detail_fields(view, StepRow("inspect-backup"), compact=compact)
        labels = [each.label for each in fields]
        assert labels[0] == "why"
        assert labels.index("about") < labels.index("run")


async def test_the_key_of_the_script_is_in_the_footer_of_a_small_terminal(
    tmp_path: Path,
) -> None:
    run = bundled(tmp_path, "mobius-quick")
    async with hosted(run), opened(run, size=(80, 24)) as (_, pilot):
        footer = words(pilot).rstrip().split("\n")[-1]
        assert "F2 Script" in footer
        assert "s Skip" in footer


async def test_a_restart_needs_no_backup(tmp_path: Path) -> None:
    run = bundled(tmp_path, "mobius-quick")
    run.write(StepStarted(step="find-backup", attempt=1))
    run.write(
        StepEnded(
            step="find-backup", attempt=1, result=Status.FAILED, reason="exit 1", exit=1
        )
    )
    async with hosted(run):
        statuses = view_of(run).statuses
        assert statuses["restart-services"].status is Status.PENDING
        assert statuses["execute"].status is Status.WAITING
