"""Moments in order, packed: a run may hold half a million of them. Pure.

Of checks that come on a beat, one takes some two bytes.
"""

from __future__ import annotations

import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise

SECOND = 1_000_000
"""Microseconds, to which moments are kept: the journal knows no finer ones."""
BLOCK = 256
"""Moments that are packed together."""


class Times:
    """Seconds since 1970, each no earlier than the one before."""

    __slots__ = ("_block", "_firsts", "_last", "_newest", "_packed", "_unpacked")

    def __init__(self, block: int = BLOCK) -> None:
        """Begin with none.

        Args:
            block: how many are packed together.
        """
        self._block = block
        self._firsts = array("q")
        """The first moment of each block, in microseconds since 1970; also of the one
        that is not packed yet."""
        self._packed: list[bytes] = []
        """Of each block that is full, what lies between its moments."""
        self._newest = array("q")
        """The moments after the last full block."""
        self._unpacked: tuple[int, Sequence[int]] = (-1, ())
        """The block that was looked into last, and its moments."""
        self._last = 0

    def append(self, moment: float) -> None:
        """Add a moment; one that is earlier than the last counts as that."""
        now = self._last = max(self._last, round(moment * SECOND))
        if not self._newest:
            self._firsts.append(now)
        self._newest.append(now)
        if len(self._newest) == self._block:
            self._packed.append(_packed(self._newest))
            self._newest = array("q")

    def first(self, count: int) -> Times:
        """So many moments from the start, to go on by themselves."""
        new = Times(self._block)
        count = min(count, len(self))
        if count:
            whole, rest = divmod(count, self._block)
            new._packed = self._packed[:whole]
            new._firsts = self._firsts[: whole + (rest > 0)]
            if rest:
                new._newest = array("q", self._moments(whole)[:rest])
            last, inside = divmod(count - 1, self._block)
            new._last = self._moments(last)[inside]
        return new

    def before(self, moment: float) -> int:
        """How many there are before a moment."""
        now = round(moment * SECOND)
        block = bisect_left(self._firsts, now) - 1
        if block < 0:
            return 0
        return block * self._block + bisect_left(self._moments(block), now)

    def by(self, moment: float) -> int:
        """How many there are before a moment, and at it."""
        now = round(moment * SECOND)
        block = bisect_right(self._firsts, now) - 1
        if block < 0:
            return 0
        return block * self._block + bisect_right(self._moments(block), now)

    def _moments(self, block: int) -> Sequence[int]:
        """The moments of a block, in microseconds since 1970."""
        if block == len(self._packed):
            return self._newest
        place, moments = self._unpacked
        if place != block:
            gaps = _unpacked(self._packed[block])
            moments = array("q", accumulate(gaps, initial=self._firsts[block]))
            # One assignment: a thread may look, too.
            self._unpacked = block, moments
        return moments

    def __len__(self) -> int:
        return len(self._packed) * self._block + len(self._newest)

    def __getitem__(self, place: int) -> float:
        block, inside = divmod(range(len(self))[place], self._block)
        return self._moments(block)[inside] / SECOND


def _packed(moments: Sequence[int]) -> bytes:
    """The gaps between moments; their first bytes together, then their second ones."""
    gaps = array("q", (after - before for before, after in pairwise(moments)))
    data = gaps.tobytes()
    return zlib.compress(
        b"".join(data[at :: gaps.itemsize] for at in range(gaps.itemsize))
    )


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
