"""A run that is looked back on: its files, read as they grow, shown as they were."""

from __future__ import annotations

import asyncio
import hashlib
import os
import struct
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

from mobius_tui.errors import RunError
from mobius_tui.health.record import Check, Sample
from mobius_tui.review.beats import Row
from mobius_tui.review.drills import times_of
from mobius_tui.review.rewind import Folded, Rewind
from mobius_tui.run.directory import AttemptDirectory, RunDirectory
from mobius_tui.run.entry import Entry
from mobius_tui.run.follow import Changes, Follower
from mobius_tui.run.intents import Intent, Reply
from mobius_tui.run.journal import FIRST
from mobius_tui.run.milestones import Milestones
from mobius_tui.run.regular import regular
from mobius_tui.run.state import RunState
from mobius_tui.run.viewer import Viewer

BEAT = 1.0
"""Seconds between looks at the files of a run that goes on."""
REFUSED = "this is a review: it starts nothing and changes nothing of the run"
_SPAN = struct.Struct("<QQQ")
"""As the keeper writes it: offset, length and stream, nanoseconds since 1970."""


class Rewound(Follower):
    """A run as it was at one of its moments; at first, the last one."""

    def __init__(self, directory: RunDirectory) -> None:
        """Read what is there.

        Raises:
            RunError: the run never began, or its files are not what they should be.
        """
        self._fresh: list[Check | Sample] = []
        self.checks: dict[str, Row] = {}
        """All checks of each probe."""
        try:
            super().__init__(directory)
        except RunError as error:
            raise RunError(
                f"{error}. `mobius-tui report {directory.id}` tells what can be read"
            ) from error
        self.rewind = Rewind(self.plan)
        self._all = self.past
        self._newest = Folded(
            state=self.state, health=self.health, rules=self.rules, course=self.course
        )
        self._take(self.entries)
        self.n = self.state.n
        """The entry that it is shown after."""
        self.moment = self.rewind.until
        """The moment that it is shown at, in seconds since 1970."""

    def take_health(self, record: Check | Sample) -> None:
        """Take in the next record of health, and keep it."""
        super().take_health(record)
        self._fresh.append(record)
        if isinstance(record, Check):
            self.checks.setdefault(record.probe, Row()).add(record)

    def _take(self, entries: tuple[Entry, ...]) -> None:
        self.rewind.take(entries, self._fresh)
        self._fresh = []

    @property
    def is_open(self) -> bool:
        """Whether the run has not ended by now, whatever is shown of it."""
        return self._newest.state.ended is None

    @property
    def newest(self) -> RunState:
        """The state by now, whatever is shown."""
        return self._newest.state

    def times(self) -> Milestones:
        """The times by which the whole run is judged."""
        return times_of(self.directory, self.plan, self.rewind.entries, self._all)

    def show(self, n: int, moment: float) -> None:
        """Show it as it was after an entry, at a moment in seconds since 1970."""
        self.n, self.moment = n, moment
        self._put(self.rewind.then(n, moment))
        self.past = self._all.until(moment)

    def _put(self, folded: Folded) -> None:
        self.state, self.health = folded.state, folded.health
        self.rules, self.course = folded.rules, folded.course

    def poll(self, on_entry: Callable[[Entry], None] | None = None) -> Changes:
        """Take in what came since; what is shown stays as it is.

        Raises:
            RunError: a file is not what it should be.
        """
        shown = Folded(
            state=self.state, health=self.health, rules=self.rules, course=self.course
        )
        past, self.past = self.past, self._all
        self._put(self._newest)
        try:
            changes = super().poll(on_entry)
            self._take(changes.entries)
        finally:
            self._put(shown)
            self.past = past
        return changes


class ReviewViewer(Viewer):
    """A viewer that only looks: whatever it is asked to do, it does not."""

    def __init__(self, rewound: Rewound) -> None:
        """Look back on a run.

        Args:
            rewound: who has read it.
        """
        super().__init__(rewound.directory, rewound)
        self.rewound = rewound

    def host(self) -> int | None:
        """The host that the run had at the moment that is shown."""
        return self.rewound.state.host_pid

    async def changes(self, quiet: float = 0.0) -> AsyncGenerator[Changes, None]:
        """What comes of a run that goes on; of one that is over, nothing."""
        del quiet  # looks are rare
        while True:
            yield self.rewound.poll()
            await asyncio.sleep(BEAT)

    async def connect(self) -> bool:
        """Connect to nobody."""
        return False

    async def intend(self, intent: Intent) -> Reply:
        """Refuse it."""
        return Reply(id=intent.id, ok=False, text=REFUSED)


def head_at(directory: RunDirectory, n: int) -> str:
    """The journal's head after an entry: SHA-256 of its line.

    Raises:
        OSError: the journal cannot be read.
    """
    head = FIRST
    with regular(directory.journal) as file:
        for number, line in enumerate(file, 1):
            if number == n:
                return hashlib.sha256(line.rstrip(b"\n")).hexdigest()
    return head


def printed_by(attempt: AttemptDirectory, moment: float) -> int:
    """The bytes of an output that had been printed by a moment.

    Args:
        attempt: whose output.
        moment: seconds since 1970.
    """
    limit = int(moment * 1e9)
    try:
        with regular(attempt.spans) as file:
            low, high = 0, file.seek(0, os.SEEK_END) // _SPAN.size
            while low < high:
                middle = (low + high) // 2
                file.seek(middle * _SPAN.size)
                if _SPAN.unpack(file.read(_SPAN.size))[2] <= limit:
                    low = middle + 1
                else:
                    high = middle
            if low == 0:
                return 0
            file.seek((low - 1) * _SPAN.size)
            offset, packed, _ = _SPAN.unpack(file.read(_SPAN.size))
    except OSError:
        return _size(attempt.output)  # without spans nobody knows when it came
    return int(offset + (packed & ((1 << 56) - 1)))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
