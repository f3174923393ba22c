"""The output pane: an output as it grows, followed or scrolled, with its border."""

from __future__ import annotations

from functools import partial
from itertools import zip_longest
from pathlib import Path
from time import monotonic
from typing import ClassVar, TypeAlias

from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Region
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from mobius_tui import sanitize
from mobius_tui.runbook.text.units import size_in_words
from mobius_tui.tui.backend.drawing_caches import cache_rows
from mobius_tui.tui.commands.registry import bind, bindings
from mobius_tui.tui.output import pane_messages
from mobius_tui.tui.output.line_layout import OutputLayout, notice_rows, output_styles
from mobius_tui.tui.output.output_document import OutputDocument
from mobius_tui.tui.output.output_feed import OutputFeed, count_all
from mobius_tui.tui.output.viewport import Viewport

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


class OutputPane(Widget, can_focus=True):
    """A view over one `output` file and its `spans`; it copies neither.

    The owner says what to show with `show`, and calls `refresh_from_file` when the file
    has grown and when the step has ended. The pane follows the end of the output until
    it is scrolled.
    """

    DEFAULT_CSS = """
    OutputPane {
        border: round $border-blurred;
        padding: 0 1;
        border-subtitle-align: right;
        &:focus, &:focus-within { border: heavy $border; }
        & > .output--time { color: $text-muted; }
        & > .output--stderr { color: $text-warning; }
        & > .output--note { color: $text-muted; text-style: italic; }
    }
    """

    COMPONENT_CLASSES: ClassVar = {"output--time", "output--stderr", "output--note"}

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

    Followed: TypeAlias = pane_messages.Followed

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
        """Another file is shown from now on."""

    def refresh_from_file(self) -> None:
        """Show what was appended to the file; costs next to nothing if nothing was."""
        if self._poll_file():
            self._repaint_soon()
        else:
            self._show_status()

    def scroll_rows(self, count: int) -> None:
        """Scroll down by rows; up if `count` is negative."""
        if self.viewport is not None:
            self.viewport.move(count)
            self._follow_if_at_end(self.viewport)

    action_rows = scroll_rows

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
        self._feed.close()
        self.viewport = None

    def on_output_pane_counted(self, event: pane_messages.Counted) -> None:
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
        self.post_message(pane_messages.Counted(document))

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

    def room(self) -> tuple[int, int]:
        """The cells and rows that there are for output."""
        return self.size.width, self.size.height

    def _update_frame(self) -> None:
        """Find the rows to draw."""
        if self.size and self.is_attached:
            self._stale = False
            self._frame = self.lay_out()

    def lay_out(self) -> list[Strip]:
        """Find the visible rows."""
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
