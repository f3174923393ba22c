"""A page over a run that is looked back on: which moment it shows, and of what time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual import on
from textual.reactive import reactive

from mobius_tui.review.drill_comparison import (
    ComparedDrill,
    compare_with_drill,
    last_drill_before,
)
from mobius_tui.review.reviewed_run import ReviewedRun, ReviewViewer, review_snapshot
from mobius_tui.review.run_timeline import RunTimeline, filter_timeline
from mobius_tui.review.timeline_moments import TimelineMoment
from mobius_tui.run.journal.follower import RunChanges
from mobius_tui.run.journal.outage_times import Milestones
from mobius_tui.tui.backend.base_page import in_thread
from mobius_tui.tui.messages import RunChanged
from mobius_tui.tui.presenters.run_presenter import PastRunPresenter
from mobius_tui.tui.screens.annotating_page import SayingPage
from mobius_tui.tui.widgets.timeline_pane import TimelinePane


class TimedPage(SayingPage):
    """Knows the timeline, and goes from moment to moment."""

    moment: reactive[TimelineMoment | None] = reactive(None, repaint=False)
    """What happened where the cursor is; `None` where nothing did."""
    whole: reactive[RunTimeline | None] = reactive(None, repaint=False)
    here: reactive[tuple[float, int]] = reactive((0.0, 0), repaint=False)

    def __init__(
        self,
        rewound: ReviewedRun,
        *,
        whole: RunTimeline | None = None,
        repaints: int = 20,
    ) -> None:
        """Make the page.

        Args:
            rewound: the run, read.
            whole: its timeline, where that is made already.
            repaints: the most repaints in a second that news may cause.
        """
        viewer = ReviewViewer(rewound)
        super().__init__(viewer, repaints=repaints, wall=lambda: rewound.moment)
        self.timeline = TimelinePane(id="timeline")
        self.panes = {**self.panes, "timeline": self.timeline}
        self.rewound = rewound
        self.past_sight = self._sight = PastRunPresenter(viewer)
        self.known = review_snapshot(rewound).timeline() if whole is None else whole
        """The timeline of all that is known, whatever of it is wanted."""
        self._query = ""
        self._drill: ComparedDrill | None = None
        self._times: Milestones | None = None
        self._is_old = self._has_grown = False
        self._is_wanted = self._is_making = False
        self.whole = self.known
        if rewound.moment < rewound.rewind.until:
            self._come_back()
        else:
            self._go_to_end()

    def _make_anew(self, *, is_old: bool = False) -> None:
        """Ask for the timeline as it is wanted by now.

        Args:
            is_old: whether more is known than there was when it was made.
        """
        self._is_wanted = True
        self._is_old = self._is_old or is_old
        if not self._is_making:
            self._is_making = True
            self.run_worker(self._make(), name="timeline", exit_on_error=False)

    async def _make(self) -> None:
        """A worker: make it in a thread; one of 100,000 moments takes seconds.

        One after the other, and what is wanted meanwhile next: so nothing older is
        shown over what is newer, and of what is typed in one go only the last.
        """
        try:
            while self._is_wanted:
                self._is_wanted = False
                if self._is_old:
                    self._is_old = False
                    await self._know()
                make, query, drill = self._wanted(), self._query, self._drill
                made = await in_thread(make)
                if (query, drill) == (self._query, self._drill):
                    self.whole = made
        finally:
            self._is_making = False

    async def _know(self) -> None:
        """Take in what is known by now; a cursor at the end of a run follows it."""
        made = await in_thread(review_snapshot(self.rewound).timeline)
        follows = self._has_grown and self.here[0] >= self.known.until
        self.known, self._has_grown = made, False
        if follows:
            self._go_to_end()
            self.look()

    def _wanted(self) -> Callable[[], RunTimeline]:
        """What makes the timeline that is wanted: beside a drill, or narrowed down."""
        whole, query, drill = self.known, self._query, self._drill
        if drill is None:
            return partial(filter_timeline, whole, query)
        if self._times is None:
            self._times = self.rewound.times()
        state, times = self.rewound.newest.copy(), self._times
        return lambda: filter_timeline(
            compare_with_drill(whole, state, times, drill), query
        )

    def action_drill(self) -> None:
        """Show it beside the last drill of its runbook, or alone again."""
        if self._drill is not None:
            self._drill = None
            self._make_anew()
        else:
            self.run_worker(self._find_drill(), name="drill", exit_on_error=False)

    async def _find_drill(self) -> None:
        """A worker: a drill has to be read."""
        rewound = self.rewound
        at = rewound.newest.began_at
        find = partial(last_drill_before, rewound.directory, rewound.began, at)
        self._drill = await in_thread(find)
        if self._drill is None:
            self.tell("No drill of this runbook ended before this run began.")
        self._make_anew()

    def record_changed(self) -> None:
        """Show what was said."""
        self._make_anew(is_old=True)

    @on(RunChanged)
    def _grew(self, event: RunChanged) -> None:
        """A run that goes on: follow it, where the cursor is at its end."""
        event.stop().prevent_default()
        if event.changes:
            self._has_grown, self._times = True, None
            self._make_anew(is_old=True)
            self.run_grew(event.changes)

    def run_grew(self, changes: RunChanges) -> None:
        """A run that goes on has gone on."""

    def _come_back(self) -> None:
        """Where it was shown when the screens went away."""
        self.here = (self.rewound.moment, self.rewound.n)
        moments = self.known.moments
        self.moment = next((each for each in moments if each.order == self.here), None)

    def _go_to_end(self) -> None:
        """The last that is known."""
        rewind = self.rewound.rewind
        until, n = rewind.until, len(rewind.entries)
        self.rewound.show(n, until)
        self.here = (until, n)
        last = self.known.moments[-1] if self.known.moments else None
        self.moment = last if last is not None and not self.rewound.is_open else None
        self.key = None

    def is_at(self, number: int) -> bool:
        """Whether the cursor is on the annotation of that number."""
        return self.moment is not None and _is_said(self.moment, number)

    def go_to_said(self, number: int, at: float) -> None:
        """Go to an annotation; where the timeline has it not yet, to its time."""
        found = (m for m in self.known.moments if _is_said(m, number))
        moment = next(found, None)
        if moment is not None:
            self._go_to(moment)
        else:
            self._go_to_time(at)

    @on(TimelinePane.Went)
    def _went(self, event: TimelinePane.Went) -> None:
        event.stop()
        self._go_to(event.moment)

    def _go_to(self, moment: TimelineMoment) -> None:
        n = moment.n or self.rewound.rewind.n_at(moment.at)
        self._show(n, self.rewound.rewind.at(n) if moment.n else moment.at)
        self.here, self.moment = moment.order, moment
        if moment.step:
            self.key = moment.step
            self.tell_of_cursor()

    @on(TimelinePane.WentTo)
    def _went_to(self, event: TimelinePane.WentTo) -> None:
        event.stop()
        self._go_to_time(event.at)

    def _go_to_time(self, at: float) -> None:
        n = self.rewound.rewind.n_at(at)
        self.here, self.moment = (at, n), None
        self._show(n, at)

    def _show(self, n: int, at: float) -> None:
        self.rewound.show(n, at)
        self.look()

    @on(TimelinePane.Narrowed)
    def _narrowed(self, event: TimelinePane.Narrowed) -> None:
        event.stop()
        self._query = event.query
        self._make_anew()

    def action_bad(self, count: int) -> None:
        """Go to what went wrong after the cursor, or before it."""
        self.timeline.action_bad(count)


def _is_said(moment: TimelineMoment, number: int) -> bool:
    return moment.event == "Annotation" and moment.said == number
