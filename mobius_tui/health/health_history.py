"""The health at any moment of a run, packed to five bytes a check."""

from __future__ import annotations

import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from mobius_tui.health.health_record import ProbeResult, State
from mobius_tui.health.probe_window import BLIND_ROW, ProbeCondition

WINDOW = 12
MEMORY = 4
"""As zlib counts them: 24 KB while it works, where its own choice is 260. Of what is
packed ever again such holes are left in a process that runs for days; of 2 KB it makes
as little, in a fifth of the time."""


def compress(data: bytes) -> bytes:
    """The data, packed: for `zlib.decompress`."""
    packer = zlib.compressobj(wbits=WINDOW, memLevel=MEMORY)
    return packer.compress(data) + packer.flush()


SECOND = 1_000_000
"""Microseconds, to which moments are kept: the journal knows no finer ones."""
BLOCK = 256
"""Moments that are packed together."""

_Held = tuple["array[int]", list[bytes], "array[int]"]
"""The first moment of each full block, in microseconds since 1970; what lies between
the moments of each; and the moments after them."""


class Times:
    """Seconds since 1970, each no earlier than the one before."""

    __slots__ = ("_block", "_held", "_last", "_unpacked")

    def __init__(self, block: int = BLOCK) -> None:
        """Begin with none.

        Args:
            block: how many are packed together.
        """
        self._block = block
        self._held: _Held = array("q"), [], array("q")
        self._last = 0
        self._unpacked: tuple[bytes, Sequence[int]] = (b"", ())
        """The block that was looked into last, and its moments."""

    def append(self, moment: float) -> None:
        """Add a moment; one that is earlier than the last counts as that."""
        now = self._last = max(self._last, round(moment * SECOND))
        firsts, packed, newest = self._held
        newest.append(now)
        if len(newest) == self._block:
            # One assignment: a thread may look, too.
            self._held = (
                array("q", [*firsts, newest[0]]),
                [*packed, _packed(newest)],
                array("q"),
            )

    def first(self, count: int) -> Times:
        """So many moments from the start, to go on by themselves."""
        new = Times(self._block)
        firsts, packed, newest = self._held
        count = min(count, len(packed) * self._block + len(newest))
        whole, rest = divmod(count, self._block)
        part = self._moments(self._held, whole)[:rest] if rest else ()
        new._held = firsts[:whole], packed[:whole], array("q", part)
        if count:
            last, inside = divmod(count - 1, self._block)
            new._last = self._moments(self._held, last)[inside]
        return new

    def before(self, moment: float) -> int:
        """How many there are before a moment."""
        return self._count(moment, bisect_left)

    def by(self, moment: float) -> int:
        """How many there are before a moment, and at it."""
        return self._count(moment, bisect_right)

    def _count(self, moment: float, places: Callable[[Sequence[int], int], int]) -> int:
        now = round(moment * SECOND)
        held = firsts, packed, newest = self._held
        # Where a newest one lies before it, all packed ones do.
        block = len(packed) if places(newest[:1], now) else places(firsts, now) - 1
        if block < 0:
            return 0
        return block * self._block + places(self._moments(held, block), now)

    def _moments(self, held: _Held, block: int) -> Sequence[int]:
        """The moments of a block, in microseconds since 1970."""
        firsts, packed, newest = held
        if block == len(packed):
            return newest
        data, moments = self._unpacked
        if data is not packed[block]:
            data = packed[block]
            gaps = _unpacked(data)
            moments = array("q", accumulate(gaps, initial=firsts[block]))
            self._unpacked = data, moments
        return moments

    def __len__(self) -> int:
        _, packed, newest = self._held
        return len(packed) * self._block + len(newest)

    def __getitem__(self, place: int) -> float:
        held = self._held
        count = len(held[1]) * self._block + len(held[2])
        block, inside = divmod(range(count)[place], self._block)
        return self._moments(held, block)[inside] / SECOND


def _packed(moments: Sequence[int]) -> bytes:
    """The gaps between moments; their first bytes together, then their second ones."""
    gaps = array("q", (after - before for before, after in pairwise(moments)))
    data = gaps.tobytes()
    return compress(b"".join(data[at :: gaps.itemsize] for at in range(gaps.itemsize)))


def _unpacked(data: bytes) -> Sequence[int]:
    """The gaps again."""
    gaps = array("q")
    columns = zlib.decompress(data)
    count = len(columns) // gaps.itemsize
    rows = bytearray(len(columns))
    for at in range(gaps.itemsize):
        rows[at :: gaps.itemsize] = columns[at * count : (at + 1) * count]
    gaps.frombytes(rows)
    return gaps


