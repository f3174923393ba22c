"""Runs whose trigger has fired, or whose rollback goes on, seen from outside of them.

Whoever looks at the library, or is about to begin a run, must hear of it too. Of each
open run only the entries about its watch are read, and only those that are new.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mobius_tui.errors import RunError
from mobius_tui.run.events.journal_entry import decode
from mobius_tui.run.events.run_events import (
    HostStarted,
    PhaseEntered,
    PhaseLeft,
    RunBegan,
    RunEnded,
)
from mobius_tui.run.events.watch_events import WATCH_EVENTS
from mobius_tui.run.journal.follower import Lines
from mobius_tui.run.state import watch_reducer
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.watch_state import WatchState
from mobius_tui.run.storage.last_viewed import read_last_view
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import all_runs

_MARKS = tuple(
    f'"event":"{kind.__name__}"'.encode()
    for kind in (
        *(RunBegan, RunEnded, HostStarted, PhaseEntered, PhaseLeft),
        *WATCH_EVENTS,
    )
)
"""What the lines have in them that are read; in a text the quotes are escaped."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OtherRun:
    """A run that wants somebody."""

    directory: RunDirectory
    title: str
    environment: str
    mode: str
    watch: WatchState


class _Watched:
    """One open run, as far as its watch goes."""

    def __init__(self, directory: RunDirectory) -> None:
        self.directory = directory
        self.state = RunState(steps={}, phase_of={}, asides={})
        self._lines = Lines(directory.journal)

    def read(self) -> None:
        """Take in what is new.

        Raises:
            RunError: the journal is not what it should be.
        """
        while data := self._lines.more():
            for line in data.split(b"\n"):
                if any(mark in line for mark in _MARKS):
                    self._take(line)

    def _take(self, line: bytes) -> None:
        entry, _ = decode(line)
        event = entry.event
        if isinstance(event, RunBegan):
            self.state.began = event
        elif isinstance(event, RunEnded):
            self.state.ended = event
        else:
            watch_reducer.apply_watch_event(self.state, entry)


class OtherRunsMonitor:
    """Looks at all runs again and again."""

    def __init__(self, root: Path, *, now: Callable[[], float] = time.time) -> None:
        """Look at nothing yet.

        Args:
            root: the folder of all runs.
            now: gives seconds since 1970.
        """
        self._root = root
        self._now = now
        self._known: dict[Path, _Watched] = {}
        self._over: set[str] = set()
        """The ids of runs that have ended: they never want anybody again."""

    def look(self) -> tuple[OtherRun, ...]:
        """The runs that want somebody, the most urgent first; blocking."""
        return tuple(sorted(self._found(), key=_urgency))

    def _found(self) -> Iterator[OtherRun]:
        known, self._known = self._known, {}
        for directory in all_runs(self._root, but=self._over):
            if directory.record.exists():
                self._over.add(directory.id)
                continue
            watched = known.get(directory.path) or _Watched(directory)
            try:
                if directory.host() is None:
                    continue
                watched.read()
            except RunError:
                continue  # whoever opens it is told what is wrong with it
            self._known[directory.path] = watched
            began, state = watched.state.began, watched.state
            if began is None or state.ended is not None or not _wants(state.watch):
                continue
            if began.mode != "drill" or self._is_shown(directory):
                yield OtherRun(
                    directory=directory,
                    title=began.title,
                    environment=began.environment or "",
                    mode=began.mode,
                    watch=state.watch,
                )

    def _is_shown(self, directory: RunDirectory) -> bool:
        """Whether somebody is in it: a drill that was left wants nobody."""
        glance = read_last_view(directory)
        return glance is not None and not glance.leaves and glance.is_fresh(self._now())


def _wants(watch: WatchState) -> bool:
    """Whether a person should look: before the rollback, or until it has passed."""
    if watch.rollback is not None:
        return not watch.rollback_passed
    return watch.countdown is not None or bool(watch.alarms)


def _urgency(run: OtherRun) -> tuple[int, float]:
    """What comes first: an incident, and in it what counts down."""
    watch = run.watch
    drill = 4 if run.mode == "drill" else 0
    if watch.countdown is not None:
        return drill, watch.countdown.ends
    if watch.rollback is None:
        return drill + 1, watch.alarms[0].at
    return drill + (3 if watch.rollback_running else 2), watch.rollback_began_at
