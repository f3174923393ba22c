"""The moments of a run's timeline, each with its kind and its severity. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter

from msgspec import Struct

from mobius_tui.health.trigger import TriggerKey
from mobius_tui.review.run_report import Annotation, TimelineEntry
from mobius_tui.run.events.event import Event, MomentKind, MomentTone
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.watch_events import (
    TriggerCleared,
    TriggerFired,
)
from mobius_tui.run.planning.plan import Plan

AFTER_ALL_ENTRIES = 1 << 62
"""More entries than any journal has."""
MAX_PERSON_CHARACTERS = 40
"""Characters of a person's name that are shown."""


class TimelineMoment(Struct, frozen=True, kw_only=True):
    """Something that happened in a run, or an annotation."""

    n: int
    """The number of the entry in the journal; 0 for an annotation."""
    at: float
    """Seconds since 1970."""
    by: str
    kind: MomentKind
    event: type[Event | Annotation]
    text: str
    step: str = ""
    phase: str = ""
    """The title of its phase."""
    trigger: TriggerKey | None = None
    """The one that fired or cleared."""
    tone: MomentTone = "plain"
    annotation_number: int = 0
    """Of an annotation, its number."""

    @property
    def order(self) -> tuple[float, int]:
        """The key to sort by: time, then entries before annotations."""
        return self.at, self.n or AFTER_ALL_ENTRIES + self.annotation_number

    @property
    def search_text(self) -> str:
        """The text that a search looks in, in lower case."""
        return f"{self.by} {self.kind} {self.phase} {self.step} {self.text}".lower()


def moments_of(
    plan: Plan,
    entries: Sequence[Entry],
    timeline: Sequence[TimelineEntry],
    annotations: Sequence[Annotation],
) -> tuple[TimelineMoment, ...]:
    """The moments of a run, with the annotations, the earliest first.

    Args:
        plan: the run's.
        entries: all of its entries, from the first.
        timeline: the report's lines on them.
        annotations: made after the run; one on the whole run comes at its end.
    """
    found = [_entry_moment(plan, entries[each.n - 1].event, each) for each in timeline]
    end = entries[-1].at if entries else 0.0
    found += _annotation_moments(plan, found, annotations, end)
    return tuple(sorted(found, key=attrgetter("order")))


def _entry_moment(plan: Plan, event: Event, line: TimelineEntry) -> TimelineMoment:
    step = _step(plan, event)
    return TimelineMoment(
        n=line.n,
        at=line.at,
        by=line.by,
        kind=event.moment_kind,
        event=line.event,
        text=line.text,
        step=step,
        phase=plan.phase_of[step].title if step else _phase(plan, event),
        trigger=_trigger(event),
        tone=event.tone,
    )


def _step(plan: Plan, event: Event) -> str:
    step = getattr(event, "step", None)
    return step if isinstance(step, str) and step in plan.steps else ""


def _phase(plan: Plan, event: Event) -> str:
    titles: Mapping[str, str] = {each.id: each.title for each in plan.runbook.phases}
    return titles.get(getattr(event, "phase", None) or "", "")


def _trigger(event: Event) -> TriggerKey | None:
    match event:
        case TriggerFired(probe=probe, rule=rule):
            return TriggerKey(probe, rule)
        case TriggerCleared(probe=probe, rule=rule):
            return TriggerKey(probe, rule)
        case _:
            return None


def _annotation_moments(
    plan: Plan,
    moments: Sequence[TimelineMoment],
    annotations: Sequence[Annotation],
    end: float,
) -> Iterator[TimelineMoment]:
    """A moment for each annotation, at the time that it is about."""
    for number, each in enumerate(annotations):
        step = each.step if each.step in plan.steps else ""
        began = next((m.at for m in moments if step and m.step == step), end)
        yield TimelineMoment(
            n=0,
            at=began if each.since is None else each.since,
            by=each.by,
            kind="notes",
            event=Annotation,
            text=f"annotation by {each.by}: {each.text}",
            step=step,
            phase=plan.phase_of[step].title if step else "",
            tone="going",
            annotation_number=number,
        )


SEVERITIES: Mapping[MomentTone, int] = {
    "plain": 0,
    "muted": 0,
    "good": 1,
    "going": 2,
    "warn": 3,
    "bad": 4,
}
"""How bad each tone is; the worst is drawn over the others."""


class SeverityGroup(Struct, frozen=True, kw_only=True):
    """Moments of equal severity."""

    severity: int
    moments: tuple[TimelineMoment, ...]
    """The earliest first."""
    times: array[float]
    """When each was, in seconds since 1970."""


def group_by_severity(moments: Iterable[TimelineMoment]) -> tuple[SeverityGroup, ...]:
    """Moments grouped by severity, the worst first.

    Args:
        moments: the earliest first.
    """
    found: dict[int, list[TimelineMoment]] = {}
    for each in moments:
        found.setdefault(SEVERITIES[each.tone], []).append(each)
    return tuple(
        SeverityGroup(
            severity=severity,
            moments=tuple(own),
            times=array("d", [each.at for each in own]),
        )
        for severity, own in sorted(found.items(), reverse=True)
    )
