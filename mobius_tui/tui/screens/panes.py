"""The panes of the run screen: which one has the focus, and which the whole room."""

from __future__ import annotations

from mobius_tui.tui.output.pane import OutputPane
from mobius_tui.tui.screens.page import Page


class PanedPage(Page):
    """A page of a checklist, details, output and health; says where each stands."""

    def action_pane(self, number: str) -> None:
        """Give a pane the focus; on a narrow screen, the whole room."""
        panes = {"1": "#checklist", "2": "#output", "3": "#health"}
        for each in panes:
            self.set_class(each == number, f"-pane-{each}")
        self.query_one(panes[number]).focus()

    def action_zoom(self) -> None:
        """Give the whole room to the pane with the focus, or give it back."""
        zoomed = not self.has_class("-zoomed")
        for pane in self.query("#body .-zoom"):
            pane.remove_class("-zoom")
        focused = self.focused
        if zoomed and focused is not None:
            focused.add_class("-zoom")
            on_the_left = focused.id == "checklist"
            self.set_class(on_the_left, "-zoom-left")
        self.set_class(zoomed, "-zoomed")

    def action_wrap(self) -> None:
        """Wrap the output's long lines, or not."""
        self.query_one(OutputPane).action_toggle_wrap()

    def action_times(self) -> None:
        """Show when each line of the output came, or not."""
        self.query_one(OutputPane).action_toggle_times()
