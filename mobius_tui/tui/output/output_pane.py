"""The output pane: an output as it grows, its tabs, what is selected and found."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import zip_longest
from pathlib import Path
from time import monotonic
from typing import ClassVar, Literal, TypeAlias

from rich.cells import cell_len
from rich.style import Style
from textual import events, on
from textual.actions import SkipAction
from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Offset, Region
from textual.reactive import reactive
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from mobius_tui import sanitize
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.runbook.text.units import size_in_words
from mobius_tui.tui.backend.drawing_caches import cache_rows
from mobius_tui.tui.commands.registry import (
    bind,
    bindings,
    command_by_id,
    first_key_name,
)
from mobius_tui.tui.output import pane_messages
from mobius_tui.tui.output.line_layout import OutputLayout, notice_rows, output_styles
from mobius_tui.tui.output.output_choice import OutputTab, TabTarget, tab_row
from mobius_tui.tui.output.output_document import OutputDocument, text_of
from mobius_tui.tui.output.output_feed import OutputFeed, count_all
from mobius_tui.tui.output.output_finder import Finder, FindLine, SearchDirection
from mobius_tui.tui.output.output_search import Search
from mobius_tui.tui.output.output_selection import (
    COPY_LIMIT,
    CharacterMark,
    MouseSelection,
    draw_marks,
    read_all,
    read_text_range,
)
from mobius_tui.tui.output.viewport import (
    TextPlace,
    TextRange,
    TextRow,
    Viewport,
    row_within_line,
    visible_rows,
)

STATUS_INTERVAL = 0.25
"""Seconds between two changes of the count alone: each redraws the whole border."""
MAX_UNCOUNTED_STATUS_BYTES = 1 << 20
"""Uncounted new bytes from which the status gives a size, not lines."""


class PaneStatus:
    """The number of lines, and the visible ones, in words."""

    def __init__(self) -> None:
        self.words = ""
        """What was said last."""
        self.running = False
        """Whether output may still come."""
        self.following = True
        """Whether the pane keeps to the end."""
        self.left_at = 0
        """The file's size in bytes when the pane ceased to follow its end."""
        self._changed = 0.0

    def update(self, viewport: Viewport | None, *, at_once: bool = False) -> bool:
        """Find new words, at most each `STATUS_INTERVAL`; return whether there are any.

        Args:
            viewport: Where the pane looks.
            at_once: Don't wait for the interval.
        """
        now = monotonic()
        if not at_once and now < self._changed + STATUS_INTERVAL:
            return False
        words = self._status_text(viewport) if viewport else ""
        if words == self.words:
            return False
        self.words, self._changed = words, now
        return True

    def _status_text(self, viewport: Viewport) -> str:
        document = viewport.document
        if not document.size:
            return ""
        count = document.index.lines
        if not document.index.scanned:  # nobody has counted yet
            words = size_in_words(document.size)
        else:
            known = "" if document.index.scanned >= document.size else "≥ "
            words = f"{known}{count:,} line{'' if count == 1 else 's'}"
        if self.following:
            return f"{words} · following ↓" if self.running else words
        if new := _new_since(document, self.left_at):
            return f"{words} · ↓ {new} new"
        if self.running:
            return f"{words} · End follows"
        return f"{words} · {100 * viewport.end() // document.size} %"


def _new_since(document: OutputDocument, offset: int) -> str:
    """Return how much there is behind `offset`: in lines, where they are counted."""
    index = document.index
    if (
        index.scanned < document.size
        and document.size > offset + MAX_UNCOUNTED_STATUS_BYTES
    ):
        return size_in_words(document.size - offset)
    if index.scanned <= offset:
        return ""
    lines = index.newlines - index.line_at(offset)
    return f"{lines:,}" if lines else ""


BINDINGS = (
    *bindings("output"),
    bind("output.wrap", "toggle_wrap"),
    bind("output.times", "toggle_times"),
)


