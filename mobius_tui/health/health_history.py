"""The health at any time of a run, compressed to about five bytes for each check."""

from __future__ import annotations

import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from mobius_tui.health.health_record import CheckState, ProbeResult
from mobius_tui.health.probe_window import UNKNOWN_AFTER, ProbeCondition

ZLIB_WINDOW_BITS = 12
ZLIB_MEMORY_LEVEL = 4
"""zlib needs 24 KB with these two, and 260 KB by default, which would fragment the
memory of a process that runs for days; 2 KB of data get as small in a fifth of the
time."""


def compress(data: bytes) -> bytes:
    """Compress data for `zlib.decompress`."""
    packer = zlib.compressobj(wbits=ZLIB_WINDOW_BITS, memLevel=ZLIB_MEMORY_LEVEL)
    return packer.compress(data) + packer.flush()


MICROSECONDS = 1_000_000
"""In a second: moments are rounded to microseconds, as in the journal."""
TIMES_PER_BLOCK = 256
"""The number of times that are compressed together."""

_PackedTimes = tuple["array[int]", list[bytes], "array[int]"]
"""The first moment of each full block, in microseconds since 1970; the compressed gaps
between the moments of each block; and the moments after the last full block."""


class PackedTimes:
    """A compressed list of seconds since 1970, each no earlier than the one before."""

    __slots__ = ("_block", "_cache", "_last", "_state")

    def __init__(self, block: int = TIMES_PER_BLOCK) -> None:
        """Begin with none.

        Args:
            block: how many are compressed together.
        """
        self._block = block
        self._state: _PackedTimes = array("q"), [], array("q")
        self._last = 0
        self._cache: tuple[bytes, Sequence[int]] = (b"", ())
        """The block that was unpacked last, and its moments."""

    def append(self, moment: float) -> None:
        """Add a moment; one earlier than the last is stored as the last."""
        now = self._last = max(self._last, round(moment * MICROSECONDS))
        firsts, packed, newest = self._state
        newest.append(now)
        if len(newest) == self._block:
            # One assignment: another thread may be reading.
            self._state = (
                array("q", [*firsts, newest[0]]),
                [*packed, _packed(newest)],
                array("q"),
            )

    def copy_of_first(self, count: int) -> PackedTimes:
        """An independent copy of the first `count` moments."""
        new = PackedTimes(self._block)
        firsts, packed, newest = self._state
        count = min(count, len(packed) * self._block + len(newest))
        whole, rest = divmod(count, self._block)
        part = self._moments(self._state, whole)[:rest] if rest else ()
        new._state = firsts[:whole], packed[:whole], array("q", part)
        if count:
            last, inside = divmod(count - 1, self._block)
            new._last = self._moments(self._state, last)[inside]
        return new

    def count_before(self, moment: float) -> int:
        """The number of moments before a moment."""
        return self._count(moment, bisect_left)

    def count_until(self, moment: float) -> int:
        """The number of moments before or at a moment."""
        return self._count(moment, bisect_right)

    def _count(self, moment: float, places: Callable[[Sequence[int], int], int]) -> int:
        now = round(moment * MICROSECONDS)
        state = firsts, packed, newest = self._state
        # Where a newest one lies before it, all packed ones do.
        block = len(packed) if places(newest[:1], now) else places(firsts, now) - 1
        if block < 0:
            return 0
        return block * self._block + places(self._moments(state, block), now)

    def _moments(self, state: _PackedTimes, block: int) -> Sequence[int]:
        """The moments of a block, in microseconds since 1970."""
        firsts, packed, newest = state
        if block == len(packed):
            return newest
        data, moments = self._cache
        if data is not packed[block]:
            data = packed[block]
            gaps = _gaps(data)
            moments = array("q", accumulate(gaps, initial=firsts[block]))
            self._cache = data, moments
        return moments

    def __len__(self) -> int:
        _, packed, newest = self._state
        return len(packed) * self._block + len(newest)

    def __getitem__(self, place: int) -> float:
        state = self._state
        count = len(state[1]) * self._block + len(state[2])
        block, inside = divmod(range(count)[place], self._block)
        return self._moments(state, block)[inside] / MICROSECONDS


def _packed(moments: Sequence[int]) -> bytes:
    """The compressed gaps between moments: all first bytes, then all second bytes."""
    gaps = array("q", (after - before for before, after in pairwise(moments)))
    data = gaps.tobytes()
    return compress(b"".join(data[at :: gaps.itemsize] for at in range(gaps.itemsize)))


def _gaps(data: bytes) -> Sequence[int]:
    """The gaps that `_packed` compressed."""
    gaps = array("q")
    columns = zlib.decompress(data)
    count = len(columns) // gaps.itemsize
    rows = bytearray(len(columns))
    for at in range(gaps.itemsize):
        rows[at :: gaps.itemsize] = columns[at * count : (at + 1) * count]
    gaps.frombytes(rows)
    return gaps


STATE_CODES: dict[CheckState, int] = {"ok": 0, "failed": 1, "no data": 2}
"""The byte by which the history stores a state."""
_OK, _FAILED, _NO_DATA = 0, 1, 2


class CheckCounts(NamedTuple):
    """How often the checks of a probe were ok and failed, and when last."""

    ok: int = 0
    failed: int = 0
    last_ok: float | None = None
    """Seconds since 1970."""
    last_failed: float | None = None


