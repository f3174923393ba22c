"""A run under review: its files read as they grow, shown as of any moment."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass

from mobius_tui.errors import RunError
from mobius_tui.health.health_record import MachineSample, ProbeResult
from mobius_tui.review import run_annotations
from mobius_tui.review.check_slices import ProbeChecks
from mobius_tui.review.rewind import FoldedRun, Rewind
from mobius_tui.review.run_reader import milestones_of
from mobius_tui.review.run_report import TimelineEntry
from mobius_tui.review.run_timeline import RunTimeline, run_timeline
from mobius_tui.review.timeline_moments import moments_of
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.intents.intent_actions import Action
from mobius_tui.run.intents.replies import Reply
from mobius_tui.run.journal.follower import Follower, RunChanges
from mobius_tui.run.journal.journal import FIRST_PREV
from mobius_tui.run.journal.outage_times import Milestones
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.safe_open import open_regular

POLL_INTERVAL = 1.0
"""Seconds between looks at the files of a run that goes on."""
REFUSED = "this is a review: it starts nothing and changes nothing of the run"


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
        self.rewind = Rewind(self.plan)
        self._whole_history = self.health_history
        self._newest = FoldedRun(
            plan=self.plan,
            state=self.state,
            health=self.health,
            rules=self.trigger_rules,
            milestone_tracker=self.milestone_tracker,
        )
        self._take(self.initial_entries)
        self.n = self.state.last_entry_number
        """The entry that it is shown after."""
        self.moment = self.rewind.until
        """The moment that it is shown at, in seconds since 1970."""

    def apply_health(self, record: ProbeResult | MachineSample) -> None:
        """Take in the next record of health, and keep it."""
        super().apply_health(record)
        self._new_records.append(record)
        if isinstance(record, ProbeResult):
            self.checks.setdefault(record.probe, ProbeChecks()).add(record)

    def _take(self, entries: tuple[Entry, ...]) -> None:
        self.rewind.take(entries, self._new_records)
        self._new_records = []

    @property
    def is_open(self) -> bool:
        """Whether the run has not ended by now, whatever is shown of it."""
        return self._newest.state.ended is None

    @property
    def newest(self) -> RunState:
        """The state by now, whatever is shown."""
        return self._newest.state

    @property
    def newest_plan(self) -> Plan:
        """The plan by now, whatever is shown."""
        return self._newest.plan

    def milestones(self) -> Milestones:
        """The times by which the whole run is judged."""
        return milestones_of(
            self.directory, self.newest_plan, self.rewind.entries, self._whole_history
        )

    def show(self, n: int, moment: float) -> None:
        """Show it as it was after an entry, at a moment in seconds since 1970."""
        self.n, self.moment = n, moment
        self._set_shown(self.rewind.fold_until(n, moment))
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

    async def changes(self, quiet: float = 0.0) -> AsyncGenerator[RunChanges, None]:
        """The changes of a run that is open; none if it has ended."""
        del quiet  # looks are rare
        while True:
            yield self.reviewed.poll()
            await asyncio.sleep(POLL_INTERVAL)

    async def connect(self) -> bool:
        """Connect to nobody."""
        return False

    async def send_intent(self, _action: Action, intent: str = "") -> Reply:
        """Refuse it."""
        return Reply(id=intent, ok=False, text=REFUSED)


def head_at(directory: RunDirectory, n: int) -> str:
    """The journal's head after an entry: SHA-256 of its line.

    Raises:
        OSError: the journal cannot be read.
    """
    head = FIRST_PREV
    with open_regular(directory.journal) as file:
        for number, line in enumerate(file, 1):
            if number == n:
                return hashlib.sha256(line.rstrip(b"\n")).hexdigest()
    return head


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewSnapshot:
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
    rewind = reviewed.rewind
    return ReviewSnapshot(
        directory=reviewed.directory,
        plan=reviewed.newest_plan.copy(),
        entries=tuple(rewind.entries),
        timeline_entries=tuple(rewind.walker.timeline),
        state=reviewed.newest.copy(),
        checks=dict(reviewed.checks),
        until=rewind.until,
    )
