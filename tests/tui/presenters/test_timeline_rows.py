"""What a lane of the timeline shows in each of its cells."""

from __future__ import annotations

from collections.abc import Mapping
from math import nextafter

import pytest

from mobius_tui.health.health_record import CheckState, ProbeResult
from mobius_tui.review.check_slices import ProbeChecks
from mobius_tui.review.run_timeline import TimelineBar, TimelineLane
from mobius_tui.review.timeline_moments import TimelineMoment
from mobius_tui.run.events.event import Event, MomentTone
from mobius_tui.run.events.message_events import MessageSent
from mobius_tui.run.events.run_events import NoteAdded
from mobius_tui.run.events.step_events import StepSkipped
from mobius_tui.run.events.watch_events import RollbackBegan, TriggerFired
from mobius_tui.run.state.step_state import Status
from mobius_tui.structs import replace
from mobius_tui.tui.presenters.styled_text import Role
from mobius_tui.tui.presenters.timeline_rows import (
    TimeWindow,
    drill_difference,
    lane_cells,
)


def test_marks_of_many_moments_are_drawn_by_the_cell() -> None:
    moments = tuple(
        TimelineMoment(
            n=n, at=float(n), by="ana", kind="notes", event=NoteAdded, text=""
        )
        for n in range(1, 5001)
    )
    lane = TimelineLane(kind="marks", title="Notes", moments=moments)
    window = TimeWindow(began=1000.0, until=2000.0, width=50)
    cells = lane_cells(lane, window, 5000.0)
    assert [character for character, _ in cells] == ["•"] * 50
    later = TimeWindow(began=6000.0, until=7000.0, width=50)
    assert {character for character, _ in lane_cells(lane, later, 5000.0)} == {" "}


def happened(at: float, tone: MomentTone) -> TimelineMoment:
    events: Mapping[MomentTone, type[Event]] = {
        "bad": TriggerFired,
        "warn": StepSkipped,
        "good": MessageSent,
    }
    event = events.get(tone, NoteAdded)
    return TimelineMoment(
        n=1, at=at, by="ana", kind="notes", event=event, text="", tone=tone
    )


@pytest.mark.parametrize(
    ("seconds", "words", "role"),
    [
        (None, "", "muted"),
        (10.0, " +0:10", "warn"),
        (-70.0, " -1:10", "muted"),
        (1.0, " +0:01", "warn"),
        (0.9, " =", "muted"),
        (-0.9, " =", "muted"),
    ],
)
def test_a_step_that_took_longer_than_in_the_drill_stands_out(
    seconds: float | None, words: str, role: Role
) -> None:
    lane = TimelineLane(kind="step", title="", drill_difference=seconds)
    assert drill_difference(lane) == (words, role)


def drawn(*lanes: TimelineLane, width: int = 4, until: float = 40.0) -> list[str]:
    """Lanes of 40 seconds, of which a cell has ten."""
    window = TimeWindow(began=0.0, until=until, width=width)
    return ["".join(c for c, _ in lane_cells(lane, window, until)) for lane in lanes]


def marks(*moments: tuple[float, MomentTone]) -> TimelineLane:
    found = tuple(happened(at, tone) for at, tone in moments)
    return TimelineLane(kind="marks", title="Marks", moments=found)


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
    moments: list[tuple[float, MomentTone]], shown: str
) -> None:
    few = marks(*moments)
    crowd = sorted([*moments] * 50, key=lambda each: each[0])
    assert drawn(few, marks(*crowd)) == [shown, shown]


def test_of_two_as_bad_the_last_is_seen() -> None:
    armed = replace(happened(1, "bad"), event=RollbackBegan)
    lane = TimelineLane(kind="marks", title="", moments=(armed, happened(2, "bad")))
    assert drawn(lane) == ["✖   "]
    other = replace(armed, at=3)
    assert drawn(
        TimelineLane(kind="marks", title="", moments=(happened(2, "bad"), other))
    ) == ["▶   "]


def test_an_attempt_that_failed_is_seen_behind_one_that_passed_at_once() -> None:
    failed = TimelineBar(began=1, ended=4, tone="bad", status=Status.FAILED)
    passed = TimelineBar(began=5, ended=9, tone="good", status=Status.PASSED)
    skipped = (happened(9.5, "warn"),)
    lane = TimelineLane(kind="step", title="", bars=(failed, passed), moments=skipped)
    assert drawn(lane) == ["✖   "]
    long = replace(passed, ended=25)
    cells = lane_cells(
        replace(lane, bars=(failed, long)), TimeWindow(began=0, until=40, width=4), 40
    )
    assert cells == [("✖", "bad"), ("━", "good"), ("✔", "good"), (" ", "plain")]


@pytest.mark.parametrize("width", [7, 60, 119])
def test_every_moment_is_in_the_cell_that_its_edges_say(width: int) -> None:
    window = TimeWindow(began=1.795e9, until=1.795e9 + 1000.1, width=width)
    for column in range(width):
        edge = window.moment(column)
        assert window.column(edge) == column
        assert window.column(nextafter(edge, 0)) == column - 1
    assert window.column(window.until) == width - 1
    assert window.column(window.until + 1) >= width


def test_what_was_seen_last_of_a_probe_holds_until_the_next_check() -> None:
    row = ProbeChecks()
    seen: tuple[CheckState, ...] = ("ok", "failed", "failed", "ok")
    for slot, state in enumerate(seen):
        at = slot * 10.0
        row.add(
            ProbeResult(at=at, mono=at, probe="api", state=state, status=200, ms=9.0)
        )
    lane = TimelineLane(kind="probe", title="API", checks=row)
    window = TimeWindow(began=5.0, until=35.0, width=30)
    said = "".join(character for character, _ in lane_cells(lane, window, 35.0))
    assert said == "▂" * 5 + "✖" + "─" * 19 + "▂" + " " * 4
