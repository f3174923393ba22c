"""A run of 100,000 events: how long a moment of it takes to be shown."""

from __future__ import annotations

import gc
import random
from collections.abc import Iterator
from pathlib import Path

from mobius_tui.health.health_record import ProbeResult
from mobius_tui.health.health_record import encode_record as encode_health
from mobius_tui.review.reviewed_run import ReviewedRun, ReviewViewer
from mobius_tui.review.run_timeline import filter_timeline, run_timeline
from mobius_tui.review.timeline_moments import moments_of
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.journal_entry import Entry, encode_entry
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.events.run_events import RunBegan
from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.journal.journal import EMPTY_JOURNAL_HEAD
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.run_directory import (
    RunDirectory,
    make_run_directory,
)
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.model.runbook import Runbook, runbook_digest
from mobius_tui.structs import replace
from mobius_tui.tui.backend.startup import GC_THRESHOLDS
from mobius_tui.tui.presenters.run_presenter import PastRunPresenter
from mobius_tui.tui.presenters.timeline_rows import TimeWindow, lane_cells
from tests.benchmarks.figures import Figure, rank, timed
from tests.benchmarks.runs import plain_steps, runbook_of

EVENTS = 100_000
STEPS = 200
BEGAN = 1.795e9
SEEKS = 100


def looking_back(folder: Path) -> Iterator[Figure]:
    """Reading it, going to any moment, and narrowing it down."""
    directory = _made(folder)
    read: list[ReviewedRun] = []
    took = timed(lambda: read.append(ReviewedRun(directory)))
    yield Figure(name="review: reading 100,000 events", value=took, limit=15, unit="s")
    rewound = read[0]
    gc.freeze()  # as the screens do
    gc.set_threshold(*GC_THRESHOLDS)
    sight = PastRunPresenter(ReviewViewer(rewound))
    order = random.Random(0)

    def go() -> None:
        n = order.randrange(1, EVENTS)
        rewound.show(n, rewound.run_history.entry_time(n))
        sight.health(sight.run_view_at(rewound.moment, None))

    times = [timed(go) * 1000 for _ in range(SEEKS)]
    note = f"p50 {rank(times, 50):.1f} ms"
    worst = rank(times, 95)
    yield Figure(
        name="review: to any moment, p95", value=worst, limit=50, unit="ms", note=note
    )
    rewind = rewound.run_history
    moments = moments_of(rewound.plan, rewind.entries, rewind.walker.timeline, ())
    whole = run_timeline(
        rewound.plan, rewound.newest_state, moments, {}, until=rewind.until
    )
    took = timed(lambda: filter_timeline(whole, "s7 failed")) * 1000
    yield Figure(name="review: narrowed down", value=took, limit=1000, unit="ms")
    window = TimeWindow(began=whole.began, until=whole.until, width=120)

    def draw() -> None:
        for lane in whole.lanes[-12:]:
            lane_cells(lane, window, whole.until)

    took = min(timed(draw) for _ in range(5)) * 1000
    yield Figure(name="review: twelve lanes drawn", value=took, limit=50, unit="ms")


def _made(folder: Path) -> RunDirectory:
    """A run of steps that are tried again and again, watched all the while."""
    runbook = runbook_of(folder, plain_steps(STEPS))
    directory = make_run_directory(runs_root(), runbook, BEGAN)
    prev, lines = EMPTY_JOURNAL_HEAD, []
    entry = Entry(
        n=0,
        at=BEGAN,
        mono=0.0,
        boot="bench",
        by="ana",
        event=_begun(runbook, directory),
    )
    for n, event in enumerate(_events(runbook, directory), 1):
        entry = replace(entry, n=n, at=BEGAN + n / 10, mono=n / 10, event=event)
        line = encode_entry(entry, prev)
        prev = _digest(line)
        lines.append(line)
    directory.journal.write_bytes(b"".join(lines))
    checks = (
        ProbeResult(
            at=BEGAN + n, mono=n, probe="api", state="ok", status=200, ms=9.0 + n % 7
        )
        for n in range(EVENTS // 10)
    )
    directory.health.write_bytes(b"".join(map(encode_health, checks)))
    return directory


def _digest(line: bytes) -> str:
    import hashlib

    return hashlib.sha256(line[:-1]).hexdigest()


def _begun(runbook: Runbook, directory: RunDirectory) -> RunBegan:
    return RunBegan(
        run=directory.id,
        runbook=runbook.id,
        file=runbook.sources[0].name,
        sha256=runbook_digest(runbook.sources),
        title=runbook.title,
        mode=Mode.INCIDENT,
        environment=None,
        protected=False,
        workdir="/",
        operator="ana",
        setting={},
        site=None,
        path=str(runbook.path),
    )


def _events(runbook: Runbook, directory: RunDirectory) -> Iterator[Event]:
    yield _begun(runbook, directory)
    for number in range(EVENTS // 2):
        step, attempt = f"s{number % STEPS + 1}", number // STEPS + 1
        yield StepStarted(step=step, attempt=attempt)
        yield StepEnded(step=step, attempt=attempt, result=Status.FAILED, reason="so")