STATE_CODES: dict[State, int] = {"ok": 0, "failed": 1, "no data": 2}
"""The byte that stands for a state where all checks of a run are kept."""
_OK, _FAILED, _NO_DATA = 0, 1, 2


class CheckCounts(NamedTuple):
    """How often a probe was seen to be well, and to be ill, and when last."""

    ok: int = 0
    failed: int = 0
    last_ok: float | None = None
    """Seconds since 1970."""
    last_failed: float | None = None


class _ProbeHistory:
    """The checks of one probe."""

    def __init__(self) -> None:
        self.times = Times()
        self.states = bytearray()

    def add(self, check: ProbeResult) -> None:
        """Take in the next check; a clock that is put back does not disorder them."""
        self.times.append(check.at)
        self.states.append(STATE_CODES[check.state])

    def at(self, moment: float, within: float) -> ProbeCondition:
        """What was known at a moment by the checks before it."""
        place = self.times.by(moment) - 1
        if place < 0 or moment - self.times[place] > within:
            return "unknown"
        for back in range(min(BLIND_ROW, place + 1)):
            state = self.states[place - back]
            if state != _NO_DATA:
                return "ok" if state == _OK else "failing"
        return "unknown"

    def until(self, moment: float) -> _ProbeHistory:
        """The checks that had begun by a moment."""
        new, count = _ProbeHistory(), self.times.by(moment)
        new.times, new.states = self.times.first(count), self.states[:count]
        return new

    def oks(self, since: float, count: int) -> float | None:
        """When so many checks in a row had been ok, after a moment."""
        row = 0
        for place in range(self.times.before(since), len(self.times)):
            state = self.states[place]
            if state == _NO_DATA:
                continue
            row = row + 1 if state == _OK else 0
            if row == count:
                return self.times[place]
        return None

    def counts(self, since: float) -> CheckCounts:
        """How many were ok and failed since a moment, and when the last of each was."""
        first = self.times.before(since)
        numbers, lasts = [], []
        for code in (_OK, _FAILED):
            numbers.append(self.states.count(code, first))
            place = self.states.rfind(code, first)
            lasts.append(self.times[place] if place >= 0 else None)
        return CheckCounts(numbers[0], numbers[1], lasts[0], lasts[1])

    def well_since(self) -> float | None:
        """The first ok of the last row that no failure breaks."""
        place = self.states.find(_OK, self.states.rfind(_FAILED) + 1)
        return self.times[place] if place >= 0 else None


class HealthHistory:
    """The states of all checks of a run, by probe and time."""

    def __init__(self) -> None:
        """Begin with no checks."""
        self._probes: dict[str, _ProbeHistory] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nobody has looked yet."""
        return not self._probes

    def add(self, check: ProbeResult) -> None:
        """Take in the next check."""
        probe = self._probes.get(check.probe)
        if probe is None:
            probe = self._probes[check.probe] = _ProbeHistory()
        probe.add(check)

    def until(self, moment: float) -> HealthHistory:
        """What was on record by a moment.

        Args:
            moment: seconds since 1970.
        """
        new = HealthHistory()
        new._probes = {name: own.until(moment) for name, own in self._probes.items()}
        return new

    def at(self, probe: str, moment: float, *, within: float) -> ProbeCondition:
        """What was known of a probe at a moment.

        Args:
            probe: its id.
            moment: seconds since 1970.
            within: seconds after which a check says nothing about the present any more.
        """
        known = self._probes.get(probe)
        return known.at(moment, within) if known is not None else "unknown"

    def oks(self, probe: str, *, since: float, count: int) -> float | None:
        """When a probe had been ok so many times in a row, no data left out.

        Args:
            probe: its id.
            since: seconds since 1970; checks that began before do not count.
            count: how many.

        Returns:
            When the last of them began, in seconds since 1970; `None` if it never
            was so.
        """
        known = self._probes.get(probe)
        return known.oks(since, count) if known is not None else None

    def counts(self, probe: str, *, since: float = 0.0) -> CheckCounts:
        """How often a probe was ok and failed, and when last.

        Args:
            probe: its id.
            since: seconds since 1970; checks that began before do not count.
        """
        known = self._probes.get(probe)
        return known.counts(since) if known is not None else CheckCounts()

    def well_since(self, probe: str) -> float | None:
        """When the last row of healthy checks of a probe began, no data left out.

        Returns:
            Seconds since 1970; `None` where its last check with data failed, or it has
            none.
        """
        known = self._probes.get(probe)
        return known.well_since() if known is not None else None
