"""Checks, probes and triggers that were never red (failed, fired) in any drill.

Only drills count in which the check, probe or trigger had the text that it has now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from mobius_tui.dataclass import dataclass
from mobius_tui.drill.detections import SubjectRecord, subject_records
from mobius_tui.drill.drill_freshness import DrillFreshness, newest_drill
from mobius_tui.drill.scored_drills import drills_with_score
from mobius_tui.run.planning.plan import Plan
from mobius_tui.runbook.model.runbook import Runbook
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


@dataclass(frozen=True, kw_only=True, slots=True)
class SubjectCoverage:
    """Every subject of a runbook, and how often drills have seen it red and green."""

    drills: int
    """The number of drills of the runbook, whatever its text was then."""
    records: tuple[SubjectRecord, ...]
    own_staging: bool = False
    """Whether the last of them was on a team's own staging: its faults are not ours."""
    on_hosts: bool = False
    """Whether its steps run on hosts, whose checks no drill tries by themselves."""

    @property
    def never_red(self) -> tuple[SubjectRecord, ...]:
        """The subjects that no drill has seen red: they may be unable to fail."""
        return tuple(record for record in self.records if not record.was_red)

    @property
    def words(self) -> str:
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


@dataclass(frozen=True, kw_only=True, slots=True)
class DrillCoverage:
    """The last drill of a runbook, and what all of its drills have covered."""

    last: DrillFreshness | None
    """The last that came to an end."""
    watched: SubjectCoverage


def drill_coverage(root: Path, runbook: Runbook) -> DrillCoverage:
    """The newest drill of a runbook, and its coverage; reads the record of each drill.

    Args:
        root: the folder of all runs.
        runbook: as it is now.
    """
    return DrillCoverage(
        last=newest_drill(root, runbook), watched=subject_coverage(root, runbook)
    )


def coverage_summary(found: SubjectCoverage) -> Iterator[str]:
    """Lines on the subjects that were never red; none if there was no drill."""
    never = found.never_red
    if not found.drills or not never:
        return
    is_tried = not found.own_staging and not found.on_hosts
    tries = "; drill --try-checks tries them" if is_tried else ""
    yield f"{found.words} were never seen red{tries}"
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
