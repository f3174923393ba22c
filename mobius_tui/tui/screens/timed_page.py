"""A page over a run that is looked back on: which moment it shows, and of what time."""

from __future__ import annotations

import asyncio
from functools import partial

from textual import on
from textual.reactive import reactive

from mobius_tui.review import annotating
from mobius_tui.review.beside import Drill, beside, last_drill
from mobius_tui.review.moment import Moment, moments_of
from mobius_tui.review.rewound import ReviewViewer, Rewound
from mobius_tui.review.timeline import Timeline, narrowed, timeline
from mobius_tui.tui.messages import RunChanged
from mobius_tui.tui.past_sight import PastSight
from mobius_tui.tui.screens.saying import SayingPage
from mobius_tui.tui.widgets.timeline import TimelinePane


class TimedPage(SayingPage):
    """Knows the timeline, and goes from moment to moment."""

    moment: reactive[Moment | None] = reactive(None, repaint=False)
    """What happened where the cursor is; `None` where nothing did."""
    whole: reactive[Timeline | None] = reactive(None, repaint=False)
    here: reactive[tuple[float, int]] = reactive((0.0, 0), repaint=False)

    def __init__(self, rewound: Rewound, *, repaints: int = 20) -> None:
        """Make the page.

        Args:
            rewound: the run, read.
            repaints: the most repaints in a second that news may cause.
        """
        viewer = ReviewViewer(rewound)
        super().__init__(viewer, repaints=repaints, wall=lambda: rewound.moment)
        self.rewound = rewound
        self._sight = PastSight(viewer)
        self._all: Timeline | None = None
        self._query = ""
        self._drill: Drill | None = None
        self._read_anew()
        if rewound.moment < rewound.rewind.until:
            self._come_back()
        else:
            self._go_to_end()

    def _read_anew(self) -> None:
        """Make the timeline of all that is known by now."""
        rewind = self.rewound.rewind
        moments = moments_of(
            self.rewound.plan,
            rewind.entries,
            rewind.walker.timeline,
            annotating.read(self.rewound.directory),
        )
        self._all = timeline(
            self.rewound.plan,
            self.rewound.newest,
            moments,
            self.rewound.checks,
            until=rewind.until,
        )
        self._narrow()

    def _narrow(self) -> None:
        if self._all is None:
            return
        whole = self._all
        if self._drill is not None:
            state = self.rewound.newest
            whole = beside(whole, state, self.rewound.times(), self._drill)
        self.whole = narrowed(whole, self._query)

    def action_drill(self) -> None:
        """Show it beside the last drill of its runbook, or alone again."""
        if self._drill is not None:
            self._drill = None
            self._narrow()
        else:
            self.run_worker(self._find_drill(), name="drill", exit_on_error=False)

    async def _find_drill(self) -> None:
        """A worker: a drill has to be read."""
        rewound = self.rewound
        at = rewound.newest.began_at
        find = partial(last_drill, rewound.directory, rewound.began, at)
        self._drill = await asyncio.to_thread(find)
        if self._drill is None:
            self.tell("No drill of this runbook ended before this run began.")
        self._narrow()

    def record_changed(self) -> None:
        """Show what was said."""
        self._read_anew()

    @on(RunChanged)
    def _grew(self, event: RunChanged) -> None:
        """A run that goes on: follow it, where the cursor is at its end."""
        event.stop().prevent_default()
        if not event.changes:
            return
        at_end = self._all is not None and self.here[0] >= self._all.until
        self._read_anew()
        if at_end:
            self._go_to_end()
        self.look()

    def _come_back(self) -> None:
        """Where it was shown when the screens went away."""
        self.here = (self.rewound.moment, self.rewound.n)
        known = self._all.moments if self._all is not None else ()
        self.moment = next((each for each in known if each.order == self.here), None)

    def _go_to_end(self) -> None:
        """The last that is known."""
        rewind = self.rewound.rewind
        until, n = rewind.until, len(rewind.entries)
        self.rewound.show(n, until)
        self.here = (until, n)
        moments = self._all.moments if self._all is not None else ()
        last = moments[-1] if moments else None
        self.moment = last if last is not None and not self.rewound.is_open else None
        self.key = None

    @on(TimelinePane.Went)
    def _went(self, event: TimelinePane.Went) -> None:
        event.stop()
        moment = event.moment
        n = moment.n or self.rewound.rewind.n_at(moment.at)
        self._show(n, self.rewound.rewind.at(n) if moment.n else moment.at)
        self.here, self.moment = moment.order, moment
        if moment.step:
            self.key = moment.step
            self.tell_of_cursor()

    @on(TimelinePane.WentTo)
    def _went_to(self, event: TimelinePane.WentTo) -> None:
        event.stop()
        n = self.rewound.rewind.n_at(event.at)
        self.here, self.moment = (event.at, n), None
        self._show(n, event.at)

    def _show(self, n: int, at: float) -> None:
        self.rewound.show(n, at)
        self.look()

    @on(TimelinePane.Narrowed)
    def _narrowed(self, event: TimelinePane.Narrowed) -> None:
        event.stop()
        self._query = event.query
        self._narrow()

    def action_bad(self, count: int) -> None:
        """Go to what went wrong after the cursor, or before it."""
        self.query_one(TimelinePane).action_bad(count)
