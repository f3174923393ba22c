"""A run as it was at any of its moments, folded on from the last checkpoint before."""

from __future__ import annotations

import asyncio
import gc
import hashlib
from array import array
from bisect import bisect_right
from collections.abc import (
    AsyncGenerator,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)

from msgspec import Struct

from mobius_tui.errors import RunError
from mobius_tui.health.health_record import MachineSample, ProbeResult
from mobius_tui.health.probe_window import CurrentHealth
from mobius_tui.review import run_annotations
from mobius_tui.review.check_slices import ProbeChecks
from mobius_tui.review.run_reader import milestones_of
from mobius_tui.review.run_report import TimelineEntry
from mobius_tui.review.run_timeline import RunTimeline, run_timeline
from mobius_tui.review.run_walk import RunWalker
from mobius_tui.review.timeline_moments import moments_of
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.journal_entry import Entry, without_garbage_collection
from mobius_tui.run.intents.action import Action
from mobius_tui.run.intents.control_protocol import Reply
from mobius_tui.run.journal.follower import Follower, RunChanges
from mobius_tui.run.journal.journal import EMPTY_JOURNAL_HEAD
from mobius_tui.run.journal.outage_times import Milestones, MilestoneTracker
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.trigger_rules import RunTriggerRules
from mobius_tui.run.state.reducer import advance, initial_state
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.safe_open import open_regular

CHECKPOINT_INTERVAL = 512
"""Entries and records of health between two checkpoints: folding so many takes a few
milliseconds, and a run of 100,000 has 200 of them."""
HealthRecord = ProbeResult | MachineSample


class FoldedRun(Struct, frozen=True, kw_only=True):
    """The state of a run after the entries and records up to a moment."""

    plan: Plan
    state: RunState
    health: CurrentHealth
    rules: RunTriggerRules
    milestone_tracker: MilestoneTracker

    @classmethod
    def initial(cls, plan: Plan, state: RunState | None = None) -> FoldedRun:
        """The run before its first entry.

        Args:
            plan: the run's, before any step joined it.
            state: the state, if the caller applies the entries to it; a new one if
                None.
        """
        state = initial_state(plan.first_runbook) if state is None else state
        return cls(
            plan=plan,
            state=state,
            health=CurrentHealth(),
            rules=RunTriggerRules(plan, state),
            milestone_tracker=MilestoneTracker(plan),
        )

    def copy(self) -> FoldedRun:
        """A copy that changes independently."""
        state, plan = self.state.copy(), self.plan.copy()
        return FoldedRun(
            plan=plan,
            state=state,
            health=self.health.copy(),
            rules=self.rules.copy(plan, state),
            milestone_tracker=self.milestone_tracker.copy(plan),
        )

    def apply(self, entry: Entry) -> None:
        """Apply an entry that was applied to the state already."""
        self.plan.catch_up(self.state)
        self.rules.apply_event(entry.event)
        self.milestone_tracker.apply_entry(entry)

    def apply_health(self, record: HealthRecord) -> None:
        """Apply a record of health."""
        self.health.apply(record)
        self.rules.apply_probe_result(record)


class _ArrivalTimes:
    """When each entry, or record, came; never decreasing."""

    def __init__(self) -> None:
        self.times = array("d")

    def add(self, at: float) -> None:
        """Add a time; one that is earlier than the last counts as the last."""
        self.times.append(max(self.times[-1], at) if self.times else at)

    def until(self, moment: float) -> int:
        """How many came until a moment."""
        return bisect_right(self.times, moment)


