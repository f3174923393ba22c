"""The app's side of the terminal: frames, signals, stopping as a job, and its end.

Textual 8.2 prints an error with the values of variables (`App._fatal_error`), writes no
sequence for an app (`App._driver`), looks up a key's binding on the screen that is on
top by then, and fails to lay out less than some 39 by 9 cells. Upstream needs: a hook
for an error, a public `write`, bindings of the screen that got the key, and a least
size.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
from collections.abc import Callable
from functools import partial
from threading import Timer
from time import monotonic
from typing import Any, cast
from weakref import WeakKeyDictionary

from rich.console import RenderableType
from textual import events, on
from textual.app import App
from textual.command import CommandPalette
from textual.geometry import Size
from textual.screen import Screen

from mobius_tui.errors import EXIT_INTERRUPTED
from mobius_tui.tui.backend import capabilities, clipboard
from mobius_tui.tui.backend.capabilities import AsciiFilter
from mobius_tui.tui.backend.full_screens import (
    AppResult,
    ForegroundTask,
    FullScreen,
    leave_for_task,
)
from mobius_tui.tui.backend.key_queue import (
    INPUT_GUARD_SECONDS,
    KeyHandled,
    KeyQueue,
    TimedInput,
)
from mobius_tui.tui.backend.screen_diff import ScreenDiff, ScreenUpdate
from mobius_tui.tui.backend.style_sheets import CachedStylesheet, DefaultScreen
from mobius_tui.tui.backend.terminal_driver import TerminalDriver
from mobius_tui.tui.config.settings import Settings
from mobius_tui.tui.messages import TitleChanged

TERMINAL_CHECK_INTERVAL = 0.7
"""Seconds between polls whether the terminal is still there."""
EXIT_GRACE_SECONDS = {
    signal.SIGHUP: 0.5,
    signal.SIGTERM: 2.0,
    signal.SIGINT: 2.0,
    signal.SIGQUIT: 2.0,
}
"""Seconds, by signal, in which the screens may close in good order. Then the process
exits at once: a terminal that is gone, or takes nothing, would hold it for ever."""


def exit_after_grace(number: signal.Signals) -> None:
    """End the process after a grace period, whatever the terminal does.

    The run loses nothing by it.
    """
    timer = Timer(EXIT_GRACE_SECONDS[number], os._exit, (EXIT_INTERRUPTED,))
    timer.daemon = True
    timer.start()


def is_terminal_closed() -> bool:
    """Whether the terminal at standard input was closed."""
    if sys.__stdin__ is None:
        return True
    watch = select.poll()
    try:
        watch.register(sys.__stdin__.fileno(), 0)
    except (OSError, ValueError):
        return True
    gone = select.POLLHUP | select.POLLERR | select.POLLNVAL
    return any(event & gone for _, event in watch.poll(0))


def _stop() -> str:
    """Stop the process group, as Ctrl+Z stops any program; `fg` continues it."""
    signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    signal.signal(signal.SIGCONT, signal.SIG_DFL)
    os.killpg(os.getpgrp(), signal.SIGTSTP)
    return ""


SUSPEND_TASK = ForegroundTask(run=_stop)
"""The task behind Ctrl+Z: stops the process; after `fg` the screens open again."""
RESTORE_TERMINAL_TASK = ForegroundTask(run=str)
"""A task that does nothing: leaving for it sets the terminal up anew."""


MIN_SIZE = Size(39, 9)
"""Columns and rows below which Textual's layout of a dialog or a notice can fail: it
wraps text to no cells at all. Whoever splits a terminal may come there for a moment."""
RETRY_DELAY = 0.01
"""Seconds between checks whether the terminal has taken what was sent, or whether all
screens are composed."""


class TerminalApp(App[AppResult]):
    """An app that leaves its terminal as it was, whatever happens."""

    def __init__(
        self, *, settings: Settings, ascii_filter: AsciiFilter | None, is_ansi: bool
    ) -> None:
        """Make the app.

        Args:
            settings: the person's.
            ascii_filter: replaces glyphs where the terminal can show ASCII alone.
            is_ansi: whether named colours are sent as they are, and not as the RGB
                values that we believe they have.
        """
        super().__init__(
            driver_class=TerminalDriver, ansi_color=True if is_ansi else None
        )
        self.stylesheet = CachedStylesheet(variables=self.theme_variables)
        self._settings = settings
        self._ascii_filter = ascii_filter
        self._screen_diff = ScreenDiff()
        self._is_frame_pending = False
        self._updated_screen: Screen[object] | None = None
        """The screen of the last update."""
        self._sent_screen: Screen[object] | None = None
        """The screen whose frame was sent, until the terminal is known to have it."""
        self._terminal_title = ""
        self._key_queue = KeyQueue(self, self._dispatch, self._is_opening)
        self._screens_of_keys: WeakKeyDictionary[events.Key, Screen[Any]] = (
            WeakKeyDictionary()
        )
        """The screen that each key was dispatched to."""
        self._last_key = "", float("-inf")
        self._is_exiting_on_signal = False
        self.is_leaving = False
        """Whether the app is closing: Textual mounts nothing any more."""
        self.crash: BaseException | None = None
        """The fault of the program that ended the app; `None` where there was none."""
        self.left_behind = ""
        """What goes on without the app after a crash, in words."""

    def get_default_screen(self) -> DefaultScreen:
        """The screen beneath all others."""
        return DefaultScreen(id="_default")

    @on(events.DescendantFocus)
    def _stop_cursor_blinking(self, event: events.DescendantFocus) -> None:
        """Keep cursors still: over a slow line each blink costs bytes."""
        if hasattr(event.widget, "cursor_blink"):
            event.widget.cursor_blink = False

    def _attach_to_terminal(self) -> None:
        """Handle signals, watch for a closed terminal, and save its title."""
        loop = asyncio.get_running_loop()
        for number in EXIT_GRACE_SECONDS:
            loop.add_signal_handler(number, self._exit_on_signal, number)
        loop.add_signal_handler(signal.SIGTSTP, self._leave_for_task, SUSPEND_TASK)
        loop.add_signal_handler(
            signal.SIGCONT, self._leave_for_task, RESTORE_TERMINAL_TASK
        )
        self.set_interval(TERMINAL_CHECK_INTERVAL, self._check_terminal)
        if self._settings.title:
            self._send(capabilities.SAVE_TITLE)
        if getattr(self._driver, "was_continued", False):
            self._leave_for_task(RESTORE_TERMINAL_TASK)

    def _exit_on_signal(self, number: signal.Signals) -> None:
        self._is_exiting_on_signal = True
        self.exit(EXIT_INTERRUPTED)
        exit_after_grace(number)

    def _check_terminal(self) -> None:
        """Exit when the terminal was closed without a signal.

        Reading from it would not wait: the loop would spin.
        """
        if not self._is_exiting_on_signal and is_terminal_closed():
            self._exit_on_signal(signal.SIGHUP)

    def _leave_for_task(self, task: ForegroundTask) -> None:
        if not self._is_exiting_on_signal:
            self.exit(leave_for_task(task, self.screen_stack))

    def action_suspend(self) -> None:
        """Stop as a job of the shell; `fg` comes back."""
        self._leave_for_task(SUSPEND_TASK)

    def exit(
        self,
        result: AppResult | None = None,
        return_code: int = 0,
        message: RenderableType | None = None,
    ) -> None:
        """Close the app; for good, unless the result is a task to come back from.

        Screens that are being composed are finished first: Textual would mount nothing
        of them any more, and code that queries their widgets, as its palette does,
        would fail.
        """
        if not all(screen.is_mounted for screen in self.screen_stack):
            again = partial(self.exit, result, return_code, message)
            self.set_timer(RETRY_DELAY, again)
            return
        for screen in self.screen_stack:
            if isinstance(screen, CommandPalette):
                self.workers.cancel_node(screen)
        self.is_leaving = True
        driver = getattr(self, "_driver", None)
        if isinstance(driver, TerminalDriver):
            driver.ends_process = isinstance(result, int)
        super().exit(result, return_code, message)

    def panic(self, *renderables: RenderableType) -> None:
        """End on a fault of the program, and keep the exception in `crash`.

        Textual would print it with the values of variables, and secrets are among them.
        """
        traces = [getattr(each, "trace", None) for each in renderables]
        stacks = [stack for trace in traces if trace for stack in trace.stacks]
        words = ", ".join(f"{stack.exc_type}: {stack.exc_value}" for stack in stacks)
        first = self.crash or getattr(self, "_exception", None) or sys.exception()
        self.crash = first or RuntimeError(words or "the screens ended")
        pages = [page for page in self.screen_stack if isinstance(page, FullScreen)]
        self.left_behind = pages[-1].left_behind if pages else ""
        super().panic()

    def _fatal_error(self) -> None:
        # Textual calls this and not `panic` for most errors; without it they would be
        # printed as Textual does.
        self.panic()

    @on(TitleChanged)
    def _set_terminal_title(self, event: TitleChanged) -> None:
        """Set the terminal's title, and ring, as far as the settings allow."""
        event.stop()
        if self.is_headless:
            return
        if self._settings.title and event.title != self._terminal_title:
            self._terminal_title = event.title
            self._send(capabilities.title_sequence(event.title, self._ascii_filter))
        if self._settings.bell and event.ring:
            self.bell()

    def copy_to_clipboard(self, text: str) -> None:
        """Send text to the terminal's clipboard, through GNU screen too."""
        sequence = clipboard.clipboard_sequence(text, os.environ)
        if "\x1bP" in sequence:
            self._send(sequence)
        else:
            super().copy_to_clipboard(text)

    def _send(self, sequence: str) -> None:
        """Send the terminal a sequence; Textual has no public way to do so."""
        driver = getattr(self, "_driver", None)
        if driver is not None:
            driver.write(sequence)

    def _display(self, screen: Screen[object], update: RenderableType | None) -> None:
        """Send the terminal the cells that differ, when it can take them.

        Textual has no public way between a screen's update and the driver. An update
        of an unknown kind is sent as Textual would send it.
        """
        if update is None:
            return
        self._updated_screen = screen
        if self.is_headless:
            self._read_waiting_keys()
            super()._display(screen, update)
            self.report_shown_frame()
        elif not self._screen_diff.apply(update):
            self._screen_diff.forget_terminal()
            self._read_waiting_keys()
            super()._display(screen, update)
        elif not self._is_frame_pending:
            self._send_frame()

    def action_redraw(self) -> None:
        """Draw all of the screen, whatever the terminal shows."""
        self._screen_diff.forget_terminal()
        self.refresh()

    def _send_frame(self) -> None:
        """Send the newest frame; try again later while the terminal is busy."""
        self._is_frame_pending = self._is_terminal_busy()
        if self._is_frame_pending:
            self.set_timer(RETRY_DELAY, self._send_frame)
        else:
            self.report_shown_frame()  # the frame before
            changes = ScreenUpdate(self._screen_diff, self._read_waiting_keys)
            super()._display(self.screen, cast(RenderableType, changes))
            self.report_shown_frame()

    def _read_waiting_keys(self) -> None:
        """Read the keys typed before a frame is written, and note whose frame it is."""
        if isinstance(self._driver, TerminalDriver):
            self._driver.read_available()
        self._sent_screen = self._updated_screen

    def report_shown_frame(self) -> None:
        """Tell the screen since when it is shown, once the terminal has its frame."""
        if self._sent_screen is None or self._is_terminal_busy():
            return
        mark_shown = getattr(self._sent_screen, "mark_shown", None)
        driver, self._sent_screen = self._driver, None
        if mark_shown is not None:
            shown_at = getattr(driver, "shown_at", None)
            mark_shown(monotonic() if shown_at is None else shown_at)

    def _is_terminal_busy(self) -> bool:
        """Whether the terminal has yet to take what was sent, as far as is known."""
        driver = self._driver
        return isinstance(driver, TerminalDriver) and driver.is_behind

    async def on_event(self, event: events.Event) -> None:
        """Dispatch an event from the terminal; input waits for its turn.

        Screens are never laid out for less than `MIN_SIZE`: a smaller terminal shows a
        part of one.
        """
        if isinstance(event, events.Resize):  # also sent when the terminal comes back
            self._screen_diff.forget_terminal()
            event = _at_least_min_size(event)
        is_input = isinstance(event, events.InputEvent | events.Paste)
        if is_input and not event.is_forwarded:
            await self._key_queue.put(event)
        elif not self._is_stale(event):
            await super().on_event(event)

    def _is_stale(self, event: events.Event) -> bool:
        """Whether a key bubbled up from a screen that is not on top any more.

        Textual would look its binding up on the screen that is on top now: it would
        press a button that nobody has seen.
        """
        if not isinstance(event, events.Key):
            return False
        return self._screens_of_keys.get(event, self.screen) is not self.screen

    async def _dispatch(self, event: events.Event) -> None:
        """Dispatch input, unless the screen on top does not accept it.

        A dialog that has just opened accepts nothing that was meant for the screen
        beneath it.
        """
        screen = self.screen if self.screen_stack else None
        if screen is not None and isinstance(event, events.Key):
            self._screens_of_keys[event] = screen
        accepts_input = getattr(screen, "accepts_input", None)
        if isinstance(event, events.Key | events.Paste | events.MouseDown):
            self.report_shown_frame()
            typed = self._timed(event, getattr(screen, "mono", monotonic))
            if accepts_input is not None and not accepts_input(typed):
                return
        await super().on_event(event)

    def _timed(self, event: events.Event, mono: Callable[[], float]) -> TimedInput:
        """The event with the time when it was read; its turn may come much later.

        Args:
            event: a key, a paste or a click.
            mono: the screen's clock, in seconds.
        """
        read_at = event.time if mono is monotonic else mono()
        if not isinstance(event, events.Key):
            return TimedInput(event, read_at, is_repeat=False)
        (key, before), self._last_key = self._last_key, (event.key, read_at)
        is_repeat = event.key == key and read_at - before < INPUT_GUARD_SECONDS
        return TimedInput(event, read_at, is_repeat=is_repeat)

    def _is_opening(self) -> bool:
        """Whether a question is about to be on the screen."""
        self.report_shown_frame()
        return bool(getattr(self.screen, "is_opening", False))

    @on(KeyHandled)
    def _key_is_handled(self, event: KeyHandled) -> None:
        self._key_queue.key_handled(event)


def _at_least_min_size(event: events.Resize) -> events.Resize:
    """A resize to a size that is no smaller than `MIN_SIZE`."""
    size = Size(
        max(event.size.width, MIN_SIZE.width), max(event.size.height, MIN_SIZE.height)
    )
    return event if size == event.size else events.Resize(size, size)
