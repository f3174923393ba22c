"""Banners: an alarm here, one of a run elsewhere, a facilitator's hint, damage."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual import on
from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.worker import Worker

from mobius_tui import sanitize
from mobius_tui.run.events.run_events import Hint
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.watch.other_runs import OtherRun
from mobius_tui.tui.presenters.alarm import alarm_text, other_runs_lines
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.styled_text import assemble

BANNER_PADDING = 1
"""Cells at either side of a banner."""


class AlarmBanner(Widget):
    """Two lines while there is an alarm, else none."""

    DEFAULT_CSS = """
    AlarmBanner {
        dock: top;
        height: auto;
        width: 1fr;
        padding: 0 1;
        display: none;
        background: $error 30%;
        &.-shown { display: block; }
        &.-calm { background: $primary 22%; }
    }
    """

    view: reactive[RunView | None] = reactive(None, repaint=False)
    _lines: tuple[Content, ...] = ()

    def __init__(self, *, key_prefix: str = "") -> None:
        """Make an empty banner.

        Args:
            key_prefix: what has to be pressed before the keys that it names.
        """
        super().__init__()
        self._key_prefix = key_prefix

    def watch_view(self, view: RunView | None) -> None:
        """Show the alarm again if its text has changed."""
        width = self.app.size.width - 2 * BANNER_PADDING
        lines = alarm_text(view, key_prefix=self._key_prefix, width=width)
        if lines == self._lines:
            return
        other_height = len(lines) != len(self._lines)
        self._lines = lines
        self.set_class(bool(lines), "-shown")
        begun = view is not None and view.state.watch.rollback is not None
        self.set_class(
            begun and view is not None and view.state.watch.rollback_running, "-calm"
        )
        self.refresh(layout=other_height)

    def on_resize(self) -> None:
        """Say it in the room that there is now."""
        self.watch_view(self.view)

    def render(self) -> RenderResult:
        """The lines, each cut to the width."""
        width = self.size.width
        return Content("\n").join(
            line.truncate(width, ellipsis=True) for line in self._lines
        )

    def get_content_height(self, *_: object) -> int:
        """As many rows as there are lines."""
        return max(1, len(self._lines))


READ_INTERVAL = 1.0
"""Seconds between two readings of the other runs; after the first, a thousand runs that
have ended cost two milliseconds."""

OtherRunsReader = Callable[[], tuple[OtherRun, ...]]
"""Gives the runs that need a person, the most urgent first; called in a thread."""


class OtherRunsBanner(Widget):
    """Two lines while another run needs a person, else none."""

    DEFAULT_CSS = """
    OtherRunsBanner {
        dock: top;
        height: auto;
        width: 1fr;
        padding: 0 1;
        display: none;
        background: $error 30%;
        &.-shown { display: block; }
    }
    """

    class RunsRead(Message):
        """The other runs were read."""

        def __init__(self, runs: tuple[OtherRun, ...]) -> None:
            super().__init__()
            self.runs = runs

    def __init__(
        self, reader: OtherRunsReader, *, wall: Callable[[], float], key: str
    ) -> None:
        """Make an empty banner.

        Args:
            reader: gives the runs.
            wall: gives seconds since 1970.
            key: the name of the key that opens the first of them.
        """
        super().__init__()
        self._reader, self._wall, self._key = reader, wall, key
        self._runs: tuple[OtherRun, ...] = ()
        self._lines: tuple[Content, ...] = ()

    @property
    def most_urgent(self) -> RunDirectory | None:
        """The run that it speaks of."""
        return self._runs[0].directory if self._runs else None

    def on_mount(self) -> None:
        """Look now, and from time to time."""
        self._start_reading()
        self.set_interval(READ_INTERVAL, self._start_reading)

    def _start_reading(self) -> None:
        if self.screen.is_current:
            _: Worker[None] = self.run_worker(
                self._read_runs, exclusive=True, exit_on_error=False
            )

    async def _read_runs(self) -> None:
        """A worker: files are read."""
        self.post_message(self.RunsRead(await asyncio.to_thread(self._reader)))

    @on(RunsRead)
    def _show(self, event: RunsRead) -> None:
        event.stop()
        self._runs = event.runs
        width = self.app.size.width - 2 * BANNER_PADDING
        lines = other_runs_lines(
            event.runs, now=self._wall(), key=self._key, width=width
        )
        if lines == self._lines:
            return
        other_height = len(lines) != len(self._lines)
        self._lines = lines
        self.set_class(bool(lines), "-shown")
        self.refresh(layout=other_height)

    def render(self) -> RenderResult:
        """The lines, each cut to the width."""
        width = self.size.width
        return Content("\n").join(
            line.truncate(width, ellipsis=True) for line in self._lines
        )

    def get_content_height(self, *_: object) -> int:
        """As many rows as there are lines."""
        return max(1, len(self._lines))


class WordsAboveList(Widget):
    """Words as high as they need, but on a low screen no higher than a sixth of it.

    The checklist, the keys of an alarm and the next action stay in sight.
    """

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The lines of the words, or what there is room for."""
        needed = super().get_content_height(container, viewport, width)
        return min(needed, max(1, viewport.height // 6))


HINT_SECONDS = 180.0
"""Seconds for which a hint is shown."""


class HintBanner(WordsAboveList):
    """As many lines as the hint needs while it is new, and else none.

    It is not docked: it would lie over the lines of an alarm, which is.
    """

    DEFAULT_CSS = """
    HintBanner {
        height: auto;
        width: 1fr;
        padding: 0 1;
        display: none;
        background: $primary 22%;
        &.-shown { display: block; }
    }
    """

    view: reactive[RunView | None] = reactive(None, repaint=False)
    _hint: Hint | None = None

    def watch_view(self, view: RunView | None) -> None:
        """Show the newest hint, for a while."""
        hints = view.state.hints if view is not None else ()
        is_open = view is not None and view.state.ended is None
        new = hints[-1] if hints and is_open else None
        if view is not None and new is not None and view.now - new.at > HINT_SECONDS:
            new = None
        if new != self._hint:
            self._hint = new
            self.set_class(new is not None, "-shown")
            self.refresh(layout=True)

    def render(self) -> RenderResult:
        """The hint, and who gave it."""
        hint = self._hint
        if hint is None:
            return Content("")
        head = Content.styled(" HINT ", "bold reverse $primary")
        return head + assemble((f" {hint.text}", "strong"), (f"  {hint.who}", "muted"))


MAX_COMPLAINTS = 2
"""Complaints that are shown; `mobius-tui verify` lists all."""


class DamageBanner(WordsAboveList):
    """The damage that was found in a run's files; empty if there is none."""

    DEFAULT_CSS = """
    DamageBanner {
        dock: top;
        height: auto;
        width: 1fr;
        padding: 0 1;
        display: none;
        background: $error 30%;
        &.-shown { display: block; }
    }
    """

    view: reactive[RunView | None] = reactive(None, repaint=False)
    _damage: tuple[str, ...] = ()

    def __init__(self, run: str) -> None:
        """Make an empty banner.

        Args:
            run: the run's id.
        """
        super().__init__()
        self._run = run

    def watch_view(self, view: RunView | None) -> None:
        """Show the damage once it is known."""
        damage = (view.damage if view is not None else None) or ()
        if damage != self._damage:
            self._damage = damage
            self.set_class(bool(damage), "-shown")
            self.refresh(layout=True)

    def render(self) -> RenderResult:
        """The first complaints, each on lines of its own."""
        head = Content.styled(" NOT AS IT WAS WRITTEN ", "bold reverse $error")
        lines = [sanitize.line(each) for each in self._damage[:MAX_COMPLAINTS]]
        more = len(self._damage) - MAX_COMPLAINTS
        if more > 0:
            lines.append(f"and {more} more: mobius-tui verify {self._run}")
        told = Content("\n").join(assemble((f" {each}", "strong")) for each in lines)
        return head + told
