"""A run's entries in order: its attempts, and what deviated from the runbook. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from mobius_tui.errors import MobiusError
from mobius_tui.review.run_report import (
    Deviation,
    DeviationKind,
    ReportDecision,
    ReportNote,
    TimelineEntry,
)
from mobius_tui.run.events.fleet_events import HostStatus
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import NoteAdded, WentOnWithout
from mobius_tui.run.events.step_events import (
    CheckTried,
    ChoiceMade,
    StepEnded,
    StepImprovised,
    StepOverridden,
    StepSkipped,
    StepStarted,
    StepUnknown,
)
from mobius_tui.run.journal.describe_entry import journal_entry_text
from mobius_tui.run.journal.outage_times import NON_TEAM_AUTHORS
from mobius_tui.run.planning.plan import Plan, has_terminal
from mobius_tui.run.planning.proposal import is_out_of_order
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.run.state.deliveries import (
    DELIVERY_STATUSES_NEEDING_PERSON,
    delivery_text,
    undelivered,
)
from mobius_tui.run.state.reducer import advance, initial_state
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import (
    PASSED_STATUSES,
    STATUSES_NEEDING_DECISION,
    Attempt,
    StateVariable,
    Status,
    StepState,
)
from mobius_tui.structs import replace


def attempt_deviations(plan: Plan, state: RunState) -> Iterator[Deviation]:
    """Each attempt that ended badly, and each retry.

    The earlier attempts of a step that passed in the end are included: the deviations
    must not make it look as if it had passed at once.
    """
    undo_of = {done: state.steps[undo] for undo, done in state.undo_steps.items()}
    for step_id, own in state.steps.items():
        before: Attempt | None = None
        for each in own.attempts:
            name = plan.name(step_id)
            if before is not None:
                is_undone = _passed_between(undo_of.get(step_id), before, each)
                fate = "was undone" if is_undone else _ended(before)
                yield Deviation(
                    kind="retried",
                    step=step_id,
                    name=name,
                    at=each.started,
                    by=each.by,
                    text=f"attempt {each.number}; the one before it {fate}",
                )
            if each.status in STATUSES_NEEDING_DECISION:
                yield Deviation(
                    kind=each.status,
                    step=step_id,
                    name=name,
                    at=each.ended or each.started,
                    by=each.by,
                    text=_why(own, each),
                )
            before = each


def message_deviations(
    plan: Plan, state: RunState, *, is_hosted: bool
) -> Iterator[Deviation]:
    """The messages that did not arrive, or may not have.

    Those that are on their way count once the run has ended.

    Args:
        plan: the run's.
        state: the run.
        is_hosted: whether a host runs it now.
    """
    for own in undelivered(state.deliveries, hosted=is_hosted):
        step = own.queued_event.step
        if state.ended is None and own.status not in DELIVERY_STATUSES_NEEDING_PERSON:
            continue
        yield Deviation(
            kind="message",
            step=step,
            name=plan.name(step) if step in plan.steps else own.queued_event.title,
            at=own.status_since or own.queued_at,
            by=own.queued_by,
            text=delivery_text(own),
        )


MAX_HOSTS_NAMED = 5
"""Hosts of one status that a deviation names at most."""


def host_deviations(plan: Plan, state: RunState) -> Iterator[Deviation]:
    """The steps of which hosts did not pass, also where their settings allow that."""
    for step_id, fleet in state.fleets.items():
        last, bad = state.steps[step_id].last_attempt, fleet.not_passed()
        if last is None or last.ended is None or not bad:
            continue
        count = sum(map(len, bad.values()))
        named = "; ".join(_hosts_in_words(status, bad[status]) for status in bad)
        yield Deviation(
            kind="hosts",
            step=step_id,
            name=plan.name(step_id),
            at=last.ended,
            by=last.by,
            text=f"{count} of {len(fleet.newest_states())} did not pass: {named}",
        )


def _hosts_in_words(status: HostStatus, hosts: tuple[str, ...]) -> str:
    more = len(hosts) - MAX_HOSTS_NAMED
    names = ", ".join(hosts[:MAX_HOSTS_NAMED]) + (f" and {more} more" * (more > 0))
    return f"{len(hosts)} {status} ({names})"


def count_deviations(state: RunState) -> dict[Status | str, int]:
    """Count the attempts that ended badly, by status, and the retries, under `again`.

    Empty if there were no retries, and each bad attempt is the last one of its step:
    the step's own status shows it then.
    """
    found: dict[Status | str, int] = {}
    again = bad = standing = 0
    for own in state.steps.values():
        again += max(0, len(own.attempts) - 1)
        standing += own.status in STATUSES_NEEDING_DECISION
        for each in own.attempts:
            if each.status in STATUSES_NEEDING_DECISION:
                bad += 1
                found[each.status] = found.get(each.status, 0) + 1
    if again:
        found["again"] = again
    return found if again or bad > standing else {}


def _why(own: StepState, attempt: Attempt) -> str:
    """Why an attempt ended badly, which it was, and what became of its step."""
    words = attempt.reason or str(attempt.status)
    if len(own.attempts) > 1:
        words = f"attempt {attempt.number}: {words}"
    return words if own.status is attempt.status else f"{words}; later {own.status}"


def _passed_between(undo: StepState | None, before: Attempt, after: Attempt) -> bool:
    """Whether the undo of a step passed between two attempts at the step."""
    attempts = undo.attempts if undo is not None else ()
    return any(
        each.status in PASSED_STATUSES
        and before.started <= each.started <= after.started
        for each in attempts
    )


def _ended(attempt: Attempt) -> str:
    return "was running" if attempt.status is Status.RUNNING else f"{attempt.status}"


class WalkedRun(Struct, frozen=True, kw_only=True):
    """What a walk over the entries collected; texts are as the journal has them."""

    state: RunState
    """At the end."""
    last_applied: int
    """The number of the last entry that could follow."""
    problem: str
    """Why the next one could not; empty where all could."""
    deviations: tuple[Deviation, ...]
    timeline: tuple[TimelineEntry, ...]
    decisions: tuple[ReportDecision, ...]
    notes: tuple[ReportNote, ...]
    given: dict[AttemptId, dict[str, StateVariable]]
    """By attempt, the variables that it read, as they were."""
    digests: dict[AttemptId, str | None]
    """By attempt, the SHA-256 of its output."""


class RunWalker:
    """Follows the entries of a run, in order."""

    def __init__(self, plan: Plan, *, judges_order: bool = True) -> None:
        """Start before the first entry.

        Args:
            plan: the run's, at any of its moments; this grows one of its own.
            judges_order: whether steps out of order are found, which takes a look at
                all steps for each that starts.
        """
        self._judges_order = judges_order
        self.plan = plan.at_start()
        self.state = initial_state(plan.first_runbook)
        self.deviations: list[Deviation] = []
        self.timeline: list[TimelineEntry] = []
        self.decisions: list[ReportDecision] = []
        self.notes: list[ReportNote] = []
        self.given: dict[AttemptId, dict[str, StateVariable]] = {}
        self.digests: dict[AttemptId, str | None] = {}

    def apply(self, entry: Entry) -> None:
        """Apply the next entry.

        Raises:
            StateError: it may not follow; nothing has changed then.
        """
        event = entry.event
        early = (
            self._judges_order
            and isinstance(event, StepStarted | ChoiceMade)
            and entry.by not in NON_TEAM_AUTHORS
            and event.step in self.plan.steps
            and is_out_of_order(self.plan, self.state, event.step)
        )
        had = len(self.state.changes)
        advance(self.state, entry)
        self.plan.catch_up(self.state)
        if len(self.state.changes) < had:
            self._add_undone(entry)
        if early:
            self._add_deviation(
                "out of order", entry, "while one before it was to be done"
            )
        self._collect(entry)
        text = self._timeline_text(entry)
        if text is not None:
            self.timeline.append(
                TimelineEntry(
                    n=entry.n,
                    at=entry.at,
                    after=entry.at - self.state.began_at,
                    by=entry.by,
                    event=type(event),
                    text=text,
                )
            )

    def _collect(self, entry: Entry) -> None:
        match entry.event:
            case StepStarted(step=step, attempt=attempt, reads=reads):
                known = self.state.variables
                given = {name: known[name] for name in reads if name in known}
                self.given[AttemptId(step, attempt)] = given
            case StepImprovised(script=script):
                self._add_deviation("improvised", entry, " ".join(script.split()))
            case StepSkipped(reason=reason):
                self._add_deviation(Status.SKIPPED, entry, reason)
            case StepOverridden(reason=reason):
                self._add_deviation(Status.OVERRIDDEN, entry, reason)
            case StepEnded(step=step, attempt=attempt, output_sha256=digest):
                self.digests[AttemptId(step, attempt)] = digest
            case StepUnknown(step=step, attempt=attempt, output_sha256=digest):
                self.digests[AttemptId(step, attempt)] = digest
            case WentOnWithout(secrets=secrets):
                names = ", ".join(secrets)
                words = f"{names}: what was printed from here on is not redacted"
                self._add_deviation("without a secret", entry, words)
            case ChoiceMade(step=step, values=values, reason=reason):
                self.decisions.append(
                    ReportDecision(
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
                self.notes.append(
                    ReportNote(at=entry.at, by=entry.by, name=name, text=text)
                )
            case _:
                pass

    def _add_deviation(self, kind: DeviationKind, entry: Entry, text: str) -> None:
        step: str = getattr(entry.event, "step", "")
        self.deviations.append(
            Deviation(
                kind=kind,
                step=step,
                name=self.plan.name(step) if step else "the run",
                at=entry.at,
                by=entry.by,
                text=text,
            )
        )

    def _add_undone(self, entry: Entry) -> None:
        """Add that a step was undone by the step that an entry ended."""
        undo: str = getattr(entry.event, "step")  # noqa: B009 - only steps undo
        step = self.state.undo_steps[undo]
        self.deviations.append(
            Deviation(
                kind=Status.UNDONE,
                step=step,
                name=self.plan.name(step),
                at=entry.at,
                by=self.state.steps[step].by,
                text=f"by {self.plan.name(undo)}",
            )
        )

    def _timeline_text(self, entry: Entry) -> str | None:
        """The text of an entry in the timeline; `None` for what is shown elsewhere."""
        match entry.event:
            case CheckTried():
                return None
            case StepStarted(step=step, attempt=attempt) if has_terminal(
                self.plan.steps[step]
            ):
                again = f", attempt {attempt}" if attempt > 1 else ""
                return f"started in a terminal: {self.plan.name(step)}{again}"
            case _:
                return journal_entry_text(entry, self.plan, self.state)


def walk_run(plan: Plan, entries: Iterable[Entry]) -> WalkedRun:
    """Apply the entries in order, and stop at the first that is not valid there."""
    walker = RunWalker(plan)
    problem = ""
    try:
        for entry in entries:
            walker.apply(entry)
    except (MobiusError, KeyError) as error:
        problem = str(error)
    return WalkedRun(
        state=walker.state,
        last_applied=walker.state.last_entry_number,
        problem=problem,
        deviations=_final_deviations(walker),
        timeline=tuple(walker.timeline),
        decisions=tuple(walker.decisions),
        notes=tuple(walker.notes),
        given=walker.given,
        digests=walker.digests,
    )


def _is_done_again(state: RunState, undone: Deviation) -> bool:
    last = state.steps[undone.step].last_attempt
    return last is not None and last.started >= undone.at


def _final_deviations(walker: RunWalker) -> tuple[Deviation, ...]:
    """All deviations by time, with what became of their steps."""
    found = []
    for each in walker.deviations:
        if each.kind is Status.UNDONE and _is_done_again(walker.state, each):
            continue  # the attempt after it says so
        own = walker.state.steps.get(each.step)
        may_change = each.kind in (Status.SKIPPED, Status.UNDONE)
        later = own is not None and may_change and own.status is not each.kind
        text = f"{each.text}; later {own.status}" if own and later else each.text
        found.append(replace(each, text=text))
    found += attempt_deviations(walker.plan, walker.state)
    found += host_deviations(walker.plan, walker.state)
    return tuple(sorted(found, key=lambda each: each.at))
