"""Moments in order, kept in four bytes each: a run may hold half a million. Pure."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right

SECOND = 1_000_000
"""Microseconds, to which moments are kept: the journal knows no finer ones."""
_REACH = 1 << 32
"""Microseconds that a block reaches over: some 71 minutes."""


class Times:
    """Seconds since 1970, each no earlier than the one before."""

    __slots__ = ("_bases", "_offsets", "_starts")

    def __init__(self) -> None:
        """Begin with none."""
        self._offsets = array("I")
        """Microseconds from the beginning of a moment's block."""
        self._bases: list[int] = []
        """When each block begins, in microseconds since 1970."""
        self._starts: list[int] = []
        """The place of each block's first moment."""

    def append(self, moment: float) -> None:
        """Add a moment; one that is earlier than the last counts as that."""
        now = round(moment * SECOND)
        if self._bases:
            now = max(now, self._bases[-1] + self._offsets[-1])
        if not self._bases or now - self._bases[-1] >= _REACH:
            self._starts.append(len(self._offsets))
            self._bases.append(now)
        self._offsets.append(now - self._bases[-1])

    def first(self, count: int) -> Times:
        """So many moments from the start, to go on by themselves."""
        new = Times()
        new._offsets = self._offsets[:count]
        blocks = bisect_right(self._starts, count - 1)
        new._bases, new._starts = self._bases[:blocks], self._starts[:blocks]
        return new

    def before(self, moment: float) -> int:
        """How many there are before a moment."""
        now = round(moment * SECOND)
        block = bisect_left(self._bases, now) - 1
        if block < 0:
            return 0
        return bisect_left(self._offsets, now - self._bases[block], *self._ends(block))

    def by(self, moment: float) -> int:
        """How many there are before a moment, and at it."""
        now = round(moment * SECOND)
        block = bisect_right(self._bases, now) - 1
        if block < 0:
            return 0
        return bisect_right(self._offsets, now - self._bases[block], *self._ends(block))

    def _ends(self, block: int) -> tuple[int, int]:
        """The place of a block's first moment, and of the one after its last."""
        ends = (*self._starts[block : block + 2], len(self._offsets))
        return ends[0], ends[1]

    def __len__(self) -> int:
        return len(self._offsets)

    def __getitem__(self, place: int) -> float:
        at = range(len(self._offsets))[place]
        block = bisect_right(self._starts, at) - 1
        return (self._bases[block] + self._offsets[at]) / SECOND
