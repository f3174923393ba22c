"""The run screen: a run, and what the person wants of its host."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.binding import BindingType

from mobius_tui.errors import MobiusError
from mobius_tui.run.client.follow_up import FollowUp, follow_up
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.intents.messages import Intent
from mobius_tui.run.planning.plan import kind_of
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.tui.commands.command import Place
from mobius_tui.tui.commands.registry import bindings
from mobius_tui.tui.external.attach_terminal import attach_task, why_no_terminal
from mobius_tui.tui.flows.intent_sender import DONE, IntentSender
from mobius_tui.tui.messages import Answered
from mobius_tui.tui.output.output_workbench import OutputWorkbench
from mobius_tui.tui.presenters.availability import why_not
from mobius_tui.tui.presenters.next_action import terminal_attempt, terminal_step
from mobius_tui.tui.presenters.output_choice import split_tab_key
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.status_text import status_text
from mobius_tui.tui.screen_state import ScreenState
from mobius_tui.tui.screens.asking_page import AskingPage
from mobius_tui.tui.screens.page import TYPED
from mobius_tui.tui.widgets.footer import NextLine

if TYPE_CHECKING:
    from mobius_tui.tui.dialogs.leave_dialog import LeaveDialog

STAYS = ("note", "stop", "look", "send again", "drop")
"""Wishes after which the cursor stays where it is."""
Resume = Callable[[RunDirectory, Runbook], Awaitable[None]]
"""Starts a host for a run that has none."""


class RunScreen(AskingPage):
    """Shows a run, and sends what the person wants to its host."""

    PLACES: ClassVar[tuple[Place, ...]] = (
        "run",
        "checklist",
        "output",
        "detail",
        "app",
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("run")]

    def __init__(
        self,
        viewer: Viewer,
        *,
        resume: Resume,
        is_new: bool,
        auto: Intent | None = None,
        repaints: int = 20,
        wall: Callable[[], float] | None = None,
        stand: ScreenState | None = None,
        brief: Callable[[FollowUp], None] | None = None,
    ) -> None:
        """Make the screen of a run.

        Args:
            viewer: the run; the screen closes it.
            resume: starts a host, when the person wants one.
            is_new: whether the person has just begun it, and needs no card.
            auto: an intent to send at once, which makes the run go on by itself.
            repaints: the most repaints in a second that news may cause.
            wall: gives seconds since 1970; the run's own clock without it.
            stand: where the person was before the screens went away.
            brief: opens the briefing of what is due after the run.
        """
        super().__init__(viewer, repaints=repaints, wall=wall, stand=stand)
        self._resume = resume
        self._brief = brief
        self._auto = auto
        self._card_is_due = not is_new
        self._end_is_told = False
        self._leaving: LeaveDialog | None = None
        self._sender = IntentSender(viewer, self)

    def on_mount(self) -> None:
        """Make the run go on by itself, if that was wanted."""
        self.follow_edits()
        if self._auto is not None:
            self._sender.send(self._auto)

    def looked(self, view: RunView) -> None:
        """Show the card on coming back, and the one at the end; each once."""
        if self._leaving is not None:
            from mobius_tui.tui.dialogs.leave_dialog import leaving

            self._leaving.state = leaving(view, self._sight.running())
        if self.tells_edits():
            return
        if view.state.ended is not None:
            self._card_is_due = False
            if not self._end_is_told and not self.is_asking:
                self._end_is_told = True
                self.begin_asking(self._tell_end(view))
        elif self._card_is_due:
            self._card_is_due = False
            news = self.health.news if self.health is not None else ""
            if any(own.attempts for own in view.state.steps.values()):
                self.begin_asking(self._tell_return(view, news))

    async def _tell_return(self, view: RunView, news: str) -> None:
        from mobius_tui.tui.dialogs.return_card import ReturnCard

        await self.ask(ReturnCard(view, news, self.before))

    async def _tell_end(self, view: RunView) -> None:
        from mobius_tui.tui.dialogs.end_card import end_card

        card = await end_card(view, self._viewer.directory, coaches=self.coaches)
        way = await self.ask(card)
        if way == "leave":
            self._go()
        elif way == "follow_up":
            self.action_follow_up()

    @on(NextLine.Clicked)
    def action_next_action(self) -> None:
        """Do what the line above the footer says."""
        self.tell_of_cursor()
        offer = self.offer
        if offer is None or self.view is None:
            return
        if offer.kind == "resume":
            self.begin_asking(self._get_host())
        elif offer.kind == "ended":
            self.begin_asking(self._tell_end(self.view))
        elif offer.kind == "lost":
            self.action_leave()
        elif offer.kind == "terminal":
            self._go_to_terminal(offer.key)
        elif offer.kind == "watching":
            self._health_panel.focus()
        elif offer.kind in ("running", "wait"):
            self._catch_up()
            self.output.focus()
        else:
            self.begin_asking(self._do(offer.kind, offer.key))

    async def _do(self, flow: str, key: str | None) -> None:
        """A worker: ask what must be asked, then send what is wanted."""
        from mobius_tui.tui.flows.step_flows import FLOWS

        view = self.view
        self.answered = {}
        intent = await FLOWS[flow](self.ask, view, key) if view is not None else None
        if intent is not None:
            self._sender.send(intent, self.answered)
        else:
            self.keep(self.answered)

    async def _get_host(self) -> None:
        """A worker: start a host for a run that has none."""
        follower = self._viewer.follower
        try:
            await self._resume(self._viewer.directory, follower.runbook)
        except MobiusError as error:
            self.tell(str(error), is_problem=True)

    @on(Answered)
    def _answered(self, event: Answered) -> None:
        """Say why not; or let the cursor go where the run goes on."""
        event.stop()
        if not event.reply.ok:
            kept = f". {TYPED}" if self.keep(event.typed) else ""
            self.refuse(event.reply.text + kept, is_problem=True)
            return
        try:
            self._viewer.follower.poll()
        except MobiusError as error:
            self.tell(str(error), is_problem=True)
            return
        self.look()
        wish = event.intent.wish
        if wish in ("start", "retry"):
            self._go_to_terminal(event.intent.step)
        words = event.reply.text if wish == "stop" else DONE.get(wish)
        if words:
            self.tell(words)
        if wish not in STAYS:
            self._catch_up()

    def _go_to_terminal(self, key: str | None) -> None:
        """Leave the screens for a step's terminal, if it has one now."""
        view = self.view
        number = terminal_attempt(view, key) if view is not None else None
        if view is not None and key is not None and number is not None:
            name = view.plan.name(key)
            self.go_out(attach_task(self._viewer.directory, key, number, name))

    def action_terminal(self) -> None:
        """Go to the terminal of the step under the cursor, or of the one that runs."""
        if self.view is None:
            return
        key = terminal_step(self.view, self.key)
        if key is None:
            self.refuse(why_no_terminal(self.view, self.key))
        self._go_to_terminal(key)

    def action_flow(self, command_id: str) -> None:
        """Ask what a command needs, and send it, where it applies."""
        step = self.view.step(self.key) if self.view is not None else None
        if command_id == "tick" and step is not None and kind_of(step) == "message":
            command_id = "message"
        if command_id in self.available():
            self.begin_asking(self._do(command_id, self.key))
        elif self.view is not None:
            self.refuse(why_not(self.view, self.key, command_id))

    def action_follow_up(self) -> None:
        """Begin what is due now that the run has ended."""
        if self.view is None:
            return
        due = follow_up(self.view.plan, self.view.state)
        if due is not None and self._brief is not None:
            self._brief(due)
        elif self.view.state.ended is None:
            self.tell("The run has not ended: nothing is due after it yet.")
        else:
            self.tell("Nothing is due after this run.")

    def action_status(self) -> None:
        """Copy where the run stands."""
        if self.view is not None:
            head = self._viewer.follower.head
            run = self._viewer.directory.id
            self.copy(status_text(self.view, self.health, run=run, head=head))

    @on(OutputWorkbench.StopWanted)
    def _stop_wanted(self, event: OutputWorkbench.StopWanted) -> None:
        """Stop what runs beside the run; it only reads, so nobody is asked."""
        event.stop()
        step_id, attempt = split_tab_key(event.key)
        self._sender.send(Intent(wish="stop", step=step_id, attempt=attempt))

    # Leaving

    def action_leave(self) -> None:
        """Leave; ask first where something is open."""
        if self.view is None or self.view.state.ended is not None:
            self._go()
        else:
            self.begin_asking(self._leave(self.view))

    async def _leave(self, view: RunView) -> None:
        """A worker: ask, with the dialog told how the run goes on meanwhile."""
        from mobius_tui.tui.dialogs.leave_dialog import LeaveDialog, leaving

        state = leaving(view, self._sight.running())
        dialog = self._leaving = LeaveDialog(state, self._viewer.directory.id)
        try:
            way = await self.ask(dialog)
        finally:
            self._leaving = None
        if way == "stop":
            for step_id, attempt in dialog.state.running:
                if not await self._has_stopped(step_id, attempt):
                    return
        if way is not None:
            self._go()

    async def _has_stopped(self, step_id: str, attempt: int) -> bool:
        """Stop an attempt; whether it runs no longer, which it may do by itself."""
        intent = Intent(wish="stop", step=step_id, attempt=attempt)
        reply = await self._viewer.intend(intent)
        if reply.ok:
            return True
        self._viewer.follower.poll()
        self.look()
        if not self._sight.is_running(step_id, attempt):
            return True
        self.tell(reply.text, is_problem=True)
        return False

    def _go(self) -> None:
        """Back to the screen beneath, or out with the run's exit code."""
        if len(self.app.screen_stack) > 2:
            self.dismiss()
        else:
            from mobius_tui.tui.dialogs.end_card import exit_code
            from mobius_tui.tui.dialogs.leave_dialog import closing_text

            code = exit_code(self._sight.state, self._viewer.directory)
            words = closing_text(self._sight.state, self._viewer.follower.plan)
            self.app.exit(code, message=Text(f"mobius-tui: {words}"))