class _ProbeHistory:
    """The checks of one probe."""

    def __init__(self) -> None:
        self.times = PackedTimes()
        self.states = bytearray()

    def add(self, check: ProbeResult) -> None:
        """Add the next check; a clock that is set back does not change their order."""
        self.times.append(check.at)
        self.states.append(STATE_CODES[check.state])

    def at(self, moment: float, within: float) -> ProbeCondition:
        """The condition at a moment, by the checks before it."""
        place = self.times.count_until(moment) - 1
        if place < 0 or moment - self.times[place] > within:
            return "unknown"
        for back in range(min(UNKNOWN_AFTER, place + 1)):
            state = self.states[place - back]
            if state != _NO_DATA:
                return "ok" if state == _OK else "failing"
        return "unknown"

    def until(self, moment: float) -> _ProbeHistory:
        """A copy with only the checks that began at or before a moment."""
        new, count = _ProbeHistory(), self.times.count_until(moment)
        new.times, new.states = self.times.copy_of_first(count), self.states[:count]
        return new

    def ok_streak(self, since: float, count: int) -> tuple[float, float] | None:
        """When the first and the last of the first `count` ok checks in a row began.

        Counted from `since`; None if there were none.
        """
        row = first = 0
        for place in range(self.times.count_before(since), len(self.states)):
            state = self.states[place]
            if state == _NO_DATA:
                continue
            first = place if row == 0 else first
            row = row + 1 if state == _OK else 0
            if row == count:
                return self.times[first], self.times[place]
        return None

    def first_failed(self, since: float) -> float | None:
        """When the first failed check from a moment on began; None if there is none."""
        place = self.states.find(_FAILED, self.times.count_before(since))
        return self.times[place] if place >= 0 else None

    def failing_since(self, moment: float) -> float | None:
        """When the first failed check after the last ok one before a moment began."""
        until = self.times.count_until(moment)
        place = self.states.find(_FAILED, self.states.rfind(_OK, 0, until) + 1, until)
        return self.times[place] if place >= 0 else None

    def counts(self, since: float) -> CheckCounts:
        """How many were ok and failed since a moment, and when the last of each was."""
        first = self.times.count_before(since)
        numbers, lasts = [], []
        for code in (_OK, _FAILED):
            numbers.append(self.states.count(code, first))
            place = self.states.rfind(code, first)
            lasts.append(self.times[place] if place >= 0 else None)
        return CheckCounts(numbers[0], numbers[1], lasts[0], lasts[1])

    def healthy_since(self) -> float | None:
        """When the first ok check after the last failed one began.

        None if there is none.
        """
        place = self.states.find(_OK, self.states.rfind(_FAILED) + 1)
        return self.times[place] if place >= 0 else None


class HealthHistory:
    """The states of all checks of a run, by probe and time."""

    def __init__(self) -> None:
        """Begin with no checks."""
        self._probes: dict[str, _ProbeHistory] = {}

    @property
    def is_empty(self) -> bool:
        """Whether there are no checks yet."""
        return not self._probes

    def add(self, check: ProbeResult) -> None:
        """Add the next check."""
        probe = self._probes.get(check.probe)
        if probe is None:
            probe = self._probes[check.probe] = _ProbeHistory()
        probe.add(check)

    def until(self, moment: float) -> HealthHistory:
        """A copy with the checks that had begun by a moment.

        Args:
            moment: seconds since 1970.
        """
        new = HealthHistory()
        new._probes = {name: own.until(moment) for name, own in self._probes.items()}
        return new

    def at(self, probe: str, moment: float, *, within: float) -> ProbeCondition:
        """The condition of a probe at a moment.

        Args:
            probe: its id.
            moment: seconds since 1970.
            within: seconds after which a check is out of date.
        """
        history = self._probes.get(probe)
        return history.at(moment, within) if history is not None else "unknown"

    def ok_streak_at(self, probe: str, *, since: float, count: int) -> float | None:
        """When a probe had been ok `count` times in a row, apart from `no data`.

        Args:
            probe: its id.
            since: seconds since 1970; checks that began before do not count.
            count: how many.

        Returns:
            When the last of them began, in seconds since 1970; `None` if it never
            was so.
        """
        streak = self.ok_streak(probe, since=since, count=count)
        return streak[1] if streak is not None else None

    def ok_streak(
        self, probe: str, *, since: float, count: int
    ) -> tuple[float, float] | None:
        """When the first ok checks of a probe in a row began: the first, and the last.

        Checks without data are left out of account.

        Args:
            probe: its id.
            since: seconds since 1970; checks that began before do not count.
            count: how many.
        """
        history = self._probes.get(probe)
        return history.ok_streak(since, count) if history is not None else None

    def first_failed(self, probe: str, *, since: float) -> float | None:
        """When the first check of a probe that failed since a moment began."""
        history = self._probes.get(probe)
        return history.first_failed(since) if history is not None else None

    def failing_since(self, probe: str, moment: float) -> float | None:
        """When a probe had begun to fail that failed at a moment, by then.

        It is the first failed check after the last ok one; `None` where its last check
        with data was ok, or it has none.
        """
        history = self._probes.get(probe)
        return history.failing_since(moment) if history is not None else None

    def counts(self, probe: str, *, since: float = 0.0) -> CheckCounts:
        """How often a probe was ok and failed, and when last.

        Args:
            probe: its id.
            since: seconds since 1970; checks that began before do not count.
        """
        history = self._probes.get(probe)
        return history.counts(since) if history is not None else CheckCounts()

    def healthy_since(self, probe: str) -> float | None:
        """When the present streak of ok checks began, ignoring checks without data.

        Returns:
            Seconds since 1970; `None` where its last check with data failed, or it has
            none.
        """
        history = self._probes.get(probe)
        return history.healthy_since() if history is not None else None