REPAINT_REST_FACTOR = 3
"""After a frame nothing is drawn for this many times as long as it took: keys come
first, and the step that prints needs the processor, too."""
POURING_FACTOR = 2
"""Factor on the least interval between frames while each frame replaces all rows."""
MAX_INTERVAL = 0.5
"""Seconds between two frames at most."""


class RepaintPace:
    """Decides how long to wait for the next frame."""

    def __init__(self, repaints: int) -> None:
        """Begin with nothing drawn.

        Args:
            repaints: The most frames in a second.
        """
        self._min_interval = self.interval = 1 / repaints
        """Seconds between the beginnings of two frames."""
        self._began = 0.0
        self.is_pouring = False
        """Whether the last frame had nothing of the one before: nobody reads that."""

    def wait(self) -> float:
        """Seconds until the next frame may be drawn; zero or less if it may be now."""
        return self._began + self.interval - monotonic()

    def begin(self) -> None:
        """A frame is laid out now."""
        self._began = monotonic()

    def end(self) -> None:
        """It has been drawn."""
        took = monotonic() - self._began
        least = self._min_interval * (POURING_FACTOR if self.is_pouring else 1)
        self.interval = min(max(least, (1 + REPAINT_REST_FACTOR) * took), MAX_INTERVAL)


TIMES_MIN_WIDTH = 60
"""Cells of width from which the times are shown, unless a key has chosen otherwise."""


PROGRESS_INTERVAL = 0.1
"""Seconds between two reports of how many hits there are."""

RECOUNT_PAUSE = 0.25
"""Seconds of rest before what was appended meanwhile is searched."""

OUTPUT_WHEEL_ROWS = 3
"""Rows that one notch of the mouse wheel moves."""

DRAG_SCROLL_INTERVAL = 0.05
"""Seconds between two scrolls while the mouse is held beyond an edge."""


