"""What was seen red and green in a drill: each check, each probe and each trigger.

Pure. A subject that was never seen red may be unable to turn red. Counts belong to the
digest of a subject's text: what was seen of a text that has been edited since no longer
counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from mobius_tui.health.health_history import HealthHistory
from mobius_tui.health.trigger import TriggerKey, enabled_rules
from mobius_tui.run.events.fleet_events import FleetHostChecked
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.step_events import CheckTried
from mobius_tui.run.events.watch_events import TriggerFired
from mobius_tui.run.planning.plan import Plan
from mobius_tui.runbook.model.check_kinds import Check, FileCheck, kind_of
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.model.runbook_diff import part_digest, rule_digest


class CheckKey(Struct, frozen=True):
    """A check of a step."""

    step: str
    index: int
    """From 0."""

    def __str__(self) -> str:
        return f"check {self.step} {self.index}"


class ProbeKey(Struct, frozen=True):
    """A probe."""

    probe: str

    def __str__(self) -> str:
        return f"probe {self.probe}"


SubjectKey = CheckKey | ProbeKey | TriggerKey
"""The key of a subject; its text is in files and in JSON."""


def parse_key(text: str) -> SubjectKey:
    """Parse the text of a key.

    Raises:
        ValueError: it is no text of a key.
    """
    match text.split(" "):
        case ["check", step, index]:
            return CheckKey(step, int(index))
        case ["probe", probe]:
            return ProbeKey(probe)
        case ["trigger", probe, rule]:
            return TriggerKey(probe, rule)
    raise ValueError(f"{text!r} is no check, no probe and no trigger")


class Subject(Struct, frozen=True, kw_only=True):
    """A check, a probe or a trigger's rule of a runbook: it can be red or green."""

    key: SubjectKey
    name: str
    """For a person: `4.1 Services are active: service check`."""
    text_digest: str
    """The digest of its step, its probe or its rule: it changes when that is edited."""
    kind: str
    """`probe`, a trigger's rule, or the kind of a check; `file same_as` is one."""
    line: int = 0
    """The line of its step, from 1; 0 for a probe and a trigger."""


class DetectionCounts(Struct, frozen=True, kw_only=True):
    """How often a subject was seen red and green, and when each was last."""

    key: SubjectKey
    text: str
    """The digest of what the subject's text was, as `Subject.text_digest`."""
    red: int = 0
    green: int = 0
    last_red: float | None = None
    """Seconds since 1970."""
    last_green: float | None = None


def subjects(plan: Plan) -> Iterator[Subject]:
    """Every subject of a runbook (probes, triggers, then checks in order)."""
    health = plan.runbook.health
    for probe in health.probes if health is not None else ():
        yield Subject(
            key=ProbeKey(probe.id),
            name=f"probe {probe.id}",
            text_digest=part_digest(probe),
            kind="probe",
        )
    for probe in health.probes if health is not None else ():
        for rule in enabled_rules(health.trigger) if health and probe.trigger else ():
            yield Subject(
                key=TriggerKey(probe.id, rule),
                name=f"trigger {rule} of {probe.id}",
                text_digest=rule_digest(health.trigger, rule, probe) if health else "",
                kind=rule,
            )
    for step in plan.runbook.steps():
        if step.id not in plan.parent_of:
            yield from _checks(plan, step)


def _checks(plan: Plan, step: Step) -> Iterator[Subject]:
    """The checks of a step, or of its rows; those of one kind are numbered."""
    row = step.for_each.row if step.for_each is not None else None
    written = row or step
    kinds = [kind_of(check) for check in written.checks]
    met: Counter[str] = Counter()
    text = part_digest(written) if kinds else ""
    for index, kind in enumerate(kinds):
        met[kind] += 1
        number = f" {met[kind]}" if kinds.count(kind) > 1 else ""
        yield Subject(
            key=CheckKey(step.id, index),
            name=f"{plan.name(step.id)}: {kind} check{number}",
            text_digest=text,
            kind="file same_as" if _compares(written.checks[index]) else kind,
            line=step.line,
        )


def _compares(check: Check) -> bool:
    return isinstance(check, FileCheck) and check.same_as is not None


