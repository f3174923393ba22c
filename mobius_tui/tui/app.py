"""The Textual app: it opens a screen, and goes when it is told to."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from rich.console import RenderableType
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.command import Provider
from textual.filter import LineFilter
from textual.geometry import Size
from textual.screen import Screen

from mobius_tui import sanitize
from mobius_tui.ascii_text import is_unicode
from mobius_tui.errors import MobiusError
from mobius_tui.tui.backend.base_page import FullScreen, PendingScreen
from mobius_tui.tui.backend.breakpoints import HEIGHTS, WIDTHS, DefaultScreen
from mobius_tui.tui.backend.capabilities import AsciiFilter
from mobius_tui.tui.backend.key_queue import (
    INPUT_GUARD,
    KeyHandled,
    KeyQueue,
    TimedInput,
)
from mobius_tui.tui.backend.startup import after_first_paint
from mobius_tui.tui.backend.terminal_app import TerminalApp
from mobius_tui.tui.commands.registry import bind, command, keymap
from mobius_tui.tui.config.settings import AS_IT_COMES, Settings
from mobius_tui.tui.config.themes import DARK, TERMINAL, THEMES, blurred_border

LEAST = Size(39, 9)
"""Columns and rows below which Textual's layout of a dialog or a notice can fail: it
wraps text to no cells at all. Whoever splits a terminal may come there for a moment."""
FEW_COLOURS = Path(__file__).with_name("styles") / "terminal.tcss"
"""The styles for terminals of 16 colours, or none."""


def _provider() -> type[Provider]:
    from mobius_tui.tui.dialogs.palette import CommandProvider

    return CommandProvider


class MobiusApp(TerminalApp):
    """Shows the screens that it is given, the last one on top."""

    TITLE = "mobius-tui"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("palette", "command_palette", priority=True),
        bind("leave", "quit"),
    ]
    COMMANDS = {_provider}  # noqa: RUF012 - as Textual declares it
    CSS_PATH = "styles/frame.tcss"
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS

    def __init__(
        self,
        *screens: Screen[None],
        ahead: PendingScreen | None = None,
        settings: Settings = AS_IT_COMES,
        news: str = "",
    ) -> None:
        """Make the app.

        Args:
            screens: the screens to show, each over the one before.
            ahead: what is shown until a screen has been made, and makes it.
            settings: the person's theme and manners.
            news: what to tell at once, from anywhere.
        """
        unicode = is_unicode(getattr(sys.__stderr__, "encoding", None) or "utf-8")
        super().__init__(
            settings=settings,
            ascii_alone=AsciiFilter(all_others=not unicode) if settings.ascii else None,
            is_ansi=settings.theme == TERMINAL.name,
        )
        self._turns = KeyQueue(self, self._give, self._is_opening)
        self._given_to: WeakKeyDictionary[events.Key, Screen[Any]] = WeakKeyDictionary()
        self._last_key = "", float("-inf")
        self.trouble: MobiusError | None = None
        """Why there is nothing to show."""
        self.crash: BaseException | None = None
        """What ended the app that should not have."""
        self.left_behind = ""
        """What goes on without the app, after a crash."""
        self._first = screens
        self._ahead = ahead
        self._news = news
        for each in THEMES:
            self.register_theme(each)
        self.theme = settings.theme or DARK.name
        self.set_keymap(keymap())

    def on_mount(self) -> None:
        """Show the screen; go in good order when the terminal does."""
        if not self.is_headless:
            self._heed_the_world()
        if self._ahead is not None:
            self.call_after_refresh(self._begin_opening, self._ahead)
        else:
            self._show(self._first)
        if self._news:
            self.notify(sanitize.line(self._news), timeout=10, markup=False)

    def get_default_screen(self) -> DefaultScreen:
        """What is beneath the screens."""
        return DefaultScreen(id="_default")

    def compose(self) -> ComposeResult:
        """What is seen before there is any screen."""
        if self._ahead is not None:
            yield from self._ahead.picture()

    def _begin_opening(self, ahead: PendingScreen) -> None:
        self.run_worker(self._open(ahead), name="open")

    async def _open(self, ahead: PendingScreen) -> None:
        """A worker: make the screen, or say at the end why there is none."""
        try:
            self._show([await ahead.make()])
        except MobiusError as error:
            self.trouble = error
            self.exit(error.exit_code)

    def _show(self, screens: Sequence[Screen[None]]) -> None:
        for screen in screens:
            self.push_screen(screen)
        self.call_after_refresh(after_first_paint)

    def get_css_variables(self) -> dict[str, str]:
        """Textual's, with frames that can be seen in every theme."""
        found = super().get_css_variables()
        return {**found, "border-blurred": blurred_border(self.current_theme, found)}

    def watch_theme(self, theme: str) -> None:
        """Read what terminals of few colours want when one of them is met."""
        if theme == TERMINAL.name:
            self.stylesheet.read(FEW_COLOURS)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What lines go through on their way to the terminal."""
        filters = super().get_line_filters()
        return filters if self._ascii is None else [*filters, self._ascii]

    def panic(self, *renderables: RenderableType) -> None:
        """End on a fault of the program's own, and keep what it was.

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
        elif not self._is_stale(event):
            await super().on_event(event)

    def _is_stale(self, event: events.Event) -> bool:
        """Whether a key comes back from a screen that is not on top any more.

        Textual would look for what it does on the screen that is: there it would press
        a button that nobody has seen.
        """
        if not isinstance(event, events.Key):
            return False
        return self._given_to.get(event, self.screen) is not self.screen

    async def _give(self, event: events.Event) -> None:
        """Keep from a dialog that has just opened what was meant for what it hides."""
        screen = self.screen if self.screen_stack else None
        if screen is not None and isinstance(event, events.Key):
            self._given_to[event] = screen
        hears = getattr(screen, "hears", None)
        if isinstance(event, events.Key | events.Paste | events.MouseDown):
            self.note_drawn()
            typed = self._typed(event, getattr(screen, "mono", monotonic))
            if hears is not None and not hears(typed):
                return
        await super().on_event(event)

    def _typed(self, event: events.Event, mono: Callable[[], float]) -> TimedInput:
        """What came, and when: on a busy machine its turn comes much later."""
        came = event.time if mono is monotonic else mono()
        if not isinstance(event, events.Key):
            return TimedInput(event, came, again=False)
        (key, before), self._last_key = self._last_key, (event.key, came)
        return TimedInput(
            event, came, again=event.key == key and came - before < INPUT_GUARD
        )

    def _is_opening(self) -> bool:
        """Whether a question is about to be on the screen."""
        self.note_drawn()
        return bool(getattr(self.screen, "is_opening", False))

    @on(KeyHandled)
    def _key_is_handled(self, event: KeyHandled) -> None:
        self._turns.handled(event)

    def action_command_palette(self) -> None:
        """Show the palette, where there is a screen beneath it."""
        from mobius_tui.tui.dialogs.palette import Palette

        stack = [] if self.is_leaving else self.screen_stack
        if len(stack) > 1 and not isinstance(stack[-1], Palette):
            self.push_screen(Palette(id="--command-palette"))

    async def action_quit(self) -> None:
        """Leave by the way that asks, where the screen has one."""
        if isinstance(self.screen, FullScreen):
            self.screen.action_leave()
        else:
            self.exit(0)

    def action_help_quit(self) -> None:
        """Ctrl+C says how to leave, and ends nothing."""
        leave, stop = command("leave").key_name, command("stop").key_name
        stops = f"; {stop} stops a step" if stop else ""
        self.notify(f"Ctrl+C ends nothing here. {leave} leaves{stops}.", markup=False)


def _at_least(event: events.Resize) -> events.Resize:
    """A new size that is no smaller than `LEAST`."""
    size = Size(
        max(event.size.width, LEAST.width), max(event.size.height, LEAST.height)
    )
    return event if size == event.size else events.Resize(size, size)
