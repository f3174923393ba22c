"""The rows of the timeline: the clock, and the visible lanes under it."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.reactive import reactive
from textual.strip import Strip

from mobius_tui import sanitize
from mobius_tui.review.run_timeline import RunTimeline, TimelineLane
from mobius_tui.review.timeline_moments import TimelineMoment
from mobius_tui.tui.presenters.styled_text import Role, cut, padded
from mobius_tui.tui.presenters.timeline_rows import (
    BLANK,
    TimelineCell,
    TimeWindow,
    clock_axis,
    drill_difference,
    lane_cells,
    visible_duration_text,
)
from mobius_tui.tui.widgets.list_controls import (
    FilteredPane,
    clamp_top,
    top_showing_row,
)

MAX_LANE_TITLE_CELLS = 30
"""Cells of a lane's title where there is room."""
MAX_LANE_TITLE_SHARE = 0.3
"""The part of the width that titles may take."""
TIMELINE_CELL_ROLES = (
    "plain",
    "key",
    "strong",
    "muted",
    "accent",
    "good",
    "warn",
    "bad",
)


class TimelineRows(FilteredPane):
    """Draws the visible lanes."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"timeline--{role}" for role in TIMELINE_CELL_ROLES
    }
    timeline: reactive[RunTimeline | None] = reactive(None, init=False)
    cursor_order: reactive[tuple[float, int]] = reactive((0.0, 0), init=False)
    """Where the cursor is: a time in seconds since 1970, and the order in it."""

    mark: reactive[float | None] = reactive[float | None](None, init=False)
    """One end of a range, in seconds since 1970; the cursor is the other."""
    moment: reactive[TimelineMoment | None] = reactive(None, init=False)
    """What happened where the cursor is; `None` where nothing did."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__("person, phase, kind such as messages, or any word", id=id)
        self.top = 0
        """How far the lanes that are not pinned are scrolled."""
        self.zoomed_range: tuple[float, float] | None = None
        """The time in sight; the whole run without one."""
        self._role_styles: dict[str, Style] = {}

    @property
    def title_width(self) -> int:
        """Cells of the titles."""
        return min(MAX_LANE_TITLE_CELLS, int(self.size.width * MAX_LANE_TITLE_SHARE))

    @property
    def span(self) -> tuple[float, float]:
        """The visible time, in seconds since 1970."""
        whole = self.timeline
        if self.zoomed_range is not None:
            return self.zoomed_range
        return (whole.began, whole.until) if whole is not None else (0.0, 1.0)

    @property
    def window(self) -> TimeWindow:
        """The same, with the cells that it has."""
        began, until = self.span
        width = max(1, self.size.width - self.title_width)
        return TimeWindow(began=began, until=until, width=width)

    @property
    def visible_lane_count(self) -> int:
        """The number of lanes that fit between the clock and the line to search in."""
        return max(0, self.size.height - 1 - self.filter_line.display)

    @property
    def pinned_lane_count(self) -> int:
        """Lanes that stay visible where they fit: triggers and health.

        The rest is read against them.
        """
        lanes = self.timeline.lanes if self.timeline is not None else ()
        kinds = ("trigger", "probe")
        found = next((n for n, own in enumerate(lanes) if own.kind not in kinds), 0)
        return found if 2 * found + 3 <= self.visible_lane_count else 0

    def watch_timeline(self) -> None:
        """Show how much of it is visible."""
        self.scroll_lanes(self.top)
        self.show_span()

    @property
    def cursor_time(self) -> float:
        """The moment of the cursor, in seconds since 1970."""
        return self.cursor_order[0]

    def watch_cursor_order(self) -> None:
        """Keep the cursor visible."""
        began, until = self.span
        if self.zoomed_range is not None and not began <= self.cursor_time <= until:
            self.show_range(self.cursor_time - (until - began) / 2, until - began)
        self.show_span()

    def watch_moment(self) -> None:
        """Keep the lane of the moment's step visible."""
        self._show_lane_of_moment()

    def _show_lane_of_moment(self) -> None:
        lanes = self.timeline.lanes if self.timeline is not None else ()
        places = [
            place for place, lane in enumerate(lanes) if self._is_lane_of_moment(lane)
        ]
        free = self.visible_lane_count - self.pinned_lane_count
        if places and free > 0:
            place, count = (
                places[0] - self.pinned_lane_count,
                len(lanes) - self.pinned_lane_count,
            )
            self.top = top_showing_row(self.top, place=place, height=free, count=count)
            self.refresh()

    def _is_lane_of_moment(self, lane: TimelineLane) -> bool:
        return (
            lane.kind == "step"
            and self.moment is not None
            and (self.moment.step == lane.step)
        )

    def on_resize(self) -> None:
        """Leave no empty line below, and keep the step's lane visible."""
        self.scroll_lanes(self.top)
        self._show_lane_of_moment()

    def notify_style_update(self) -> None:
        """Colours may have changed."""
        super().notify_style_update()
        self._role_styles = {}

    def show_span(self) -> None:
        """Show in the border how much of the time is visible."""
        whole = self.timeline
        if whole is None:
            return
        part = (
            ""
            if self.zoomed_range is None
            else f"{visible_duration_text(self.window)} of "
        )
        words = f"{part}{visible_duration_text(self._whole(whole))}"
        if whole.query:
            words = f"{len(whole.moments)} about “{whole.query}” · Esc all · {words}"
        title = f"Timeline · {whole.note}" if whole.note else "Timeline"
        self.border_title = cut(sanitize.line(title), max(8, self.size.width - 4))
        self.border_subtitle = sanitize.line(words)

    def _whole(self, whole: RunTimeline) -> TimeWindow:
        return TimeWindow(began=whole.began, until=whole.until, width=1)

    def render_line(self, y: int) -> Strip:
        """The clock, and a lane in each row under it."""
        whole = self.timeline
        width = self.size.width
        if whole is None or width <= self.title_width:
            return Strip.blank(width, self.rich_style)
        window = self.window
        cursor = window.column(self.cursor_time)
        if y == 0:
            title: list[TimelineCell] = [(c, "muted") for c in " " * self.title_width]
            cells = clock_axis(window)
            self._draw_range(cells, window, cursor)
            if 0 <= cursor < window.width:
                cells[cursor] = ("▼", "accent")
            return self._strip([*title, *cells])
        place = y - 1 if y <= self.pinned_lane_count else self.top + y - 1
        if place >= len(whole.lanes):
            return self._strip([BLANK] * width)
        lane = whole.lanes[place]
        cells = lane_cells(lane, window, whole.until)
        if 0 <= cursor < window.width and cells[cursor] == BLANK:
            cells[cursor] = ("│", "muted")
        return self._strip([*self._title(lane), *cells])

    def _draw_range(
        self, cells: list[TimelineCell], window: TimeWindow, cursor: int
    ) -> None:
        """The range that is about to be annotated, on the clock."""
        if self.mark is None:
            return
        first, last = sorted((window.column(self.mark), cursor))
        for column in range(max(0, first), min(last, window.width - 1) + 1):
            cells[column] = ("═", "accent")

    def _title(self, lane: TimelineLane) -> list[TimelineCell]:
        indent = {"step": "  ", "drill": "  ", "batch": "    "}.get(lane.kind, "")
        difference, tone = drill_difference(lane)
        room = self.title_width - 1 - len(difference)
        words = padded(f"{indent}{sanitize.line(lane.title)}", room)
        role: Role = "plain" if lane.kind in ("step", "probe") else "muted"
        if self._is_lane_of_moment(lane):
            role = "key"
        title: list[TimelineCell] = [(words, role)]
        return [*title, (f"{difference} ", tone)]

    def _strip(self, cells: list[TimelineCell]) -> Strip:
        """Cells of the same role become one segment."""
        segments: list[Segment] = []
        words, before = "", cells[0][1] if cells else "plain"
        for character, role in cells:
            if role != before:
                segments.append(Segment(words, self._style(before)))
                words, before = "", role
            words += character
        segments.append(Segment(words, self._style(before)))
        return Strip(segments).adjust_cell_length(self.size.width, self.rich_style)

    def _style(self, role: str) -> Style:
        if role not in self._role_styles:
            own = self.get_component_rich_style(f"timeline--{role}", partial=True)
            self._role_styles[role] = self.rich_style + own
        return self._role_styles[role]

    def show_range(self, began: float, duration: float) -> None:
        """Show a part of the time, or all where that is no less."""
        whole = self.timeline
        if whole is None:
            return
        if duration >= whole.until - whole.began:
            self.zoomed_range = None
        else:
            began = min(max(began, whole.began), whole.until - duration)
            self.zoomed_range = (began, began + duration)
        self.show_span()
        self.refresh()

    def scroll_lanes(self, top: int) -> None:
        """Scroll so that the lane `top` is the first below the pinned ones.

        Args:
            top: its number, from 0 for the first that is not pinned.
        """
        count = len(self.timeline.lanes) if self.timeline is not None else 0
        free, count = (
            self.visible_lane_count - self.pinned_lane_count,
            count - self.pinned_lane_count,
        )
        self.top = clamp_top(top, height=free, count=count)
        self.refresh()
