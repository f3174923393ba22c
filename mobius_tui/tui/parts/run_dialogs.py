"""The dialogs about a run as a whole: on coming back, at its end, on leaving it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec import Struct

from mobius_tui.run.client.follow_up import FollowUp, due_follow_up
from mobius_tui.run.intents.control_protocol import Reply
from mobius_tui.run.intents.step_intents import StopStep
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.run.storage.last_viewed import (
    WRITE_INTERVAL,
    LastView,
    read_last_view,
    write_last_view,
)
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.tui.dialogs.leave_dialog import LeaveDialog, LeaveWay, make_leave_state
from mobius_tui.tui.dialogs.question import Notifier
from mobius_tui.tui.dialogs.return_card import ReturnCard
from mobius_tui.tui.parts.question_gate import QuestionGate
from mobius_tui.tui.parts.run_feed import RunFeed
from mobius_tui.tui.presenters.run_view import RunView


class EndCardActions(Struct, frozen=True, kw_only=True):
    """What the buttons of the end card do."""

    undo: Callable[[], Awaitable[None]]
    """Opens the run again, and undoes what it did."""
    leave: Callable[[], None] | None = None
    follow_up: Callable[[RunView], None] | None = None
    """Begins what is due after the run."""


async def show_end_card(
    view: RunView,
    directory: RunDirectory,
    questions: QuestionGate,
    ways: EndCardActions,
    *,
    coaches: bool = False,
) -> None:
    """Show what a run came to, and go on as the person wants; only from a worker.

    Args:
        view: the run, which has ended.
        directory: where it is kept.
        questions: opens the card.
        ways: what is done then.
        coaches: whether a first-time user is told how to go on.
    """
    from mobius_tui.tui.dialogs.end_card import EndCardChoice, make_end_card

    card = await make_end_card(view, directory, coaches=coaches)
    match await questions.ask(card):
        case EndCardChoice.LEAVE if ways.leave is not None:
            ways.leave()
        case EndCardChoice.FOLLOW_UP if ways.follow_up is not None:
            ways.follow_up(view)
        case EndCardChoice.UNDO:
            await ways.undo()
        case _:
            pass


class RunCards:
    """Opens each card once when it is due, and records when the run was last seen."""

    def __init__(
        self,
        feed: RunFeed,
        questions: QuestionGate,
        *,
        skips_return_card: bool,
        coaches: Callable[[], bool],
        leave: Callable[[], None],
        undo: Callable[[], Awaitable[None]],
        open_follow_up: Callable[[FollowUp], None] | None,
        tell: Notifier,
    ) -> None:
        """Open nothing yet.

        Args:
            feed: the run.
            questions: opens the cards.
            skips_return_card: whether the person knows the run, and needs no card.
            coaches: gives whether a first-time user is told how to go on.
            leave: leaves the screen.
            undo: opens the run again where it has ended, and undoes what it did.
            open_follow_up: opens the briefing of what is due after the run.
            tell: says so where nothing is due after the run.
        """
        self._feed = feed
        self._questions = questions
        self._open_follow_up = open_follow_up
        self._tell = tell
        self._ways = EndCardActions(undo=undo, leave=leave, follow_up=self.follow_up)
        self._last_view = read_last_view(feed.directory)
        """The last view of any screen before this one."""
        self._recorded_at = 0.0
        self._is_return_due = not skips_return_card
        self._is_end_shown = False
        self._coaches = coaches

    def open_due(self, view: RunView, health: str) -> None:
        """Show the card that is due, if one is.

        Args:
            view: the run as the screen shows it.
            health: what is told of its health, in words.
        """
        is_return_due, self._is_return_due = self._is_return_due, False
        if view.state.ended is not None:
            if not self._is_end_shown and not self._questions.is_asking:
                self._is_end_shown = True
                self.begin_end_card(view)
        elif is_return_due and any(own.attempts for own in view.state.steps.values()):
            self._questions.begin(self._tell_return(view, health))

    async def _tell_return(self, view: RunView, health: str) -> None:
        await self._questions.ask(ReturnCard(view, health, self._last_view))

    def begin_end_card(self, view: RunView) -> None:
        """Show what the run came to, unless something else is asked now."""
        directory, questions = self._feed.directory, self._questions
        coaches = self._coaches()
        questions.begin(
            show_end_card(view, directory, questions, self._ways, coaches=coaches)
        )

    def follow_up(self, view: RunView) -> None:
        """Begin what is due now that the run has ended."""
        due = due_follow_up(view.plan, view.state)
        if due is not None and self._open_follow_up is not None:
            self._open_follow_up(due)
        elif view.state.ended is None:
            self._tell("The run has not ended: nothing is due after it yet.")
        else:
            self._tell("Nothing is due after this run.")

    def exit_code(self) -> int:
        """What leaving the run exits with."""
        from mobius_tui.drill.drill_verdict import exit_code_on_leaving

        return exit_code_on_leaving(self._feed.state, self._feed.directory)

    def await_another_end(self) -> None:
        """The run was opened again: its next end is told, too."""
        self._is_end_shown = False

    def record_view(self, view: RunView, health: str) -> None:
        """Record every few seconds that a screen shows the run."""
        if view.now - self._recorded_at >= WRITE_INTERVAL:
            self._record(view, health, at=view.now, leaves=False)

    def record_leaving(self, view: RunView | None, health: str) -> None:
        """Record until when this screen showed the run."""
        if view is not None:
            self._record(view, health, at=self._feed.now(), leaves=True)

    def _record(self, view: RunView, health: str, *, at: float, leaves: bool) -> None:
        self._recorded_at = at
        if view.state.ended is None:
            last = LastView(at=at, health=health, leaves=leaves)
            write_last_view(self._feed.directory, last)


class LeaveQuestion:
    """Asks before an open run is left, and updates the dialog while the run changes."""

    def __init__(
        self,
        feed: RunFeed,
        questions: QuestionGate,
        *,
        send_intent: Callable[[StopStep], Awaitable[Reply]],
        tell: Notifier,
    ) -> None:
        """Ask nothing yet.

        Args:
            feed: the run.
            questions: opens the dialog.
            send_intent: sends an intent to the run's host, and gives what it answers.
            tell: says why something was not stopped.
        """
        self._feed = feed
        self._questions = questions
        self._send_intent = send_intent
        self._tell = tell
        self._dialog: LeaveDialog | None = None

    def update(self, view: RunView) -> None:
        """Say how the run is now, while it is asked."""
        if self._dialog is not None:
            self._dialog.state = make_leave_state(view, self._feed.running_attempts())

    async def ask(self, view: RunView) -> bool:
        """A worker: ask, and stop what is to be stopped; whether the screen may go.

        Args:
            view: the run.
        """
        state = make_leave_state(view, self._feed.running_attempts())
        dialog = self._dialog = LeaveDialog(state, self._feed.directory.id)
        try:
            way = await self._questions.ask(dialog)
        finally:
            self._dialog = None
        if way is LeaveWay.STOP:
            for attempt in dialog.state.running:
                if not await self._stop_attempt(attempt):
                    return False
        return way is not None

    async def _stop_attempt(self, attempt: AttemptId) -> bool:
        """Ask the host to stop an attempt; return whether it no longer runs."""
        stop = StopStep(step=attempt.step, attempt=attempt.number)
        reply = await self._send_intent(stop)
        is_shown = self._feed.refresh()
        if reply.ok or (is_shown and not self._feed.is_running(attempt)):
            return True
        self._tell(reply.text, is_problem=True)
        return False
