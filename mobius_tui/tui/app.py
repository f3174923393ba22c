"""The Textual app: opens the first screens, themes, notices, the palette."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.filter import LineFilter
from textual.notifications import SeverityLevel
from textual.screen import Screen

from mobius_tui import sanitize
from mobius_tui.ascii_text import is_unicode
from mobius_tui.errors import MobiusError
from mobius_tui.runbook.prose.line_breaks import break_words
from mobius_tui.tui.backend.capabilities import AsciiFilter
from mobius_tui.tui.backend.full_screens import FullScreen, PendingScreen
from mobius_tui.tui.backend.startup import after_first_paint
from mobius_tui.tui.backend.style_sheets import HEIGHTS, WIDTHS
from mobius_tui.tui.backend.terminal_app import TerminalApp
from mobius_tui.tui.commands.registry import bind, changed_keymap, command_by_id
from mobius_tui.tui.config.settings import DEFAULT_SETTINGS, Settings
from mobius_tui.tui.config.themes import (
    DARK_THEME,
    OWN_THEMES,
    TERMINAL_COLOURS_THEME,
    seen_variables,
)
from mobius_tui.tui.dialogs.palette import CommandProvider, Palette

NOTICE_WIDTH, NOTICE_EDGE_CELLS = 60, 4
"""Cells of a notice, if half a screen has as many; and those that are not its text."""
FEW_COLOURS_STYLES = Path(__file__).with_name("styles") / "terminal.tcss"
"""The styles for terminals of 16 colours, or none."""


class MobiusApp(TerminalApp):
    """Shows the screens that it is given, the last one on top."""

    TITLE = "mobius-tui"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("palette", "command_palette", priority=True),
        bind("leave", "quit"),
    ]
    COMMANDS = {CommandProvider}  # noqa: RUF012 - as Textual declares it
    CSS_PATH = "styles/frame.tcss"
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS

    def __init__(
        self,
        *screens: Screen[None],
        pending: PendingScreen | None = None,
        settings: Settings = DEFAULT_SETTINGS,
        notice: str = "",
    ) -> None:
        """Make the app.

        Args:
            screens: the screens to show, each over the one before.
            pending: what is shown until a screen has been made, and makes it.
            settings: the person's.
            notice: shown at once; any text, which is made harmless here.
        """
        unicode = is_unicode(getattr(sys.__stderr__, "encoding", None) or "utf-8")
        ascii_filter = AsciiFilter(all_others=not unicode) if settings.ascii else None
        super().__init__(
            settings=settings,
            ascii_filter=ascii_filter,
            is_ansi=settings.theme == TERMINAL_COLOURS_THEME.name,
        )
        self.open_error: MobiusError | None = None
        """Why the pending screen could not be made."""
        self._first_screens = screens
        self._pending = pending
        self._first_notice = notice
        for each in OWN_THEMES:
            self.register_theme(each)
        self.theme = settings.theme or DARK_THEME.name
        self.set_keymap(changed_keymap())

    def on_mount(self) -> None:
        """Show the first screens, and attach to the terminal."""
        if not self.is_headless:
            self._attach_to_terminal()
        if self._pending is not None:
            self.call_after_refresh(self._begin_opening, self._pending)
        else:
            self._show(self._first_screens)
        if self._first_notice:
            self.notify(sanitize.line(self._first_notice), timeout=10, markup=False)

    def compose(self) -> ComposeResult:
        """What is shown before there is any screen."""
        if self._pending is not None:
            yield from self._pending.picture()

    def _begin_opening(self, pending: PendingScreen) -> None:
        self.run_worker(self._open(pending), name="open")

    async def _open(self, pending: PendingScreen) -> None:
        """A worker: make the screen and show it, or exit with the error."""
        try:
            self._show([await pending.make()])
        except MobiusError as error:
            self.open_error = error
            self.exit(error.exit_code)

    def _show(self, screens: Sequence[Screen[None]]) -> None:
        for screen in screens:
            self.push_screen(screen)
        self.call_after_refresh(after_first_paint)

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
        top = self.screen_stack[-1:]  # empty while the app closes
        is_wide = any(each.has_class("dialog") for each in top)  # see `dialogs.tcss`
        width = self.size.width if is_wide else self.size.width // 2
        super().notify(
            break_words(message, max(2, min(NOTICE_WIDTH, width) - NOTICE_EDGE_CELLS)),
            title=title,
            severity=severity,
            timeout=timeout,
            markup=markup,
        )

    def get_css_variables(self) -> dict[str, str]:
        """Textual's, with texts and frames that are seen in every theme."""
        variables = super().get_css_variables()
        self.theme_variables = seen_variables(self.current_theme, variables)
        return self.theme_variables

    def watch_theme(self, theme: str) -> None:
        """Read the styles for terminals of few colours when their theme is chosen."""
        if theme == TERMINAL_COLOURS_THEME.name:
            self.stylesheet.read(FEW_COLOURS_STYLES)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What lines go through on their way to the terminal."""
        filters = super().get_line_filters()
        return filters if self._ascii_filter is None else [*filters, self._ascii_filter]

    def action_command_palette(self) -> None:
        """Show the palette, where there is a screen beneath it."""
        stack = [] if self.is_leaving else self.screen_stack
        if len(stack) > 1 and not isinstance(stack[-1], Palette):
            self.push_screen(Palette(id="--command-palette"))

    async def action_quit(self) -> None:
        """Leave the screen on top, which may ask first; else exit."""
        if isinstance(self.screen, FullScreen):
            self.screen.action_leave()
        else:
            self.exit(0)

    def action_help_quit(self) -> None:
        """Ctrl+C says how to leave, and ends nothing."""
        leave, stop = command_by_id("leave").key_name, command_by_id("stop").key_name
        stops = f"; {stop} stops a step" if stop else ""
        self.notify(f"Ctrl+C ends nothing here. {leave} leaves{stops}.", markup=False)
