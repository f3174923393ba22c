"""A run as it was at any moment: folded on from the last checkpoint before it. Pure."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mobius_tui.health.health_record import MachineSample, ProbeResult
from mobius_tui.health.probe_window import CurrentHealth
from mobius_tui.review.run_walk import RunWalker
from mobius_tui.run.events.journal_entry import Entry, without_garbage_collection
from mobius_tui.run.journal.outage_times import MilestoneTracker
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.trigger_rules import RunTriggerRules
from mobius_tui.run.state.reducer import advance, initial_state
from mobius_tui.run.state.run_state import RunState

CHECKPOINT = 512
"""Entries and records of health between two checkpoints: folding so many takes a few
milliseconds, and a run of 100,000 has 200 of them."""
HealthRecord = ProbeResult | MachineSample


@dataclass(frozen=True, kw_only=True, slots=True)
class FoldedRun:
    """What the entries and records up to a moment amount to; it grows in place."""

    state: RunState
    health: CurrentHealth
    rules: RunTriggerRules
    course: MilestoneTracker

    @classmethod
    def nothing(cls, plan: Plan, state: RunState | None = None) -> FoldedRun:
        """Before anything happened.

        Args:
            plan: the run's.
            state: where that is folded by somebody else.
        """
        state = initial_state(plan.runbook) if state is None else state
        return cls(
            state=state,
            health=CurrentHealth(),
            rules=RunTriggerRules(plan, state),
            course=MilestoneTracker(plan),
        )

    def copy(self) -> FoldedRun:
        """The same, to go on by itself."""
        state = self.state.copy()
        return FoldedRun(
            state=state,
            health=self.health.copy(),
            rules=self.rules.copy(state),
            course=self.course.copy(),
        )

    def heed(self, entry: Entry) -> None:
        """Take in an entry that the state has taken in already."""
        self.rules.apply_event(entry.event)
        self.course.apply_entry(entry)

    def watch(self, record: HealthRecord) -> None:
        """Take in a record of health."""
        self.health.apply(record)
        self.rules.apply_probe_result(record)


class _TimedRows:
    """Things in the order in which they came, and when that was."""

    def __init__(self) -> None:
        self.times = array("d")

    def add(self, at: float) -> None:
        """A clock that is put back does not disorder them."""
        self.times.append(max(self.times[-1], at) if self.times else at)

    def until(self, moment: float) -> int:
        """How many had come by a moment."""
        return bisect_right(self.times, moment)


class Rewind:
    """All of a run, and the way back to each of its moments."""

    def __init__(self, plan: Plan) -> None:
        """Begin with nothing.

        Args:
            plan: the run's.
        """
        self._plan = plan
        self.walker = RunWalker(plan, judges_order=False)
        """What is told of the entries."""
        self.entries: list[Entry] = []
        self.folded = 0
        """Entries and records that the last way back had to fold."""
        self._records: list[HealthRecord] = []
        self._entry_times, self._record_times = _TimedRows(), _TimedRows()
        self._now = FoldedRun.nothing(plan, self.walker.state)
        self._kept = [(0, 0, FoldedRun.nothing(plan))]
        """Checkpoints: how many entries and records are in each."""

    @property
    def until(self) -> float:
        """The last moment of which anything is known, in seconds since 1970."""
        rows = (self._entry_times.times, self._record_times.times)
        return max((row[-1] for row in rows if row), default=0.0)

    def take(self, entries: Sequence[Entry], records: Sequence[HealthRecord]) -> None:
        """Take in what came since the last call."""
        with without_garbage_collection():
            for each in _merged(entries, records):
                if isinstance(each, Entry):
                    self.walker.heed(each)
                    self._now.heed(each)
                    self.entries.append(each)
                    self._entry_times.add(each.at)
                else:
                    self._now.watch(each)
                    self._records.append(each)
                    self._record_times.add(each.at)
                self._keep()

    def _keep(self) -> None:
        n, records, _ = self._kept[-1]
        here = len(self.entries), len(self._records)
        if sum(here) - n - records >= CHECKPOINT:
            self._kept.append((*here, self._now.copy()))

    def at(self, n: int) -> float:
        """When an entry was written, in seconds since 1970.

        Args:
            n: its number; what is before the first was written then, too.
        """
        return self._entry_times.times[max(0, n - 1)] if self.entries else 0.0

    def n_at(self, moment: float) -> int:
        """The number of the last entry that was written by a moment."""
        return max(1, self._entry_times.until(moment))

    def then(self, n: int, moment: float) -> FoldedRun:
        """The run as it was.

        Args:
            n: the number of the last entry that counts.
            moment: seconds since 1970 after which no record of health counts.
        """
        n, seen = min(n, len(self.entries)), self._record_times.until(moment)
        have, had, kept = self._before(n, seen)
        folded = kept.copy()
        ahead = _merged(self.entries[have:n], self._records[had:seen])
        self.folded = 0
        for each in ahead:
            self.folded += 1
            if isinstance(each, Entry):
                advance(folded.state, each)
                folded.heed(each)
            else:
                folded.watch(each)
        return folded

    def _before(self, n: int, seen: int) -> tuple[int, int, FoldedRun]:
        """The last checkpoint that holds nothing that does not count."""
        by_entries = bisect_right(self._kept, n, key=lambda kept: kept[0])
        by_records = bisect_right(self._kept, seen, key=lambda kept: kept[1])
        return self._kept[min(by_entries, by_records) - 1]


def _merged(
    entries: Iterable[Entry], records: Iterable[HealthRecord]
) -> Iterator[Entry | HealthRecord]:
    """Both by time, an entry after what was seen by then; neither's order changes."""
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
