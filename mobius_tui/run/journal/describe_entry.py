"""Describes each entry of the journal as one line of text. Pure.

What an event says is its `sentence`; what that asks of the run is answered here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from msgspec import Struct

from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.planning.plan import Plan, has_terminal, may_have_steps_beside
from mobius_tui.run.planning.variables import Values
from mobius_tui.run.planning.watch_progress import watch_duration
from mobius_tui.run.state.added_steps import has_ended_with_rows
from mobius_tui.run.state.deliveries import (
    UNDELIVERED_STATUSES,
    Delivery,
    DeliveryStatus,
    delivery_for_viewer,
)
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.storage.place import Place
from mobius_tui.run.storage.run_directory import attempt_in_folder
from mobius_tui.runbook.text.units import duration_in_words


def journal_entry_text(entry: Entry, plan: Plan, state: RunState) -> str | None:
    """An entry as a line of text; `None` where it is of no interest to a reader.

    Args:
        entry: what is described.
        plan: the run's, as it was just after it.
        state: the run's, as it was just after it.
    """
    return entry.event.sentence(_Telling(entry=entry, plan=plan, state=state))


class _Telling(Struct, frozen=True, kw_only=True):
    """What sentences of events ask of an entry and its run; see `Telling`."""

    entry: Entry
    plan: Plan
    state: RunState

    @property
    def by(self) -> str:
        """Who caused it."""
        return self.entry.by

    @property
    def at(self) -> float:
        """When, in seconds since 1970."""
        return self.entry.at

    @property
    def open_for(self) -> float:
        """Seconds since the run began."""
        return self.entry.at - self.state.began_at

    @property
    def is_over(self) -> bool:
        """Whether the run has ended."""
        return self.state.ended is not None

    def step(self, step_id: str) -> str:
        """A step's name, with its number."""
        return self.plan.name(step_id)

    def phase(self, phase_id: str) -> str:
        """A phase's title."""
        return self.plan.runbook.phase(phase_id).title

    def attempts(self, folders: Iterable[str]) -> str:
        """Attempts by the names of their folders, as people call them."""
        return ", ".join(_attempt_name(self.plan, each) for each in folders)

    def delivery(self, number: int) -> str:
        """A delivery's channel, and its message's title."""
        own = self.state.deliveries[number - 1]
        return f"{own.channel}: {own.queued_event.title}"

    def place_before(
        self, taken_from: Mapping[str, str], place: Mapping[str, str]
    ) -> str:
        """Where a run was before it was taken over to a place."""
        then, here = Place.of_mapping(taken_from), Place.of_mapping(place)
        is_elsewhere = then.machine != here.machine
        return (then.name if is_elsewhere else then.path) or "where it was before"

    def how_it_begins(self, step_id: str) -> str:
        """What is to be known of a step that begins: its terminal, its watch."""
        step, began, more = self.plan.steps[step_id], self.state.began, ""
        if has_terminal(step) and began is not None:
            way = f"`mobius-tui resume {began.run}` in a terminal"
            more += f"; it has a terminal to itself: {way} goes there"
        values = Values(self.state, now=self.at, name_of=self.plan.name)
        whole = watch_duration(step, values)
        if whole is not None:
            more += f"; it watches for {duration_in_words(whole)}"
        return more

    def seconds(self, step_id: str, attempt: int) -> float:
        """How long an attempt took."""
        return self.state.steps[step_id].attempts[attempt - 1].duration or 0.0

    def has_rows(self, step_id: str) -> bool:
        """Whether a step has rows: it only listed what they are about."""
        return step_id in self.state.rows_of

    def has_steps_beside(self, step_id: str) -> bool:
        """Whether others may run beside a step, so that it is to be named."""
        return may_have_steps_beside(self.plan, step_id)

    def undone(self, step_id: str) -> str:
        """What a step that passed, or was vouched for, has undone."""
        undone = self.state.undo_steps.get(step_id)
        return "" if undone is None else f"; undone: {self.plan.name(undone)}"

    def end_of_parent(self, step_id: str) -> str:
        """How a step has ended whose last row has, if one of them failed."""
        state = self.state
        parent = state.parent_of.get(step_id)
        if parent is None or not has_ended_with_rows(state, parent):
            return ""
        own = state.steps[parent]
        tried = [each for each in state.rows_of[parent] if state.steps[each].attempts]
        newest = max(tried, key=lambda e: state.steps[e].attempts[-1].ended or 0.0)
        if newest != step_id or not own.reason:
            return ""
        return f"; {own.status}: {self.plan.name(parent)}: {own.reason}"


def _attempt_name(plan: Plan, folder: str) -> str:
    """An attempt's name for people, by the name of its folder."""
    found = attempt_in_folder(folder)
    if found is None or found.step not in plan.steps:
        return folder
    return f"{plan.name(found.step)}, attempt {found.number}"


def unsent_reason(delivery: Delivery, *, now: float) -> str:
    """Why a delivery is not sent, and when it is tried again.

    Args:
        delivery: which.
        now: seconds since 1970.
    """
    reason = (
        f"{delivery.reason}: {delivery.answer}"
        if delivery.answer and delivery.reason
        else delivery.reason
    )
    if delivery.status is DeliveryStatus.QUEUED and delivery.reason:
        return (
            f"{reason}; again in {duration_in_words(max(0.0, delivery.due_at - now))}"
        )
    return reason


def undelivered(state: RunState, *, hosted: bool) -> tuple[Delivery, ...]:
    """Deliveries that have not arrived, as far as a reader can know now.

    Args:
        state: the run's.
        hosted: whether a host runs it.
    """
    deliveries = (delivery_for_viewer(own, hosted=hosted) for own in state.deliveries)
    return tuple(own for own in deliveries if own.status in UNDELIVERED_STATUSES)


def undelivered_summary(deliveries: tuple[Delivery, ...]) -> Iterator[str]:
    """`2 not sent`, `1 not known whether it arrived`: one text for each status."""
    statuses = sorted(
        (own.status for own in deliveries), key=list(DeliveryStatus).index
    )
    for status, same in groupby(statuses):
        yield f"{len(list(same))} {status}"
