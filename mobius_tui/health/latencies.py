"""The last latencies of a probe, and their percentiles. Pure."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque


class Latencies:
    """The latencies of the last answered checks, in the order of their length."""

    def __init__(self, size: int) -> None:
        """Begin with none.

        Args:
            size: how many are kept.
        """
        self._size = size
        self._recent: deque[float] = deque()
        self._sorted: list[float] = []

    def add(self, ms: float) -> None:
        """Take in the next one, in milliseconds."""
        self._recent.append(ms)
        insort(self._sorted, ms)
        if len(self._recent) > self._size:
            del self._sorted[bisect_left(self._sorted, self._recent.popleft())]

    def percentile(self, percent: int) -> float | None:
        """The nearest-rank percentile, in milliseconds.

        Of fewer than 20 the 95th is the longest; `None` of none.
        """
        if not self._sorted:
            return None
        rank = math.ceil(percent * len(self._sorted) / 100)
        return self._sorted[max(rank, 1) - 1]

    def copy(self) -> Latencies:
        """The same, to go on by itself."""
        new = Latencies(self._size)
        new._recent, new._sorted = self._recent.copy(), self._sorted.copy()
        return new

    def clear(self) -> None:
        """Forget all of them."""
        self._recent.clear()
        self._sorted.clear()
