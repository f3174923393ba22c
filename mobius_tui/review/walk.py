"""Walking through a run's entries, and keeping what a fold alone forgets. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from mobius_tui.errors import MobiusError
from mobius_tui.review.deviations import of_attempts
from mobius_tui.review.told import Decided, Deviation, Happening, Noted
from mobius_tui.run.entry import Entry
from mobius_tui.run.entry_words import words
from mobius_tui.run.events import NoteAdded
from mobius_tui.run.fold import advance, initial
from mobius_tui.run.milestones import NOBODY
from mobius_tui.run.order import is_out_of_order
from mobius_tui.run.plan import Plan, has_terminal
from mobius_tui.run.state import RunState
from mobius_tui.run.step_events import (
    CheckTried,
    ChoiceMade,
    StepEnded,
    StepOverridden,
    StepSkipped,
    StepStarted,
    StepUnknown,
)
from mobius_tui.run.steps import Value

Key = tuple[str, int]
"""A step's id, and the number of an attempt at it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Walk:
    """What was found on the way; its texts are as the journal has them."""

    state: RunState
    """At the end."""
    told: int
    """The number of the last entry that could follow."""
    problem: str
    """Why the next one could not; empty where all could."""
    deviations: tuple[Deviation, ...]
    timeline: tuple[Happening, ...]
    decisions: tuple[Decided, ...]
    notes: tuple[Noted, ...]
    given: dict[Key, dict[str, Value]]
    """By attempt, the variables that it read, as they were."""
    digests: dict[Key, str | None]
    """By attempt, the SHA-256 of its output."""


class Walker:
    """Follows the entries of a run, in order."""

    def __init__(self, plan: Plan, *, judges_order: bool = True) -> None:
        """Begin before the first.

        Args:
            plan: the run's.
            judges_order: whether steps out of order are found, which takes a look at
                all steps for each that starts.
        """
        self._judges_order = judges_order
        self.plan = plan
        self.state = initial(plan.runbook)
        self.deviations: list[Deviation] = []
        self.timeline: list[Happening] = []
        self.decisions: list[Decided] = []
        self.notes: list[Noted] = []
        self.given: dict[Key, dict[str, Value]] = {}
        self.digests: dict[Key, str | None] = {}

    def heed(self, entry: Entry) -> None:
        """Take in the next entry.

        Raises:
            StateError: it may not follow; nothing is taken in then.
        """
        event = entry.event
        early = (
            self._judges_order
            and isinstance(event, StepStarted | ChoiceMade)
            and entry.by not in NOBODY
            and event.step in self.plan.steps
            and is_out_of_order(self.plan, self.state, event.step)
        )
        advance(self.state, entry)
        if early:
            self._deviate("out of order", entry, "while one before it was to be done")
        self._keep(entry)
        text = self._words(entry)
        if text is not None:
            self.timeline.append(
                Happening(
                    n=entry.n,
                    at=entry.at,
                    after=entry.at - self.state.began_at,
                    by=entry.by,
                    event=type(event).__name__,
                    text=text,
                )
            )

    def _keep(self, entry: Entry) -> None:
        match entry.event:
            case StepStarted(step=step, attempt=attempt, reads=reads):
                known = self.state.variables
                self.given[step, attempt] = {n: known[n] for n in reads if n in known}
            case StepSkipped(reason=reason):
                self._deviate("skipped", entry, reason)
            case StepOverridden(reason=reason):
                self._deviate("overridden", entry, reason)
            case StepEnded(step=step, attempt=attempt, output_sha256=digest):
                self.digests[step, attempt] = digest
            case StepUnknown(step=step, attempt=attempt, output_sha256=digest):
                self.digests[step, attempt] = digest
            case ChoiceMade(step=step, values=values, reason=reason):
                self.decisions.append(
                    Decided(
                        at=entry.at,
                        by=entry.by,
                        step=step,
                        name=self.plan.name(step),
                        chosen=values,
                        reason=reason,
                    )
                )
            case NoteAdded(text=text, step=step):
                name = self.plan.name(step) if step and step in self.plan.steps else ""
                self.notes.append(Noted(at=entry.at, by=entry.by, name=name, text=text))
            case _:
                pass

    def _deviate(self, kind: str, entry: Entry, text: str) -> None:
        step: str = getattr(entry.event, "step")  # noqa: B009 - only steps deviate
        self.deviations.append(
            Deviation(
                kind=kind,  # type: ignore[arg-type]
                step=step,
                name=self.plan.name(step),
                at=entry.at,
                by=entry.by,
                text=text,
            )
        )

    def _words(self, entry: Entry) -> str | None:
        """What a line of the timeline says; looks of checks stand with their step."""
        match entry.event:
            case CheckTried():
                return None
            case StepStarted(step=step, attempt=attempt) if has_terminal(
                self.plan.steps[step]
            ):
                again = f", attempt {attempt}" if attempt > 1 else ""
                return f"started in a terminal: {self.plan.name(step)}{again}"
            case _:
                return words(entry, self.plan, self.state)


def walk(plan: Plan, entries: Iterable[Entry]) -> Walk:
    """Walk as far as the entries may follow each other."""
    walker = Walker(plan)
    problem = ""
    try:
        for entry in entries:
            walker.heed(entry)
    except (MobiusError, KeyError) as error:
        problem = str(error)
    return Walk(
        state=walker.state,
        told=walker.state.n,
        problem=problem,
        deviations=_at_the_end(walker),
        timeline=tuple(walker.timeline),
        decisions=tuple(walker.decisions),
        notes=tuple(walker.notes),
        given=walker.given,
        digests=walker.digests,
    )


def _at_the_end(walker: Walker) -> tuple[Deviation, ...]:
    """The deviations, with what became of them, and those of the attempts."""
    found = []
    for each in walker.deviations:
        status = walker.state.steps[each.step].status
        later = each.kind == "skipped" and status != each.kind
        text = f"{each.text}; later {status}" if later else each.text
        found.append(replace(each, text=text))
    found += of_attempts(walker.plan, walker.state)
    return tuple(sorted(found, key=lambda each: each.at))
