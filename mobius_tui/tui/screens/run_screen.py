"""The run screen: a run, and what the person wants of its host."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import ClassVar, assert_never

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.reactive import reactive
from textual.widgets import Static

from mobius_tui.run.client.follow_up import FollowUp
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.intents.action import Action
from mobius_tui.run.intents.run_intents import StartAutomatic
from mobius_tui.run.intents.step_intents import RetryStep, StartStep, StopStep
from mobius_tui.run.intents.undo_intents import UndoSteps
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.tui.commands.command import FlowId, PaneName, Place
from mobius_tui.tui.commands.registry import bindings, command_by_id
from mobius_tui.tui.commands.run_commands import RunCommand
from mobius_tui.tui.dialogs.leave_dialog import closing_text
from mobius_tui.tui.external.attach_terminal import attach_task
from mobius_tui.tui.flows.intent_sender import (
    IntentSender,
)
from mobius_tui.tui.messages import Answered, RunChanged, TitleChanged
from mobius_tui.tui.output.output_choice import choose_output
from mobius_tui.tui.output.output_pane import OutputPane
from mobius_tui.tui.parts.question_gate import DRAFT_KEPT_TEXT, DialogSequence
from mobius_tui.tui.parts.run_dialogs import LeaveQuestion, RunCards
from mobius_tui.tui.parts.step_starter import StepStarter
from mobius_tui.tui.presenters import availability, next_action
from mobius_tui.tui.presenters.availability import why_no_terminal, why_unavailable
from mobius_tui.tui.presenters.run_presenter import RunPresenter
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.status_text import (
    TitleAndBell,
    status_text,
    terminal_title,
)
from mobius_tui.tui.presenters.step_details import guard_check_notice
from mobius_tui.tui.screen_state import NEW_SCREEN_STATE, RowKey, ScreenState, StepRow
from mobius_tui.tui.screens.run_page import RunPage
from mobius_tui.tui.widgets.banners import AlarmBanner, HintBanner
from mobius_tui.tui.widgets.footer import CoachMark, KeyBar, NextActionLine

GUARD_NOTICE_DELAY = 0.5
"""Seconds after which a notice tells that the host is still checking a guard."""
HostStarter = Callable[[RunDirectory, Runbook], Awaitable[None]]
"""Starts a host for a run that has none."""


class RunScreen(RunPage):
    """Shows a run, and sends what the person wants to its host."""

    AUTO_FOCUS = "#checklist"
    CSS_PATH = ["../styles/app.tcss", "../styles/run.tcss"]  # noqa: RUF012
    PLACES: ClassVar[tuple[Place, ...]] = (
        "run",
        "checklist",
        "output",
        "hosts",
        "detail",
        "app",
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("run")]
    HELP = (
        "Enter always does the next thing: the line above the keys says what. Whatever "
        "changes something asks first. Nothing is lost when you leave."
    )

    coaches = False
    """Whether a first-time user is told what to look at, and press."""

    offer: reactive[next_action.NextAction | None] = reactive(None, repaint=False)
    """What Enter does."""

    def __init__(
        self,
        viewer: Viewer,
        *,
        resume: HostStarter,
        open_again: HostStarter,
        skips_return_card: bool,
        auto: StartAutomatic | None = None,
        repaints: int = 20,
        wall: Callable[[], float] | None = None,
        screen_state: ScreenState = NEW_SCREEN_STATE,
        open_follow_up: Callable[[FollowUp], None] | None = None,
    ) -> None:
        """Make the screen of a run.

        Args:
            viewer: the run; the screen closes it.
            resume: starts a host, when the person wants one.
            open_again: opens the run again where it has ended, to be undone.
            skips_return_card: whether the person knows the run, and needs no card.
            auto: what is sent at once, which makes the run go on by itself.
            repaints: the most repaints in a second that news may cause.
            wall: gives seconds since 1970; the run's own clock without it.
            screen_state: where the person was before the screens went away.
            open_follow_up: opens the briefing of what is due after the run.
        """
        directory = viewer.directory
        super().__init__(
            viewer,
            RunPresenter(viewer),
            repaints=repaints,
            wall=wall or viewer.follower.now,
            choose=lambda view, key, tab: choose_output(view, key, directory, tab),
            screen_state=screen_state,
        )
        self._resume, self._open_again = resume, open_again
        self._auto = auto
        self._cards = RunCards(
            self.feed,
            self.questions,
            skips_return_card=skips_return_card,
            coaches=lambda: self.coaches,
            leave=self._leave_now,
            undo=self._undo_run,
            open_follow_up=open_follow_up,
            tell=self.show_notice,
        )
        self._sender = IntentSender(viewer, self)
        self._leave_question = LeaveQuestion(
            self.feed,
            self.questions,
            send_intent=viewer.send_intent,
            tell=self.show_notice,
        )
        self._step_starter = StepStarter(
            self._sender.send, self.questions.ask, self.show_notice, self.show_offers
        )
        self._title_and_bell = TitleAndBell()

    def compose(self) -> ComposeResult:
        """What is over everything, header, panes, what Enter does, keys."""
        page = RunScreen
        yield Static("Too small: needs 40 × 10", id="small", markup=False)
        yield AlarmBanner().data_bind(page.view)
        yield HintBanner().data_bind(page.view)
        yield from self.compose_panes()
        if self.coaches:
            yield CoachMark().data_bind(page.view)
        yield NextActionLine().data_bind(page.offer)
        yield KeyBar().data_bind(page.offered)

    def on_mount(self) -> None:
        """Make the run go on by itself, if that was wanted."""
        self.source_edits.follow()
        if self._auto is not None:
            self._sender.send(self._auto)

    async def on_unmount(self) -> None:
        """Record the time until which a screen showed the run."""
        self._cards.record_leaving(self.view, self._health_news)

    @property
    def screen_state(self) -> ScreenState:
        """Where the person is, and what they know."""
        return ScreenState(
            key=self.key,
            moved=self.has_moved,
            pane=self.pane_layout.focused,
            zoomed=self.pane_layout.is_zoomed,
            went_to_editor=self.source_edits.is_editing,
            edits_told=self.source_edits.edits_told,
            drafts=self.questions.drafts.kept,
        )

    # What is shown

    @on(RunChanged)
    def _run_changed(self, event: RunChanged) -> None:
        event.stop()
        self.feed.show_throttled()

    def show_run(self) -> None:
        """Build a new view of the run, and pass it to the widgets."""
        view, before = self.feed.view(self.view), self.view
        if view.shows_same_as(before):
            return
        self.show_view(view, self._place_of_run(view))
        if before is None or view.last_entry_number != before.last_entry_number:
            self.outputs.follow()
            self.post_message(self._title_and_bell.update(view))
            self._step_starter.advance(view)
        self._leave_question.update(view)
        if not self.source_edits.show_after_edit():
            self._cards.open_due(view, self._health_news)
        self._cards.record_view(view, self._health_news)

    def _place_of_run(self, view: RunView) -> RowKey | None:
        """The step that is proposed, or the one that the run stopped at."""
        return view.proposed_row or self.key or view.latest_row

    @property
    def _health_news(self) -> str:
        return self.health.news if self.health is not None else ""

    def show_offers(self) -> None:
        """Say what Enter does and which keys do something, as the run is now."""
        if self.view is not None:
            self.offer = (
                self._step_starter.offer()
                or self.outputs.host_offer()
                or next_action.next_action(self.view, self.key, moved=self.has_moved)
            )
            self.offered = self.footer_commands()

    def available(self) -> frozenset[RunCommand]:
        """The commands on steps and the run that apply now."""
        return availability.available_commands(self.view, self.key)

    @property
    def left_behind(self) -> str:
        """The run, which the screen only shows."""
        run = self.feed.directory.id
        return f"the run goes on, and `mobius-tui resume {run}` shows it again"

    def title_message(self) -> TitleChanged:
        """The run's title."""
        if self.view is None:
            return super().title_message()
        return TitleChanged(terminal_title(self.view), ring=False)

    def copies_folder(self) -> Path:
        """The run's own."""
        return self.feed.directory.path

    def action_pane(self, name: str) -> None:
        """Give a pane the focus; on a narrow screen, the whole room."""
        self.pane_layout.focus(PaneName(name))

    def action_follow_run(self) -> None:
        """Back to where the run is; out of a host's output and the zoom first."""
        if self.close_host_output():
            return
        if self.pane_layout.is_zoomed:
            self.pane_layout.zoom()
        elif self.checklist.is_filtered:
            self.checklist.clear_filter()
        else:
            self._catch_up()
            self.checklist.focus()

    def _catch_up(self) -> None:
        """Put the cursor where the run is, and let it follow the run again."""
        self.has_moved = False
        if self.view is not None:
            self.key = self._place_of_run(self.view)
            self.show_row()

    # What is done

    @on(NextActionLine.Clicked)
    def action_next_action(self) -> None:
        """Do what the line above the footer says."""
        self.follow_cursor()
        offer = self.offer
        if offer is None or self.view is None or self._step_starter.stop_by_key():
            return
        match offer:
            case next_action.GoOnInPhase():
                self.questions.begin(
                    self._step_starter.begin_after_question(self.view, offer.phase)
                )
            case next_action.StartFlow():
                step = self.view.step(offer.key)
                if step is not None and self._sender.is_busy_with(step.id):
                    return  # a second Enter meant the dialog that is answered
                self.questions.begin(self._run_flow(offer.flow, offer.key))
            case next_action.GoToTerminal():
                self._go_to_terminal(StepRow(offer.step))
            case next_action.ResumeHost():
                self.questions.begin(self._start_host())
            case next_action.ShowEndCard():
                self._cards.begin_end_card(self.view)
            case next_action.LeaveLostRun():
                self.action_leave()
            case next_action.ShowHostOutput():
                self.outputs.hosts.pane.action_open()
            case next_action.FocusHealth():
                self._health_panel.focus()
            case next_action.FocusOutput():
                self._catch_up()
                self.outputs.pane.focus()
            case _:
                assert_never(offer)

    async def _run_flow(self, flow: FlowId, key: RowKey | None) -> None:
        """A worker: ask what must be asked, then send what is wanted."""
        from mobius_tui.tui.flows.step_flows import FLOWS

        if self.view is None:
            return
        ask = DialogSequence(self.questions)
        action = await FLOWS[flow](ask, self.view, key)
        if isinstance(action, UndoSteps) and self.feed.state.ended is not None:
            await self._open_again(self.feed.directory, self.feed.plan.runbook)
            self.feed.refresh()
            self._cards.await_another_end()
        if action is not None:
            self._sender.send(action, ask.typed)
            if words := guard_check_notice(self.view, action):
                tell = partial(self._tell_of_look, action, words)
                self.set_timer(GUARD_NOTICE_DELAY, tell)
        else:
            self.questions.drafts.keep(ask.typed)

    async def _undo_run(self) -> None:
        """A worker: open the ended run again, and undo what it did."""
        await self._run_flow(FlowId.UNDO, self.key)

    def _tell_of_look(self, action: Action, words: str) -> None:
        """Say what the host does meanwhile, unless it has answered by now."""
        if self._sender.is_on_its_way(action):
            self.show_notice(words)

    async def _start_host(self) -> None:
        """A worker: start a host for a run that has none."""
        await self._resume(self.feed.directory, self.feed.plan.runbook)
        self.feed.refresh()

    @on(Answered)
    def _answered(self, event: Answered) -> None:
        """Say why not; or let the cursor go where the run goes on."""
        event.stop()
        is_shown = self.feed.refresh()
        self._sender.settle(event.action)
        if not event.reply.ok:
            kept = (
                f". {DRAFT_KEPT_TEXT}"
                if self.questions.drafts.keep(event.typed)
                else ""
            )
            self._step_starter.stop()
            self._refuse(event.reply.text + kept, is_problem=True)
            return
        if not is_shown:
            return
        action = event.action
        if isinstance(action, StartStep | RetryStep):
            self._go_to_terminal(StepRow(action.step))
        if words := event.reply.text or action.notice:
            self.show_notice(words)
        if action.moves_run:
            self._catch_up()

    def _refuse(self, words: str, *, is_problem: bool = False) -> None:
        """Say why a command does nothing."""
        self.questions.note_refusal(self.mono())
        self.show_notice(words, is_problem=is_problem)

    def _go_to_terminal(self, key: RowKey | None) -> None:
        """Leave the screens for a step's terminal, if it has one now."""
        view = self.view
        number = next_action.terminal_attempt(view, key) if view is not None else None
        step = view.step(key) if view is not None else None
        if view is not None and step is not None and number is not None:
            name = view.plan.name(step.id)
            self.run_foreground_task(
                attach_task(self.feed.directory, step.id, number, name)
            )

    def action_terminal(self) -> None:
        """Go to the terminal of the step under the cursor, or of the one that runs."""
        if self.view is None:
            return
        key = next_action.terminal_row(self.view, self.key)
        if key is None:
            self._refuse(why_no_terminal(self.view, self.key))
        self._go_to_terminal(key)

    def action_ask_host(self, command_id: str) -> None:
        """Ask what a command needs, and send it, where it applies."""
        if self.view is None:
            return
        self._step_starter.stop_by_key()
        pressed = RunCommand(command_id)
        meant = availability.resolve_command(self.view, self.key, pressed)
        command, key = command_by_id(meant), self.outputs.meant_row(self.key)
        if not command.asks_host or meant not in self.available():
            self._refuse(why_unavailable(self.view, self.key, meant))
        elif command.flow is not None:
            self.questions.begin(self._run_flow(command.flow, key))
        elif not self.questions.is_asking and (
            action := availability.action_of(self.view, key, meant)
        ):
            self._sender.send(action)

    def action_go_on(self) -> None:
        """Have the run go on by itself until it needs a person, or stop that."""
        if self.view is None or self._step_starter.stop_by_key():
            return
        if RunCommand.GO_ON in self.available():
            self.questions.begin(self._step_starter.begin_after_question(self.view))
        else:
            self._refuse(why_unavailable(self.view, self.key, RunCommand.GO_ON))

    def action_follow_up(self) -> None:
        """Begin what is due now that the run has ended."""
        if self.view is not None:
            self._cards.follow_up(self.view)

    def action_status(self) -> None:
        """Copy a status update of the run."""
        if self.view is not None:
            run, head = self.feed.directory.id, self.feed.head
            self.copy(status_text(self.view, self.health, run=run, head=head))

    @on(OutputPane.StopWanted)
    def _stop_wanted(self, event: OutputPane.StopWanted) -> None:
        """Stop what runs beside the run; it only reads, so nobody is asked."""
        event.stop()
        step_id, number = event.attempt
        self._sender.send(StopStep(step=step_id, attempt=number))

    # Leaving

    def action_leave(self) -> None:
        """Leave; ask first where something is open."""
        if self.view is None or self.view.state.ended is not None:
            self._leave_now()
        else:
            self.questions.begin(self._leave(self.view))

    async def _leave(self, view: RunView) -> None:
        """A worker: ask, and go if that is wanted."""
        if await self._leave_question.ask(view):
            self._leave_now()

    def _leave_now(self) -> None:
        """Back to the screen beneath, or out with the run's exit code."""
        if len(self.app.screen_stack) > 2:
            self.dismiss()
        else:
            words = closing_text(self.feed.state, self.feed.plan)
            self.app.exit(self._cards.exit_code(), message=Text(f"mobius-tui: {words}"))
