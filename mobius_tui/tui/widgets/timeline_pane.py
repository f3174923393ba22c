"""The timeline: a cursor in time, ways to move it, and what happened where it is."""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from operator import attrgetter
from typing import ClassVar

from textual import events
from textual.app import RenderResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from mobius_tui.review.timeline_moments import TimelineMoment
from mobius_tui.tui.commands.registry import bindings
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.styled_text import assemble
from mobius_tui.tui.presenters.timeline_rows import moment_mark
from mobius_tui.tui.widgets.run_header import elapsed_text
from mobius_tui.tui.widgets.timeline_lanes import TimelineRows

MIN_VISIBLE_SECONDS = 2.0
"""Seconds of the timeline that are visible at least, however far it is zoomed in."""
ZOOM_FACTOR = 2.0
PAN_SHARE = 0.25
"""The part of what is in sight that one key moves it by."""
_order = attrgetter("order")


class TimelinePane(TimelineRows):
    """The timeline with its cursor; posts where in time the person goes."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("timeline")]

    class MomentReached(Message):
        """The person goes to a moment; the owner moves the cursor there."""

        def __init__(self, moment: TimelineMoment) -> None:
            super().__init__()
            self.moment = moment

    class TimeReached(Message):
        """The person goes to a time; the owner moves the cursor there.

        `at` is in seconds since 1970; there need be no event then.
        """

        def __init__(self, at: float) -> None:
            super().__init__()
            self.at = at

    class FilterTyped(Message):
        """The timeline is to be filtered by words."""

        def __init__(self, query: str) -> None:
            super().__init__()
            self.query = query

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._dragged_from: tuple[int, tuple[float, float]] | None = None

    def action_event(self, count: int) -> None:
        """Go to the event after, or before."""
        if self.timeline is not None:
            self._go(self.timeline.moments, count)

    def action_bad(self, count: int) -> None:
        """Go to the next failure, or the one before."""
        if self.timeline is not None:
            self._go([m for m in self.timeline.moments if m.tone == "bad"], count)

    def _go(self, moments: Sequence[TimelineMoment], count: int) -> None:
        if count > 0:
            place = bisect_right(moments, self.cursor_order, key=_order)
        else:
            place = bisect_left(moments, self.cursor_order, key=_order) - 1
        if 0 <= place < len(moments):
            self.post_message(self.MomentReached(moments[place]))

    def action_first(self) -> None:
        """Go to the first event."""
        if self.timeline is not None and self.timeline.moments:
            self.post_message(self.MomentReached(self.timeline.moments[0]))

    def action_last(self) -> None:
        """Go to the last one."""
        if self.timeline is not None and self.timeline.moments:
            self.post_message(self.MomentReached(self.timeline.moments[-1]))

    def action_zoom_in(self) -> None:
        """Show less time, around the cursor."""
        self._zoom(1 / ZOOM_FACTOR, self.cursor_time)

    def action_zoom_out(self) -> None:
        """Show more time."""
        self._zoom(ZOOM_FACTOR, self.cursor_time)

    def action_whole(self) -> None:
        """Show all of it."""
        self.zoomed_range = None
        self.show_span()
        self.refresh()

    def action_pan(self, count: int) -> None:
        """Move the visible time; the cursor stays where it is in time."""
        began, until = self.span
        self.show_range(began + count * PAN_SHARE * (until - began), until - began)

    def _zoom(self, factor: float, around: float) -> None:
        began, until = self.span
        long = max(MIN_VISIBLE_SECONDS, (until - began) * factor)
        around = min(max(around, began), until)
        part = (around - began) / (until - began)
        self.show_range(around - part * long, long)

    def action_lanes(self, count: int) -> None:
        """Scroll to other lanes."""
        self.scroll_lanes(self.top + count)

    def search(self, query: str) -> None:
        """Have the timeline filtered."""
        self.post_message(self.FilterTyped(query))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin to drag the time."""
        if self.filter_line.region.contains_point(event.screen_offset):
            return
        offset = event.get_content_offset(self)
        if offset is not None and offset.x >= self.title_width:
            self._dragged_from = (event.screen_x, self.span)
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag it."""
        if self._dragged_from is None:
            return
        start, (began, until) = self._dragged_from
        moved = (event.screen_x - start) * self.window.scale
        if moved:
            self.show_range(began - moved, until - began)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Let go; where it was not dragged, go to the time under the pointer."""
        if self._dragged_from is None:
            return
        start, _ = self._dragged_from
        self._dragged_from = None
        self.release_mouse()
        offset = event.get_content_offset(self)
        if offset is not None and event.screen_x == start:
            window = self.window
            at = window.moment(offset.x - self.title_width + 1) - window.scale / 1e6
            self.post_message(self.TimeReached(min(at, window.until)))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll the lanes; with Ctrl, show more time."""
        event.stop().prevent_default()
        self._wheel(event, ZOOM_FACTOR, 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll the lanes; with Ctrl, show less time."""
        event.stop().prevent_default()
        self._wheel(event, 1 / ZOOM_FACTOR, -1)

    def _wheel(self, event: events.MouseEvent, factor: float, lanes: int) -> None:
        offset = event.get_content_offset(self)
        if offset is not None and (event.ctrl or event.meta):
            self._zoom(factor, self.window.moment(offset.x - self.title_width))
        else:
            self.scroll_lanes(self.top + lanes)


class MomentLine(Widget):
    """A time of day, how far into the run, and what happened then."""

    moment: reactive[TimelineMoment | None] = reactive(None)
    view: reactive[RunView | None] = reactive(None)

    def render(self) -> RenderResult:
        """One line."""
        view, moment = self.view, self.moment
        if view is None:
            return Content("")
        at = view.now if moment is None else moment.at
        after = elapsed_text(max(0.0, at - view.state.began_at))
        when = time.strftime("%H:%M:%S", time.localtime(at))
        parts = [assemble((when, "key"), (f"  {after}  ", "muted"))]
        if moment is None:
            parts.append(assemble(("nothing happened just then", "muted")))
        else:
            glyph, role = moment_mark(moment)
            parts.append(assemble((f"{glyph} ", role), (moment.text, "strong")))
            named = moment.by and f"by {moment.by}" not in moment.text
            parts.append(assemble((f"  {moment.by}" * bool(named), "muted")))
        line = Content("").join(parts)
        return line.truncate(self.size.width, ellipsis=True)
