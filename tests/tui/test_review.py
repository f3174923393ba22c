"""The review: the run screen at any moment of a run, over its timeline."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from math import nextafter
from pathlib import Path
from threading import Event

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input, OptionList

from mobius_tui.cli import main
from mobius_tui.health.record import Check, State
from mobius_tui.review import action_items, annotating
from mobius_tui.review.annotating import Place
from mobius_tui.review.as_markdown import as_markdown
from mobius_tui.review.beats import Row
from mobius_tui.review.gather import gather
from mobius_tui.review.moment import Moment, Tone
from mobius_tui.review.rewound import Rewound
from mobius_tui.review.timeline import Bar, Lane, Timeline, narrowed
from mobius_tui.run.events import NoteAdded
from mobius_tui.run.follow import Follower
from mobius_tui.run.home import state_home
from mobius_tui.run.record import write_record
from mobius_tui.run.steps import Status
from mobius_tui.tui.errand import Result
from mobius_tui.tui.screens import timed_page
from mobius_tui.tui.screens.action_items import ActionItemDialog, ActionItemsDialog
from mobius_tui.tui.screens.annotate import AnnotateDialog
from mobius_tui.tui.screens.annotations import AnnotationsDialog
from mobius_tui.tui.screens.dialog import Dialog
from mobius_tui.tui.screens.review import ReviewScreen
from mobius_tui.tui.timeline_rows import Window, lane_cells
from mobius_tui.tui.widgets.timeline import TimelinePane
from tests.review.story import HOSTILE, story
from tests.review.test_beside import drilled
from tests.tui import scenes
from tests.tui.runs import (
    BEGAN,
    SIZES,
    MadeRun,
    pictured,
    running,
    settled,
    size_id,
    until,
    words,
)


@asynccontextmanager
async def reviewed(
    run: MadeRun, size: tuple[int, int] = (120, 36)
) -> AsyncIterator[tuple[ReviewScreen, Pilot[Result]]]:
    """The app on the review of a run."""
    screen = ReviewScreen(Rewound(run.directory))
    async with running(screen, size=size) as pilot:
        await settled(pilot)
        yield screen, pilot


async def go(pilot: Pilot[Result], *keys: str) -> None:
    await pilot.press(*keys)
    await settled(pilot)
    await until(pilot, lambda: not is_making(pilot), seconds=30)


def is_making(pilot: Pilot[Result]) -> bool:
    """Whether a timeline is made."""
    return any(w.name == "timeline" and w.is_running for w in pilot.app.workers)


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
        assert screen.view.own("roll").status == "running"
        await go(pilot, "right")
        assert screen.view.own("roll").status == "failed"
        await go(pilot, "home")
        assert screen.view.state.n == 1
        assert not any(own.attempts for own in screen.view.state.steps.values())
        await go(pilot, "end")
        assert screen.view.state.ended is not None


async def test_a_review_leads_to_what_went_wrong(tmp_path: Path) -> None:
    async with reviewed(story(tmp_path / "runs")) as (screen, pilot):
        await go(pilot, "comma")
        assert screen.key == "roll"
        await go(pilot, "home", "full_stop")
        assert "trigger fired" in words(pilot).lower()
        await go(pilot, "1", "full_stop")
        assert screen.moment is not None
        assert screen.moment.event == "StepUnknown"


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
        assert screen.shown is not None
        assert screen.shown.limit is None


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
        assert began <= screen.here[0] <= until_
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
    rewound = Rewound(story(tmp_path / "runs").directory)
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
        x = timeline.names + 40
        await pilot.click(TimelinePane, offset=(x + 2, 4))
        await settled(pilot)
        at = screen.here[0]
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
        assert screen.here[0] == at


async def test_the_timeline_is_narrowed_down_and_whole_again(tmp_path: Path) -> None:
    async with reviewed(story(tmp_path / "runs")) as (screen, pilot):
        await go(pilot, "slash", *"ben", "enter")
        shown = words(pilot)
        assert "@ ben" in shown
        assert "@ maria" not in shown
        await go(pilot, "home")
        assert "started: 2.3 Clear the caches" in words(pilot)
        assert screen.whole is not None
        assert len(screen.whole.moments) == 1
        await go(pilot, "escape")
        assert len(screen.whole.moments) > 20
        assert pane(screen).has_focus


async def test_what_is_copied_is_how_the_run_stood_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    run = story(tmp_path / "runs")
    copied = state_home() / "copied.txt"
    async with reviewed(run) as (screen, pilot):
        await go(pilot, *["left"] * 8, "y")
        await until(pilot, copied.exists, seconds=30)
        assert screen.view is not None
        n = screen.view.last_n
    said = copied.read_text()
    assert "Failed: 2.2 Restore the backup" in said
    following = json.loads(run.directory.journal.read_bytes().splitlines()[n])
    assert f"journal {n}:{following['prev'][:12]}\n" in said
    assert not (run.directory.path / "copied.txt").exists()


async def test_a_run_that_goes_on_is_followed_from_its_end(tmp_path: Path) -> None:
    run = scenes.running(tmp_path)
    async with reviewed(run) as (screen, pilot):
        n = screen.rewound.n
        run.write(NoteAdded(text="a note that came meanwhile"), after=3)
        await until(pilot, lambda: screen.rewound.n == n + 1, seconds=30)
        await go(pilot, "home")
        run.write(NoteAdded(text="another"), after=3)
        whole = screen.rewound.rewind
        await until(pilot, lambda: len(whole.entries) == n + 2, seconds=30)
        assert screen.rewound.n == 1


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

    def slowly(whole: Timeline, query: str) -> Timeline:
        assert gate.wait(30)
        return narrowed(whole, query)

    monkeypatch.setattr(timed_page, "narrowed", slowly)
    async with reviewed(story(tmp_path / "runs")) as (screen, pilot):
        shown: list[str] = []
        screen.watch(screen, "whole", lambda whole: shown.append(whole.query))
        await pilot.press("slash", *"ben")
        await until(pilot, lambda: is_making(pilot), seconds=30)
        await pilot.press("enter", "left", "left")
        await settled(pilot)
        assert screen.here[0] < screen.rewound.rewind.until, "the cursor went on"
        assert set(shown) == {""}
        await pilot.press("slash", *" 2.1")
        await settled(pilot)
        gate.set()
        await until(pilot, lambda: not is_making(pilot), seconds=30)
        assert set(shown) == {"", "ben 2.1"}, "nothing that was typed on the way"
        await pilot.press("escape")
        await until(pilot, lambda: shown[-1] == "", seconds=30)


def over(tmp_path: Path) -> MadeRun:
    """The story, with the record that its host wrote at its end."""
    run = story(tmp_path / "runs")
    follower = Follower(run.directory)
    write_record(run.directory, follower.plan, follower.state, follower.head)
    return run


async def answer(pilot: Pilot[Result], *keys: str) -> None:
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
        at = screen.here[0]
        await go(pilot, "n")
        await until(pilot, lambda: isinstance(pilot.app.screen, AnnotateDialog))
        await answer(pilot, *"wrong zip", "enter")
        await until(pilot, lambda: annotating.read(run.directory), seconds=30)
        await until(pilot, lambda: screen.is_current)
        await go(pilot, "right", "right")  # behind all that was journaled then
        assert "wrong zip" in words(pilot)
        assert screen.here[0] == at
    [made] = annotating.read(run.directory)
    assert (made.text, made.since, made.step) == ("wrong zip", at, "")
    assert run.directory.journal.read_bytes() == before


async def listed(pilot: Pilot[Result]) -> str:
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
        ("slow", Place(since=began + 60, until=began + 90)),
        ("all in all well", Place()),
        ("wrong zip [/x] " + HOSTILE, Place(step="roll")),
        ("here it broke", Place(since=began + 20)),
    ):
        annotating.annotate(run.directory, text, place, by="ana", now=began + 900)
    async with reviewed(run, size) as (screen, pilot):
        shown = await listed(pilot)
        places = ("here it broke", "slow", "wrong zip [/x]", "all in all well")
        found = [shown.index(each) for each in places]
        assert found == sorted(found), "in the order of what they are on"
        assert "2.2 Restore the backup  ana" in shown
        assert "the run  ana" in shown
        await go(pilot, "home", "down", "enter")
        await until(pilot, lambda: screen.is_current, seconds=30)
        assert screen.here[0] == began + 60
        assert screen.moment is not None
        assert "slow" in screen.moment.text
        await listed(pilot)
        options = pilot.app.screen.query_one(OptionList)
        assert options.highlighted == 1, "it begins where the cursor is"
        await go(pilot, "down", "enter")
        await until(pilot, lambda: screen.is_current, seconds=30)
        assert screen.key == "roll"
        await listed(pilot)
        await go(pilot, "escape")
        assert screen.is_current
        # One that somebody else has made meanwhile is listed, too.
        place = Place(since=began + 1)
        annotating.annotate(run.directory, "meanwhile", place, by="ben", now=began)
        assert "meanwhile" in await listed(pilot)
        await go(pilot, "home", "enter")
        await until(pilot, lambda: screen.is_current, seconds=30)
        assert screen.here[0] == began + 1


async def test_where_there_is_no_annotation_the_list_says_how_to_make_one(
    tmp_path: Path,
) -> None:
    async with reviewed(over(tmp_path), (80, 24)) as (screen, pilot):
        assert "There are none yet. n makes one" in await listed(pilot)
        await go(pilot, "enter")
        assert screen.is_current
    async with reviewed(scenes.failed(tmp_path / "open")) as (_, pilot):
        assert "a note belongs into its journal" in await listed(pilot)


async def test_a_range_is_marked_and_annotated(tmp_path: Path) -> None:
    run = over(tmp_path)
    async with reviewed(run) as (screen, pilot):
        await go(pilot, *["left"] * 8, "m")
        first = screen.here[0]
        await go(pilot, "right", "right", "right")
        last = screen.here[0]
        assert "═" in words(pilot)
        await go(pilot, "n")
        await until(pilot, lambda: isinstance(pilot.app.screen, AnnotateDialog))
        assert "to" in str(pilot.app.screen.query("Button").first(Button).label)
        await answer(pilot, *"slow", "enter")
        await until(pilot, lambda: annotating.read(run.directory), seconds=30)
    [made] = annotating.read(run.directory)
    assert (made.since, made.until) == (first, last)


async def test_action_items_get_an_owner_and_a_day_and_are_done(tmp_path: Path) -> None:
    run = over(tmp_path)
    async with reviewed(run) as (_, pilot):
        await go(pilot, "P")
        await until(pilot, lambda: isinstance(pilot.app.screen, ActionItemsDialog))
        await until(pilot, lambda: " done · " in words(pilot), seconds=30)
        await answer(pilot, "down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ActionItemDialog))
        await answer(pilot, *"@ops", "tab", *"soon", "enter")
        assert "is no day" in words(pilot)
        pilot.app.screen.query_one("#due", Input).value = "2026-11-30"
        await pilot.click("#turn")
        await until(pilot, lambda: isinstance(pilot.app.screen, ActionItemsDialog))
        await until(pilot, lambda: "1 of " in words(pilot), seconds=30)
        assert "@ops" in words(pilot)
    [kept] = action_items.read(run.directory)
    assert (kept.id, kept.owner, kept.due) == ("failed-artifacts", "@ops", "2026-11-30")
    assert kept.done
    assert "Failed artifacts" in as_markdown(gather(run.directory))


@pytest.mark.parametrize("size", SIZES, ids=size_id)
async def test_a_picture_beside_the_last_drill(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    drilled(tmp_path / "runs")
    async with reviewed(story(tmp_path / "runs"), size) as (screen, pilot):
        await go(pilot, *["left"] * 9, "d")
        await until(pilot, lambda: "in the drill" in words(pilot), seconds=30)
        await pictured(pilot, "review-beside", (size,))
        await go(pilot, "d")
        assert screen.whole is not None
        assert not any(lane.kind == "drill" for lane in screen.whole.lanes)


def test_a_review_wants_a_terminal_and_names_what_does_not(
    state_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = story(state_home / "mobius-tui" / "runs")
    assert main(["review"]) == 2
    assert f"mobius-tui report {run.directory.id}" in capsys.readouterr().err
    assert main(["review", "nothing-like-that"]) == 2


def test_marks_of_many_moments_are_drawn_by_the_cell() -> None:
    moments = tuple(
        Moment(n=n, at=float(n), by="ana", kind="notes", event="NoteAdded", text="")
        for n in range(1, 5001)
    )
    lane = Lane(kind="marks", title="Notes", moments=moments)
    window = Window(began=1000.0, until=2000.0, width=50)
    cells = lane_cells(lane, window, 5000.0)
    assert [character for character, _ in cells] == ["•"] * 50
    later = Window(began=6000.0, until=7000.0, width=50)
    assert {character for character, _ in lane_cells(lane, later, 5000.0)} == {" "}


def happened(at: float, tone: Tone) -> Moment:
    events = {"bad": "TriggerFired", "warn": "StepSkipped", "good": "MessageSent"}
    event = events.get(tone, "NoteAdded")
    return Moment(n=1, at=at, by="ana", kind="notes", event=event, text="", tone=tone)


def drawn(*lanes: Lane, width: int = 4, until: float = 40.0) -> list[str]:
    """Lanes of 40 seconds, of which a cell has ten."""
    window = Window(began=0.0, until=until, width=width)
    return ["".join(c for c, _ in lane_cells(lane, window, until)) for lane in lanes]


def marks(*moments: tuple[float, Tone]) -> Lane:
    found = tuple(happened(at, tone) for at, tone in moments)
    return Lane(kind="marks", title="Marks", moments=found)


@pytest.mark.parametrize(
    ("moments", "shown"),
    [
        ([(1, "bad"), (9, "good")], "✖   "),
        ([(1, "bad"), (9, "warn"), (9.5, "plain")], "✖   "),
        ([(1, "warn"), (2, "good"), (3, "muted")], "–   "),
        ([(1, "good"), (2, "plain")], "✔   "),
        ([(1, "bad"), (10, "good")], "✖✔  "),  # a cell begins with its edge
        ([(9.999, "good"), (10, "bad"), (20, "plain")], "✔✖• "),
        ([(39, "bad"), (40, "good")], "   ✖"),  # the last cell has its end, too
        ([(-1, "bad"), (0, "good"), (41, "bad")], "✔   "),  # out of sight
    ],
)
def test_of_what_shares_a_cell_the_worst_is_seen(
    moments: list[tuple[float, Tone]], shown: str
) -> None:
    few = marks(*moments)
    crowd = sorted([*moments] * 50, key=lambda each: each[0])
    assert drawn(few, marks(*crowd)) == [shown, shown]


def test_of_two_as_bad_the_last_is_seen() -> None:
    armed = replace(happened(1, "bad"), event="RollbackBegan")
    lane = Lane(kind="marks", title="", moments=(armed, happened(2, "bad")))
    assert drawn(lane) == ["✖   "]
    other = replace(armed, at=3)
    assert drawn(Lane(kind="marks", title="", moments=(happened(2, "bad"), other))) == [
        "▶   "
    ]


def test_an_attempt_that_failed_is_seen_behind_one_that_passed_at_once() -> None:
    failed = Bar(began=1, ended=4, tone="bad", status=Status.FAILED)
    passed = Bar(began=5, ended=9, tone="good", status=Status.PASSED)
    skipped = (happened(9.5, "warn"),)
    lane = Lane(kind="step", title="", bars=(failed, passed), moments=skipped)
    assert drawn(lane) == ["✖   "]
    long = replace(passed, ended=25)
    cells = lane_cells(
        replace(lane, bars=(failed, long)), Window(began=0, until=40, width=4), 40
    )
    assert cells == [("✖", "bad"), ("━", "good"), ("✔", "good"), (" ", "plain")]


@pytest.mark.parametrize("width", [7, 60, 119])
def test_every_moment_is_in_the_cell_that_its_edges_say(width: int) -> None:
    window = Window(began=1.795e9, until=1.795e9 + 1000.1, width=width)
    for column in range(width):
        edge = window.moment(column)
        assert window.column(edge) == column
        assert window.column(nextafter(edge, 0)) == column - 1
    assert window.column(window.until) == width - 1
    assert window.column(window.until + 1) >= width


def test_what_was_seen_last_of_a_probe_holds_until_the_next_check() -> None:
    row = Row()
    seen: tuple[State, ...] = ("ok", "failed", "failed", "ok")
    for slot, state in enumerate(seen):
        at = slot * 10.0
        row.add(Check(at=at, mono=at, probe="api", state=state, status=200, ms=9.0))
    lane = Lane(kind="probe", title="API", checks=row)
    window = Window(began=5.0, until=35.0, width=30)
    said = "".join(character for character, _ in lane_cells(lane, window, 35.0))
    assert said == "▂" * 5 + "✖" + "─" * 19 + "▂" + " " * 4
