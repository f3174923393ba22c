"""Moments in order, packed: a run may hold half a million of them. Pure.

Of checks that come on a beat, one takes some two bytes.
"""

from __future__ import annotations

import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise

from mobius_tui.health.squeeze import squeezed

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
    return squeezed(b"".join(data[at :: gaps.itemsize] for at in range(gaps.itemsize)))


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