class RunHistory:
    """A whole run, whose state at any of its moments can be computed."""

    def __init__(self, plan: Plan) -> None:
        """Start with no entries.

        Args:
            plan: the run's, at any of its moments.
        """
        self.walker = RunWalker(plan, judges_order=False)
        """What the report says of the entries."""
        self.entries: list[Entry] = []
        self.applied_count = 0
        """How many entries and records the last call of `fold_until` applied."""
        self._records: list[HealthRecord] = []
        self._entry_times, self._record_times = _ArrivalTimes(), _ArrivalTimes()
        self._now = FoldedRun.initial(self.walker.plan, self.walker.state)
        self._checkpoints = [(0, 0, FoldedRun.initial(plan.at_start()))]
        """Checkpoints: how many entries and records are in each."""

    @property
    def until(self) -> float:
        """The time of the last entry or record, in seconds since 1970."""
        rows = (self._entry_times.times, self._record_times.times)
        return max((row[-1] for row in rows if row), default=0.0)

    def take(self, entries: Sequence[Entry], records: Sequence[HealthRecord]) -> None:
        """Add the entries and records that came since the last call."""
        with without_garbage_collection():
            for each in _merged(entries, records):
                if isinstance(each, Entry):
                    self.walker.apply(each)
                    self._now.apply(each)
                    self.entries.append(each)
                    self._entry_times.add(each.at)
                else:
                    self._now.apply_health(each)
                    self._records.append(each)
                    self._record_times.add(each.at)
                self._add_checkpoint_if_due()

    def _add_checkpoint_if_due(self) -> None:
        n, records, _ = self._checkpoints[-1]
        here = len(self.entries), len(self._records)
        if sum(here) - n - records >= CHECKPOINT_INTERVAL:
            self._checkpoints.append((*here, self._now.copy()))

    def entry_time(self, n: int) -> float:
        """When an entry was written, in seconds since 1970.

        Args:
            n: its number; what is before the first was written then, too.
        """
        return self._entry_times.times[max(0, n - 1)] if self.entries else 0.0

    def entry_number_at(self, moment: float) -> int:
        """The number of the last entry that was written by a moment."""
        return max(1, self._entry_times.until(moment))

    def fold_until(self, n: int, moment: float) -> FoldedRun:
        """The run as it was at a moment.

        Args:
            n: the number of the last entry that counts.
            moment: seconds since 1970 after which no record of health counts.
        """
        n, records = min(n, len(self.entries)), self._record_times.until(moment)
        entry_count, record_count, checkpoint = self._before(n, records)
        folded = checkpoint.copy()
        following = _merged(
            self.entries[entry_count:n], self._records[record_count:records]
        )
        self.applied_count = 0
        for each in following:
            self.applied_count += 1
            if isinstance(each, Entry):
                advance(folded.state, each)
                folded.apply(each)
            else:
                folded.apply_health(each)
        return folded

    def _before(self, n: int, records: int) -> tuple[int, int, FoldedRun]:
        """The last checkpoint with at most so many entries and records."""
        by_entries = bisect_right(
            self._checkpoints, n, key=lambda checkpoint: checkpoint[0]
        )
        by_records = bisect_right(
            self._checkpoints, records, key=lambda checkpoint: checkpoint[1]
        )
        return self._checkpoints[min(by_entries, by_records) - 1]


def _merged(
    entries: Iterable[Entry], records: Iterable[HealthRecord]
) -> Iterator[Entry | HealthRecord]:
    """Merge both by time, keeping each in order; at equal times records go first."""
    waiting = iter(records)
    record = next(waiting, None)
    for entry in entries:
        while record is not None and record.at <= entry.at:
            yield record
            record = next(waiting, None)
        yield entry
    if record is not None:
        yield record
        yield from waiting


POLL_INTERVAL = 1.0
"""Seconds between looks at the files of a run that goes on."""
REVIEW_REFUSAL = "this is a review: it starts nothing and changes nothing of the run"


class ReviewedRun(Follower):
    """A run as it was at one of its moments; at first, the last one."""

    def __init__(self, directory: RunDirectory) -> None:
        """Read what is there.

        Raises:
            RunError: the run never began, or its files are not what they should be.
        """
        self._new_records: list[ProbeResult | MachineSample] = []
        self.checks: dict[str, ProbeChecks] = {}
        """All checks of each probe."""
        try:
            super().__init__(directory)
        except RunError as error:
            raise RunError(
                f"{error}. `mobius-tui report {directory.id}` tells what can be read"
            ) from error
        self.run_history = RunHistory(self.plan)
        self._whole_history = self.health_history
        self._newest = FoldedRun(
            plan=self.plan,
            state=self.state,
            health=self.health,
            rules=self.trigger_rules,
            milestone_tracker=self.milestone_tracker,
        )
        self._take(self.initial_entries)
        self.shown_entry_number = self.state.last_entry_number
        """The entry that it is shown after."""
        self.moment = self.run_history.until
        """The moment that it is shown at, in seconds since 1970."""

    def apply_health(self, record: ProbeResult | MachineSample) -> None:
        """Take in the next record of health, and keep it."""
        super().apply_health(record)
        self._new_records.append(record)
        if isinstance(record, ProbeResult):
            self.checks.setdefault(record.probe, ProbeChecks()).add(record)

    def _take(self, entries: tuple[Entry, ...]) -> None:
        self.run_history.take(entries, self._new_records)
        self._new_records = []

    @property
    def is_open(self) -> bool:
        """Whether the run has not ended by now, whatever is shown of it."""
        return self._newest.state.ended is None

    @property
    def newest_state(self) -> RunState:
        """The state by now, whatever is shown."""
        return self._newest.state

    @property
    def newest_plan(self) -> Plan:
        """The plan by now, whatever is shown."""
        return self._newest.plan

    def milestones(self) -> Milestones:
        """The times by which the whole run is judged."""
        return milestones_of(
            self.directory,
            self.newest_plan,
            self.run_history.entries,
            self._whole_history,
        )

    def show(self, n: int, moment: float) -> None:
        """Show it as it was after an entry, at a moment in seconds since 1970."""
        self.shown_entry_number, self.moment = n, moment
        self._set_shown(self.run_history.fold_until(n, moment))
        self.health_history = self._whole_history.until(moment)

    def _set_shown(self, folded: FoldedRun) -> None:
        self.plan, self.state, self.health = folded.plan, folded.state, folded.health
        self.trigger_rules, self.milestone_tracker = (
            folded.rules,
            folded.milestone_tracker,
        )

    def poll(self, on_entry: Callable[[Entry], None] | None = None) -> RunChanges:
        """Take in what came since; what is shown stays as it is.

        Raises:
            RunError: a file is not what it should be.
        """
        shown = FoldedRun(
            plan=self.plan,
            state=self.state,
            health=self.health,
            rules=self.trigger_rules,
            milestone_tracker=self.milestone_tracker,
        )
        past, self.health_history = self.health_history, self._whole_history
        self._set_shown(self._newest)
        try:
            changes = super().poll(on_entry)
            self._take(changes.entries)
        finally:
            self._set_shown(shown)
            self.health_history = past
        return changes


