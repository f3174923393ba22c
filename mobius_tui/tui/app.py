"""The Textual app: it opens a screen, and goes when it is told to."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, cast

from rich.console import RenderableType
from textual import events, on
from textual.app import App
from textual.binding import BindingType
from textual.filter import LineFilter
from textual.geometry import Size
from textual.screen import Screen

from mobius_tui import sanitize
from mobius_tui.errors import INTERRUPTED
from mobius_tui.tui import clipboard, going, leaving, terminal_title
from mobius_tui.tui.ascii import Ascii
from mobius_tui.tui.commands import bind, command, keymap
from mobius_tui.tui.drawing import Changes, Drawing
from mobius_tui.tui.errand import Errand, Result
from mobius_tui.tui.palette import CommandProvider
from mobius_tui.tui.screens.page import Page, away
from mobius_tui.tui.settings import AS_IT_COMES, Settings
from mobius_tui.tui.startup import settle
from mobius_tui.tui.terminal import is_unicode
from mobius_tui.tui.themes import DARK, TERMINAL, THEMES
from mobius_tui.tui.tidings import Tidings
from mobius_tui.tui.turns import Handled, Turns

BUSY = 0.01
"""Seconds between looks whether the terminal has taken what was sent."""
LEAST = Size(39, 9)
"""Columns and rows below which Textual's layout of a dialog or a notice can fail: it
wraps text to no cells at all. Whoever splits a terminal may come there for a moment."""
FEW_COLOURS = Path(__file__).with_name("styles") / "terminal.tcss"
"""The styles for terminals of 16 colours, or none."""


class MobiusApp(App[Result]):
    """Shows the screens that it is given, the last one on top."""

    TITLE = "mobius-tui"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("palette", "command_palette", priority=True)
    ]
    CSS_PATH = [  # noqa: RUF012 - as Textual declares it
        "styles/app.tcss",
        "styles/run.tcss",
    ]
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-w-tiny"),
        (40, "-w-narrow"),
        (76, "-w-normal"),
        (110, "-w-wide"),
        (150, "-w-huge"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-h-tiny"),
        (10, "-h-short"),
        (20, "-h-normal"),
        (30, "-h-tall"),
        (42, "-h-huge"),
    ]

    def __init__(
        self,
        *screens: Screen[None],
        settings: Settings = AS_IT_COMES,
        news: str = "",
    ) -> None:
        """Make the app.

        Args:
            screens: the screens to show, each over the one before.
            settings: the person's theme and manners.
            news: what to tell at once, from anywhere.
        """
        # Named colours are sent as they are, not as what we believe they look like.
        is_ansi = settings.theme == TERMINAL.name
        super().__init__(
            driver_class=leaving.Driver, ansi_color=True if is_ansi else None
        )
        self._drawing = Drawing()
        self._turns = Turns(self, self._give, self._is_opening)
        self._is_owed = False
        self.crash: BaseException | None = None
        """What ended the app that should not have."""
        self.left_behind = ""
        """What goes on without the app, after a crash."""
        self._settings = settings
        self._terminal_title = ""
        self._is_going = False
        self._first = screens
        self._news = news
        for each in THEMES:
            self.register_theme(each)
        self.theme = settings.theme or DARK.name
        unicode = is_unicode(getattr(sys.__stderr__, "encoding", None) or "utf-8")
        self._ascii = Ascii(all_others=not unicode) if settings.ascii else None
        self.set_keymap(keymap())

    def on_mount(self) -> None:
        """Show the screen; go in good order when the terminal does."""
        if not self.is_headless:
            self._heed_the_world()
        for screen in self._first:
            self.push_screen(screen)
        self.call_after_refresh(settle)
        if self._news:
            self.notify(sanitize.line(self._news), timeout=10, markup=False)

    def watch_theme(self, theme: str) -> None:
        """Read what terminals of few colours want when one of them is met."""
        if theme == TERMINAL.name:
            self.stylesheet.read(FEW_COLOURS)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What lines go through on their way to the terminal."""
        filters = super().get_line_filters()
        return filters if self._ascii is None else [*filters, self._ascii]

    def exit(
        self,
        result: Result | None = None,
        return_code: int = 0,
        message: RenderableType | None = None,
    ) -> None:
        """Leave; for good, unless it is for an errand."""
        driver = getattr(self, "_driver", None)
        if isinstance(driver, leaving.Driver):
            driver.is_last = isinstance(result, int)
        super().exit(result, return_code, message)

    def _heed_the_world(self) -> None:
        """Hear signals, look whether the terminal is there, and keep its title."""
        loop = asyncio.get_running_loop()
        for number in going.GRACE:
            loop.add_signal_handler(number, self._told_to_go, number)
        loop.add_signal_handler(signal.SIGTSTP, self._go_out, going.STOP)
        loop.add_signal_handler(signal.SIGCONT, self._go_out, going.COME_BACK)
        self.set_interval(going.BEAT, self._look_for_the_terminal)
        if self._settings.title:
            self._send(terminal_title.SAVE)

    def _told_to_go(self, number: signal.Signals) -> None:
        self._is_going = True
        self.exit(INTERRUPTED)
        going.insist(number)

    def _look_for_the_terminal(self) -> None:
        """Go with a terminal that went without a signal; reading it would not wait."""
        if not self._is_going and going.terminal_is_gone():
            self._told_to_go(signal.SIGHUP)

    def _go_out(self, errand: Errand) -> None:
        if not self._is_going:
            self.exit(away(errand, self.screen_stack))

    def action_suspend(self) -> None:
        """Stop as a job of the shell; `fg` comes back."""
        self._go_out(going.STOP)

    @on(Tidings)
    def _tell(self, event: Tidings) -> None:
        """Set the terminal's title, and ring, as far as that is wanted."""
        event.stop()
        if self.is_headless:
            return
        if self._settings.title and event.title != self._terminal_title:
            self._terminal_title = event.title
            self._send(terminal_title.sequence(event.title, self._ascii))
        if self._settings.bell and event.ring:
            self.bell()

    def _send(self, sequence: str) -> None:
        """Send the terminal a sequence; Textual has no public way to do so."""
        driver = getattr(self, "_driver", None)
        if driver is not None:
            driver.write(sequence)

    def panic(self, *renderables: RenderableType) -> None:
        """End on a fault of the program's own, and keep what it was.

        Textual would print it with the values of variables, and secrets are among them.
        """
        traces = [getattr(each, "trace", None) for each in renderables]
        stacks = [stack for trace in traces if trace for stack in trace.stacks]
        words = ", ".join(f"{stack.exc_type}: {stack.exc_value}" for stack in stacks)
        first = self.crash or getattr(self, "_exception", None) or sys.exception()
        self.crash = first or RuntimeError(words or "the screens ended")
        pages = [page for page in self.screen_stack if isinstance(page, Page)]
        self.left_behind = pages[-1].left_behind if pages else ""
        super().panic()

    def _fatal_error(self) -> None:
        # Textual calls this and not `panic` for most errors; without it they would be
        # printed as Textual does.
        self.panic()

    async def on_event(self, event: events.Event) -> None:
        """Hear what comes in from the terminal, each in its turn.

        The screens are laid out for a terminal of `LEAST` at least: a part of one is
        seen where it is smaller.
        """
        if isinstance(event, events.Resize):  # also sent when the terminal comes back
            self._drawing.forget()
            event = _at_least(event)
        typed = isinstance(event, events.InputEvent | events.Paste)
        if typed and not event.is_forwarded:
            await self._turns.take(event)
        else:
            await super().on_event(event)

    async def _give(self, event: events.Event) -> None:
        """Keep from a dialog that has just opened what was meant for what it hides."""
        screen = self.screen if self.screen_stack else None
        typed = isinstance(event, events.Key | events.Paste | events.MouseDown)
        hears = getattr(screen, "hears", None)
        is_click = isinstance(event, events.MouseDown)
        if not typed or hears is None or hears(is_click=is_click):
            await super().on_event(event)

    def _is_opening(self) -> bool:
        """Whether the page is about to put a question on the screen."""
        return isinstance(self.screen, Page) and self.screen.is_opening

    @on(Handled)
    def _key_is_handled(self, event: Handled) -> None:
        self._turns.handled(event)

    def _display(self, screen: Screen[object], update: RenderableType | None) -> None:
        """Send the terminal what differs from what it shows, when it can take it.

        Textual has no public way between a screen's update and the driver. An update
        of a kind that is not known is sent as it is.
        """
        if self.is_headless or update is None:
            super()._display(screen, update)
        elif not self._drawing.take(update):
            self._drawing.forget()
            super()._display(screen, update)
        elif not self._is_owed:
            self._draw()

    def action_redraw(self) -> None:
        """Draw all of the screen, whatever the terminal shows."""
        self._drawing.forget()
        self.refresh()

    def _draw(self) -> None:
        """Draw what is wanted by now; later, while the terminal is busy."""
        self._is_owed = self._is_busy()
        if self._is_owed:
            self.set_timer(BUSY, self._draw)
        else:
            super()._display(self.screen, cast(RenderableType, Changes(self._drawing)))

    def _is_busy(self) -> bool:
        """Whether the terminal has yet to take what was sent, as far as is known."""
        writer = getattr(self._driver, "_writer_thread", None)
        queue = getattr(writer, "_queue", None)
        return queue is not None and not queue.empty()

    def copy_to_clipboard(self, text: str) -> None:
        """Send text to the terminal's clipboard, through GNU screen too."""
        words = clipboard.sequence(text, os.environ)
        if "\x1bP" in words:
            self._send(words)
        else:
            super().copy_to_clipboard(text)

    async def action_quit(self) -> None:
        """Leave by the way that asks, where the screen has one."""
        if isinstance(self.screen, Page):
            self.screen.action_leave()
        else:
            self.exit(0)

    def action_help_quit(self) -> None:
        """Ctrl+C says how to leave, and ends nothing."""
        leave, stop = command("leave").key_name, command("stop").key_name
        stops = f"; {stop} stops a step" if stop else ""
        self.notify(f"Ctrl+C ends nothing here. {leave} leaves{stops}.", markup=False)


MobiusApp.COMMANDS = {CommandProvider}


def _at_least(event: events.Resize) -> events.Resize:
    """A new size that is no smaller than `LEAST`."""
    size = Size(
        max(event.size.width, LEAST.width), max(event.size.height, LEAST.height)
    )
    return event if size == event.size else events.Resize(size, size)
