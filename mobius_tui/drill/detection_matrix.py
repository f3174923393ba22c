"""A table of faults and subjects: which fault turned which check red. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mobius_tui.dataclass import dataclass
from mobius_tui.drill.detections import (
    DetectionCounts,
    Subject,
    SubjectKey,
    merge_detections,
)
from mobius_tui.drill.drill_record import DrillRecord
from mobius_tui.drill.score_text import seconds_words

RED, GREEN, UNSEEN = "x", ".", " "
WRECK = "W"
NAME_CELLS = 46
"""Cells of the column of names."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MatrixColumn:
    """One fault, and the drill of it."""

    fault: str
    drill: DrillRecord | None
    """`None` if the drill has no score."""
    problem: str = ""
    """Why not, in words."""

    @property
    def is_handled(self) -> bool:
        """Whether the site was truly restored."""
        return self.drill is not None and self.drill.score.handled is True

    @property
    def seen(self) -> Mapping[SubjectKey, DetectionCounts]:
        """What was seen in the drill, by key."""
        return {each.key: each for each in self.drill.seen} if self.drill else {}

    @property
    def words(self) -> str:
        """The result of the drill, as text."""
        if self.drill is None:
            return f"no score: {self.problem}"
        score = self.drill.score
        if not score.handled:
            return f"not handled: {'; '.join(score.left) or 'nobody looked'}"
        took = "-" if score.restored is None else seconds_words(score.restored)
        return f"handled, restored after {took}"


@dataclass(frozen=True, kw_only=True, slots=True)
class DetectionMatrix:
    """The drills of every fault against every subject of a runbook."""

    runbook: str
    columns: tuple[MatrixColumn, ...]
    subjects: tuple[Subject, ...]

    @property
    def is_handled(self) -> bool:
        """Whether the site was restored in the drill of every fault."""
        return all(column.is_handled for column in self.columns)

    def red_by(self, key: SubjectKey) -> tuple[str, ...]:
        """The faults that turned something red."""
        return tuple(
            column.fault
            for column in self.columns
            if key in column.seen and column.seen[key].red
        )

    @property
    def wrecked(self) -> Mapping[SubjectKey, DetectionCounts]:
        """The counts of the checks that were tried on the wrecked sites, by key."""
        drills = (column.drill for column in self.columns)
        return merge_detections(s for drill in drills if drill for s in drill.wrecked)

    @property
    def never_red(self) -> tuple[Subject, ...]:
        """The subjects that no fault turned red, and no wrecked site either."""
        wrecked = self.wrecked
        return tuple(
            each
            for each in self.subjects
            if not self.red_by(each.key)
            and not (each.key in wrecked and wrecked[each.key].red)
        )

    def lines(self) -> Iterator[str]:
        """For a person: the faults, a row for each check, then what stayed green."""
        for number, column in enumerate(self.columns, 1):
            yield f"{number:>2} {column.fault:18} {column.words}"
        yield f" {WRECK} the wreck of a site: what stays green there cannot turn red"
        yield ""
        numbers = (*map(str, range(1, len(self.columns) + 1)), WRECK)
        head = "".join(f"{number:>3}" for number in numbers)
        legend = f"{RED} red, {GREEN} green, blank: nobody looked"
        yield f"{legend:{NAME_CELLS}}{head}"
        views = [*(column.seen for column in self.columns), self.wrecked]
        for subject in self.subjects:
            cells = "".join(f"{_cell(view.get(subject.key)):>3}" for view in views)
            yield f"{_cut(subject.name):{NAME_CELLS}}{cells}".rstrip()
        yield ""
        never = self.never_red
        yield f"never seen red: {len(never)} of {len(self.subjects)}"
        for subject in never:
            yield f"  {subject.name}"

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        wrecked = self.wrecked
        return {
            "runbook": self.runbook,
            "handled": self.is_handled,
            "faults": [_fault(column) for column in self.columns],
            "subjects": [
                {
                    "key": str(each.key),
                    "name": each.name,
                    "red_by": self.red_by(each.key),
                    "red_on_a_wreck": bool(
                        each.key in wrecked and wrecked[each.key].red
                    ),
                    "green_in": [
                        column.fault
                        for column in self.columns
                        if each.key in column.seen and column.seen[each.key].green
                    ],
                }
                for each in self.subjects
            ],
            "never_red": [str(each.key) for each in self.never_red],
        }


def _fault(column: MatrixColumn) -> dict[str, Any]:
    drill = column.drill
    score = drill.score if drill is not None else None
    return {
        "fault": column.fault,
        "handled": column.is_handled,
        "run": drill.run if drill is not None else None,
        "restored": score.restored if score is not None else None,
        "left": score.left if score is not None else [column.problem],
    }


def _cell(counts: DetectionCounts | None) -> str:
    if counts is None:
        return UNSEEN
    return RED if counts.red else GREEN


def _cut(name: str) -> str:
    return name if len(name) < NAME_CELLS else f"{name[: NAME_CELLS - 2]}…"
