"""The output pane with a row of tabs: attempts, and what runs beside the run."""

from __future__ import annotations

from typing import ClassVar, Literal, TypeAlias

from rich.style import Style
from textual import events
from textual.actions import SkipAction
from textual.reactive import reactive
from textual.strip import Strip

from mobius_tui.tui.commands import command
from mobius_tui.tui.output import messages
from mobius_tui.tui.output.selectable import SelectablePane
from mobius_tui.tui.output.tabs import Tab, Target, tab_row


class TabbedPane(SelectablePane):
    """Shows which outputs there are; its owner changes the one that is shown."""

    DEFAULT_CSS = """
    TabbedPane {
        & > .output--plain { color: $foreground; }
        & > .output--muted { color: $text-muted; }
        & > .output--accent { color: $accent; }
        & > .output--good { color: $success; }
        & > .output--warn { color: $warning; }
        & > .output--bad { color: $error; text-style: bold; }
        & > .output--chosen { color: $accent; text-style: bold reverse; }
    }
    """

    COMPONENT_CLASSES: ClassVar = {
        "output--plain",
        "output--muted",
        "output--accent",
        "output--good",
        "output--warn",
        "output--bad",
        "output--chosen",
    }

    tabs: reactive[tuple[Tab, ...]] = reactive((), repaint=False, init=False)
    """The outputs that can be shown."""
    tab: reactive[str] = reactive("", repaint=False, init=False)
    """The key of the one that is shown."""

    TabChosen: TypeAlias = messages.TabChosen
    StopWanted: TypeAlias = messages.StopWanted
    OpenWanted: TypeAlias = messages.OpenWanted

    def __init__(self, *, repaints: int = 20, id: str | None = None) -> None:  # noqa: A002
        """Make an empty pane; see `OutputPane`."""
        super().__init__(repaints=repaints, id=id)
        self._targets: list[Target] = []

    @property
    def rows_above(self) -> int:
        """The row of tabs, where there is another one than what is shown."""
        return int(any(tab.key != self.tab for tab in self.tabs))

    def room(self) -> tuple[int, int]:
        """What the tabs leave."""
        width, height = super().room()
        return width, max(1, height - self.rows_above)

    def lay_out(self) -> list[Strip]:
        """The rows in sight, under the tabs."""
        strips = super().lay_out()
        if not self.rows_above:
            return strips
        row, self._targets = tab_row(
            self.tabs,
            self.tab,
            self.size.width,
            self.style_of,
            stop_key=command("output.stop").key_name,
        )
        return [row, *strips]

    def style_of(self, name: str) -> Style:
        """The style of a role, or of another part of the pane."""
        return self.get_component_rich_style(f"output--{name}")

    def watch_tabs(self) -> None:
        """Draw the tabs anew."""
        self.repaint()

    watch_tab = watch_tabs

    def action_tab(self, step: int) -> None:
        """Show the output before, or the next one."""
        keys = [tab.key for tab in self.tabs]
        if self.tab in keys:
            keys = keys[keys.index(self.tab) :] + keys[: keys.index(self.tab)]
            self.post_message(messages.TabChosen(keys[step % len(keys)]))
        elif keys:
            self.post_message(messages.TabChosen(keys[0 if step > 0 else -1]))

    @property
    def stops(self) -> bool:
        """Whether what is shown runs beside the run, and can be stopped from here."""
        return any(tab.stops and tab.key == self.tab for tab in self.tabs)

    def action_stop(self) -> None:
        """Stop the shown output's step, where it is one that runs beside the run."""
        if not self.stops:
            raise SkipAction
        self.post_message(messages.StopWanted(self.tab))

    def on_click(self, event: events.Click) -> None:
        """Show the tab under the pointer, or stop it."""
        at = event.get_content_offset(self)
        if at is None or not self.rows_above or at.y > 0:
            return
        for target in self._targets:
            if target.left <= at.x < target.right:
                kind = messages.StopWanted if target.stops else messages.TabChosen
                self.post_message(kind(target.key))

    def action_open(self, way: Literal["pager", "editor", "save"]) -> None:
        """Have the output opened in a pager or an editor, or saved."""
        if self.viewport is None or not self.viewport.document.size:
            self.post_message(messages.Told("There is no output yet."))
        else:
            self.post_message(messages.OpenWanted(way))
