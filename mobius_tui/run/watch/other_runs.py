"""Finds other runs that need a person: a trigger fired, or a rollback goes on.

The library and the briefing show them. Of each open run only new entries about its
watch are read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct

from mobius_tui.errors import RunError
from mobius_tui.run.events.journal_entry import Entry, EntryPicker
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.events.run_events import (
    HostStarted,
    PhaseEntered,
    PhaseLeft,
    RunBegan,
    RunEnded,
)
from mobius_tui.run.events.watch_events import WATCH_EVENTS
from mobius_tui.run.journal.follower import LineFollower
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.watch_state import WatchState, watch_after
from mobius_tui.run.storage.last_viewed import read_last_view
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import all_runs

_ENTRIES_READ = EntryPicker(
    (*(RunBegan, RunEnded, HostStarted, PhaseEntered, PhaseLeft), *WATCH_EVENTS)
)


class OtherRun(Struct, frozen=True, kw_only=True):
    """A run that needs a person."""

    directory: RunDirectory
    title: str
    environment: str
    mode: Mode
    watch: WatchState


class _WatchedRun:
    """The watch of one open run."""

    def __init__(self, directory: RunDirectory) -> None:
        self.directory = directory
        self.state = RunState(steps={}, phase_of={}, aside_steps={})
        self._lines = LineFollower(directory.journal)

    def read(self) -> None:
        """Read the new entries.

        Raises:
            RunError: the journal is invalid.
        """
        while data := self._lines.read_new():
            for line in data.split(b"\n"):
                entry = _ENTRIES_READ.pick(line)
                if entry is not None:
                    self._apply(entry)

    def _apply(self, entry: Entry) -> None:
        event = entry.event
        if isinstance(event, RunBegan):
            self.state.began = event
        elif isinstance(event, RunEnded):
            self.state.ended = event
        else:
            self.state.watch = watch_after(self.state.watch, entry)


class OtherRunsMonitor:
    """Reads all open runs again and again."""

    def __init__(self, root: Path, *, now: Callable[[], float] = time.time) -> None:
        """Begin without reading anything.

        Args:
            root: the folder of all runs.
            now: gives seconds since 1970.
        """
        self._root = root
        self._now = now
        self._watched_runs: dict[Path, _WatchedRun] = {}
        self._ended: set[str] = set()
        """The ids of runs that have ended: they never want anybody again."""

    def urgent_runs(self) -> tuple[OtherRun, ...]:
        """The runs that need a person, the most urgent first; blocking."""
        return tuple(sorted(self._find_urgent(), key=_urgency))

    def _find_urgent(self) -> Iterator[OtherRun]:
        runs_before, self._watched_runs = self._watched_runs, {}
        for directory in all_runs(self._root, excluded=self._ended):
            if directory.record.exists():
                self._ended.add(directory.id)
                continue
            watched = runs_before.get(directory.path) or _WatchedRun(directory)
            try:
                if directory.host_pid() is None:
                    continue
                watched.read()
            except RunError:
                continue  # whoever opens it is told what is wrong with it
            self._watched_runs[directory.path] = watched
            began, state = watched.state.began, watched.state
            if (
                began is None
                or state.ended is not None
                or not _needs_person(state.watch)
            ):
                continue
            if not began.is_drill or self._is_viewed(directory):
                yield OtherRun(
                    directory=directory,
                    title=began.title,
                    environment=began.environment or "",
                    mode=began.mode,
                    watch=state.watch,
                )

    def _is_viewed(self, directory: RunDirectory) -> bool:
        """Whether a screen shows the run; a drill that nobody views is not urgent."""
        last_view = read_last_view(directory)
        return (
            last_view is not None
            and not last_view.leaves
            and last_view.is_fresh(self._now())
        )


def _needs_person(watch: WatchState) -> bool:
    """Whether a person is needed: before the rollback, or until it has passed."""
    if watch.rollback is not None:
        return not watch.rollback_passed
    return watch.countdown is not None or bool(watch.alarms)


def _urgency(run: OtherRun) -> tuple[int, float]:
    """The sort key of a run: incidents before drills, and countdowns first."""
    watch = run.watch
    drill = 4 if run.mode is Mode.DRILL else 0
    if watch.countdown is not None:
        return drill, watch.countdown.ends
    if watch.rollback is None:
        return drill + 1, watch.alarms[0].at
    return drill + (3 if watch.rollback_running else 2), watch.rollback_began_at
