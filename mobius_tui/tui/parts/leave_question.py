"""The question on leaving an open run: whether to leave what runs, or to stop it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from mobius_tui.run.intents.intent_actions import StopStep
from mobius_tui.run.intents.replies import Reply
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.tui.dialogs.leave_dialog import LeaveDialog, LeaveWay, make_leave_state
from mobius_tui.tui.dialogs.question import Notifier
from mobius_tui.tui.parts.question_gate import QuestionGate
from mobius_tui.tui.parts.run_feed import RunFeed
from mobius_tui.tui.presenters.run_view import RunView


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
            self._dialog.state = make_leave_state(view, self._feed.running())

    async def ask(self, view: RunView) -> bool:
        """A worker: ask, and stop what is to be stopped; whether the screen may go.

        Args:
            view: the run.
        """
        state = make_leave_state(view, self._feed.running())
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