def detection_counts(
    plan: Plan, entries: Iterable[Entry], past: HealthHistory, ended: float
) -> tuple[DetectionCounts, ...]:
    """The counts of a drill, by subject; subjects without a look are left out.

    A check counts by its looks, in whatever row of its step they were, and a probe by
    its checks that have data. A trigger is red
    each time that it fires, and green in a drill in which its probe was watched and it
    did not.

    Args:
        plan: the runbook's.
        entries: the journal's.
        past: the checks of probes on record.
        ended: when the drill ended, in seconds since 1970.
    """
    looks: dict[SubjectKey, list[tuple[float, bool]]] = {}
    for entry in entries:
        match entry.event:
            case (
                CheckTried(step=step, check=index, held=held)
                | FleetHostChecked(step=step, check=index, held=held)
            ):
                key = CheckKey(plan.parent_of.get(step, step), index)
                looks.setdefault(key, []).append((entry.at, held))
            case TriggerFired(probe=probe, rule=rule):
                fired = TriggerKey(probe, rule)
                looks.setdefault(fired, []).append((entry.at, False))
            case _:
                pass
    found = (
        _counts_of(each, looks.get(each.key, []), past, ended)
        for each in subjects(plan)
    )
    return tuple(each for each in found if each.red or each.green)


def _counts_of(
    subject: Subject, looks: list[tuple[float, bool]], past: HealthHistory, ended: float
) -> DetectionCounts:
    key = subject.key
    if isinstance(key, ProbeKey):
        counts = past.counts(key.probe)
        return DetectionCounts(
            key=key,
            text=subject.text_digest,
            red=counts.failed,
            green=counts.ok,
            last_red=counts.last_failed,
            last_green=counts.last_ok,
        )
    if isinstance(key, TriggerKey) and not looks:
        counts = past.counts(key.probe)
        looks = [(ended, True)] if counts.ok or counts.failed else []
    return count_looks(subject, looks)


def count_looks(
    subject: Subject, looks: Iterable[tuple[float, bool]]
) -> DetectionCounts:
    """The count of some looks.

    Args:
        subject: what was looked at.
        looks: when, in seconds since 1970, and whether it held.
    """
    red = [at for at, held in looks if not held]
    green = [at for at, held in looks if held]
    return DetectionCounts(
        key=subject.key,
        text=subject.text_digest,
        red=len(red),
        green=len(green),
        last_red=max(red, default=None),
        last_green=max(green, default=None),
    )


def merge_detections(
    detections: Iterable[DetectionCounts],
) -> Mapping[SubjectKey, DetectionCounts]:
    """Add up the counts of each key; equal keys must have equal texts."""
    found: dict[SubjectKey, DetectionCounts] = {}
    for one in detections:
        other = found.get(one.key)
        found[one.key] = one if other is None else _both(one, other)
    return found


def _both(one: DetectionCounts, other: DetectionCounts) -> DetectionCounts:
    return DetectionCounts(
        key=one.key,
        text=one.text,
        red=one.red + other.red,
        green=one.green + other.green,
        last_red=_later(one.last_red, other.last_red),
        last_green=_later(one.last_green, other.last_green),
    )


def _later(one: float | None, other: float | None) -> float | None:
    return max((at for at in (one, other) if at is not None), default=None)


class SubjectRecord(Struct, frozen=True, kw_only=True):
    """The counts of a subject over all drills that had its present text."""

    subject: Subject
    counts: DetectionCounts
    expected_faults: tuple[str, ...]
    """The faults that turned it red in a drill of that fault alone, whatever its text
    was then; without any, those that usually do."""

    @property
    def was_red(self) -> bool:
        """Whether it was ever seen red."""
        return self.counts.red > 0


def subject_records(
    plan: Plan,
    drills: Iterable[tuple[tuple[str, ...], Iterable[DetectionCounts]]],
    usual_faults: Mapping[str, tuple[str, ...]],
) -> tuple[SubjectRecord, ...]:
    """What drills have seen of everything in a runbook that can be red or green.

    Args:
        plan: the runbook's, as it is now.
        drills: the faults of each drill, and what was seen in it.
        usual_faults: by kind, the faults that usually turn such a thing red.
    """
    now = {subject.key: subject for subject in subjects(plan)}
    held: list[DetectionCounts] = []
    by: dict[SubjectKey, dict[str, None]] = {}
    for faults, sights in drills:
        for sight in sights:
            subject = now.get(sight.key)
            if sight.red and len(faults) == 1:
                by.setdefault(sight.key, {}).update(dict.fromkeys(faults))
            if subject is not None and subject.text_digest == sight.text:
                held.append(sight)
    found = merge_detections(held)
    return tuple(
        SubjectRecord(
            subject=subject,
            counts=found.get(key, DetectionCounts(key=key, text=subject.text_digest)),
            expected_faults=tuple(by.get(key, usual_faults.get(subject.kind, ()))),
        )
        for key, subject in now.items()
    )
