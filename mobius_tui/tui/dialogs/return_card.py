"""The card that shows the state of a run to a person who comes back to it."""

from __future__ import annotations

import time
from collections.abc import Iterable

from textual.content import Content
from textual.widget import Widget

from mobius_tui.run.planning.run_outcome import run_progress
from mobius_tui.run.state.step_state import STATUSES_NEEDING_DECISION
from mobius_tui.run.storage.last_viewed import LastView
from mobius_tui.runbook.text.units import duration_in_words
from mobius_tui.tui.dialogs.dialog import CANCEL, Choice, Dialog, fields_widget
from mobius_tui.tui.presenters.communication import delivery_problem_fields
from mobius_tui.tui.presenters.glyphs import STATUS_MARKS
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.styled_text import Field, assemble, text

MAX_STEPS_ENDED_MEANWHILE = 5
"""Steps that are named, at most, as having ended while no screen showed the run."""


class ReturnCard(Dialog[None]):
    """What happened before the person came back to a run."""

    ASKS = False

    def __init__(self, view: RunView, health: str, before: LastView | None) -> None:
        """Make the card.

        Args:
            view: the run.
            health: the worst news of health, in words.
            before: when a screen showed the run last, and what it showed.
        """
        heading = f"Back in {view.runbook.title}, at {_time_of_day(view.now)}"
        super().__init__(heading, tone="accent")
        self._fields = (
            *_absence_fields(view, before),
            *_progress_fields(view),
            *_problem_fields(view),
            *_host_and_health_fields(view, health, before),
        )

    def compose_body(self) -> Iterable[Widget]:
        """How long no screen was open, what ran, what is unknown, host and health."""
        yield fields_widget(self._fields)

    def choices(self) -> tuple[Choice[None], ...]:
        """Go on."""
        return (Choice("Go on", CANCEL, "primary"),)


def _absence_fields(view: RunView, before: LastView | None) -> Iterable[Field]:
    """How long no screen showed the run, and what ended meanwhile.

    Nothing where another screen may have shown it all along.
    """
    if before is None or before.is_fresh(view.now):
        return
    away = duration_in_words(max(0.0, view.now - before.at))
    yield Field("away", text(f"no screen showed this run for {away}"))
    ends = sorted(
        (own.last_attempt.ended, step_id)
        for step_id, own in view.state.steps.items()
        if own.last_attempt is not None and (own.last_attempt.ended or 0.0) > before.at
    )
    label = "since"
    for _, step_id in ends[-MAX_STEPS_ENDED_MEANWHILE:]:
        yield Field(label, _step_name(view, step_id))
        label = ""
    if len(ends) > MAX_STEPS_ENDED_MEANWHILE:
        yield Field(
            "",
            text(f"and {len(ends) - MAX_STEPS_ENDED_MEANWHILE} before those", "muted"),
        )


def _step_name(view: RunView, step_id: str) -> Content:
    mark = STATUS_MARKS[view.statuses[step_id].status]
    return assemble(
        (f"{mark.glyph} {mark.word} ", mark.role), (view.plan.name(step_id), "plain")
    )


def _progress_fields(view: RunView) -> Iterable[Field]:
    done, total = run_progress(view.plan, view.state, view.statuses)
    began = f"{done} of {total} steps done, began {duration_in_words(view.elapsed)} ago"
    yield Field("run", text(began))
    step_id = view.latest()
    last = view.step_state(step_id).last_attempt if step_id is not None else None
    if step_id is not None and last is not None:
        ago = duration_in_words(max(0.0, view.now - (last.ended or last.started)))
        when = "ago" if last.ended is not None else "so far"
        words = assemble((f"  {ago} {when}", "muted"))
        yield Field("last", _step_name(view, step_id) + words)


def _problem_fields(view: RunView) -> Iterable[Field]:
    """What requires a decision."""
    for step_id, standing in view.statuses.items():
        if standing.status in STATUSES_NEEDING_DECISION:
            reason = assemble((f"  {standing.reason}", "muted"))
            yield Field("look", _step_name(view, step_id) + reason)
    yield from delivery_problem_fields(view)


def _host_and_health_fields(
    view: RunView, health: str, before: LastView | None
) -> Iterable[Field]:
    """The host, and health then and now."""
    if view.host_pid is None:
        yield Field("host", text("gone: nothing new can start until you resume", "bad"))
    else:
        yield Field("host", text(f"alive, process {view.host_pid}", "good"))
    if view.state.watch.disarm_reason and view.state.watch.rollback is None:
        words = f"not armed: {view.state.watch.disarm_reason}"
        yield Field("watch", text(words, "warn"))
    if before is not None and before.health:
        then, now = f"{_time_of_day(before.at)}  ", f"{_time_of_day(view.now)}  "
        yield Field("health", assemble((then, "muted"), (before.health, "plain")))
        yield Field("", assemble((now, "muted"), (health, "plain")))
    else:
        yield Field("health", text(health))


def _time_of_day(at: float) -> str:
    """A time of day: the card stays as it is while time goes on."""
    return time.strftime("%H:%M:%S", time.localtime(at))
