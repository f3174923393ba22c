"""Looking back on a run: each of its moments as it was, from checkpoints."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mobius_tui.errors import RunError
from mobius_tui.health.health_record import MachineSample, ProbeResult
from mobius_tui.review.reviewed_run import (
    CHECKPOINT_INTERVAL,
    ReviewedRun,
    ReviewViewer,
    RunHistory,
    head_at,
)
from mobius_tui.review.run_timeline import RunTimeline, filter_timeline, run_timeline
from mobius_tui.review.timeline_moments import moments_of
from mobius_tui.run.attempts.output_reader import output_size_at
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import HostStarted, NoteAdded, RunEnded
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.state.reducer import fold
from mobius_tui.run.state.step_state import Status
from tests.review.story import story
from tests.run.asking import action
from tests.tui.runs import BEGAN, MadeRun


@pytest.fixture
def run(tmp_path: Path) -> MadeRun:
    return story(tmp_path / "runs")


def whole(rewound: ReviewedRun) -> RunTimeline:
    rewind = rewound.run_history
    moments = moments_of(rewound.plan, rewind.entries, rewind.walker.timeline, ())
    until = rewind.until
    return run_timeline(rewound.plan, rewound.newest_state, moments, {}, until=until)


def test_every_moment_is_as_a_fold_up_to_it_says(run: MadeRun) -> None:
    rewound = ReviewedRun(run.directory)
    entries = rewound.run_history.entries
    for n in range(1, len(entries) + 1):
        rewound.show(n, rewound.run_history.entry_time(n))
        there = fold(rewound.runbook, entries[:n])
        there.intents = {}
        assert rewound.state == there, n
    assert rewound.newest_state == Follower(run.directory).state


def test_health_is_what_had_been_seen_by_then(run: MadeRun) -> None:
    rewound = ReviewedRun(run.directory)
    began = rewound.newest_state.began_at
    rewound.show(5, began + 18)
    api = rewound.health.window("api")
    assert (api.ok, api.failed, api.consecutive_failures) == (4, 0, 0)
    rewound.show(20, began + 41)
    api = rewound.health.window("api")
    assert (api.ok, api.failed, api.failing_since) == (4, 5, began + 20)
    assert rewound.health_history.counts("api").failed == 5
    assert rewound.health.windows["api"].points[-1].at == began + 40


def test_what_came_about_later_is_not_known_yet(run: MadeRun) -> None:
    rewound = ReviewedRun(run.directory)
    began = rewound.newest_state.began_at
    rewound.show(rewound.run_history.entry_number_at(began + 100), began + 100)
    outage = rewound.milestone_tracker.milestones(rewound.health_history)
    assert outage.restored is None
    until = rewound.run_history.until
    rewound.show(len(rewound.run_history.entries), until)
    outage = rewound.milestone_tracker.milestones(rewound.health_history)
    assert outage.restored == began + 160


def _many(plan: Plan, count: int) -> Iterator[Entry]:
    del plan
    for n in range(2, count + 2):
        note = NoteAdded(text=f"note {n}")
        yield Entry(n=n, at=BEGAN + n, mono=n, boot="b", by="ana", event=note)


def test_the_way_back_begins_at_a_checkpoint(run: MadeRun) -> None:
    first = ReviewedRun(run.directory).run_history.entries[:1]
    rewind = RunHistory(Plan(run.runbook))
    notes = tuple(_many(Plan(run.runbook), 5000))
    records: list[ProbeResult | MachineSample] = [
        ProbeResult(at=BEGAN + n, mono=n, probe="api", state="ok", status=200, ms=9.0)
        for n in range(5000)
    ]
    rewind.take((*first, *notes), records)
    for n in (1, 700, 2500, 5001):
        state = rewind.fold_until(n, BEGAN + n).state
        assert state.last_entry_number == n
        assert rewind.applied_count <= CHECKPOINT_INTERVAL
    health = rewind.fold_until(4000, BEGAN + 3999).health
    assert health.window("api").ok == 4000
    assert rewind.applied_count <= CHECKPOINT_INTERVAL


def test_going_back_changes_nothing_of_what_is_kept(run: MadeRun) -> None:
    rewound = ReviewedRun(run.directory)
    n = len(rewound.run_history.entries)
    before = rewound.run_history.fold_until(n, rewound.run_history.until).state
    for other in (1, n // 2, n, 3):
        rewound.show(other, rewound.run_history.entry_time(other))
    assert rewound.run_history.fold_until(n, rewound.run_history.until).state == before


async def test_a_review_starts_nothing(run: MadeRun) -> None:
    viewer = ReviewViewer(ReviewedRun(run.directory))
    before = run.directory.journal.read_bytes()
    for word in ("start", "note", "stop"):
        reply = await viewer.send_intent(action(word, "look", attempt=1))
        assert not reply.ok
        assert "review" in reply.text
    assert not await viewer.connect()
    assert run.directory.journal.read_bytes() == before


def test_a_run_that_goes_on_grows_while_its_past_is_shown(tmp_path: Path) -> None:
    run = MadeRun(tmp_path / "runs", story(tmp_path / "other").runbook, values={})
    run.write(HostStarted(pid=7), by="host", after=1)
    rewound = ReviewedRun(run.directory)
    rewound.show(1, rewound.run_history.entry_time(1))
    run.write(NoteAdded(text="later"), after=5)
    assert rewound.poll()
    assert rewound.state.last_entry_number == 1
    assert (rewound.newest_state.last_entry_number, rewound.is_open) == (3, True)
    run.write(RunEnded(outcome=Outcome.ABANDONED, reason="so"), after=5)
    rewound.poll()
    assert not rewound.is_open
    rewound.show(3, rewound.run_history.entry_time(3))
    assert rewound.state.notes == ("later",)


def test_a_damaged_run_names_what_still_tells_of_it(run: MadeRun) -> None:
    data = run.directory.journal.read_bytes()
    run.directory.journal.write_bytes(data.replace(b"3 failures", b"9 failures"))
    with pytest.raises(RunError, match=r"chain breaks.*mobius-tui report"):
        ReviewedRun(run.directory)


def test_the_head_at_an_entry_is_the_one_of_a_journal_that_ends_there(
    run: MadeRun,
) -> None:
    lines = run.directory.journal.read_bytes().splitlines(keepends=True)
    heads = [head_at(run.directory, n) for n in (4, len(lines))]
    assert heads[1] == Follower(run.directory).head
    run.directory.journal.write_bytes(b"".join(lines[:4]))
    assert heads[0] == Follower(run.directory).head


def test_output_is_what_had_been_printed_by_then(tmp_path: Path) -> None:
    run = story(tmp_path / "runs")
    run.output("unzip", 1, "one\ntwo\nthree\nfour\n")  # three lines in each second
    attempt = run.directory.attempt("unzip", 1)
    second = int(run.at)
    assert output_size_at(attempt, second - 1) == 0
    assert output_size_at(attempt, second + 0.5) == len("one\ntwo\nthree\n")
    assert output_size_at(attempt, second + 1) == attempt.output.stat().st_size
    attempt.spans.unlink()
    assert output_size_at(attempt, 0.0) == attempt.output.stat().st_size


def test_the_timeline_has_a_lane_for_each_thing(run: MadeRun) -> None:
    found = whole(ReviewedRun(run.directory))
    titles = [lane.title for lane in found.lanes]
    assert titles == [
        "Triggers",
        "1 Assess",
        "1.1 Look at the errors",
        "1.2 Roll back, or wait?",
        "1.3 Tell everybody",
        "2 Restore",
        "2.1 Verify the backup",
        "2.2 Restore the backup",
        "2.3 Clear the caches",
        "2.4 Ask a customer",
        "B Repair by hand",
        "B.1 Unpack by hand",
        "Messages",
        "Decisions",
        "Notes",
        "The run",
        "@ maria",
        "@ ana",
        "@ ben",
    ]
    triggers, roll = found.lanes[0], found.lanes[7]
    assert [(b.ended or 0) - b.began for b in triggers.bars] == [121.0]
    assert [(b.status, b.tone) for b in roll.bars] == [(Status.FAILED, "bad")]
    assert [m.order for m in found.moments] == sorted(m.order for m in found.moments)


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        ("ben", ["started: 2.3 Clear the caches"]),
        ("repair by hand unpack", ["started: B.1", "passed: B.1"]),
        ("decisions", ["decided: 1.2"]),
        ("DECISIONS maria", ["decided: 1.2"]),
        ("nobody here", []),
    ],
)
def test_a_timeline_is_narrowed_down(
    run: MadeRun, query: str, texts: list[str]
) -> None:
    found = filter_timeline(whole(ReviewedRun(run.directory)), query)
    assert len(found.moments) == len(texts)
    for moment, words in zip(found.moments, texts, strict=True):
        assert moment.text.startswith(words)
