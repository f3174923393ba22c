"""The app's end of the terminal: what is drawn, signals, title, bell, and leaving."""

from __future__ import annotations

import asyncio
import os
import signal
from functools import partial
from time import monotonic
from typing import cast

from rich.console import RenderableType
from textual import events, on
from textual.app import App
from textual.command import CommandPalette
from textual.notifications import SeverityLevel
from textual.screen import Screen

from mobius_tui.errors import INTERRUPTED
from mobius_tui.tui.backend import capabilities, signals, terminal_driver
from mobius_tui.tui.backend.base_page import AppResult, ForegroundTask, leave_for_task
from mobius_tui.tui.backend.capabilities import AsciiFilter
from mobius_tui.tui.backend.screen_diff import ScreenDiff, ScreenUpdate
from mobius_tui.tui.backend.stylesheet_cache import CachedStylesheet
from mobius_tui.tui.config.settings import Settings
from mobius_tui.tui.messages import TitleChanged
from mobius_tui.tui.widgets.line_wrapping import in_pieces

NOTICE, NOTICE_EDGE = 60, 4
"""Cells of a notice, if half a screen has as many; and those that are not its text."""
BUSY = 0.01
"""Seconds between looks whether the terminal has taken what was sent, or a screen is
composed."""


class TerminalApp(App[AppResult]):
    """An app that leaves its terminal as it was, whatever happens."""

    def __init__(
        self, *, settings: Settings, ascii_alone: AsciiFilter | None, is_ansi: bool
    ) -> None:
        """Make the app.

        Args:
            settings: the person's manners.
            ascii_alone: puts signs for glyphs, where only those can be sent.
            is_ansi: whether named colours are sent as they are, and not as what we
                believe they look like.
        """
        super().__init__(
            driver_class=terminal_driver.TerminalDriver,
            ansi_color=True if is_ansi else None,
        )
        self.stylesheet = CachedStylesheet(variables=self.theme_variables)
        self._settings = settings
        self._ascii = ascii_alone
        self._drawing = ScreenDiff()
        self._is_owed = False
        self._wanted: Screen[object] | None = None
        """The screen of which there was an update last."""
        self._drawn: Screen[object] | None = None
        """The screen whose frame was sent, until the terminal is known to have it."""
        self._terminal_title = ""
        self._is_going = False
        self.is_leaving = False
        """Whether it ends: Textual mounts nothing any more."""

    @on(events.DescendantFocus)
    def _still_the_cursor(self, event: events.DescendantFocus) -> None:
        """Nothing blinks: it says no more, and over a slow line each turn costs."""
        if hasattr(event.widget, "cursor_blink"):
            event.widget.cursor_blink = False

    def _heed_the_world(self) -> None:
        """Hear signals, look whether the terminal is there, and keep its title."""
        loop = asyncio.get_running_loop()
        for number in signals.GRACE:
            loop.add_signal_handler(number, self._told_to_go, number)
        loop.add_signal_handler(signal.SIGTSTP, self._go_out, signals.STOP)
        loop.add_signal_handler(signal.SIGCONT, self._go_out, signals.COME_BACK)
        self.set_interval(signals.BEAT, self._look_for_the_terminal)
        if self._settings.title:
            self._send(capabilities.SAVE)
        if getattr(self._driver, "was_continued", False):
            self._go_out(signals.COME_BACK)

    def _told_to_go(self, number: signal.Signals) -> None:
        self._is_going = True
        self.exit(INTERRUPTED)
        signals.exit_after_grace(number)

    def _look_for_the_terminal(self) -> None:
        """Go with a terminal that went without a signal; reading it would not wait."""
        if not self._is_going and signals.terminal_is_gone():
            self._told_to_go(signal.SIGHUP)

    def _go_out(self, errand: ForegroundTask) -> None:
        if not self._is_going:
            self.exit(leave_for_task(errand, self.screen_stack))

    def action_suspend(self) -> None:
        """Stop as a job of the shell; `fg` comes back."""
        self._go_out(signals.STOP)

    def exit(
        self,
        result: AppResult | None = None,
        return_code: int = 0,
        message: RenderableType | None = None,
    ) -> None:
        """Leave; for good, unless it is for an errand.

        What is being composed is finished first: Textual would mount nothing of it any
        more, and whatever looks for a part of it, as its palette does, would fail.
        """
        if not all(screen.is_mounted for screen in self.screen_stack):
            self.set_timer(BUSY, partial(self.exit, result, return_code, message))
            return
        for screen in self.screen_stack:
            if isinstance(screen, CommandPalette):
                self.workers.cancel_node(screen)
        self.is_leaving = True
        driver = getattr(self, "_driver", None)
        if isinstance(driver, terminal_driver.TerminalDriver):
            driver.is_last = isinstance(result, int)
        super().exit(result, return_code, message)

    @on(TitleChanged)
    def _tell(self, event: TitleChanged) -> None:
        """Set the terminal's title, and ring, as far as that is wanted."""
        event.stop()
        if self.is_headless:
            return
        if self._settings.title and event.title != self._terminal_title:
            self._terminal_title = event.title
            self._send(capabilities.sequence(event.title, self._ascii))
        if self._settings.bell and event.ring:
            self.bell()

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a notice; a path that is longer than its lines is broken at a `/`."""
        top = self.screen_stack[-1:]  # none when it goes
        is_wide = any(each.has_class("dialog") for each in top)  # see `dialogs.tcss`
        width = self.size.width if is_wide else self.size.width // 2
        super().notify(
            in_pieces(message, max(2, min(NOTICE, width) - NOTICE_EDGE)),
            title=title,
            severity=severity,
            timeout=timeout,
            markup=markup,
        )

    def _send(self, sequence: str) -> None:
        """Send the terminal a sequence; Textual has no public way to do so."""
        driver = getattr(self, "_driver", None)
        if driver is not None:
            driver.write(sequence)

    def _display(self, screen: Screen[object], update: RenderableType | None) -> None:
        """Send the terminal what differs from what it shows, when it can take it.

        Textual has no public way between a screen's update and the driver. An update
        of a kind that is not known is sent as it is.
        """
        if update is None:
            return
        self._wanted = screen
        if self.is_headless:
            self._read_ahead()
            super()._display(screen, update)
            self.note_drawn()
        elif not self._drawing.take(update):
            self._drawing.forget()
            self._read_ahead()
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
            self.note_drawn()  # of the frame before
            changes = ScreenUpdate(self._drawing, self._read_ahead)
            super()._display(self.screen, cast(RenderableType, changes))
            self.note_drawn()

    def _read_ahead(self) -> None:
        """Read what was typed before the frame that is about to be written."""
        if isinstance(self._driver, terminal_driver.TerminalDriver):
            self._driver.read_waiting()
        self._drawn = self._wanted

    def note_drawn(self) -> None:
        """Tell the screen since when it is seen, once the terminal has its frame."""
        if self._drawn is None or self._is_busy():
            return
        was_drawn = getattr(self._drawn, "was_drawn", None)
        driver, self._drawn = self._driver, None
        if was_drawn is not None:
            shown_at = getattr(driver, "shown_at", None)
            was_drawn(monotonic() if shown_at is None else shown_at)

    def _is_busy(self) -> bool:
        """Whether the terminal has yet to take what was sent, as far as is known."""
        driver = self._driver
        return isinstance(driver, terminal_driver.TerminalDriver) and driver.is_behind

    def copy_to_clipboard(self, text: str) -> None:
        """Send text to the terminal's clipboard, through GNU screen too."""
        from mobius_tui.tui.backend import clipboard

        words = clipboard.sequence(text, os.environ)
        if "\x1bP" in words:
            self._send(words)
        else:
            super().copy_to_clipboard(text)
