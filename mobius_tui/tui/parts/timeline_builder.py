"""The timeline of a run that is looked back on: made in a thread, as it is wanted."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from textual.screen import Screen

from mobius_tui.review.drill_comparison import (
    ComparedDrill,
    compare_with_drill,
    last_drill_before,
)
from mobius_tui.review.reviewed_run import ReviewedRun, review_snapshot
from mobius_tui.review.run_timeline import RunTimeline, filter_timeline
from mobius_tui.run.journal.outage_times import Milestones
from mobius_tui.tui.backend.full_screens import run_in_thread
from mobius_tui.tui.dialogs.question import Notifier


class TimelineBuilder:
    """Builds the timeline anew after news, a search or a choice of a drill.

    One build runs at a time; of the requests that come meanwhile only the last is built
    next. So no older timeline replaces a newer one, and fast typing causes few builds.
    """

    def __init__(
        self,
        screen: Screen[Any],
        reviewed_run: ReviewedRun,
        full_timeline: RunTimeline | None,
        *,
        show: Callable[[RunTimeline], None],
        grown: Callable[[float], None],
        tell: Notifier,
    ) -> None:
        """Make a builder that builds nothing yet.

        Args:
            screen: has the workers.
            reviewed_run: the run.
            full_timeline: its timeline, where that is made already.
            show: is given each that was made, if nothing else is wanted by then.
            grown: is told that a run which goes on has gone on: until which moment it
                was known before, in seconds since 1970.
            tell: says that there is no drill to show it beside.
        """
        self._screen = screen
        self._reviewed_run = reviewed_run
        self._show = show
        self._grown = grown
        self._tell = tell
        self.full_timeline = (
            review_snapshot(reviewed_run).timeline()
            if full_timeline is None
            else full_timeline
        )
        """The timeline of all that is known, whatever of it is wanted."""
        self._query = ""
        self._drill: ComparedDrill | None = None
        self._times: Milestones | None = None
        self._is_stale = self._has_grown = False
        self._is_wanted = self._is_making = False

    def narrow(self, query: str) -> None:
        """Request the timeline of what matches a search; of all, where it is empty."""
        self._query = query
        self._request_build()

    def renew(self) -> None:
        """Take in what people have added to the run's record."""
        self._is_stale = True
        self._request_build()

    def grow(self) -> None:
        """Read the new events of a run that is still open, and rebuild."""
        self._has_grown, self._times = True, None
        self.renew()

    def toggle_drill(self) -> None:
        """Request the timeline beside the last drill of its runbook, or alone again."""
        if self._drill is not None:
            self._drill = None
            self._request_build()
        else:
            run = self._screen.run_worker
            run(self._find_drill(), name="drill", exit_on_error=False)

    async def _find_drill(self) -> None:
        """A worker: a drill has to be read."""
        rewound = self._reviewed_run
        at = rewound.newest_state.began_at
        find = partial(last_drill_before, rewound.directory, rewound.began, at)
        self._drill = await run_in_thread(find)
        if self._drill is None:
            self._tell("No drill of this runbook ended before this run began.")
        self._request_build()

    def _request_build(self) -> None:
        self._is_wanted = True
        if not self._is_making:
            self._is_making = True
            run = self._screen.run_worker
            run(self._build_requested(), name="timeline", exit_on_error=False)

    async def _build_requested(self) -> None:
        """A worker: one of 100,000 moments takes seconds."""
        try:
            while self._is_wanted:
                self._is_wanted = False
                if self._is_stale:
                    self._is_stale = False
                    await self._reload_full_timeline()
                make, query, drill = self._timeline_maker(), self._query, self._drill
                made = await run_in_thread(make)
                if (query, drill) == (self._query, self._drill):
                    self._show(made)
        finally:
            self._is_making = False

    async def _reload_full_timeline(self) -> None:
        """Rebuild the full, unfiltered timeline from the run as read so far."""
        made = await run_in_thread(review_snapshot(self._reviewed_run).timeline)
        before, has_grown = self.full_timeline.until, self._has_grown
        self.full_timeline, self._has_grown = made, False
        if has_grown:
            self._grown(before)

    def _timeline_maker(self) -> Callable[[], RunTimeline]:
        """What makes the timeline that is wanted: beside a drill, or narrowed down."""
        whole, query, drill = self.full_timeline, self._query, self._drill
        if drill is None:
            return partial(filter_timeline, whole, query)
        if self._times is None:
            self._times = self._reviewed_run.milestones()
        state, times = self._reviewed_run.newest_state.copy(), self._times
        return lambda: filter_timeline(
            compare_with_drill(whole, state, times, drill), query
        )