class OutputSelection:
    """What is selected in one pane; dragging beyond an edge scrolls the pane."""

    def __init__(self, pane: OutputPane) -> None:
        """Select nothing.

        Args:
            pane: is scrolled and drawn anew, and posts what is to be copied.
        """
        self._pane = pane
        self._selecting = MouseSelection()
        self._scrolling: Timer | None = None
        self._pointer = Offset(0, 0)

    @property
    def stretch(self) -> TextRange | None:
        """What is selected; `None` for nothing."""
        return self._selecting.stretch

    def within(self, row: TextRow) -> tuple[int, int]:
        """The characters of a row's whole line that are selected: start and end.

        They count from the line's beginning, not the row's. The end is the first one
        that is not selected; both are the same if none is. Only while something is
        selected.

        Args:
            row: any row of the line.
        """
        stretch = self.stretch
        assert stretch is not None
        return stretch.within(row.line.start, len(row.text))

    def press(self, event: events.MouseDown) -> None:
        """Begin to select: twice for words, three times for lines."""
        pane = self._pane
        at = event.get_content_offset(pane)
        if event.button != 1 or at is None or pane.viewport is None:
            return
        at -= Offset(0, pane.rows_above)
        if not 0 <= at.y < pane.room()[1]:
            return
        pane.capture_mouse()
        self._pointer = at
        self._selecting.press(pane.viewport, at.x, at.y, monotonic())
        self._show()

    def move(self, event: events.MouseMove) -> None:
        """Select up to the pointer; beyond an edge, scroll on."""
        pane = self._pane
        if pane.app.mouse_captured is not pane or pane.viewport is None:
            return
        inside = pane.content_region.offset
        self._pointer = event.screen_offset - inside - Offset(0, pane.rows_above)
        self._drag()
        if 0 <= self._pointer.y < pane.room()[1]:
            self._stop_scrolling()
        elif self._scrolling is None:
            self._scrolling = pane.set_interval(DRAG_SCROLL_INTERVAL, self._scroll_on)

    def release(self) -> None:
        """The selection stays; a press without a drag has cleared it."""
        self._pane.release_mouse()
        self._stop_scrolling()

    def clear(self) -> None:
        """Select nothing."""
        self._selecting.clear()
        self._pane.repaint(at_once=True)

    def copy(self, line_to_copy: Callable[[], int]) -> None:
        """Copy the selection, or a line, which is selected to show which one.

        Args:
            line_to_copy: gives where the line begins that is copied if nothing is
                selected.
        """
        pane = self._pane
        viewport, path = pane.viewport, pane.path
        if viewport is None or path is None or not viewport.document.size:
            pane.post_message(
                pane_messages.NoticeRequested("There is no output to copy.")
            )
            return
        if self.stretch is None:
            self._selecting.take_line(viewport, line_to_copy())
            pane.repaint(at_once=True)
        stretch = self.stretch
        assert stretch is not None
        document = viewport.document
        after = document.line(min(stretch.end.line, document.size - 1)).after
        if after - stretch.start.line > COPY_LIMIT:
            self._refuse(after - stretch.start.line)
            return
        read = partial(read_text_range, path, stretch, after)
        pane.post_message(pane_messages.CopyWanted(read))

    def copy_all(self) -> None:
        """Copy the whole output, unless that is too much for any clipboard."""
        pane = self._pane
        viewport, path = pane.viewport, pane.path
        if viewport is None or path is None or not viewport.document.size:
            pane.post_message(
                pane_messages.NoticeRequested("There is no output to copy.")
            )
        elif viewport.document.size > COPY_LIMIT:
            self._refuse(viewport.document.size)
        else:
            pane.post_message(
                pane_messages.CopyWanted(partial(read_all, path, pane.limit))
            )

    def _drag(self) -> None:
        pane = self._pane
        if pane.viewport is not None:
            y = min(max(self._pointer.y, 0), pane.room()[1] - 1)
            self._selecting.drag(pane.viewport, self._pointer.x, y)
            self._show()

    def _scroll_on(self) -> None:
        """Scroll the faster the farther the pointer is beyond the edge."""
        y, height = self._pointer.y, self._pane.room()[1]
        self._pane.scroll_rows(y if y < 0 else y - height + 1)
        self._drag()

    def _stop_scrolling(self) -> None:
        if self._scrolling is not None:
            self._scrolling.stop()
            self._scrolling = None

    def _show(self) -> None:
        """Draw it; what comes must not scroll away what is selected."""
        if self.stretch is not None:
            self._pane.following = False
        self._pane.repaint(at_once=True)

    def _refuse(self, size: int) -> None:
        where = sanitize.line(str(self._pane.path))
        words = f"{size / 1e6:,.0f} MB is too much to copy at once; "
        words += f"{first_key_name('output.save')} saves it. "
        self._pane.post_message(
            pane_messages.NoticeRequested(f"{words}It is in {where}")
        )


