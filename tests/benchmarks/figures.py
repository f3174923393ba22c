"""A figure, its limit, and the way both are printed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One measured figure."""

    name: str
    value: float
    limit: float
    unit: str
    at_least: bool = False
    """Whether the limit is the least that it may be, not the most."""
    note: str = ""

    @property
    def holds(self) -> bool:
        """Whether it is within its limit."""
        if self.at_least:
            return self.value >= self.limit
        return self.value <= self.limit

    def line(self) -> str:
        """The figure for a person."""
        sign = "≥" if self.at_least else "≤"
        verdict = "ok  " if self.holds else "OVER"
        limit = f"{sign} {self.limit:g} {self.unit}"
        return f"{verdict} {self.name:38} {self.value:8.2f} {limit:14} {self.note}"


def timed(call: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def interleaved(
    first: Callable[[], object], second: Callable[[], object], times: int
) -> tuple[float, float]:
    """The medians of two calls' seconds, taken turn about; each is warmed once."""
    first()
    second()
    pairs = [(timed(first), timed(second)) for _ in range(times)]
    return (
        statistics.median(pair[0] for pair in pairs),
        statistics.median(pair[1] for pair in pairs),
    )


def rank(values: Sequence[float], percent: int) -> float:
    """The nearest-rank percentile."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def last_for(size: int) -> int:
    """The last number that `seq` must count to, to write about `size` bytes."""
    written, digits, last = 0, 1, 0
    while True:
        numbers = 9 * 10 ** (digits - 1)
        if written + numbers * (digits + 1) >= size:
            return last + (size - written) // (digits + 1)
        written += numbers * (digits + 1)
        last += numbers
        digits += 1
