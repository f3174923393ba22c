"""The card at the end of a run: what it came to, and of a drill the score."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from enum import Enum, auto
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from mobius_tui.drill.confined_drill import refusal_lines
from mobius_tui.drill.detection_coverage import subject_coverage
from mobius_tui.drill.drill_verdict import await_score
from mobius_tui.drill.past_drills import (
    compare_times,
    drills_of_same_runbook,
    is_first_drill,
)
from mobius_tui.program_name import called_name
from mobius_tui.review.run_walk import count_deviations
from mobius_tui.run.client.follow_up import FollowUp, due_follow_up
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import HEALTH_IS_WELL, RunEnded
from mobius_tui.run.intents.permissions import decide_offer
from mobius_tui.run.intents.undo_intents import ReopenRun
from mobius_tui.run.planning.situation import ALLOWED
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.runbook.text.units import duration_in_words
from mobius_tui.tui.backend.full_screens import run_in_thread
from mobius_tui.tui.commands.registry import bind, command_by_id, first_key_name
from mobius_tui.tui.commands.run_commands import RunCommand
from mobius_tui.tui.dialogs.dialog import CANCEL, Choice, Dialog, fields_widget
from mobius_tui.tui.presenters.coach_marks import COMMANDS_AFTER_DEMO
from mobius_tui.tui.presenters.communication import delivery_problem_fields
from mobius_tui.tui.presenters.glyphs import STATUS_MARKS
from mobius_tui.tui.presenters.health_view import outage_fields
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.score_fields import (
    DrillResult,
    score_fields,
    score_pending_fields,
    undetected_fields,
)
from mobius_tui.tui.presenters.styled_text import Field, FieldKind, Role, assemble, text

ScoreReader = Callable[[], Awaitable[tuple[Field, ...]]]
"""Gives the score of a drill, once it is known."""


class EndCardChoice(Enum):
    """What a person goes on to from the card."""

    LEAVE = auto()
    FOLLOW_UP = auto()
    """What is due after the run."""
    UNDO = auto()
    """To open the run again, and undo what it did."""


class EndCard(Dialog[EndCardChoice]):
    """What a run came to."""

    ASKS = False

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("leave"),
        bind("follow_up"),
        bind(RunCommand.UNDO, "undo"),
    ]

    class ScoreKnown(Message):
        """The score of the drill is known."""

        def __init__(self, fields: tuple[Field, ...]) -> None:
            super().__init__()
            self.fields = fields

    def __init__(
        self,
        view: RunView,
        directory: str,
        read_score: ScoreReader | None,
        next_steps: tuple[Field, ...] = (),
        due: FollowUp | None = None,
        *,
        is_first: bool = False,
    ) -> None:
        """Make the card.

        Args:
            view: the run, which has ended.
            directory: where it is kept.
            read_score: gives the score; `None` where none is to be had.
            next_steps: how a first-time user goes on; then the score comes first.
            due: what is due now; `None` where nothing is.
            is_first: whether no drill was made here before.
        """
        ended = view.state.ended
        assert ended is not None
        good = ended.outcome is Outcome.COMPLETED
        role: Role = "good" if good else "bad"
        heading = f"The run has ended: {ended.outcome}"
        super().__init__("Your first drill" if is_first else heading, tone=role)
        glyph = "✔" if good else "✖"
        self._fields = (
            Field("result", assemble((f"{glyph} {ended.outcome}", role))),
            *_health_fields(ended),
            Field("why", text(ended.reason)),
            Field("took", text(duration_in_words(view.elapsed))),
            Field("steps", _status_counts(view)),
            *_failed_attempts_fields(view),
            *outage_fields(view),
            *delivery_problem_fields(view),
            Field("kept", text(directory)),
            *_due_fields(due),
        )
        self._read_score = read_score
        self._score = fields_widget(score_pending_fields(), id="score")
        self._next_steps = next_steps
        self._due = due
        offer = decide_offer(ReopenRun(), view.situation)
        self._can_undo = offer == ALLOWED and not view.lost

    def compose_body(self) -> Iterable[Widget]:
        """Outcome, reason, time, steps and place; of a drill, its score."""
        if not self._next_steps:
            yield fields_widget(self._fields)
        if self._read_score is not None:
            yield self._score
        if self._next_steps:
            yield fields_widget(self._next_steps)
            yield fields_widget(self._fields)

    def on_mount(self) -> None:
        """Wait for the score beside everything else."""
        if self._read_score is not None:
            self.run_worker(self._await_score(self._read_score), exit_on_error=False)

    async def _await_score(self, read_score: ScoreReader) -> None:
        """A worker: until the site has been asked."""
        self.post_message(self.ScoreKnown(await read_score()))

    @on(ScoreKnown)
    def _show_score(self, event: ScoreKnown) -> None:
        event.stop()
        shown = event.fields
        if self._next_steps:  # what was never seen red is for whoever owns the runbook
            shown = tuple(
                each for each in shown if each.kind is not FieldKind.UNDETECTED
            )
        self._score.fields = shown

    def choices(self) -> tuple[Choice[EndCardChoice], ...]:
        """Leave, or read on."""
        due = f"{first_key_name('follow_up')} {self._due.title}" if self._due else ""
        undo = (
            f"{first_key_name(RunCommand.UNDO)} {command_by_id(RunCommand.UNDO).label}"
        )
        leave = f"{first_key_name('leave')} Leave"
        return (
            Choice(leave, EndCardChoice.LEAVE, "primary"),
            *((Choice(due, EndCardChoice.FOLLOW_UP),) if due else ()),
            *((Choice(undo, EndCardChoice.UNDO),) if self._can_undo else ()),
            Choice("Look at it", CANCEL),
        )

    def action_leave(self) -> None:
        """Leave; its key works here, too."""
        self.dismiss(EndCardChoice.LEAVE)

    def action_follow_up(self) -> None:
        """Begin what is due, if anything is; its key works here, too."""
        if self._due is not None:
            self.dismiss(EndCardChoice.FOLLOW_UP)

    def action_undo(self) -> None:
        """Go on to undoing, if anything can be undone; its key works here, too."""
        if self._can_undo:
            self.dismiss(EndCardChoice.UNDO)


def _health_fields(ended: RunEnded) -> Iterable[Field]:
    """How health was as the run ended; none without probes."""
    if ended.health is not None:
        is_well = ended.health == HEALTH_IS_WELL
        yield Field("health", text(ended.health, "good" if is_well else "bad"))


def _due_fields(due: FollowUp | None) -> tuple[Field, ...]:
    """What is due now, and by which command it can be begun later."""
    if due is None:
        return ()
    when = assemble((due.when_due, "plain"), (f"  {due.title}", "key"))
    return (Field("due", when), Field("", text(due.command, "muted")))


def _status_counts(view: RunView) -> Content:
    """How many steps came to which end, but for asides that were not entered."""
    counts: dict[Status, int] = {}
    for step_id, standing in view.statuses.items():
        phase = view.plan.phase_of[step_id]
        if not phase.aside or phase.id in view.state.entered_phases:
            is_left = standing.status in (Status.PENDING, Status.WAITING)
            status = Status.PENDING if is_left else standing.status
            counts[status] = counts.get(status, 0) + 1
    parts: list[tuple[str, Role]] = []
    for status, count in counts.items():
        mark = STATUS_MARKS[status]
        word = "not done" if status is Status.PENDING else mark.word
        parts.append((f"{mark.glyph} {count} {word}   ", mark.role))
    return assemble(*parts)


def _failed_attempts_fields(view: RunView) -> Iterable[Field]:
    """How many attempts ended badly, and how many were made again.

    Nothing where none was made again, and each bad attempt is the last one of its step:
    the counts of the steps show that.
    """
    parts: list[tuple[str, Role]] = []
    for how, count in count_deviations(view.state).items():
        if isinstance(how, Status):
            mark = STATUS_MARKS[how]
            parts.append((f"{mark.glyph} {count} {mark.word}   ", mark.role))
        else:
            parts.append((f"{count} made {how}", "plain"))
    if parts:
        yield Field("tries", assemble(*parts))


async def await_score_fields(
    directory: RunDirectory, site: Path, runbook: Runbook, *, is_confined: bool = False
) -> tuple[Field, ...]:
    """The score of a drill that is over, once it is known; what it was refused.

    Args:
        directory: the run.
        site: the folder of its site.
        runbook: what was drilled.
        is_confined: whether it was confined.
    """
    drill = await await_score(directory, site)
    refused = refused_fields(directory) if is_confined else ()
    if drill is None:
        return (*score_fields(None), *refused)
    before = await asyncio.to_thread(drills_of_same_runbook, directory, drill)
    found = await asyncio.to_thread(subject_coverage, directory.path.parent, runbook)
    scored = DrillResult(drill=drill, times=compare_times(drill, before))
    return (*score_fields(scored), *refused, *undetected_fields(found))


def refused_fields(directory: RunDirectory) -> tuple[Field, ...]:
    """What a confined drill would have touched, and how that is known."""
    return tuple(
        Field("" if place else "refused", text(words, "warn" if place else "plain"))
        for place, words in enumerate(refusal_lines(directory))
    )


async def make_end_card(
    view: RunView, directory: RunDirectory, *, coaches: bool = False
) -> EndCard:
    """The card of a run that has ended.

    Args:
        view: the run.
        directory: where it is kept.
        coaches: whether a first-time user is told how to go on.
    """
    began = view.state.began
    judge = None
    if began is not None and began.site is not None:
        judge = partial(
            await_score_fields,
            directory,
            Path(began.site),
            view.plan.first_runbook,
            is_confined=bool(began.confined),
        )
    more = _next_steps_fields() if coaches else ()
    first = coaches and await run_in_thread(partial(is_first_drill, directory))
    due = due_follow_up(view.plan, view.state)
    return EndCard(view, str(directory.path), judge, more, due, is_first=first)


def _next_steps_fields() -> tuple[Field, ...]:
    """How a first-time user goes on."""
    typed = [f"{called_name()} {words}" for words, _ in COMMANDS_AFTER_DEMO]
    width = max(map(len, typed)) + 2
    return tuple(
        Field(
            "" if place else "next",
            assemble((f"{command:<{width}}", "key"), (what, "plain")),
        )
        for place, (command, (_, what)) in enumerate(
            zip(typed, COMMANDS_AFTER_DEMO, strict=True)
        )
    )
