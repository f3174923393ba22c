"""A run on the screen: what the screens of open and of past runs have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.reactive import reactive

from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.structs import replace
from mobius_tui.tui.commands.command import Command, PaneName
from mobius_tui.tui.messages import OutputGrew, RunLost
from mobius_tui.tui.output.output_pane import OutputPane
from mobius_tui.tui.parts.output_controller import OutputChooser, OutputController
from mobius_tui.tui.parts.pane_layout import Pane, PaneLayout, pane_commands_first
from mobius_tui.tui.parts.run_feed import RunFeed
from mobius_tui.tui.parts.source_edits import SourceEdits
from mobius_tui.tui.presenters import availability
from mobius_tui.tui.presenters.health_view import HealthView
from mobius_tui.tui.presenters.run_presenter import RunPresenter
from mobius_tui.tui.presenters.run_view import RunView, watch_time_left
from mobius_tui.tui.screen_state import RowKey, ScreenState
from mobius_tui.tui.screens.page import Page
from mobius_tui.tui.widgets.checklist import Checklist
from mobius_tui.tui.widgets.detail_pane import DetailPane
from mobius_tui.tui.widgets.health_panel import HealthPanel
from mobius_tui.tui.widgets.hosts_pane import HostsPane
from mobius_tui.tui.widgets.run_header import RunHeader

FOLLOW_CURSOR_DELAY = 0.015
"""Seconds from a move of the cursor until the panes beside the checklist follow: the
cursor itself is drawn first."""


class RunPage(Page):
    """Shows a run: the base of its two screens, which add what can be done there.

    It owns its parts, and holds what Textual finds by class: the reactive values that
    widgets are bound to, and the handlers of their messages.
    """

    # Each is passed down; the page itself draws none of them.
    compact: reactive[bool] = reactive(False)  # noqa: FBT003 - a reactive's default
    """Whether there is room for what matters most alone."""
    view: reactive[RunView | None] = reactive(None, repaint=False)
    health: reactive[HealthView | None] = reactive(None, repaint=False)
    key: reactive[RowKey | None] = reactive[RowKey | None](None, repaint=False)
    """The checklist's row under the cursor."""
    shown_key: reactive[RowKey | None] = reactive[RowKey | None](None, repaint=False)
    """The checklist key whose details the other panes show; follows the cursor (`key`)
    after a short delay.
    """
    tab: reactive[AttemptId | None] = reactive(None, repaint=False)
    """The attempt whose output is shown; `None` for none."""
    offered: reactive[tuple[Command, ...]] = reactive((), repaint=False)

    def __init__(
        self,
        viewer: Viewer,
        presenter: RunPresenter,
        *,
        repaints: int,
        wall: Callable[[], float],
        choose: OutputChooser,
        screen_state: ScreenState,
        extra_panes: Mapping[PaneName, Pane] = MappingProxyType({}),
    ) -> None:
        """Make the page of a run.

        Args:
            viewer: the run; the page closes it.
            presenter: makes views of it.
            repaints: the most repaints in a second that news may cause.
            wall: gives seconds since 1970.
            choose: says which output is shown.
            screen_state: where the person was before the screens went away.
            extra_panes: panes beside those of every run.
        """
        super().__init__(drafts=screen_state.drafts)
        self.feed = RunFeed(
            viewer,
            presenter,
            self,
            repaints=repaints,
            wall=wall,
            mono=lambda: self.mono(),
            show=self.show_run,
            tell=self.show_notice,
        )
        self.outputs = OutputController(self, self.feed, choose, self.show_notice)
        self._run_header = RunHeader()
        self.source_edits = SourceEdits(
            self,
            self.feed,
            self.questions,
            tell=self.show_notice,
            show=partial(setattr, self._run_header, "edited"),
            run_foreground_task=self.run_foreground_task,
            was_edited=screen_state.went_to_editor,
            is_known=screen_state.edits_told,
        )
        self.checklist = Checklist(id=PaneName.CHECKLIST)
        self._detail = DetailPane(id=PaneName.DETAIL)
        self._health_panel = HealthPanel(id=PaneName.HEALTH)
        self.pane_layout = PaneLayout(
            self,
            {**self._panes_of_every_run(), **extra_panes},
            first=screen_state.pane,
            places=self.PLACES,
        )
        hosts = self.outputs.hosts.pane
        self.panes = {**self.pane_layout.widgets, PaneName.HOSTS: hosts}
        self._begins_zoomed = screen_state.zoomed
        self.has_moved = screen_state.moved
        """Whether the person put the cursor where it is: else it follows the run."""
        if screen_state.moved:
            self.set_reactive(RunPage.key, screen_state.key)

    def _panes_of_every_run(self) -> Mapping[PaneName, Pane]:
        hosts = self.outputs.hosts.pane
        return {
            PaneName.CHECKLIST: Pane(self.checklist, "List"),
            PaneName.OUTPUT: Pane(self.outputs.pane, "Output", stand_in=hosts),
            PaneName.HEALTH: Pane(self._health_panel, "Health"),
            PaneName.DETAIL: Pane(self._detail, "Details"),
        }

    def compose_panes(self) -> ComposeResult:
        """The header, and the panes under it."""
        page = RunPage
        yield self._run_header.data_bind(page.view)
        with Horizontal(id="body"):
            yield self.checklist.data_bind(page.view, page.key)
            with Vertical(id="right"):
                yield self._detail.data_bind(
                    page.view, page.compact, page.tab, key=page.shown_key
                )
                yield self.outputs.hosts.pane.data_bind(page.view)
                yield self.outputs.pane
                yield self._health_panel.data_bind(page.health, page.compact)

    def on_mount(self) -> None:
        """Show what is there, and follow the run."""
        self.feed.show_now()
        self.pane_layout.focus(self.pane_layout.focused)
        if self._begins_zoomed:
            self.pane_layout.zoom()
        self.feed.begin()

    async def on_unmount(self) -> None:
        """Let go of the run, which goes on."""
        self.outputs.hosts.end()
        await self.feed.end()

    # What is shown

    def show_run(self) -> None:
        """Build a new view of the run, and show it; each screen has its own way."""

    def show_offers(self) -> None:
        """Update the footer's commands; each screen knows which ones apply."""

    def show_view(self, view: RunView, row_to_follow: RowKey | None) -> None:
        """Pass a view to the widgets.

        Args:
            view: the run.
            row_to_follow: the checklist's row where the run is: the cursor goes there,
                where the person has not moved it.
        """
        if not self.has_moved:
            self.key = row_to_follow
        self.shown_key = self.key  # before the view: what is beside it is drawn once
        self.view = view
        self.health = self.feed.health(view)
        self.show_row()
        self.questions.show_run_view(view)

    def show_row(self) -> None:
        """Show what belongs to the row under the cursor: beside it, and below."""
        self.shown_key = self.key
        self.show_offers()
        if self.view is not None:
            self.tab = self.outputs.show(self.view, self.key)

    def follow_cursor(self) -> None:
        """Show what belongs to the row under the cursor, where it is another row."""
        if self.shown_key != self.key:
            self.show_row()

    def watch_shown_key(self) -> None:
        """Another row: go back to its own output."""
        self.outputs.choose_tab(None)
        self.outputs.hosts.close()

    def footer_commands(self) -> tuple[Command, ...]:
        """What the footer shows, in the words of the step under the cursor."""
        names = availability.footer_labels(self.view, self.key)
        own = super().footer_commands()
        if not self.checklist.has_left_out:
            own = tuple(each for each in own if each.id != "checklist.left_out")
        shown = (*self.pane_layout.pane_commands(), *own)
        return tuple(
            replace(command, label=names.get(command.id, command.label))
            for command in pane_commands_first(self.outputs.footer(shown))
        )

    def palette_commands(self) -> tuple[Command, ...]:
        """What the palette finds: of the output's, what applies to what is shown."""
        found = super().palette_commands()
        return tuple(each for each in found if self.outputs.applies(each))

    # What is told by the run's files

    @on(RunLost)
    def _run_lost(self, event: RunLost) -> None:
        """What is shown grows old from here on: say so as long as it is shown."""
        event.stop()
        self.show_notice(event.why, is_problem=True)
        self.feed.show_now()

    @on(OutputGrew)
    def _output_grew(self, event: OutputGrew) -> None:
        event.stop()
        self.outputs.refresh_if_shown(event.attempt)

    # What is told by widgets, and done by keys

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The footer shows what works in the pane with the focus."""
        self.pane_layout.note_focus(event.widget)
        self.show_offers()

    def on_resize(self, event: events.Resize) -> None:
        """On a low screen, say what matters most first."""
        self.compact = self.pane_layout.is_low(event.size.height)
        self.call_after_refresh(self.show_offers)

    @on(Checklist.Moved)
    def _moved_to(self, event: Checklist.Moved) -> None:
        """The cursor stays where the person puts it, until it is where the run is."""
        event.stop()
        self.key = event.key
        view = self.view
        watched = view is not None and bool(watch_time_left(view))
        self.has_moved = watched or view is None or event.key != view.proposed_row
        self.set_timer(FOLLOW_CURSOR_DELAY, self.follow_cursor)

    @on(Checklist.EditWanted)
    def _edit_wanted(self, event: Checklist.EditWanted) -> None:
        event.stop()
        self.source_edits.begin_edit(event.key)

    @on(OutputPane.CopyWanted)
    def _copy_wanted(self, event: OutputPane.CopyWanted) -> None:
        event.stop()
        self.copy(event.read)

    @on(OutputPane.NoticeRequested)
    def _notice_requested(self, event: OutputPane.NoticeRequested) -> None:
        event.stop()
        self.show_notice(event.words)

    @on(OutputPane.TabChosen)
    def _tab_chosen(self, event: OutputPane.TabChosen) -> None:
        event.stop()
        self.follow_cursor()
        self.outputs.choose_tab(event.attempt)
        self.show_row()

    @on(HostsPane.TailsWanted)
    def _tails_wanted(self, event: HostsPane.TailsWanted) -> None:
        event.stop()
        self.outputs.hosts.read_tails(event.step, event.hosts)

    @on(HostsPane.Moved)
    def _host_moved(self, event: HostsPane.Moved) -> None:
        event.stop()
        self.show_offers()

    @on(HostsPane.Opened)
    def _host_opened(self, event: HostsPane.Opened) -> None:
        event.stop()
        self.outputs.hosts.open(event.step, event.host)
        self.show_row()
        self.outputs.pane.focus()

    @on(HostsPane.GatherWanted)
    def _gather_wanted(self, event: HostsPane.GatherWanted) -> None:
        event.stop()
        hosts, same = self.outputs.hosts, event.same_once
        work = hosts.gather(
            event.step,
            same=same,
            shown=self._show_gathered,
            grown=self.outputs.pane.refresh_from_file,
        )
        self.run_worker(work, name="gather", group="gather", exit_on_error=False)

    @on(HostsPane.BatchWanted)
    def _batch_wanted(self, event: HostsPane.BatchWanted) -> None:
        event.stop()
        hosts = self.outputs.hosts
        work = hosts.open_batch(event.step, event.host, shown=self._show_gathered)
        self.run_worker(work, name="batch", group="gather", exit_on_error=False)

    def _show_gathered(self) -> None:
        self.show_row()
        self.outputs.pane.focus()

    def close_host_output(self) -> bool:
        """Show the hosts again in place of one's output; returns whether it was."""
        was_open = self.outputs.hosts.close()
        if was_open:
            self.show_row()
            self.outputs.hosts.pane.focus()
        return was_open

    @on(OutputPane.OpenWanted)
    def _open_wanted(self, event: OutputPane.OpenWanted) -> None:
        event.stop()
        if event.way == "save":
            work = self.outputs.save(self.questions.ask, self.show_notice)
            self.run_worker(work, name="save", exit_on_error=False)
            return
        task = self.outputs.task(event.way, self.copies_folder())
        if task is not None:
            self.run_foreground_task(task)

    def action_copy_selection(self) -> None:
        """Copy what is selected: in the output, or in another pane."""
        if self.outputs.pane.has_selection:
            self.outputs.pane.action_copy()
        else:
            super().action_copy_selection()

    def action_wrap(self) -> None:
        """Wrap the output's long lines, or not."""
        self.outputs.pane.action_toggle_wrap()

    def action_times(self) -> None:
        """Show when each line of the output came, or not."""
        self.outputs.pane.action_toggle_times()

    def action_zoom(self) -> None:
        """Give the whole room to the pane with the focus, or give it back."""
        self.pane_layout.zoom()

    def action_changes(self) -> None:
        """Show what was edited since the run began."""
        self.source_edits.begin_show()
