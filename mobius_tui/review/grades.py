"""How bad what happened is, and the moments of a lane by that. Pure.

Where thousands of moments share a cell, the worst of them is found by a look at each
grade, and not at each moment.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mobius_tui.review.moment import Moment, Tone

GRADES: Mapping[Tone, int] = {
    "plain": 0,
    "muted": 0,
    "good": 1,
    "going": 2,
    "warn": 3,
    "bad": 4,
}
"""The higher, the more it has to be seen."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Graded:
    """Moments that are equally bad."""

    grade: int
    moments: tuple[Moment, ...]
    """The earliest first."""
    times: array[float]
    """When each was, in seconds since 1970."""


def graded(moments: Iterable[Moment]) -> tuple[Graded, ...]:
    """Moments by how bad they are, the worst first.

    Args:
        moments: the earliest first.
    """
    found: dict[int, list[Moment]] = {}
    for each in moments:
        found.setdefault(GRADES[each.tone], []).append(each)
    return tuple(
        Graded(
            grade=grade,
            moments=tuple(own),
            times=array("d", [each.at for each in own]),
        )
        for grade, own in sorted(found.items(), reverse=True)
    )
