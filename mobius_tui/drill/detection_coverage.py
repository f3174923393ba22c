"""Which checks, probes and triggers drills have turned red: by fault, and never.

Only drills count in which the check, probe or trigger had the text that it has now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from mobius_tui import sanitize
from mobius_tui.drill.detections import (
    DetectionCounts,
    Subject,
    SubjectKey,
    SubjectRecord,
    merge_detections,
    subject_records,
)
from mobius_tui.drill.drill_record import DrillRecord
from mobius_tui.drill.past_drills import (
    DrillFreshness,
    drills_with_score,
    newest_drill,
    seconds_words,
)
from mobius_tui.run.planning.plan import Plan
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.runbook.text.shortening import padded
from mobius_tui.runbook.text.units import ago_in_words

EXPECTED_DETECTIONS: Mapping[str, tuple[str, ...]] = {
    "probe": ("bad-release",),
    "consecutive_failures": ("bad-release",),
    "success_rate": ("flapping",),
    "p95_latency": ("slow-release",),
    "error_rate": ("error-burst",),
    "http": ("bad-release",),
    "service": ("dead-worker",),
    "process": ("dead-worker",),
    "checksum": ("corrupt-backup",),
    "file same_as": ("config-drift",),
}
"""The faults that usually turn a subject red, by its kind.

A kind that is not in it turns red on a wrecked site alone.
"""


MAX_SUBJECTS_SHOWN = 3
"""How many subjects are named in a summary; the others are counted."""


class SubjectCoverage(Struct, frozen=True, kw_only=True):
    """Every subject of a runbook, and how often drills have seen it red and green."""

    drills: int
    """The number of drills of the runbook, whatever its text was then."""
    records: tuple[SubjectRecord, ...]
    own_staging: bool = False
    """Whether the last of them was on a team's own staging: its faults are not ours."""
    on_hosts: bool = False
    """Whether a step of it runs on hosts, whose checks `drill --try-checks` cannot try.
    """

    @property
    def never_red(self) -> tuple[SubjectRecord, ...]:
        """The subjects that no drill has seen red: they may be unable to fail."""
        return tuple(record for record in self.records if not record.was_red)

    @property
    def never_red_words(self) -> str:
        """How many subjects were never red: `3 of 12 checks, probes and triggers`."""
        count, whole = len(self.never_red), len(self.records)
        return f"{count} of {whole} checks, probes and triggers"


def subject_coverage(root: Path, runbook: Runbook) -> SubjectCoverage:
    """The coverage of a runbook by its drills, from their `drill.json` files alone.

    Args:
        root: the folder of all runs.
        runbook: as it is now.
    """
    drills = tuple(drills_with_score(root, runbook.id))
    own = bool(drills) and drills[0].own_staging
    seen = [
        (drill.score.faults if drill.own_staging == own else (), drill.seen)
        for drill in drills
    ]
    seen += [((), drill.wrecked) for drill in drills]
    found = subject_records(Plan(runbook), seen, {} if own else EXPECTED_DETECTIONS)
    on_hosts = any(step.rollout is not None for step in runbook.steps())
    return SubjectCoverage(
        drills=len(drills), records=found, own_staging=own, on_hosts=on_hosts
    )


class DrillCoverage(Struct, frozen=True, kw_only=True):
    """The last drill of a runbook, and what all of its drills have covered."""

    last: DrillFreshness | None
    """The last that came to an end."""
    subject_coverage: SubjectCoverage


def drill_coverage(root: Path, runbook: Runbook) -> DrillCoverage:
    """The newest drill of a runbook, and its coverage; reads the record of each drill.

    Args:
        root: the folder of all runs.
        runbook: as it is now.
    """
    return DrillCoverage(
        last=newest_drill(root, runbook),
        subject_coverage=subject_coverage(root, runbook),
    )


def coverage_summary(found: SubjectCoverage) -> Iterator[str]:
    """Lines on the subjects that were never red; none if there was no drill."""
    never = found.never_red
    if not found.drills or not never:
        return
    is_tried = not found.own_staging and not found.on_hosts
    tries = "; drill --try-checks tries them" if is_tried else ""
    yield f"{found.never_red_words} were never seen red{tries}"
    # Those first of which a fault is known: there is something to do about them.
    for record in sorted(never, key=lambda each: not each.expected_faults)[
        :MAX_SUBJECTS_SHOWN
    ]:
        fault = (
            f"  (--fault {record.expected_faults[0]})" if record.expected_faults else ""
        )
        yield f"{record.subject.name}{fault}"
    if len(never) > MAX_SUBJECTS_SHOWN:
        yield f"and {len(never) - MAX_SUBJECTS_SHOWN} more; mobius-tui check lists them"


def coverage_words(
    record: SubjectRecord,
    now: float,
    *,
    own_staging: bool = False,
    on_hosts: bool = False,
) -> str:
    """A record as text: its name, how often it was green, which faults turn it red.

    Args:
        record: of a subject that was never seen red.
        now: seconds since 1970.
        own_staging: whether drills of it are on a team's own staging.
        on_hosts: whether they are on hosts.
    """
    sight = record.counts
    seen = "nobody looked at it"
    if sight.last_green is not None:
        times = "once" if sight.green == 1 else f"{sight.green} times"
        seen = f"green {times}, last {ago_in_words(max(0.0, now - sight.last_green))}"
    fault = f" --fault {record.expected_faults[0]}" if record.expected_faults else ""
    tries = f"; drill{fault} --try-checks tries it"
    if on_hosts:
        tries = f"; drill{fault} may redden it" if fault else ""
    if own_staging:
        tries = f"; drill --inject-cmd FILE{fault} reddened it once" if fault else ""
    return f"{record.subject.name}: {seen}{tries}"


RED, GREEN, UNSEEN = "x", ".", " "
WRECK = "W"
NAME_CELLS = 46
"""Cells of the column of names."""


class MatrixColumn(Struct, frozen=True, kw_only=True):
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
    def result_words(self) -> str:
        """The result of the drill, as text."""
        if self.drill is None:
            return f"no score: {self.problem}"
        score = self.drill.score
        if not score.handled:
            return f"not handled: {'; '.join(score.left) or 'nobody looked'}"
        took = "-" if score.restored is None else seconds_words(score.restored)
        return f"handled, restored after {took}"


class DetectionMatrix(Struct, frozen=True, kw_only=True):
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
            yield f"{number:>2} {column.fault:18} {column.result_words}"
        yield f" {WRECK} the wreck of a site: what stays green there cannot turn red"
        yield ""
        numbers = (*map(str, range(1, len(self.columns) + 1)), WRECK)
        head = "".join(f"{number:>3}" for number in numbers)
        legend = f"{RED} red, {GREEN} green, blank: nobody looked"
        yield f"{legend:{NAME_CELLS}}{head}"
        views = [*(column.seen for column in self.columns), self.wrecked]
        for subject in self.subjects:
            cells = "".join(f"{_cell(view.get(subject.key)):>3}" for view in views)
            name = padded(subject.name, NAME_CELLS - 1, sanitize.cells)
            yield f"{name} {cells}".rstrip()
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