class ReviewViewer(Viewer):
    """A viewer that only reads: it connects to no host, and refuses every intent."""

    def __init__(self, reviewed: ReviewedRun) -> None:
        """Look back on a run.

        Args:
            reviewed: the run.
        """
        super().__init__(reviewed.directory, reviewed)
        self.reviewed = reviewed

    def host_pid(self) -> int | None:
        """The host that the run had at the moment that is shown."""
        return self.reviewed.state.host_pid

    async def changes(
        self, idle_interval: float = 0.0
    ) -> AsyncGenerator[RunChanges, None]:
        """Yield what came since, each second; empty changes too, and without end."""
        del idle_interval  # looks are rare
        while True:
            yield self.reviewed.poll()
            await asyncio.sleep(POLL_INTERVAL)

    async def connect(self) -> bool:
        """Connect to nobody."""
        return False

    async def send_intent(self, _action: Action, intent_id: str = "") -> Reply:
        """Refuse it."""
        return Reply(id=intent_id, ok=False, text=REVIEW_REFUSAL)


def head_at(directory: RunDirectory, n: int) -> str:
    """The journal's head after an entry: SHA-256 of its line.

    Raises:
        OSError: the journal cannot be read.
    """
    head = EMPTY_JOURNAL_HEAD
    with open_regular(directory.journal) as file:
        for number, line in enumerate(file, 1):
            if number == n:
                return hashlib.sha256(line.rstrip(b"\n")).hexdigest()
    return head


class ReviewSnapshot(Struct, frozen=True, kw_only=True):
    """An immutable copy of everything that a timeline is computed from."""

    directory: RunDirectory
    plan: Plan
    entries: tuple[Entry, ...]
    timeline_entries: tuple[TimelineEntry, ...]
    state: RunState
    checks: Mapping[str, ProbeChecks]
    until: float
    """The last moment of which anything is known, in seconds since 1970."""

    def timeline(self) -> RunTimeline:
        """The timeline, with the annotations; slow, so it is called in a thread."""
        said = run_annotations.read_annotations(self.directory)
        moments = moments_of(self.plan, self.entries, self.timeline_entries, said)
        return run_timeline(
            self.plan, self.state, moments, self.checks, until=self.until
        )


def review_snapshot(reviewed: ReviewedRun) -> ReviewSnapshot:
    """A snapshot of a run; to be called in the thread that polls the run."""
    rewind = reviewed.run_history
    return ReviewSnapshot(
        directory=reviewed.directory,
        plan=reviewed.newest_plan.copy(),
        entries=tuple(rewind.entries),
        timeline_entries=tuple(rewind.walker.timeline),
        state=reviewed.newest_state.copy(),
        checks=dict(reviewed.checks),
        until=rewind.until,
    )


def read_past_run(directory: RunDirectory) -> tuple[ReviewedRun, RunTimeline]:
    """Read a run that is looked back on, and its timeline.

    Raises:
        MobiusError: it never began, or is damaged.
    """
    rewound = ReviewedRun(directory)
    whole = review_snapshot(rewound).timeline()
    gc.freeze()  # or every look for garbage goes through all of it: 250 ms of 100,000
    return rewound, whole
