"""A run on the screen, as its files tell it; what is done about it is in `run`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.reactive import reactive
from textual.widgets import Static

from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.storage.last_viewed import (
    WRITE_INTERVAL,
    LastView,
    read_last_view,
    write_last_view,
)
from mobius_tui.tui.commands.command import Command
from mobius_tui.tui.dialogs.dialog import Dialog
from mobius_tui.tui.messages import TitleChanged
from mobius_tui.tui.presenters import availability, next_action
from mobius_tui.tui.presenters.health_view import HealthView
from mobius_tui.tui.presenters.next_action import Offer
from mobius_tui.tui.presenters.output_choice import OutputChoice, output_of
from mobius_tui.tui.presenters.run_view import RunView, watch_left
from mobius_tui.tui.presenters.status_text import TitleAndBell, title
from mobius_tui.tui.screen_state import ScreenState
from mobius_tui.tui.screens.following_page import FollowingPage
from mobius_tui.tui.screens.paned_page import panes_first
from mobius_tui.tui.widgets.banners import AlarmBanner, HintBanner
from mobius_tui.tui.widgets.checklist import Checklist
from mobius_tui.tui.widgets.detail_pane import DetailPane
from mobius_tui.tui.widgets.footer import CoachMark, KeyBar, NextLine
from mobius_tui.tui.widgets.health_panel import HealthPanel
from mobius_tui.tui.widgets.run_header import RunHeader

BESIDE = 0.015
"""Seconds from a move of the cursor until the panes beside the checklist follow: the
cursor itself is drawn first."""
T = TypeVar("T")


class RunPage(FollowingPage):
    """Shows a run; sends nothing."""

    AUTO_FOCUS = "#checklist"
    CSS_PATH = ["../styles/app.tcss", "../styles/run.tcss"]  # noqa: RUF012
    HELP = (
        "Enter always does the next thing: the line above the keys says what. Whatever "
        "changes something asks first. Nothing is lost when you leave."
    )

    coaches = False
    """Whether a first-time user is told what to look at, and press."""

    # Each is passed down; the page itself draws none of them.
    view: reactive[RunView | None] = reactive(None, repaint=False)
    health: reactive[HealthView | None] = reactive(None, repaint=False)
    key: reactive[str | None] = reactive[str | None](None, repaint=False)
    told: reactive[str | None] = reactive[str | None](None, repaint=False)
    """The row that the panes beside the checklist tell of: the cursor's, once the
    cursor has been drawn where it went."""
    tab: reactive[str] = reactive("", repaint=False)
    """Whose output is shown, as `STEP.ATTEMPT`."""
    offer: reactive[Offer | None] = reactive(None, repaint=False)
    offered: reactive[tuple[Command, ...]] = reactive((), repaint=False)

    def __init__(
        self,
        viewer: Viewer,
        *,
        repaints: int = 20,
        wall: Callable[[], float] | None = None,
        stand: ScreenState | None = None,
    ) -> None:
        """Make the page of a run.

        Args:
            viewer: the run; the page closes it.
            repaints: the most repaints in a second that news may cause.
            wall: gives seconds since 1970; the run's own clock without it.
            stand: where the person was before the screens went away.
        """
        super().__init__(viewer, repaints=repaints, wall=wall)
        self._checklist = Checklist(id="checklist")
        self._health_panel = HealthPanel(id="health")
        self._detail = DetailPane(id="detail")
        self.panes = {
            "checklist": self._checklist,
            "output": self.output,
            "health": self._health_panel,
            "detail": self._detail,
        }
        self._watcher = TitleAndBell()
        self.before = read_last_view(viewer.directory)
        """The last look of any screen before this one."""
        self._glanced = 0.0
        self._moved = stand is not None and stand.moved
        self.pane = stand.pane if stand is not None else "checklist"
        self._begins_zoomed = stand is not None and stand.zoomed
        self.is_editing = False
        """Whether the screens go away for the source to be edited."""
        self.drafts = stand.drafts if stand is not None else {}
        if self._moved and stand is not None:
            self.set_reactive(RunPage.key, stand.key)

    def compose(self) -> ComposeResult:
        """Header, panes, what Enter does, keys."""
        page = RunPage
        yield Static("Too small: needs 40 × 10", id="small", markup=False)
        yield from self.compose_banners()
        yield RunHeader().data_bind(page.view)
        with Horizontal(id="body"):
            yield self._checklist.data_bind(page.view, page.key)
            with Vertical(id="right"):
                yield self._detail.data_bind(
                    page.view, page.compact, page.tab, key=page.told
                )
                yield self.output
                yield self._health_panel.data_bind(page.health, page.compact)
        yield from self.compose_foot()
        yield KeyBar().data_bind(page.offered)

    def compose_banners(self) -> ComposeResult:
        """What is over everything while there is something to say."""
        yield AlarmBanner().data_bind(RunPage.view)
        yield HintBanner().data_bind(RunPage.view)

    def compose_foot(self) -> ComposeResult:
        """What is between the panes and the keys: what Enter does."""
        if self.coaches:
            yield CoachMark().data_bind(RunPage.view)
        yield NextLine().data_bind(RunPage.offer)

    def on_mount(self) -> None:
        """Show what is there."""
        self.look()
        self.panes[self.pane].focus()
        if self._begins_zoomed:
            self.action_zoom()

    async def on_unmount(self) -> None:
        """Put on record that somebody looked until now."""
        self.keep_glance(self._wall(), leaves=True)

    @property
    def stand(self) -> ScreenState:
        """Where the person is."""
        return ScreenState(
            key=self.key,
            moved=self._moved,
            pane=self.pane,
            zoomed=self.has_class("-zoomed"),
            edited=self.is_editing,
            drafts=self.drafts,
        )

    def show_run(self) -> None:
        """Look at the run, and pass down what there is to see."""
        view = self._sight.run(self._wall(), self.view)
        grown = self.view is None or view.last_n != self.view.last_n
        if view.shows_what(self.view):
            return
        if not self._moved:
            self.key = self.place_of_run(view)
        self.told = self.key
        self.view = view
        self.health = self._sight.health(view)
        self.show_offers()
        self.show_output()
        if grown:
            self.follow_outputs()
            self.post_message(self.news_of(view))
        if self._asked is not None:
            self._asked.alarm = view
        self.looked(view)
        if view.now - self._glanced >= WRITE_INTERVAL:
            self.keep_glance(view.now)

    def news_of(self, view: RunView) -> TitleChanged:
        """What to tell whoever looks elsewhere of what came."""
        return self._watcher.look(view)

    def keep_glance(self, now: float, *, leaves: bool = False) -> None:
        """Put on record that somebody looked, for whoever comes back."""
        self._glanced = now
        if self.view is not None and self.view.state.ended is None:
            news = self.health.news if self.health is not None else ""
            glance = LastView(at=now, health=news, leaves=leaves)
            write_last_view(self._viewer.directory, glance)

    async def ask(self, dialog: Dialog[T], /) -> T | None:
        """Show a dialog, with the banner over it, and wait for what it gives."""
        dialog.set_reactive(Dialog.alarm, self.view)
        return await super().ask(dialog)

    def looked(self, view: RunView) -> None:
        """The run was looked at, and the widgets have been told."""

    def place_of_run(self, view: RunView) -> str | None:
        """Where the run is: the step that is proposed, or the one it stopped at."""
        if view.proposal.step is not None:
            return view.proposal.step
        return self.key or view.latest() or next(iter(view.plan.steps), None)

    @property
    def left_behind(self) -> str:
        """The run, which the screen only shows."""
        run = self._viewer.directory.id
        return f"the run goes on, and `mobius-tui resume {run}` shows it again"

    def tidings(self) -> TitleChanged:
        """The run's title."""
        if self.view is None:
            return super().tidings()
        return TitleChanged(title(self.view), ring=False)

    def copies_folder(self) -> Path:
        """The run's own."""
        return self._viewer.directory.path

    def available(self) -> frozenset[str]:
        """The commands on steps and the run that apply now."""
        return availability.available(self.view, self.key)

    def footer_commands(self) -> tuple[Command, ...]:
        """What the footer shows, in the words of the step under the cursor."""
        names = availability.labels(self.view, self.key)
        return tuple(
            replace(command, label=names.get(command.id, command.label))
            for command in panes_first(super().footer_commands())
        )

    def show_offers(self) -> None:
        """Say what Enter does and which keys do something, as the run is now."""
        view = self.view
        if view is None:
            return
        self.offer = next_action.offer(view, self.key, moved=self._moved)
        self.offered = self.footer_commands()

    def show_output(self) -> None:
        """Show the output that belongs to the cursor, or the tab that was chosen."""
        if self.view is not None:
            tab = self.chosen_tab
            directory = self._viewer.directory
            self.put_in_pane(output_of(self.view, self.key, directory, tab))

    def put_in_pane(self, shown: OutputChoice) -> None:
        """Hand the output's pane what it shows; the details are of the same attempt."""
        super().put_in_pane(shown)
        self.tab = shown.tab

    def watch_told(self) -> None:
        """Another row shows its own output."""
        self.chosen_tab = None

    @on(Checklist.Moved)
    def _moved_to(self, event: Checklist.Moved) -> None:
        """The cursor stays where the person puts it, until it is where the run is."""
        event.stop()
        self.key = event.key
        view = self.view
        watched = view is not None and bool(watch_left(view))
        self._moved = watched or view is None or event.key != view.proposal.step
        self.set_timer(BESIDE, self.tell_of_cursor)

    def tell_of_cursor(self) -> None:
        """Show beside the checklist what belongs to the row under the cursor."""
        if self.told != self.key:
            self.told = self.key
            self.show_offers()
            self.show_output()

    def _catch_up(self) -> None:
        """Let the cursor follow the run again."""
        self._moved = False
        if self.view is not None:
            self.key = self.place_of_run(self.view)
            self.tell_of_cursor()
            self.show_offers()

    def action_follow_run(self) -> None:
        """Back to where the run is; out of the zoom first."""
        if self.has_class("-zoomed"):
            self.action_zoom()
        elif self._checklist.is_filtered:
            self._checklist.clear_filter()
        else:
            self._catch_up()
            self._checklist.focus()
