"""The review: the run screen at any moment of a run, over its timeline."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from threading import Event

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from mobius_tui.cli import main
from mobius_tui.review.reviewed_run import ReviewedRun
from mobius_tui.review.run_timeline import RunTimeline, filter_timeline
from mobius_tui.run.events.run_events import HostStopped, NoteAdded
from mobius_tui.run.events.step_events import StepUnknown
from mobius_tui.run.records.verification import damage_of_open_run, run_problems
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.state_folders import state_home
from mobius_tui.tui.backend.full_screens import AppResult
from mobius_tui.tui.parts import timeline_builder
from mobius_tui.tui.screen_state import StepRow
from mobius_tui.tui.screens import review_screen
from mobius_tui.tui.screens.review_screen import ReviewScreen
from mobius_tui.tui.widgets.timeline_pane import TimelinePane
from tests.review.story import HOSTILE, drilled, story
from tests.tui import scenes
from tests.tui.reviews import go, is_making, reviewed
from tests.tui.runs import (
    SIZES,
    MadeRun,
    pictured,
    running,
    settled,
    size_id,
    until,
    words,
)


def pane(screen: ReviewScreen) -> TimelinePane:
    return screen.query_one(TimelinePane)


@pytest.mark.parametrize("size", [*SIZES, (60, 15)], ids=size_id)
async def test_a_picture_of_a_review(tmp_path: Path, size: tuple[int, int]) -> None:
    async with reviewed(story(tmp_path / "runs"), size) as (_, pilot):
        await go(pilot, *["left"] * 9)
        await pictured(pilot, "review", (size,))


async def test_a_review_begins_at_the_end_and_goes_from_event_to_event(
    tmp_path: Path,
) -> None:
    run = story(tmp_path / "runs")
    async with reviewed(run) as (screen, pilot):
        assert "INCOMPLETE after 3 min 32 s" in words(pilot)
        assert "REVIEW" in words(pilot)
        await go(pilot, *["left"] * 7)
        shown = words(pilot)
        assert "phase begins: Repair by hand" in shown
        assert "2.2 Restore the backup      failed" in shown
        assert "as it was then" in shown
        await go(pilot, "left", "left")
        assert "started: 2.2 Restore the backup" in words(pilot)
        assert screen.view is not None
        assert screen.view.step_state("roll").status == "running"
        await go(pilot, "right")
        assert screen.view.step_state("roll").status == "failed"
        await go(pilot, "home")
        assert screen.view.state.last_entry_number == 1
        assert not any(own.attempts for own in screen.view.state.steps.values())
        await go(pilot, "end")
        assert screen.view.state.ended is not None


async def test_the_step_stays_in_sight_on_a_screen_that_grows_small(
    tmp_path: Path,
) -> None:
    async with reviewed(story(tmp_path / "runs"), (160, 45)) as (screen, pilot):
        await go(pilot, *["left"] * 9)
        timeline = pane(screen)
        lanes = timeline.timeline.lanes if timeline.timeline is not None else ()
        place = next(n for n, lane in enumerate(lanes) if lane.step == "roll")
        assert timeline.visible_lane_count > place
        await pilot.resize_terminal(80, 24)
        await settled(pilot)
        assert place >= timeline.visible_lane_count, (
            "it would be below what is in sight"
        )
        assert timeline.top <= place - timeline.pinned_lane_count
        assert place < timeline.top + timeline.visible_lane_count


async def test_a_review_leads_to_what_went_wrong(tmp_path: Path) -> None:
    async with reviewed(story(tmp_path / "runs")) as (screen, pilot):
        await go(pilot, "comma")
        assert screen.key == StepRow("roll")
        await go(pilot, "home", "full_stop")
        assert "trigger fired" in words(pilot).lower()
        await go(pilot, "1", "full_stop")
        assert screen.moment is not None
        assert screen.moment.event is StepUnknown


async def test_a_review_shows_what_had_been_printed_by_then(tmp_path: Path) -> None:
    run = scenes.failed(tmp_path)
    run.at += 10
    async with reviewed(run) as (screen, pilot):
        await go(pilot, "left")
        assert "started: 3.2" in words(pilot)
        shown = words(pilot)
        assert "Verifying backup integrity" in shown
        assert "No space left on device" not in shown
        await go(pilot, "right")
        assert "No space left on device" in words(pilot)
        assert screen.outputs.shown is not None
        assert screen.outputs.shown.limit is None


async def test_nothing_can_be_started_in_a_review(tmp_path: Path) -> None:
    run = scenes.failed(tmp_path)
    before = {path: path.read_bytes() for path in _files(run)}
    async with reviewed(run) as (screen, pilot):
        for key in ("enter", "r", "s", "o", "x", "a", "B", "E", "space", "n", "m"):
            await go(pilot, key)
            assert pilot.app.screen is screen, key
        assert "retry" not in words(pilot)
    assert {path: path.read_bytes() for path in _files(run)} == before


def _files(run: MadeRun) -> list[Path]:
    return sorted(path for path in run.directory.path.rglob("*") if path.is_file())


async def test_the_time_in_sight_is_zoomed_and_moved(tmp_path: Path) -> None:
    async with reviewed(story(tmp_path / "runs")) as (screen, pilot):
        whole = pane(screen).span
        await go(pilot, "plus", "plus")
        began, until_ = pane(screen).span
        assert until_ - began == pytest.approx((whole[1] - whole[0]) / 4)
        assert began <= screen.cursor_order[0] <= until_
        assert "1:13 of 4:55" in words(pilot)
        await go(pilot, "H")
        assert pane(screen).span[0] == pytest.approx(began - (until_ - began) / 4)
        await go(pilot, "home")
        assert pane(screen).span[0] == whole[0]
        await go(pilot, "0")
        assert pane(screen).span == whole
        for _ in range(20):
            pane(screen).action_zoom_in()
        began, until_ = pane(screen).span
        assert until_ - began == pytest.approx(2.0)
        for _ in range(20):
            pane(screen).action_zoom_out()
        assert pane(screen).span == whole


async def test_a_low_screen_has_room_for_health_when_it_is_asked_for(
    tmp_path: Path,
) -> None:
    async with reviewed(story(tmp_path / "runs"), (80, 24)) as (screen, pilot):
        assert "p95" not in words(pilot)
        await go(pilot, "3")
        assert screen.query_one("#health").has_focus
        assert "p95" in words(pilot)
        await go(pilot, "2")
        assert screen.query_one("#output").has_focus_within
        assert "p95" not in words(pilot)


async def test_a_review_comes_back_where_it_was(tmp_path: Path) -> None:
    rewound = ReviewedRun(story(tmp_path / "runs").directory)
    async with running(ReviewScreen(rewound), size=(120, 36)) as pilot:
        await go(pilot, *["left"] * 9)
    async with running(ReviewScreen(rewound), size=(120, 36)) as pilot:
        await settled(pilot)
        assert "started: 2.2 Restore the backup" in words(pilot)
        assert "Shop API" in words(pilot)


async def test_a_click_goes_to_its_time_and_a_drag_moves_what_is_in_sight(
    tmp_path: Path,
) -> None:
    async with reviewed(story(tmp_path / "runs")) as (screen, pilot):
        timeline = pane(screen)
        window = timeline.window
        x = timeline.title_width + 40
        await pilot.click(TimelinePane, offset=(x + 2, 4))
        await settled(pilot)
        at = screen.cursor_order[0]
        assert window.moment(40) <= at <= window.moment(41)
        assert screen.view is not None
        assert screen.view.now == at
        assert "nothing happened just then" in words(pilot)
        await go(pilot, "plus", "plus")
        before = timeline.span
        await pilot.mouse_down(TimelinePane, offset=(x, 4))
        await pilot.hover(TimelinePane, offset=(x - 10, 4))
        await pilot.mouse_up(TimelinePane, offset=(x - 10, 4))
        await settled(pilot)
        moved = timeline.window.scale * 10
        assert timeline.span[0] == pytest.approx(before[0] + moved)
        assert screen.cursor_order[0] == at


async def test_the_mouse_in_the_line_to_search_in_moves_no_time(
    tmp_path: Path,
) -> None:
    async with reviewed(story(tmp_path / "runs")) as (screen, pilot):
        timeline = pane(screen)
        await go(pilot, "plus", "plus", "slash", *"ben")
        before = (screen.cursor_order, timeline.span)
        line = timeline.query_one("#filter", Input)
        x = timeline.title_width + 20
        await pilot.click(line, offset=(x, 0))
        await settled(pilot)
        assert (screen.cursor_order, timeline.span) == before
        await pilot.mouse_down(line, offset=(x, 0))
        await pilot.hover(line, offset=(x - 10, 0))
        await pilot.mouse_up(line, offset=(x - 10, 0))
        await settled(pilot)
        assert (screen.cursor_order, timeline.span) == before


async def test_the_timeline_is_narrowed_down_and_whole_again(tmp_path: Path) -> None:
    async with reviewed(story(tmp_path / "runs")) as (screen, pilot):
        await go(pilot, "slash", *"ben", "enter")
        shown = words(pilot)
        assert "@ ben" in shown
        assert "@ maria" not in shown
        await go(pilot, "home")
        assert "started: 2.3 Clear the caches" in words(pilot)
        assert screen.shown_timeline is not None
        assert len(screen.shown_timeline.moments) == 1
        await go(pilot, "escape")
        assert len(screen.shown_timeline.moments) > 20
        assert pane(screen).has_focus


async def test_what_is_copied_is_how_the_run_stood_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    run = story(tmp_path / "runs")
    copied = state_home() / "copied.txt"
    async with reviewed(run) as (screen, pilot):
        await go(pilot, *["left"] * 8, "y")
        await until(pilot, copied.exists)
        assert screen.view is not None
        n = screen.view.last_entry_number
    said = copied.read_text()
    assert "Failed: 2.2 Restore the backup" in said
    following = json.loads(run.directory.journal.read_bytes().splitlines()[n])
    assert f"journal {n}:{following['prev'][:12]}\n" in said
    assert not (run.directory.path / "copied.txt").exists()


async def test_a_run_that_goes_on_is_followed_from_its_end(tmp_path: Path) -> None:
    run = scenes.running(tmp_path)
    async with reviewed(run) as (screen, pilot):
        n = screen.reviewed_run.shown_entry_number
        run.write(NoteAdded(text="a note that came meanwhile"), after=3)
        await until(pilot, lambda: screen.reviewed_run.shown_entry_number == n + 1)
        await go(pilot, "home")
        run.write(NoteAdded(text="another"), after=3)
        whole = screen.reviewed_run.run_history
        await until(pilot, lambda: len(whole.entries) == n + 2)
        assert screen.reviewed_run.shown_entry_number == 1


async def test_hostile_words_are_harmless_on_the_timeline(tmp_path: Path) -> None:
    run = story(tmp_path / "runs", said=HOSTILE)
    run.write(NoteAdded(text=HOSTILE), by=HOSTILE)
    async with reviewed(run) as (_, pilot):
        for keys in (["left"], ["left"] * 8, ["left"] * 10):
            await go(pilot, *keys)
            assert not any(ord(c) < 0x20 for c in words(pilot) if c != "\n")


async def test_keys_do_not_wait_for_a_timeline_and_the_last_one_wanted_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Event()

    def slowly(whole: RunTimeline, query: str) -> RunTimeline:
        assert gate.wait(30)
        return filter_timeline(whole, query)

    monkeypatch.setattr(timeline_builder, "filter_timeline", slowly)
    async with reviewed(story(tmp_path / "runs")) as (screen, pilot):
        shown: list[str] = []
        screen.watch(screen, "shown_timeline", lambda whole: shown.append(whole.query))
        await pilot.press("slash", *"ben")
        await until(pilot, lambda: is_making(pilot))
        await pilot.press("enter", "left", "left")
        await settled(pilot)
        assert screen.cursor_order[0] < screen.reviewed_run.run_history.until, (
            "the cursor went on"
        )
        assert set(shown) == {""}
        await pilot.press("slash", *" 2.1")
        await settled(pilot)
        gate.set()
        await until(pilot, lambda: not is_making(pilot))
        assert set(shown) == {"", "ben 2.1"}, "nothing that was typed on the way"
        await pilot.press("escape")
        await until(pilot, lambda: shown[-1] == "")


@pytest.mark.parametrize("size", SIZES, ids=size_id)
async def test_a_picture_beside_the_last_drill(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    drilled(tmp_path / "runs")
    async with reviewed(story(tmp_path / "runs"), size) as (screen, pilot):
        await go(pilot, *["left"] * 9, "d")
        await until(pilot, lambda: "in the drill" in words(pilot))
        await pictured(pilot, "review-beside", (size,))
        await go(pilot, "d")
        assert screen.shown_timeline is not None
        assert not any(lane.kind == "drill" for lane in screen.shown_timeline.lanes)


def test_a_review_wants_a_terminal_and_names_what_does_not(
    state_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = story(state_home / "mobius-tui" / "runs")
    assert main(["review"]) == 2
    assert f"mobius-tui report {run.directory.id}" in capsys.readouterr().err
    assert main(["review", "nothing-like-that"]) == 2


def is_said(pilot: Pilot[AppResult], *wanted: str) -> bool:
    """Whether the screen says it, wherever its lines break."""
    shown = " ".join(words(pilot).split())
    return all(each in shown for each in wanted)


async def test_a_review_opens_at_once_and_says_then_that_it_is_as_it_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Event()

    def slowly(directory: RunDirectory) -> tuple[str, ...]:
        assert gate.wait(30)
        return damage_of_open_run(directory)

    monkeypatch.setattr(review_screen, "damage_of_open_run", slowly)
    run = story(tmp_path / "runs")
    async with running(
        ReviewScreen(ReviewedRun(run.directory)), size=(80, 24)
    ) as pilot:
        await settled(pilot)
        assert is_said(pilot, "verifying …")
        await go(pilot, "left")
        assert is_said(pilot, "verifying …")
        gate.set()
        await until(pilot, lambda: is_said(pilot, "✔ verified"))
        assert "NOT AS IT WAS WRITTEN" not in words(pilot)


@pytest.mark.parametrize("size", [(160, 45), (80, 24), (60, 15)], ids=size_id)
async def test_a_review_says_what_is_not_as_it_was_written(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    run = story(tmp_path / "runs")
    data = run.directory.health.read_bytes()
    run.directory.health.write_bytes(data.replace(b'"failed"', b'"ok"', 1))
    wanted = next(iter(run_problems(run.directory)))
    async with reviewed(run, size) as (_, pilot):
        assert is_said(pilot, "NOT AS IT WAS WRITTEN", wanted, "✖ damaged")
        await go(pilot, "left", "left")
        assert is_said(pilot, "NOT AS IT WAS WRITTEN", wanted, "✖ damaged")


async def test_a_review_says_that_the_end_was_cut(tmp_path: Path) -> None:
    run = story(tmp_path / "runs")
    lines = run.directory.journal.read_bytes().splitlines(keepends=True)
    head = sha256(lines[-1][:-1]).hexdigest()
    run.directory.record.write_text(f'head = "{head}"\nevents = {len(lines)}\n')
    run.directory.journal.write_bytes(b"".join(lines[:-2]))
    async with reviewed(run) as (_, pilot):
        words_ = f"record.toml names a later head, of line {len(lines)}"
        assert is_said(pilot, "NOT AS IT WAS WRITTEN", words_)


async def test_a_review_names_two_complaints_and_says_where_the_others_are(
    tmp_path: Path,
) -> None:
    run = story(tmp_path / "runs")
    for name in ("a\x1b[2J", "b", "c", "d"):
        (run.directory.steps / name).mkdir()
    async with reviewed(run) as (_, pilot):
        assert is_said(pilot, "steps/b: the journal knows no such attempt")
        assert is_said(pilot, f"and 2 more: mobius-tui verify {run.directory.id}")
        assert "\x1b" not in words(pilot)
        assert words(pilot).splitlines()[1].startswith(" steps/b: the journal")


async def test_a_run_that_is_let_go_while_it_is_reviewed_is_verified_anew(
    tmp_path: Path,
) -> None:
    run = story(tmp_path / "runs")
    async with reviewed(run) as (_, pilot):
        assert is_said(pilot, "✔ verified")
        (run.directory.steps / "b").mkdir()
        run.write(HostStopped(reason="nobody watches"))
        await until(pilot, lambda: is_said(pilot, "✖ damaged"))
