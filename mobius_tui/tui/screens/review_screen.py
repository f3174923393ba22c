"""A run looked back on: the run screen at any of its moments, over its timeline."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.reactive import reactive
from textual.widgets import Static

from mobius_tui.review.reviewed_run import (
    ReviewedRun,
    ReviewViewer,
    head_at,
)
from mobius_tui.review.run_annotations import AnnotationTarget
from mobius_tui.review.run_report import Annotation
from mobius_tui.review.run_timeline import RunTimeline
from mobius_tui.review.timeline_moments import TimelineMoment
from mobius_tui.run.attempts.output_reader import output_size_at
from mobius_tui.run.events.run_events import HostStopped
from mobius_tui.run.records.verification import damage_of_open_run
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.state_folders import state_home
from mobius_tui.structs import replace
from mobius_tui.tui.backend.full_screens import run_in_thread
from mobius_tui.tui.commands.command import Command, PaneName, Place
from mobius_tui.tui.commands.registry import bindings
from mobius_tui.tui.commands.run_commands import RunCommand
from mobius_tui.tui.messages import RunChanged, TitleChanged
from mobius_tui.tui.output.output_choice import (
    OutputChoice,
    choose_output,
)
from mobius_tui.tui.parts.pane_layout import Pane
from mobius_tui.tui.parts.review_additions import ReviewAdditions
from mobius_tui.tui.parts.run_dialogs import EndCardActions, show_end_card
from mobius_tui.tui.parts.timeline_builder import TimelineBuilder
from mobius_tui.tui.presenters.availability import is_offered, why_unavailable
from mobius_tui.tui.presenters.run_presenter import PastRunPresenter
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.status_text import status_text
from mobius_tui.tui.screen_state import Draft, DraftKey, RowKey, ScreenState, StepRow
from mobius_tui.tui.screens.run_page import RunPage
from mobius_tui.tui.widgets.banners import DamageBanner
from mobius_tui.tui.widgets.footer import KeyBar
from mobius_tui.tui.widgets.timeline_pane import MomentLine, TimelinePane


class ReviewScreen(RunPage):
    """Shows a run as it was; starts nothing, and changes nothing of it."""

    AUTO_FOCUS = "#timeline"
    CSS_PATH = [  # noqa: RUF012
        "../styles/app.tcss",
        "../styles/run.tcss",
        "../styles/review.tcss",
    ]
    PLACES: ClassVar[tuple[Place, ...]] = (
        "timeline",
        "review",
        "checklist",
        "output",
        "hosts",
        "detail",
        "app",
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("review")]
    HELP = (
        "← and → go from event to event: the checklist, the output and health show how "
        "it was at that moment. Nothing can be started here."
    )

    moment: reactive[TimelineMoment | None] = reactive(None, repaint=False)
    """What happened where the cursor is; `None` where nothing did."""
    shown_timeline: reactive[RunTimeline | None] = reactive(None, repaint=False)
    """The timeline that is shown."""
    cursor_order: reactive[tuple[float, int]] = reactive((0.0, 0), repaint=False)
    """Where the timeline's cursor is: seconds since 1970, and entries by then."""
    mark: reactive[float | None] = reactive[float | None](None, repaint=False)
    """One end of a range, in seconds since 1970; the cursor is the other."""

    def __init__(
        self,
        reviewed_run: ReviewedRun,
        *,
        whole: RunTimeline | None = None,
        repaints: int = 20,
        drafts: Mapping[DraftKey, Draft] = MappingProxyType({}),
        open_run: Callable[[RunDirectory], None] | None = None,
    ) -> None:
        """Make the screen.

        Args:
            reviewed_run: the run, read.
            whole: its timeline, where that is made already.
            repaints: the most repaints in a second that news may cause.
            drafts: what was typed before the screens went away.
            open_run: opens the run's own screen; the run is only read without it.
        """
        viewer = ReviewViewer(reviewed_run)
        past_presenter = PastRunPresenter(viewer)
        timeline = TimelinePane(id=PaneName.TIMELINE)
        super().__init__(
            viewer,
            past_presenter,
            repaints=repaints,
            wall=lambda: reviewed_run.moment,
            choose=partial(_choose_output_at_moment, reviewed_run.directory),
            screen_state=ScreenState(pane=PaneName.TIMELINE, drafts=drafts),
            extra_panes={PaneName.TIMELINE: Pane(timeline, "Timeline")},
        )
        self.reviewed_run = reviewed_run
        self._open_run = open_run
        self.past_presenter, self.timeline = past_presenter, timeline
        self.timelines = TimelineBuilder(
            self,
            reviewed_run,
            whole,
            show=self._show_timeline,
            grown=self._timeline_grown,
            tell=self.show_notice,
        )
        self.shown_timeline = self.timelines.full_timeline
        self.additions = ReviewAdditions(
            reviewed_run,
            self.questions,
            tell=self.show_notice,
            added=self.timelines.renew,
        )
        if reviewed_run.moment < reviewed_run.run_history.until:
            self._come_back()
        else:
            self._go_to_end()

    def compose(self) -> ComposeResult:
        """What is over everything, header, panes, timeline, keys."""
        page = ReviewScreen
        yield Static("Too small: needs 40 × 10", id="small", markup=False)
        yield DamageBanner(self.reviewed_run.directory.id).data_bind(page.view)
        yield from self.compose_panes()
        yield self.timeline.data_bind(
            page.cursor_order, page.moment, page.mark, timeline=page.shown_timeline
        )
        yield MomentLine().data_bind(page.moment, page.view)
        yield KeyBar().data_bind(page.offered)

    def on_mount(self) -> None:
        """Verify the run's files in a worker, while the run is shown already."""
        self._verify()

    def _verify(self) -> None:
        self.run_worker(
            self._find_damage(), name="verify", group="verify", exit_on_error=False
        )

    async def _find_damage(self) -> None:
        """A worker: outputs may have gigabytes."""
        find = partial(damage_of_open_run, self.reviewed_run.directory)
        self.past_presenter.damage = await run_in_thread(find)
        self.feed.show_now()

    @on(RunChanged)
    def _run_changed(self, event: RunChanged) -> None:
        """Show how an open run goes on; verify it once its host has let go of it."""
        event.stop()
        if event.changes:
            self.timelines.grow()
            if any(isinstance(e.event, HostStopped) for e in event.changes.entries):
                self._verify()

    # What is shown

    def show_run(self) -> None:
        """Show it as it was."""
        self.set_reactive(ReviewScreen.view, None)
        view = self.feed.view(None)
        self.show_view(view, self._place_of_run(view))
        self.post_message(self.title_message())

    def _place_of_run(self, view: RunView) -> RowKey | None:
        """The step that the event is about; else where the person was."""
        if self.moment is not None and self.moment.step:
            return StepRow(self.moment.step)
        return self.key or view.latest_row

    def show_offers(self) -> None:
        """Say which keys do something; nothing depends on how the run stood."""
        if self.view is not None:
            self.offered = self.footer_commands()

    def footer_commands(self) -> tuple[Command, ...]:
        """What the footer shows: what works in the pane with the focus, first."""
        is_here = self.pane_layout.focused is PaneName.TIMELINE
        other = "checklist" if is_here else "timeline"
        return tuple(c for c in super().footer_commands() if c.place != other)

    def title_message(self) -> TitleChanged:
        """The run's title; nothing rings: it is all over."""
        return TitleChanged(f"Review of {self.reviewed_run.began.title}", ring=False)

    @property
    def left_behind(self) -> str:
        """The run, which is as it was."""
        run = self.reviewed_run.directory.id
        return f"the run is untouched; `mobius-tui review {run}`"

    def copies_folder(self) -> Path:
        """A folder outside the run's own, in which a review writes nothing."""
        return state_home()

    def action_pane(self, name: str) -> None:
        """Give a pane the focus, and the room of another where it has none."""
        pane = PaneName(name)
        self.pane_layout.show(pane)
        self.call_after_refresh(self.pane_layout.focus, pane)

    def action_status(self) -> None:
        """Copy a status update of the run as it was at the cursor."""
        if self.view is not None:
            self.copy(self._status(self.view))

    def _status(self, view: RunView) -> Callable[[], str]:
        directory, health = self.reviewed_run.directory, self.health

        def text() -> str:
            head = head_at(directory, view.last_entry_number)
            return status_text(view, health, run=directory.id, head=head)

        return text

    def action_follow_run(self) -> None:
        """Back to the timeline; out of what is over it first."""
        if self.close_host_output():
            return
        if self.pane_layout.is_zoomed:
            self.pane_layout.zoom()
        elif self.timeline.is_filtered:
            self.timeline.clear_filter()
        self.timeline.focus()

    def action_end(self) -> None:
        """Show what the run came to in the end."""
        if self.reviewed_run.is_open:
            self.show_notice("The run has not ended.")
        else:
            # The card tells of the whole run, wherever the cursor is.
            view, directory = self._view_at_end(), self.reviewed_run.directory
            ways = EndCardActions(undo=self._undo_run)
            self.questions.begin(show_end_card(view, directory, self.questions, ways))

    async def _undo_run(self) -> None:
        self.action_undo()

    def _view_at_end(self) -> RunView:
        """The run as it is by now, wherever the cursor is."""
        rewound = self.reviewed_run
        n, at = rewound.shown_entry_number, rewound.moment
        rewound.show(len(rewound.run_history.entries), rewound.run_history.until)
        view = self.feed.view(None)
        rewound.show(n, at)
        return view

    def action_undo(self) -> None:
        """Open the run's own screen, where an ended run is opened again and undone."""
        view, wanted = self._view_at_end(), RunCommand.UNDO
        if not (self.reviewed_run.is_open or is_offered(view, None, wanted)):
            self.show_notice(why_unavailable(view, None, wanted))
        elif self._open_run is not None:
            self._open_run(self.reviewed_run.directory)

    # From moment to moment

    def _come_back(self) -> None:
        """Restore the cursor to where it was before the screens went away."""
        self.cursor_order = (
            self.reviewed_run.moment,
            self.reviewed_run.shown_entry_number,
        )
        moments = self.timelines.full_timeline.moments
        self.moment = next(
            (each for each in moments if each.order == self.cursor_order), None
        )

    def _go_to_end(self) -> None:
        """The last that is known."""
        rewind = self.reviewed_run.run_history
        until, n = rewind.until, len(rewind.entries)
        self.reviewed_run.show(n, until)
        self.cursor_order = (until, n)
        moments = self.timelines.full_timeline.moments
        last = moments[-1] if moments else None
        self.moment = (
            last if last is not None and not self.reviewed_run.is_open else None
        )
        self.key = None

    def _timeline_grown(self, before: float) -> None:
        """A cursor at the end of a run that goes on follows it.

        Args:
            before: the end as it was, in seconds since 1970.
        """
        if self.cursor_order[0] >= before:
            self._go_to_end()
            self.feed.show_now()

    def _show_timeline(self, made: RunTimeline) -> None:
        self.shown_timeline = made

    @on(TimelinePane.MomentReached)
    def _on_moment_reached(self, event: TimelinePane.MomentReached) -> None:
        event.stop()
        self._go_to(event.moment)

    def _go_to(self, moment: TimelineMoment) -> None:
        n = moment.n or self.reviewed_run.run_history.entry_number_at(moment.at)
        self._show(
            n, self.reviewed_run.run_history.entry_time(n) if moment.n else moment.at
        )
        self.cursor_order, self.moment = moment.order, moment
        if moment.step:
            self.key = StepRow(moment.step)
            self.follow_cursor()

    @on(TimelinePane.TimeReached)
    def _on_time_reached(self, event: TimelinePane.TimeReached) -> None:
        event.stop()
        self._go_to_time(event.at)

    def _go_to_time(self, at: float) -> None:
        n = self.reviewed_run.run_history.entry_number_at(at)
        self.cursor_order, self.moment = (at, n), None
        self._show(n, at)

    def _show(self, n: int, at: float) -> None:
        self.reviewed_run.show(n, at)
        self.feed.show_now()

    @on(TimelinePane.FilterTyped)
    def _narrowed(self, event: TimelinePane.FilterTyped) -> None:
        event.stop()
        self.timelines.narrow(event.query)

    def action_bad(self, count: int) -> None:
        """Go to what went wrong after the cursor, or before it."""
        self.timeline.action_bad(count)

    def action_drill(self) -> None:
        """Show it beside the last drill of its runbook, or alone again."""
        self.timelines.toggle_drill()

    # What people add

    def action_mark(self) -> None:
        """Mark one end of a range, or no longer."""
        self.mark = self.reviewed_run.moment if self.mark is None else None
        words = "marked: go to its other end, and annotate it" if self.mark else "gone"
        self.show_notice(f"The range's end is {words}.")

    def action_annotate(self) -> None:
        """Say something of a moment, a step or a range."""
        if self.reviewed_run.is_open:
            self.show_notice(
                "The run goes on: a note belongs into its journal, from its screen."
            )
        else:
            self.questions.begin(self._annotate())

    async def _annotate(self) -> None:
        """A worker: ask what, and keep it."""
        if await self.additions.annotate(tuple(self._annotation_targets())):
            self.mark = None

    def _annotation_targets(self) -> Iterator[tuple[str, AnnotationTarget]]:
        """What an annotation can be on, the likeliest first."""
        at = self.reviewed_run.moment
        clock = partial(time.strftime, "%H:%M:%S")
        if self.mark is not None and self.mark != at:
            since, until = sorted((self.mark, at))
            words = f"{clock(time.localtime(since))} to {clock(time.localtime(until))}"
            yield words, AnnotationTarget(since=since, until=until)
        yield clock(time.localtime(at)), AnnotationTarget(since=at)
        step = self.view.step(self.key) if self.view is not None else None
        if step is not None and self.view is not None:
            yield (
                f"step {self.view.plan.numbers[step.id]}",
                AnnotationTarget(step=step.id),
            )
        yield "the run", AnnotationTarget()

    def action_annotations(self) -> None:
        """List the annotations of the run, and go to the one that is chosen."""
        self.questions.begin(self._list_annotations())

    async def _list_annotations(self) -> None:
        """A worker: where the timeline has it not yet, go to its time."""
        here = self.moment
        chosen = await self.additions.choose(
            lambda number: here is not None and _is_annotation(here, number)
        )
        if chosen is None:
            return
        number, at = chosen
        moments = self.timelines.full_timeline.moments
        found = next((each for each in moments if _is_annotation(each, number)), None)
        if found is not None:
            self._go_to(found)
        else:
            self._go_to_time(at)

    def action_items(self) -> None:
        """Show what is left to do after the run."""
        if self.reviewed_run.is_open:
            self.show_notice(
                "The run has not ended: what is left to do is not known yet."
            )
        else:
            self.questions.begin(self.additions.change_items())


def _is_annotation(moment: TimelineMoment, number: int) -> bool:
    return moment.event is Annotation and moment.annotation_number == number


def _choose_output_at_moment(
    directory: RunDirectory,
    view: RunView,
    key: RowKey | None,
    tab: AttemptId | None,
) -> OutputChoice:
    """What had been printed by the moment of a view; nothing of it can be stopped."""
    shown = choose_output(view, key, directory, tab)
    tabs = tuple(replace(each, is_stoppable=False) for each in shown.tabs)
    shown = replace(shown, tabs=tabs)
    if shown.tab is not None and shown.running:
        limit = output_size_at(directory.attempt(*shown.tab), view.now)
        nothing = "It had printed nothing by then."
        shown = replace(shown, running=False, limit=limit, placeholder=nothing)
    return shown
