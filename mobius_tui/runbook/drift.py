"""Where a page and the runbook that was once made of it have parted.

Their commands are compared, and no words: a runbook is finished by hand. Nor does it
count in which order its phases stand, what is checked, how a step is called, how the
commands of a phase are shared out among its steps, and what a placeholder became.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from mobius_tui.runbook.drift_commands import Command

_ALIKE = 0.5
"""From here on two commands are taken for one that was changed."""
_NEAR = 0.2
"""What it counts for that its neighbours are neighbours, too."""
_MOST = 40_000
"""Pairs that are looked at for being alike; where more is new, all of it is."""

Kind = Literal["new", "changed", "order", "missing"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Drift:
    """One place where they have parted."""

    kind: Kind
    """`new` stands on the page alone, `missing` in the runbook alone; `order`: both
    have it, and in another order of its phase."""
    page: Command | None
    runbook: Command | None
    beside: Command | None = None
    """For what is new: the command of the runbook that it should follow."""


def drifts(page: Sequence[Command], runbook: Sequence[Command]) -> tuple[Drift, ...]:
    """Where they have parted: by the page's order, then what it does not have.

    Args:
        page: the commands of the runbook that the page becomes.
        runbook: those of the runbook.
    """
    pairs = _pairs(page, runbook)
    served = set(pairs.values())
    new = [at for at in range(len(page)) if page[at].is_run and at not in pairs]
    left = [at for at, c in enumerate(runbook) if c.is_needed and at not in served]
    changed = _changed(page, runbook, pairs, new, left)
    found: list[tuple[int, Drift]] = []
    for at in new:
        was = changed.get(at)
        before = [pairs[each] for each in pairs if each < at]
        beside = runbook[before[-1]] if before and was is None else None
        kind: Kind = "new" if was is None else "changed"
        other = runbook[was] if was is not None else None
        found.append(
            (at, Drift(kind=kind, page=page[at], runbook=other, beside=beside))
        )
    for at in _out_of_order(page, runbook, pairs):
        moved = Drift(kind="order", page=page[at], runbook=runbook[pairs[at]])
        found.append((at, moved))
    gone = set(left) - set(changed.values())
    return (
        *(drift for _, drift in sorted(found, key=lambda each: each[0])),
        *(Drift(kind="missing", page=None, runbook=runbook[at]) for at in sorted(gone)),
    )


def _pairs(page: Sequence[Command], runbook: Sequence[Command]) -> dict[int, int]:
    """Which command of the runbook each one of the page is, as far as one is."""
    by_text: dict[str, list[int]] = defaultdict(list)
    for at, command in enumerate(runbook):
        for text in {command.text, command.filled}:
            by_text[text].append(at)
    served: set[int] = set()
    found: dict[int, int] = {}
    last = -1
    for number, command in enumerate(page):
        if not command.is_run:
            continue
        same = [at for at in by_text[command.text] if at not in served]
        if not same and command.pattern is not None:
            same = [
                at
                for at, other in enumerate(runbook)
                if at not in served and command.is_like(other)
            ]
        if same:
            last = found[number] = min(same, key=lambda at: _far(runbook, at, last))
            served.add(last)
    return found


def _far(runbook: Sequence[Command], at: int, last: int) -> tuple[bool, bool, int]:
    """How far a command is from the one that the page's last one is.

    What follows it in its phase is next; what a step runs comes before what only
    speaks of it.
    """
    follows = last < at and (last < 0 or runbook[at].phase == runbook[last].phase)
    return not runbook[at].is_run, not follows, at


def _changed(
    page: Sequence[Command],
    runbook: Sequence[Command],
    pairs: dict[int, int],
    new: Sequence[int],
    left: Sequence[int],
) -> dict[int, int]:
    """Which of the page's new commands one of those that are left was."""
    if len(new) * len(left) > _MOST:
        return {}
    steps = {(page[a].step, runbook[b].step) for a, b in pairs.items()}
    scores: list[tuple[float, int, int]] = []
    for one in new:
        words = SequenceMatcher(a=page[one].text.split(), autojunk=False)
        for other in left:
            words.set_seq2(runbook[other].text.split())
            both = (page[one].step, runbook[other].step)
            near = both in steps or both[0] == both[1]
            score = words.ratio() + (_NEAR if near else 0)
            if score >= _ALIKE:
                scores.append((-score, one, other))
    found: dict[int, int] = {}
    for _, one, other in sorted(scores):
        if one not in found and other not in found.values():
            found[one] = other
    return found


def _out_of_order(
    page: Sequence[Command], runbook: Sequence[Command], pairs: dict[int, int]
) -> Iterator[int]:
    """The page's commands that stand elsewhere among those of their phase."""
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    for at, other in pairs.items():
        if runbook[other].is_run:
            groups[page[at].phase, runbook[other].phase].append(at)
    for group in groups.values():
        kept = _longest([pairs[at] for at in group])
        yield from (at for number, at in enumerate(group) if number not in kept)


def _longest(places: Sequence[int]) -> set[int]:
    """The most of a row of numbers that only grow: which ones, by where they stand."""
    ends: list[int] = []
    at_end: list[int] = []
    before: dict[int, int] = {}
    for number, place in enumerate(places):
        at = bisect_left(ends, place)
        ends[at : at + 1] = [place]
        at_end[at : at + 1] = [number]
        before[number] = at_end[at - 1] if at else -1
    found: set[int] = set()
    number = at_end[-1] if at_end else -1
    while number >= 0:
        found.add(number)
        number = before[number]
    return found
