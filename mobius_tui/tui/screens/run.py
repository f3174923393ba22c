"""The run screen: a viewer of one run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from time import time
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.reactive import reactive
from textual.widget import Widget
from textual.worker import Worker, WorkerState

from mobius_tui.errors import FAILED, INCOMPLETE, OK, STOPPED, MobiusError
from mobius_tui.run.directory import RunDirectory
from mobius_tui.run.intents import Intent
from mobius_tui.run.viewer import Viewer
from mobius_tui.runbook.model import Runbook
from mobius_tui.tui import offers
from mobius_tui.tui.commands import Command, Place, bindings
from mobius_tui.tui.flows import FLOWS, Flow
from mobius_tui.tui.health_view import HealthView
from mobius_tui.tui.messages import Answered, OutputGrew, RunChanged
from mobius_tui.tui.offers import Offer
from mobius_tui.tui.output.pane import OutputPane
from mobius_tui.tui.screens.card import EndCard, ReturnCard
from mobius_tui.tui.screens.leave import LeaveDialog
from mobius_tui.tui.screens.page import Page
from mobius_tui.tui.sight import Shown, Sight, output_of
from mobius_tui.tui.view import RunView
from mobius_tui.tui.widgets.checklist import Checklist
from mobius_tui.tui.widgets.detail import DetailPane
from mobius_tui.tui.widgets.header import RunHeader
from mobius_tui.tui.widgets.health import HealthPanel
from mobius_tui.tui.widgets.key_bar import KeyBar
from mobius_tui.tui.widgets.next_line import NextLine

OUTPUT_BEAT = 0.05
"""Seconds between looks at the output of a running step."""
TALL = 30
"""Rows of the screen from which everything has room."""
EXIT_CODES = {
    "completed": OK,
    "failed": FAILED,
    "abandoned": STOPPED,
    "incomplete": INCOMPLETE,
}
"""What the program exits with after a run that ended so."""

Resume = Callable[[RunDirectory, Runbook], Awaitable[None]]
"""Starts a host for a run that has none."""


class RunScreen(Page):
    """Shows a run, and sends what the person wants to its host."""

    PLACES: ClassVar[tuple[Place, ...]] = ("run", "checklist", "output", "app")
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("run")]
    AUTO_FOCUS = "#checklist"

    view: reactive[RunView | None] = reactive(None)
    health: reactive[HealthView | None] = reactive(None)
    key: reactive[str | None] = reactive[str | None](None)
    offer: reactive[Offer | None] = reactive(None)
    offered: reactive[tuple[Command, ...]] = reactive(())
    compact: reactive[bool] = reactive(False)  # noqa: FBT003 - a reactive's default

    def __init__(
        self,
        viewer: Viewer,
        *,
        resume: Resume,
        is_new: bool,
        auto: Intent | None = None,
        repaints: int = 20,
        wall: Callable[[], float] = time,
    ) -> None:
        """Make the screen of a run.

        Args:
            viewer: the run; the screen closes it.
            resume: starts a host, when the person wants one.
            is_new: whether the person has just begun it, and needs no card.
            auto: an intent to send at once, which makes the run go on by itself.
            repaints: the most repaints in a second that news may cause.
            wall: gives seconds since 1970.
        """
        super().__init__()
        self._viewer = viewer
        self._resume = resume
        self._auto = auto
        self._repaints = repaints
        self._wall = wall
        self._sight = Sight(viewer)
        self._moved = False
        self._followed: set[str] = set()
        self._shown: Shown | None = None
        self._updated = 0.0
        self._is_due = False
        self._card_is_due = not is_new
        self._end_is_told = False

    def compose(self) -> ComposeResult:
        """Header, panes, what Enter does, keys."""
        screen = RunScreen
        yield RunHeader().data_bind(screen.view)
        with Horizontal(id="body"):
            yield Checklist(id="checklist").data_bind(screen.view, screen.key)
            with Vertical(id="right"):
                yield DetailPane(id="detail", can_focus=False).data_bind(
                    screen.view, screen.key, screen.compact
                )
                yield OutputPane(id="output", repaints=self._repaints)
                yield HealthPanel(id="health").data_bind(screen.health, screen.compact)
        yield NextLine().data_bind(screen.offer)
        yield KeyBar().data_bind(screen.offered)

    # What comes from the run

    def on_mount(self) -> None:
        """Show what is there, then follow it."""
        self.query_one("#checklist").border_title = "Checklist"
        self._update()
        self.add_class("-pane-1")
        follow = self._follow_run()
        self.run_worker(follow, name="follow run", group="run", exit_on_error=False)
        if self._auto is not None:
            self._send(self._auto)

    async def on_unmount(self) -> None:
        """Let go of the host; the run goes on."""
        await self._viewer.close()

    async def _follow_run(self) -> None:
        """A worker: tells the screen whenever the run's files were looked at."""
        async with aclosing(self._viewer.changes()) as changes:
            async for change in changes:
                self.post_message(RunChanged(change))

    async def _follow_output(self, step_id: str, attempt: int) -> None:
        """A worker: tells of a running step's output, and ends when the step does."""
        path = self._viewer.directory.attempt(step_id, attempt).output
        seen = -1
        while (step_id, attempt) in self._sight.running():
            size = _size(path)
            if size != seen:
                seen = size
                self.post_message(OutputGrew(step_id, attempt))
            await asyncio.sleep(OUTPUT_BEAT)
        self.post_message(OutputGrew(step_id, attempt))

    @on(RunChanged)
    def _run_changed(self, event: RunChanged) -> None:
        """Show the news, but not more often than the line bears."""
        event.stop()
        wait = self._updated + 1 / self._repaints - self.mono()
        if wait <= 0:
            self._update()
        elif not self._is_due:
            self._is_due = True
            self.set_timer(wait, self._update)

    @on(OutputGrew)
    def _output_grew(self, event: OutputGrew) -> None:
        event.stop()
        path = self._viewer.directory.attempt(event.step, event.attempt).output
        if self._shown is not None and self._shown.path == path:
            self.query_one(OutputPane).refresh_from_file()

    @on(Worker.StateChanged)
    def _worker_changed(self, event: Worker.StateChanged) -> None:
        """A worker that failed says so; the screen stays."""
        if event.state is WorkerState.ERROR:
            self.tell(str(event.worker.error), is_problem=True)

    def _update(self) -> None:
        """Look at the run, and pass down what there is to see."""
        self._is_due = False
        self._updated = self.mono()
        view = self._sight.run(self._wall(), self.view)
        grown = self.view is None or view.last_n != self.view.last_n
        is_news = grown or self.view is None or int(view.now) != int(self.view.now)
        if not is_news and self.view is not None and view.host == self.view.host:
            return
        if not self._moved:
            self.key = self._place_of_run(view)
        self.view = view
        health = self._sight.health(view)
        if health != self.health:
            self.health = health
        self._show_offers()
        self._show_output()
        for step_id, attempt in self._sight.running() if grown else ():
            self._follow(step_id, attempt)
        self._show_card(view)

    def _follow(self, step_id: str, attempt: int) -> None:
        name = f"follow {step_id}.{attempt}"
        if name not in self._followed:
            self._followed.add(name)
            work = self._follow_output(step_id, attempt)
            self.run_worker(work, name=name, group="output", exit_on_error=False)

    def _place_of_run(self, view: RunView) -> str | None:
        """Where the run is: the step that is proposed or running."""
        return view.proposal.step or self.key or next(iter(view.plan.steps), None)

    def _show_offers(self) -> None:
        view = self.view
        if view is None:
            return
        self.offer = offers.offer(view, self.key, moved=self._moved)
        self.offered = self.footer_commands()

    def _show_output(self) -> None:
        view = self.view
        if view is None:
            return
        shown = output_of(view, self.key, self._viewer.directory)
        if shown != self._shown:
            self._shown = shown
            self.query_one(OutputPane).show(
                shown.path,
                spans=shown.spans,
                title=shown.title,
                running=shown.running,
                placeholder=shown.placeholder,
            )

    def _show_card(self, view: RunView) -> None:
        """The card on coming back, and the one at the end; each once."""
        if view.state.ended is not None:
            self._card_is_due = False
            if not self._end_is_told and not self._is_asking:
                self._end_is_told = True
                self._begin_worker(self._tell_end(view))
        elif self._card_is_due:
            self._card_is_due = False
            news = self.health.news if self.health is not None else ""
            if any(own.attempts for own in view.state.steps.values()):
                self._begin_worker(self._tell_return(view, news))

    async def _tell_return(self, view: RunView, news: str) -> None:
        await self.ask(ReturnCard(view, news))

    async def _tell_end(self, view: RunView) -> None:
        if await self.ask(EndCard(view, str(self._viewer.directory.path))) == "leave":
            self._go()

    # What the person wants

    def available(self) -> frozenset[str]:
        """The commands on steps and the run that apply now."""
        return offers.available(self.view, self.key)

    @property
    def _is_asking(self) -> bool:
        """Whether a dialog is open."""
        return self.app.screen is not self

    @on(Checklist.Moved)
    def _moved_to(self, event: Checklist.Moved) -> None:
        """The cursor stays where the person puts it, until it is where the run is."""
        event.stop()
        self.key = event.key
        self._moved = self.view is None or event.key != self.view.proposal.step
        self._show_offers()
        self._show_output()

    def _catch_up(self) -> None:
        """Let the cursor follow the run again."""
        self._moved = False
        if self.view is not None:
            self.key = self._place_of_run(self.view)
            self._show_offers()
            self._show_output()

    @on(NextLine.Taken)
    def action_next_action(self) -> None:
        """Do what the line above the footer says."""
        offer = self.offer
        if offer is None or self.view is None:
            return
        if offer.kind == "resume":
            self._begin_worker(self._get_host())
        elif offer.kind == "ended":
            self._begin_worker(self._tell_end(self.view))
        elif offer.kind in ("running", "wait"):
            self._catch_up()
            self.query_one("#output").focus()
        else:
            self._begin_worker(self._do(FLOWS[offer.kind], offer.key))

    def _begin_worker(self, work: Awaitable[None]) -> None:
        """One question at a time."""
        self.run_worker(work, name="ask", group="ask", exit_on_error=False)  # type: ignore[arg-type]

    async def _do(self, flow: Flow, key: str | None) -> None:
        """A worker: ask what must be asked, then send what is wanted."""
        view = self.view
        if view is None:
            return
        intent = await flow(self.ask, view, key)
        if intent is not None:
            self.post_message(Answered(intent, await self._viewer.intend(intent)))

    def _send(self, intent: Intent) -> None:
        async def send() -> None:
            self.post_message(Answered(intent, await self._viewer.intend(intent)))

        self._begin_worker(send())

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
            self.tell(event.reply.text, is_problem=True)
        elif event.intent.wish not in ("note", "stop"):
            self._catch_up()
        elif event.intent.wish == "note":
            self.tell("The note is on record.")

    def action_flow(self, command_id: str) -> None:
        """Ask what a command needs, and send it, where it applies."""
        if command_id == "tick" and "message" in self.available():
            command_id = "message"
        if command_id in self.available():
            self._begin_worker(self._do(FLOWS[command_id], self.key))

    # Panes

    def action_follow_run(self) -> None:
        """Back to where the run is; out of the zoom first."""
        if self.has_class("-zoomed"):
            self.action_zoom()
        else:
            self._catch_up()
            self.query_one("#checklist").focus()

    def action_pane(self, number: str) -> None:
        """Give a pane the focus; on a narrow screen, the whole room."""
        panes = {"1": "#checklist", "2": "#output", "3": "#health"}
        for each in panes:
            self.set_class(each == number, f"-pane-{each}")
        self.query_one(panes[number]).focus()

    def action_zoom(self) -> None:
        """Give the whole room to the pane with the focus, or give it back."""
        zoomed = not self.has_class("-zoomed")
        for pane in self.query("#body .-zoom"):
            pane.remove_class("-zoom")
        focused = self.focused
        if zoomed and isinstance(focused, Widget):
            focused.add_class("-zoom")
            on_the_left = focused.id == "checklist"
            self.set_class(on_the_left, "-zoom-left")
        self.set_class(zoomed, "-zoomed")

    def action_wrap(self) -> None:
        """Wrap the output's long lines, or not."""
        self.query_one(OutputPane).action_toggle_wrap()

    def action_times(self) -> None:
        """Show when each line of the output came, or not."""
        self.query_one(OutputPane).action_toggle_times()

    def on_resize(self, event: events.Resize) -> None:
        """On a low screen, say what matters most first."""
        self.compact = event.size.height < TALL

    # Leaving

    def action_leave(self) -> None:
        """Leave; ask first where something is open."""
        if self.view is None or self.view.state.ended is not None:
            self._go()
        else:
            self._begin_worker(self._leave(self.view))

    async def _leave(self, view: RunView) -> None:
        running = self._sight.running()
        names = tuple(view.plan.name(step_id) for step_id, _ in running)
        way = await self.ask(LeaveDialog(names, self._viewer.directory.id))
        if way is None:
            return
        if way == "stop":
            for step_id, attempt in running:
                intent = Intent(wish="stop", step=step_id, attempt=attempt)
                reply = await self._viewer.intend(intent)
                if not reply.ok:
                    self.tell(reply.text, is_problem=True)
                    return
        self._go()

    def _go(self) -> None:
        """Back to the screen beneath, or out with the run's exit code."""
        ended = self._sight.state.ended
        if len(self.app.screen_stack) > 2:
            self.dismiss()
        else:
            self.app.exit(OK if ended is None else EXIT_CODES[ended.outcome])


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