class OutputPane(Widget, can_focus=True):
    """A view over one `output` file and its `spans`; it copies neither.

    The owner says what to show with `show`, and calls `refresh_from_file` when the file
    has grown and when the step has ended. The pane follows the end of the output until
    it is scrolled. It shows which outputs there are, as tabs; for another one, as for
    all that is not its, it asks its owner by messages.
    """

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    OutputPane {
        border: round $border-blurred;
        padding: 0 1;
        border-subtitle-align: right;
        &:focus, &:focus-within { border: heavy $border; }
        & > .output--time { color: $text-muted; }
        & > .output--stderr { color: $text-warning; }
        & > .output--note { color: $text-muted; text-style: italic; }
        & > .output--selected { text-style: reverse; }
        & > .output--plain { color: $foreground; }
        & > .output--muted { color: $text-muted; }
        & > .output--accent { color: $accent; }
        & > .output--good { color: $success; }
        & > .output--warn { color: $warning; }
        & > .output--bad { color: $error; text-style: bold; }
        & > .output--chosen { color: $accent; text-style: bold reverse; }
        & > .output--hit { color: $warning; text-style: reverse; }
        & > .output--shown-hit { color: $accent; text-style: bold underline reverse; }
    }
    """

    COMPONENT_CLASSES: ClassVar = {
        "output--time",
        "output--stderr",
        "output--note",
        "output--selected",
        "output--plain",
        "output--muted",
        "output--accent",
        "output--good",
        "output--warn",
        "output--bad",
        "output--chosen",
        "output--hit",
        "output--shown-hit",
    }

    BINDINGS: ClassVar[list[BindingType]] = [*BINDINGS]

    following: reactive[bool] = reactive(default=True, repaint=False, init=False)
    """Whether the end of the output is kept in sight."""
    wrap: reactive[bool] = reactive(default=True, repaint=False, init=False)
    """Whether long lines go on in the next row."""
    times: reactive[bool | None] = reactive(None, repaint=False, init=False)
    """Whether each line's time is shown; none: if the pane is wide enough."""
    shift: reactive[int] = reactive(0, repaint=False, init=False)
    """Cells of text scrolled out to the left, without wrap."""
    placeholder: reactive[str] = reactive("", repaint=False, init=False)
    """The text that is shown while there is no output."""
    tabs: reactive[tuple[OutputTab, ...]] = reactive((), repaint=False, init=False)
    """The outputs that can be shown."""
    tab: reactive[AttemptId | None] = reactive(None, repaint=False, init=False)
    """The attempt of the one that is shown; `None` for none."""

    Followed: TypeAlias = pane_messages.Followed
    CopyWanted: TypeAlias = pane_messages.CopyWanted
    NoticeRequested: TypeAlias = pane_messages.NoticeRequested
    TabChosen: TypeAlias = pane_messages.TabChosen
    StopWanted: TypeAlias = pane_messages.StopWanted
    OpenWanted: TypeAlias = pane_messages.OpenWanted

    def __init__(
        self,
        *,
        repaints: int = 20,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        """Make an empty pane.

        Args:
            repaints: The most repaints in a second that growth of the file causes.
            id: The widget's id.
            classes: The widget's CSS classes.
        """
        super().__init__(id=id, classes=classes)
        cache_rows(self)
        self.viewport: Viewport | None = None
        """Where the pane looks; none before the output file exists."""
        self._feed = OutputFeed(None, None)
        self._frame: list[Strip] = []
        self._stale = True
        self._pace = RepaintPace(repaints)
        self._is_due = False
        self._status = PaneStatus()
        self._selected = OutputSelection(self)
        self._targets: list[TabTarget] = []
        self._finder = Finder()
        self._find_line: FindLine | None = None

    def show(
        self,
        path: Path | None,
        *,
        spans: Path | None,
        title: str,
        running: bool,
        placeholder: str,
        limit: int | None = None,
    ) -> None:
        """Show an output file; the same file again keeps the place.

        Args:
            path: The `output` file, which need not exist yet; none for an empty pane.
            spans: Its `spans` file, which need not exist yet; none if there is none.
            title: The border's title.
            running: Whether the step still runs.
            placeholder: What to say while there is no output.
            limit: Bytes of it that are shown: what had been printed by a moment; none
                for all.
        """
        shown = sanitize.line(title)
        self.border_title = Content(shown) if shown else None
        self.placeholder = placeholder
        self._status.running = running
        feed = self._feed
        is_other = (path, spans, limit) != (feed.output, feed.spans, feed.limit)
        if is_other:
            self._feed.close()
            self._feed = OutputFeed(path, spans, limit)
            self.viewport = None
            self.following = True
        self._poll_file()
        self.repaint(at_once=True)
        if is_other:
            self.output_switched()

    @property
    def path(self) -> Path | None:
        """The output file."""
        return self._feed.output

    @property
    def limit(self) -> int | None:
        """Bytes of it that are shown; none for all."""
        return self._feed.limit

    def output_switched(self) -> None:
        """Look for the same text in another file; select nothing in it."""
        search = self._finder.search
        self._finder.end()
        self._selected.clear()
        if search is not None:
            self._begin(search.query)

    def refresh_from_file(self) -> None:
        """Show what was appended to the file, and search it.

        Costs next to nothing if nothing was.
        """
        if self._poll_file():
            self._repaint_soon()
        else:
            self._show_status()
        self._count()

    def scroll_rows(self, count: int) -> None:
        """Scroll down by rows; up if `count` is negative."""
        if self.viewport is not None:
            self.viewport.move(count)
            self._follow_if_at_end(self.viewport)

    def action_rows(self, count: int) -> None:
        """Scroll; or go from hit to hit, while something is looked for."""
        if self._finder.search is None:
            self.scroll_rows(count)
        else:
            self._go(1 if count > 0 else -1)

    def action_pages(self, count: int) -> None:
        """Scroll by pages that overlap by one row."""
        self.scroll_rows(count * max(1, self.room()[1] - 1))

    def action_top(self) -> None:
        """Go to the first line."""
        if self.viewport is not None:
            self.viewport.to_top()
            self._follow_if_at_end(self.viewport)

    def action_follow(self) -> None:
        """Go to the end, and follow it."""
        self.following = True
        self.repaint(at_once=True)

    def action_shift(self, count: int) -> None:
        """Shift the text sideways by cells, if long lines are not wrapped."""
        if not self.wrap:
            self.shift = max(0, self.shift + count)

    def action_toggle_wrap(self) -> None:
        """Wrap long lines, or don't."""
        self.wrap = not self.wrap

    def action_toggle_times(self) -> None:
        """Show each line's time, or don't."""
        self.times = not self._shows_times()

    def watch_following(self, following: bool) -> None:
        """Tell the owner, and note from which byte on output is new."""
        self._status.following = following
        self._status.left_at = self.viewport.document.size if self.viewport else 0
        self.post_message(pane_messages.Followed(self, following))

    def watch_wrap(self) -> None:
        """Lay out again, from the left."""
        self.shift = 0
        self.repaint()

    def watch_times(self) -> None:
        """Lay out again."""
        self.repaint()

    watch_shift = watch_placeholder = watch_times

    def render_line(self, y: int) -> Strip:
        """Return a row of what was last laid out."""
        if self._stale:
            self._update_frame()
        return self._frame[y] if y < len(self._frame) else Strip([], 0)

    def notify_style_update(self) -> None:
        """Lay out again before the next row is drawn: colours may have changed."""
        super().notify_style_update()
        self._stale = True

    def on_resize(self) -> None:
        """Fit the rows into the new size, which may be the first there is."""
        self._poll_file()
        self.repaint()

    def on_unmount(self) -> None:
        """Close the files."""
        self._finder.end()
        self._feed.close()
        self.viewport = None

    def on_output_pane_rows_counted(self, event: pane_messages.RowsCounted) -> None:
        """Show the number of lines, and count those that came since."""
        if self._feed.counted_document is event.document:
            self._feed.counted_document = None
        self._poll_file()
        self.repaint(at_once=True)

    def _follow_if_at_end(self, viewport: Viewport) -> None:
        """Paint after scrolling, and follow if that came to the end."""
        self.following = viewport.is_at_bottom()
        self.repaint(at_once=True)

    def _poll_file(self) -> bool:
        """Take note of what the file holds by now; return whether that is new."""
        changed = self._feed.poll()
        if self.viewport and self.viewport.document is not self._feed.document:
            self.viewport = None
        if self.is_attached and (document := self._feed.count()):
            self._feed.counted_document = document
            work = partial(self._count_all, document)
            self.run_worker(work, thread=True, group="output", exit_on_error=False)
        return changed

    def _count_all(self, document: OutputDocument) -> None:
        """Count lines up to the end, in a thread."""
        count_all(document, lambda: self._status.running)
        self.post_message(pane_messages.RowsCounted(document))

    def _repaint_soon(self) -> None:
        """Repaint now, or when the last repaint is long enough ago."""
        wait = self._pace.wait()
        if wait <= 0:
            self.repaint()
        elif not self._is_due:
            self._is_due = True
            self.set_timer(wait, self.repaint)

    def repaint(self, *, at_once: bool = False) -> None:
        """Lay out, and have the rows drawn that have changed.

        Args:
            at_once: whether the words in the border may change before `STATUS_INTERVAL`
                is over; the rows never wait.
        """
        self._pace.begin()
        before = self._frame
        self._update_frame()
        self._is_due = False
        pairs = enumerate(zip_longest(before, self._frame))
        changed = [Region(0, y, self.size.width, 1) for y, (a, b) in pairs if a != b]
        if changed:
            self._pace.is_pouring = len(changed) >= self.room()[1]
            self.refresh(*changed)
            self.call_after_refresh(self._pace.end)
        self._show_status(at_once=at_once)

    @property
    def rows_above(self) -> int:
        """The row of tabs, where there is another one than what is shown."""
        return int(any(tab.attempt != self.tab for tab in self.tabs))

    def room(self) -> tuple[int, int]:
        """The width and height left for output beside the tab row and the find line."""
        width, height = self.size
        find = self._find_line.rows if self._find_line is not None else 0
        return width, max(1, max(1, height - self.rows_above) - find)

    def _update_frame(self) -> None:
        """Find the rows to draw."""
        if self.size and self.is_attached:
            self._stale = False
            self._frame = self.lay_out()

    def lay_out(self) -> list[Strip]:
        """The rows in sight, with what is marked in them, under the tabs."""
        strips = self._with_marks(self._lay_out_text())
        if not self.rows_above:
            return strips
        row, self._targets = tab_row(
            self.tabs,
            self.tab,
            self.size.width,
            self.style_of,
            stop_key=command_by_id("output.stop").key_name,
        )
        return [row, *strips]

    def _lay_out_text(self) -> list[Strip]:
        """The rows in sight, of the output alone."""
        width, height = self.room()
        styles = output_styles(self)
        document = self._feed.document
        if document is None or not document.size:
            words = sanitize.line(self._feed.problem or self.placeholder)
            return notice_rows(words, width, styles.note)[:height]
        times = self._shows_times()
        layout = OutputLayout(
            width=width, wrap=self.wrap, times=times, shift=self.shift, styles=styles
        )
        if self.viewport is None:
            self.viewport = Viewport(document, layout, height)
        self.viewport.arrange(layout, height, at_bottom=self.following)
        return self.viewport.frame()

    def _shows_times(self) -> bool:
        return self.size.width >= TIMES_MIN_WIDTH if self.times is None else self.times

    def _show_status(self, *, at_once: bool = False) -> None:
        """Set the lower border again if its text has changed."""
        if self._status.update(self.viewport, at_once=at_once):
            words = self._status.words
            self.border_subtitle = Content(words) if words else None

    def _with_marks(self, strips: list[Strip]) -> list[Strip]:
        viewport = self.viewport
        if viewport is None or not (self.has_selection or self._finder.search):
            return strips
        margin = viewport.layout.margin
        rows = visible_rows(viewport)
        return [
            draw_marks(strip, row, self._marks(row), margin)
            for strip, row in zip(strips, rows, strict=True)
        ]

    def _marks(self, row: TextRow) -> list[CharacterMark]:
        """Hits, and over them what is selected."""
        marks: list[CharacterMark] = [
            (start, end, self.style_of("shown-hit" if is_shown else "hit"))
            for start, end, is_shown in self._finder.hits_in_row(row)
        ]
        if self.has_selection:
            style = self.get_component_rich_style("output--selected", partial=True)
            marks.append((*self._selected.within(row), style))
        return marks

    def style_of(self, name: str) -> Style:
        """The style of a role, or of another part of the pane."""
        return self.get_component_rich_style(f"output--{name}")

    def watch_tabs(self) -> None:
        """Draw the tabs anew."""
        self.repaint()

    watch_tab = watch_tabs

    # The mouse

    @property
    def has_selection(self) -> bool:
        """Whether something is selected."""
        return self._selected.stretch is not None

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll by the wheel, in place of the usual scrolling of widgets."""
        event.stop().prevent_default()
        self.scroll_rows(OUTPUT_WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll by the wheel, in place of the usual scrolling of widgets."""
        event.stop().prevent_default()
        self.scroll_rows(-OUTPUT_WHEEL_ROWS)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin to select."""
        self._selected.press(event)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Select up to the pointer."""
        self._selected.move(event)

    def on_mouse_up(self) -> None:
        """Select no further."""
        self._selected.release()

    def on_click(self, event: events.Click) -> None:
        """Show the tab under the pointer, or stop it."""
        at = event.get_content_offset(self)
        if at is None or not self.rows_above or at.y > 0:
            return
        for target in self._targets:
            if target.left <= at.x < target.right:
                kind = (
                    pane_messages.StopWanted
                    if target.is_stop_button
                    else pane_messages.TabChosen
                )
                self.post_message(kind(target.attempt))

    # What its owner does for it

    def action_copy(self) -> None:
        """Copy the selection, or a line, which is selected to show which one."""
        self._selected.copy(self.line_to_copy)

    def action_copy_all(self) -> None:
        """Copy the whole output, unless that is too much for any clipboard."""
        self._selected.copy_all()

    def line_to_copy(self) -> int:
        """Where the line begins that is copied if nothing is selected.

        It is the shown hit's; else the newest one while the pane follows, or else the
        first one in sight.
        """
        if self._finder.hit is not None:
            return self._finder.hit.line
        assert self.viewport is not None
        rows = visible_rows(self.viewport)
        return rows[-1 if self.following else 0].line.start

    def action_tab(self, step: int) -> None:
        """Show the output before, or the next one."""
        attempts = [tab.attempt for tab in self.tabs]
        if self.tab in attempts:
            place = attempts.index(self.tab) + step
            self.post_message(pane_messages.TabChosen(attempts[place % len(attempts)]))
        elif attempts:
            place = 0 if step > 0 else -1
            self.post_message(pane_messages.TabChosen(attempts[place]))

    @property
    def is_shown_stoppable(self) -> bool:
        """Whether what is shown runs beside the run, and can be stopped from here."""
        return any(tab.is_stoppable and tab.attempt == self.tab for tab in self.tabs)

    def action_stop(self) -> None:
        """Stop the shown output's step, where it is one that runs beside the run."""
        if self.tab is None or not self.is_shown_stoppable:
            raise SkipAction
        self.post_message(pane_messages.StopWanted(self.tab))

    def action_open(self, way: Literal["pager", "editor", "save"]) -> None:
        """Have the output opened in a pager or an editor, or saved."""
        if self.viewport is None or not self.viewport.document.size:
            self.post_message(pane_messages.NoticeRequested("There is no output yet."))
        else:
            self.post_message(pane_messages.OpenWanted(way))

    # Finding

    @property
    def is_finding(self) -> bool:
        """Whether something is looked for, or about to be."""
        return self._find_line is not None and self._find_line.display

    async def action_find(self) -> None:
        """Type what to find."""
        if self._find_line is None:
            self._find_line = FindLine()
            await self.mount(self._find_line)
        self._find_line.display = True
        self._show_count(self._find_line)
        self._find_line.focus_input()
        self.repaint(at_once=True)

    def action_dismiss(self) -> None:
        """End finding, or else select nothing, or else leave the key to others."""
        if self.is_finding:
            self.end_find()
        elif self.has_selection:
            self._selected.clear()
        else:
            raise SkipAction

    def action_hit(self, step: SearchDirection) -> None:
        """Go to the next hit, or the one before; without a search, leave the key."""
        if self._finder.search is None:
            raise SkipAction
        self._go(step)

    def end_find(self) -> None:
        """Find nothing any more; where the person is stays."""
        self._finder.end()
        if self._find_line is not None:
            if self._find_line.has_focus_within:
                self.focus()
            self._find_line.display = False
        self.repaint(at_once=True)

    @on(FindLine.Changed)
    def _wanted_changed(self, event: FindLine.Changed) -> None:
        event.stop()
        self._begin(event.wanted)

    @on(FindLine.HitRequested)
    def _hit_requested(self, event: FindLine.HitRequested) -> None:
        event.stop()
        self._go(1 if event.step > 0 else -1)

    @on(FindLine.Accepted)
    def _left(self, event: FindLine.Accepted) -> None:
        event.stop()
        self.focus()

    @on(FindLine.Ended)
    def _ended(self, event: FindLine.Ended) -> None:
        event.stop()
        self.end_find()

    def _begin(self, wanted: str) -> None:
        """Look for a text: from the shown hit on, or from what is in sight."""
        hit, before = self._finder.hit, self._finder.first_step
        self._finder.end()
        if self.path is not None and self.viewport is not None:
            step: SearchDirection = -1 if self.following else 1
            origin = self._edge(step)
            if hit is not None:
                step, origin = before, TextPlace(hit.line, hit.column - before)
            try:
                self._finder.begin(self.path, wanted, origin, step, self.limit)
            except OSError as error:
                self.post_message(
                    pane_messages.NoticeRequested(f"{self.path}: {error.strerror}")
                )
        self._count()
        self._show_found()

    def _edge(self, step: SearchDirection) -> TextPlace:
        """Where the first hit is looked for from: the edge of what is in sight.

        It is the upper edge for later hits, the lower one for earlier ones: what is in
        sight is searched first.
        """
        viewport = self.viewport
        assert viewport is not None
        return (
            TextPlace(viewport.top, -1) if step > 0 else TextPlace(viewport.end(), -1)
        )

    def _go(self, step: SearchDirection) -> None:
        if self.viewport is not None:
            self._finder.go(step, self._edge(step))
            self._count()
            self._show_found()

    def _count(self) -> None:
        """Have the hits counted that are not, by a thread; one at a time."""
        search = self._finder.search
        if search is not None and not self._finder.counting and search.grow():
            self._finder.counting = True
            work = partial(self._count_hits, search)
            self.run_worker(work, thread=True, group="find", exit_on_error=False)

    def _count_hits(self, search: Search) -> None:
        """Count hits up to the end, in a thread."""
        told = 0.0
        while search.count_some():
            if monotonic() - told > PROGRESS_INTERVAL:
                told = monotonic()
                self.post_message(pane_messages.Searched(search))
        self.post_message(pane_messages.Searched(search, is_over=True))

    def on_output_pane_searched(self, event: pane_messages.Searched) -> None:
        """Show what was found; look at what came meanwhile after a rest."""
        if event.search is self._finder.search:
            if event.is_over:
                self._finder.counting = False
                self.set_timer(RECOUNT_PAUSE, self._count)
            self._show_found()

    def _show_found(self) -> None:
        """Go to the hit that was looked for, if it is known by now; and say so."""
        found = self._finder.take_sought_hit()
        if found is not None:
            self._show_place(found)
        if self._find_line is not None:
            self._show_count(self._find_line)
        self.repaint(at_once=True)

    def _show_count(self, line: FindLine) -> None:
        line.show_count(
            self._finder.words(), has_unsearched_text=self._finder.has_unsearched_text
        )

    def _show_place(self, place: TextPlace) -> None:
        """Bring a place into sight, a third of the way down if it is not."""
        viewport = self.viewport
        if viewport is None or place.line >= viewport.document.size:
            return
        self.following = False
        for row in visible_rows(viewport):
            if row.line.start == place.line and row.start <= place.column < row.end:
                return
        viewport.top, viewport.skip = place.line, row_within_line(viewport, place)
        viewport.move(-(viewport.height // 3))
        if not self.wrap:
            line = viewport.document.line(place.line)
            cells = cell_len(text_of(line)[: place.column])
            self.shift = max(0, cells - viewport.layout.text_width // 2)
