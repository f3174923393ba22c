"""The panes of the run screen: which one has the focus, and which the whole room."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.reactive import reactive

from mobius_tui.tui.commands.command import Command
from mobius_tui.tui.commands.registry import command
from mobius_tui.tui.screens.page import Page

TALL = 30
"""Rows of the screen from which everything has room."""


def panes_first(shown: tuple[Command, ...]) -> tuple[Command, ...]:
    """The commands of a footer, the ways to the panes out of sight before all else."""
    return tuple(sorted(shown, key=lambda each: "pane." not in each.id))


class PanedPage(Page):
    """A page of a checklist, details, output and health; says where each stands."""

    compact: reactive[bool] = reactive(False)  # noqa: FBT003 - a reactive's default
    """Whether there is room for what matters most alone."""

    PANES: ClassVar[tuple[tuple[str, str], ...]] = (
        ("checklist", "List"),
        ("output", "Output"),
        ("health", "Health"),
        ("detail", "Details"),
    )
    """The id of each pane, and what the footer calls it where only one is in sight."""
    WAYS: ClassVar[str] = "pane."
    """What the ids of the commands that lead to a pane begin with."""

    pane = "checklist"
    """The id of what has the focus."""

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Remember which pane has the focus; the footer shows what works there."""
        names = {name for name, _ in self.PANES}
        around = (each.id for each in event.widget.ancestors_with_self)
        self.pane = next((each for each in around if each in names), self.pane)
        self._show_pane(zoomed=self.has_class("-zoomed"))
        self.show_offers()

    def on_resize(self, event: events.Resize) -> None:
        """On a low screen, say what matters most first."""
        self.compact = event.size.height < TALL
        self.call_after_refresh(self.show_offers)

    def show_offers(self) -> None:
        """Say anew which commands there are; the page knows what applies."""

    def footer_commands(self) -> tuple[Command, ...]:
        """What the footer shows, and the panes that are out of sight."""
        shown = super().footer_commands()
        if not (self.has_class("-w-narrow") or self.has_class("-h-short")):
            return shown
        hidden = [
            replace(command(f"{self.WAYS}{name}"), label=label)
            for name, label in self.PANES
            if not self.has_class(f"-pane-{name}")
        ]
        return (*hidden, *shown)

    def action_pane(self, name: str) -> None:
        """Give a pane the focus; on a narrow screen, the whole room."""
        self.panes[name].focus()

    def action_zoom(self) -> None:
        """Give the whole room to the pane with the focus, or give it back."""
        self._show_pane(zoomed=not self.has_class("-zoomed"))

    def _show_pane(self, *, zoomed: bool) -> None:
        """Show the pane with the focus where one has room, and let it have the zoom."""
        shown = {
            "-zoomed": zoomed,
            "-zoom-left": zoomed and self.pane == "checklist",
        }
        for name, _ in self.PANES:
            has_focus = name == self.pane
            shown[f"-pane-{name}"] = has_focus
            self.panes[name].set_class(zoomed and has_focus, "-zoom", update=False)
        # Styles of all that is on the screen are found anew, once for all of these.
        self.update_classes(shown)
