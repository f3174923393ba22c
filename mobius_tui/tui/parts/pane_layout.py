"""The pane layout: which pane has the focus, which the whole room, and what is hidden.

How large the panes are is for the styles to say, by the classes that are set here and
by those of the terminal's size.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget

from mobius_tui.structs import replace
from mobius_tui.tui.commands.command import Command, PaneName, Place
from mobius_tui.tui.commands.registry import commands_of_places

TALL_SCREEN_ROWS = 30
"""Rows of a screen that is high enough for everything."""


class Pane(Struct, frozen=True):
    """One pane of a screen."""

    widget: Widget
    label: str
    """What the footer calls it where it is out of sight."""
    stand_in: Widget | None = None
    """Shown in place of `widget` at times; the hidden one has the class `-away`."""

    @property
    def shown(self) -> Widget:
        """The one of both that is shown."""
        stand_in = self.stand_in
        is_there = stand_in is not None and not stand_in.has_class("-away")
        return stand_in if stand_in is not None and is_there else self.widget

    def holds(self, widget: DOMNode) -> bool:
        """Whether a widget is one of both."""
        return widget is self.widget or widget is self.stand_in


class PaneLayout:
    """The panes of one screen."""

    def __init__(
        self,
        screen: Screen[Any],
        panes: Mapping[PaneName, Pane],
        *,
        first: PaneName,
        places: tuple[Place, ...],
    ) -> None:
        """Lay them out.

        Args:
            screen: bears the classes that say which pane is shown.
            panes: the panes, in the order in which the footer names them.
            first: the one that has the focus first.
            places: where the commands are that lead to them.
        """
        self._screen = screen
        self._panes = panes
        self._places = places
        self.focused = first
        """The pane with the focus."""

    @property
    def widgets(self) -> Mapping[PaneName, Widget]:
        """The panes themselves."""
        return {name: pane.widget for name, pane in self._panes.items()}

    @property
    def is_zoomed(self) -> bool:
        """Whether the pane with the focus has the whole room."""
        return self._screen.has_class("-zoomed")

    @staticmethod
    def is_low(rows: int) -> bool:
        """Whether a screen of so many rows has room for what matters most alone."""
        return rows < TALL_SCREEN_ROWS

    def note_focus(self, widget: Widget) -> None:
        """A widget has the focus: the pane that it is in is the one that is shown."""
        around = widget.ancestors_with_self
        panes = self._panes.items()
        inside = (n for each in around for n, pane in panes if pane.holds(each))
        self.show(next(inside, self.focused))

    def show(self, name: PaneName) -> None:
        """Show a pane where only one has room; if a pane is zoomed, zoom this one."""
        self.focused = name
        self._show(zoomed=self.is_zoomed)

    def focus(self, name: PaneName) -> None:
        """Give a pane the focus; where only one has room, it becomes the one shown."""
        self._panes[name].shown.focus()

    def zoom(self) -> None:
        """Give the whole room to the pane with the focus, or give it back."""
        self._show(zoomed=not self.is_zoomed)

    def pane_commands(self) -> tuple[Command, ...]:
        """The commands that focus the panes which are hidden now."""
        screen = self._screen
        if not (screen.has_class("-w-narrow") or screen.has_class("-h-short")):
            return ()
        ways = {each.focuses: each for each in commands_of_places(*self._places)}
        return tuple(
            replace(ways[name], label=pane.label)
            for name, pane in self._panes.items()
            if not screen.has_class(f"-pane-{name}")
        )

    def _show(self, *, zoomed: bool) -> None:
        shown = {
            "-zoomed": zoomed,
            "-zoom-left": zoomed and self.focused is PaneName.CHECKLIST,
        }
        for name, pane in self._panes.items():
            has_focus = name == self.focused
            shown[f"-pane-{name}"] = has_focus
            for widget in filter(None, (pane.widget, pane.stand_in)):
                widget.set_class(zoomed and has_focus, "-zoom", update=False)
        # Styles of all that is on the screen are found anew, once for all of these.
        self._screen.update_classes(shown)


def pane_commands_first(shown: tuple[Command, ...]) -> tuple[Command, ...]:
    """The commands of a footer, the ways to the panes out of sight before all else."""
    return tuple(sorted(shown, key=lambda each: each.focuses is None))
