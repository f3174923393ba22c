"""What is said in a review: annotations and action items, and lists of both."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input, OptionList

from mobius_tui.review import run_action_items, run_annotations
from mobius_tui.review.formats.markdown_report import as_markdown
from mobius_tui.review.report_builder import build_report
from mobius_tui.review.run_annotations import AnnotationTarget
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.records.run_record import write_record
from mobius_tui.run.records.verification import run_problems
from mobius_tui.tui.backend.full_screens import (
    AppResult,
    ForegroundTask,
    leave_for_task,
)
from mobius_tui.tui.dialogs.dialog import CallOnPress, Dialog
from mobius_tui.tui.dialogs.review_dialogs import (
    ActionItemDialog,
    ActionItemsDialog,
    AnnotateDialog,
    AnnotationsDialog,
)
from mobius_tui.tui.navigation import Navigator
from mobius_tui.tui.screen_state import StepRow
from tests.review.story import HOSTILE, story
from tests.tui import scenes
from tests.tui.reviews import go, reviewed
from tests.tui.runs import (
    BEGAN,
    MadeRun,
    running,
    size_id,
    until,
    words,
)


def over(tmp_path: Path) -> MadeRun:
    """The story, with the record that its host wrote at its end."""
    run = story(tmp_path / "runs")
    follower = Follower(run.directory)
    write_record(run.directory, follower.plan, follower.state, follower.head)
    return run


async def answer(pilot: Pilot[AppResult], *keys: str) -> None:
    """Type into a dialog once it takes keys."""
    dialog = pilot.app.screen
    assert isinstance(dialog, Dialog)
    dialog.mono = lambda: 1e9
    await go(pilot, *keys)


async def test_an_annotation_is_made_and_shown_and_the_journal_is_untouched(
    tmp_path: Path,
) -> None:
    run = over(tmp_path)
    before = run.directory.journal.read_bytes()
    async with reviewed(run) as (screen, pilot):
        await go(pilot, *["left"] * 8)
        at = screen.cursor_order[0]
        await go(pilot, "n")
        await until(pilot, lambda: isinstance(pilot.app.screen, AnnotateDialog))
        await answer(pilot, *"wrong zip", "enter")
        await until(pilot, lambda: run_annotations.read_annotations(run.directory))
        await until(pilot, lambda: screen.is_current)
        await go(pilot, "right", "right")  # behind all that was journaled then
        assert "wrong zip" in words(pilot)
        assert screen.cursor_order[0] == at
        await go(pilot, "n")
        await until(pilot, lambda: isinstance(pilot.app.screen, AnnotateDialog))
        await answer(pilot, *"all of it", "tab", "right", "right", "enter")
        await until(pilot, lambda: screen.is_current)
        await until(
            pilot,
            lambda: len(run_annotations.read_annotations(run.directory)) == 2,
        )
    [made, of_run] = run_annotations.read_annotations(run.directory)
    assert (made.text, made.since, made.step) == ("wrong zip", at, "")
    assert (of_run.text, of_run.since, of_run.step) == ("all of it", None, "")
    assert run.directory.journal.read_bytes() == before


async def listed(pilot: Pilot[AppResult]) -> str:
    """What the list of annotations says, once it takes keys."""
    await go(pilot, "A")
    await until(pilot, lambda: isinstance(pilot.app.screen, AnnotationsDialog))
    await answer(pilot)
    return words(pilot)


@pytest.mark.parametrize("size", [(120, 36), (80, 24)], ids=size_id)
async def test_the_annotations_are_listed_and_lead_to_what_they_are_on(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    run = over(tmp_path)
    began = BEGAN
    for text, place in (
        ("slow", AnnotationTarget(since=began + 60, until=began + 90)),
        ("all in all well", AnnotationTarget()),
        ("wrong zip [/x] " + HOSTILE, AnnotationTarget(step="roll")),
        ("here it broke", AnnotationTarget(since=began + 20)),
    ):
        run_annotations.annotate(run.directory, text, place, by="ana", now=began + 900)
    async with reviewed(run, size) as (screen, pilot):
        shown = await listed(pilot)
        places = ("here it broke", "slow", "wrong zip [/x]", "all in all well")
        found = [shown.index(each) for each in places]
        assert found == sorted(found), "in the order of what they are on"
        assert "2.2 Restore the backup  ana" in shown
        assert "the run  ana" in shown
        await go(pilot, "home", "down", "enter")
        await until(pilot, lambda: screen.is_current)
        assert screen.cursor_order[0] == began + 60
        assert screen.moment is not None
        assert "slow" in screen.moment.text
        await listed(pilot)
        options = pilot.app.screen.query_one(OptionList)
        assert options.highlighted == 1, "it begins where the cursor is"
        await go(pilot, "down", "enter")
        await until(pilot, lambda: screen.is_current)
        assert screen.key == StepRow("roll")
        await listed(pilot)
        await go(pilot, "escape")
        assert screen.is_current
        # One that somebody else has made meanwhile is listed, too.
        place = AnnotationTarget(since=began + 1)
        run_annotations.annotate(run.directory, "meanwhile", place, by="ben", now=began)
        assert "meanwhile" in await listed(pilot)
        await go(pilot, "home", "tab", "enter")
        await until(pilot, lambda: screen.is_current)
        assert screen.cursor_order[0] == began + 1


async def test_where_there_is_no_annotation_the_list_says_how_to_make_one(
    tmp_path: Path,
) -> None:
    async with reviewed(over(tmp_path), (80, 24)) as (screen, pilot):
        assert "There are none yet. n makes one" in await listed(pilot)
        await go(pilot, "enter")
        assert screen.is_current
    async with reviewed(scenes.failed(tmp_path / "open")) as (screen, pilot):
        assert screen.key == StepRow("execute"), "where the run is, while it is open"
        assert "a note belongs into its journal" in await listed(pilot)


async def test_a_range_is_marked_and_annotated(tmp_path: Path) -> None:
    run = over(tmp_path)
    async with reviewed(run) as (screen, pilot):
        await go(pilot, *["left"] * 8, "m")
        first = screen.cursor_order[0]
        await go(pilot, "right", "right", "right")
        last = screen.cursor_order[0]
        assert "═" in words(pilot)
        await go(pilot, "n")
        await until(pilot, lambda: isinstance(pilot.app.screen, AnnotateDialog))
        assert "to" in str(pilot.app.screen.query("Button").first(Button).label)
        await answer(pilot, *"slow", "escape")
        await until(pilot, lambda: screen.is_current)
        await go(pilot, "n")
        await until(pilot, lambda: isinstance(pilot.app.screen, AnnotateDialog))
        assert pilot.app.screen.query_one(Input).value == "slow", "an Esc too many"
        await answer(pilot, "enter")
        await until(pilot, lambda: run_annotations.read_annotations(run.directory))
    [made] = run_annotations.read_annotations(run.directory)
    assert (made.since, made.until) == (first, last)


async def test_action_items_are_added_get_an_owner_and_a_day_and_are_done(
    tmp_path: Path,
) -> None:
    run = over(tmp_path)
    async with reviewed(run) as (_, pilot):
        await go(pilot, "P")
        await until(pilot, lambda: isinstance(pilot.app.screen, ActionItemsDialog))
        await until(pilot, lambda: "There are none yet." in words(pilot))
        assert "post-incident" not in words(pilot)
        await answer(pilot, "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ActionItemDialog))
        await answer(pilot, "x", "backspace", "enter")
        assert "Say what is to be done." in words(pilot)
        await answer(pilot, *"disks", "tab", *"@ops", "tab", *"soon", "enter")
        assert "is no day" in words(pilot)
        pilot.app.screen.query_one("#due", Input).value = "2026-11-30"
        await answer(pilot, "tab", "tab", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ActionItemsDialog))
        await until(pilot, lambda: "0 of 1 done" in words(pilot))
        assert "@ops" in words(pilot)
        await answer(pilot, "down", "tab", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ActionItemDialog))
        item = pilot.app.screen
        assert isinstance(item, ActionItemDialog)
        await pilot.click(item.buttons[CallOnPress(item.toggle_done)])
        await until(pilot, lambda: isinstance(pilot.app.screen, ActionItemsDialog))
        await until(pilot, lambda: "1 of 1 done" in words(pilot))
    [kept] = run_action_items.read_action_items(run.directory)
    assert (str(kept.id), kept.title, kept.done) == ("own:1", "disks", True)
    assert (kept.owner, kept.due) == ("@ops", "2026-11-30")
    assert "disks" in as_markdown(build_report(run.directory))
    assert not [each for each in run_problems(run.directory) if "record" in each]


async def test_what_was_typed_is_there_again_where_it_could_not_be_kept(
    tmp_path: Path,
) -> None:
    run = over(tmp_path)
    async with reviewed(run) as (_, pilot):
        await go(pilot, "n")
        await until(pilot, lambda: isinstance(pilot.app.screen, AnnotateDialog))
        pilot.app.screen.query_one(Input).value = "x" * (
            run_annotations.MAX_ANNOTATION_CHARACTERS + 1
        )
        await answer(pilot, "enter")
        await until(pilot, lambda: "at most" in words(pilot))
        assert "what you typed is there" in words(pilot)
        await go(pilot, "n")
        await until(pilot, lambda: isinstance(pilot.app.screen, AnnotateDialog))
        assert pilot.app.screen.query_one(Input).value.startswith("xxx")
    assert run_annotations.read_annotations(run.directory) == ()


async def test_what_was_typed_is_there_when_the_review_comes_back(
    tmp_path: Path,
) -> None:
    run = over(tmp_path)
    page = await Navigator(repaints=100).read_review(run.directory)
    async with running(page, size=(120, 36)) as pilot:
        await go(pilot, "n")
        await until(pilot, lambda: isinstance(pilot.app.screen, AnnotateDialog))
        await answer(pilot, *"slow")
        gone = leave_for_task(ForegroundTask(run=lambda: ""), pilot.app.screen_stack)
    [again] = [make() for make in gone.pages]
    async with running(again, size=(120, 36)) as pilot:
        await go(pilot, "n")
        await until(pilot, lambda: isinstance(pilot.app.screen, AnnotateDialog))
        assert pilot.app.screen.query_one(Input).value == "slow"
