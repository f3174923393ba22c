"""The output pane with all that is done in it: tabs, the mouse, copying, finding."""

from __future__ import annotations

from functools import partial
from time import monotonic
from typing import ClassVar, Literal, TypeAlias

from rich.cells import cell_len
from rich.style import Style
from textual import events, on
from textual.actions import SkipAction
from textual.reactive import reactive
from textual.strip import Strip

from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.tui.commands.registry import command_by_id
from mobius_tui.tui.output import pane_messages
from mobius_tui.tui.output.output_document import text_of
from mobius_tui.tui.output.output_finder import Finder, FindLine, SearchDirection
from mobius_tui.tui.output.output_pane import OutputPane
from mobius_tui.tui.output.output_search import Search
from mobius_tui.tui.output.output_selection import (
    CharacterMark,
    OutputSelection,
    draw_marks,
)
from mobius_tui.tui.output.viewport import (
    TextPlace,
    TextRow,
    row_within_line,
    visible_rows,
)
from mobius_tui.tui.presenters.output_choice import OutputTab, TabTarget, tab_row

PROGRESS_INTERVAL = 0.1
"""Seconds between two reports of how many hits there are."""

RECOUNT_PAUSE = 0.25
"""Seconds of rest before what was appended meanwhile is searched."""

OUTPUT_WHEEL_ROWS = 3
"""Rows that one notch of the mouse wheel moves."""


class InteractiveOutputPane(OutputPane):
    """The pane of the run screen; asks its owner, by messages, for what is not its.

    It shows which outputs there are, as tabs; its owner changes the one that is shown.
    """

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    InteractiveOutputPane {
        & > .output--selected { text-style: reverse; }
        & > .output--plain { color: $foreground; }
        & > .output--muted { color: $text-muted; }
        & > .output--accent { color: $accent; }
        & > .output--good { color: $success; }
        & > .output--warn { color: $warning; }
        & > .output--bad { color: $error; text-style: bold; }
        & > .output--chosen { color: $accent; text-style: bold reverse; }
        & > .output--hit { color: $warning; text-style: reverse; }
        & > .output--shown-hit { color: $accent; text-style: bold underline reverse; }
    }
    """

    COMPONENT_CLASSES: ClassVar = {
        "output--selected",
        "output--plain",
        "output--muted",
        "output--accent",
        "output--good",
        "output--warn",
        "output--bad",
        "output--chosen",
        "output--hit",
        "output--shown-hit",
    }

    tabs: reactive[tuple[OutputTab, ...]] = reactive((), repaint=False, init=False)
    """The outputs that can be shown."""
    tab: reactive[AttemptId | None] = reactive(None, repaint=False, init=False)
    """The attempt of the one that is shown; `None` for none."""

    CopyWanted: TypeAlias = pane_messages.CopyWanted
    NoticeRequested: TypeAlias = pane_messages.NoticeRequested
    TabChosen: TypeAlias = pane_messages.TabChosen
    StopWanted: TypeAlias = pane_messages.StopWanted
    OpenWanted: TypeAlias = pane_messages.OpenWanted

    def __init__(self, *, repaints: int = 20, id: str | None = None) -> None:  # noqa: A002
        """Make an empty pane; see `OutputPane`."""
        super().__init__(repaints=repaints, id=id)
        self._selected = OutputSelection(self, rows_above=lambda: self.rows_above)
        self._targets: list[TabTarget] = []
        self._finder = Finder()
        self._find_line: FindLine | None = None

    # Laying out

    @property
    def rows_above(self) -> int:
        """The row of tabs, where there is another one than what is shown."""
        return int(any(tab.attempt != self.tab for tab in self.tabs))

    def room(self) -> tuple[int, int]:
        """The width and height left for output beside the tab row and the find line."""
        width, height = super().room()
        find = self._find_line.rows if self._find_line is not None else 0
        return width, max(1, max(1, height - self.rows_above) - find)

    def lay_out(self) -> list[Strip]:
        """The rows in sight, with what is marked in them, under the tabs."""
        strips = self._with_marks(super().lay_out())
        if not self.rows_above:
            return strips
        row, self._targets = tab_row(
            self.tabs,
            self.tab,
            self.size.width,
            self.style_of,
            stop_key=command_by_id("output.stop").key_name,
        )
        return [row, *strips]

    def _with_marks(self, strips: list[Strip]) -> list[Strip]:
        viewport = self.viewport
        if viewport is None or not (self.has_selection or self._finder.search):
            return strips
        margin = viewport.layout.margin
        rows = visible_rows(viewport)
        return [
            draw_marks(strip, row, self._marks(row), margin)
            for strip, row in zip(strips, rows, strict=True)
        ]

    def _marks(self, row: TextRow) -> list[CharacterMark]:
        """Hits, and over them what is selected."""
        marks: list[CharacterMark] = [
            (start, end, self.style_of("shown-hit" if is_shown else "hit"))
            for start, end, is_shown in self._finder.hits_in_row(row)
        ]
        if self.has_selection:
            style = self.get_component_rich_style("output--selected", partial=True)
            marks.append((*self._selected.within(row), style))
        return marks

    def style_of(self, name: str) -> Style:
        """The style of a role, or of another part of the pane."""
        return self.get_component_rich_style(f"output--{name}")

    def watch_tabs(self) -> None:
        """Draw the tabs anew."""
        self.repaint()

    watch_tab = watch_tabs

    # The mouse

    @property
    def has_selection(self) -> bool:
        """Whether something is selected."""
        return self._selected.stretch is not None

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll by the wheel, in place of the usual scrolling of widgets."""
        event.stop().prevent_default()
        self.scroll_rows(OUTPUT_WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll by the wheel, in place of the usual scrolling of widgets."""
        event.stop().prevent_default()
        self.scroll_rows(-OUTPUT_WHEEL_ROWS)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin to select."""
        self._selected.press(event)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Select up to the pointer."""
        self._selected.move(event)

    def on_mouse_up(self) -> None:
        """Select no further."""
        self._selected.release()

    def on_click(self, event: events.Click) -> None:
        """Show the tab under the pointer, or stop it."""
        at = event.get_content_offset(self)
        if at is None or not self.rows_above or at.y > 0:
            return
        for target in self._targets:
            if target.left <= at.x < target.right:
                kind = (
                    pane_messages.StopWanted
                    if target.is_stop_button
                    else pane_messages.TabChosen
                )
                self.post_message(kind(target.attempt))

    # What its owner does for it

    def action_copy(self) -> None:
        """Copy the selection, or a line, which is selected to show which one."""
        self._selected.copy(self.line_to_copy)

    def action_copy_all(self) -> None:
        """Copy the whole output, unless that is too much for any clipboard."""
        self._selected.copy_all()

    def line_to_copy(self) -> int:
        """Where the line begins that is copied if nothing is selected.

        It is the shown hit's; else the newest one while the pane follows, or else the
        first one in sight.
        """
        if self._finder.hit is not None:
            return self._finder.hit.line
        assert self.viewport is not None
        rows = visible_rows(self.viewport)
        return rows[-1 if self.following else 0].line.start

    def action_tab(self, step: int) -> None:
        """Show the output before, or the next one."""
        attempts = [tab.attempt for tab in self.tabs]
        if self.tab in attempts:
            place = attempts.index(self.tab) + step
            self.post_message(pane_messages.TabChosen(attempts[place % len(attempts)]))
        elif attempts:
            place = 0 if step > 0 else -1
            self.post_message(pane_messages.TabChosen(attempts[place]))

    @property
    def is_shown_stoppable(self) -> bool:
        """Whether what is shown runs beside the run, and can be stopped from here."""
        return any(tab.is_stoppable and tab.attempt == self.tab for tab in self.tabs)

    def action_stop(self) -> None:
        """Stop the shown output's step, where it is one that runs beside the run."""
        if self.tab is None or not self.is_shown_stoppable:
            raise SkipAction
        self.post_message(pane_messages.StopWanted(self.tab))

    def action_open(self, way: Literal["pager", "editor", "save"]) -> None:
        """Have the output opened in a pager or an editor, or saved."""
        if self.viewport is None or not self.viewport.document.size:
            self.post_message(pane_messages.NoticeRequested("There is no output yet."))
        else:
            self.post_message(pane_messages.OpenWanted(way))

    # Finding

    @property
    def is_finding(self) -> bool:
        """Whether something is looked for, or about to be."""
        return self._find_line is not None and self._find_line.display

    async def action_find(self) -> None:
        """Type what to find."""
        if self._find_line is None:
            self._find_line = FindLine()
            await self.mount(self._find_line)
        self._find_line.display = True
        self._show_count(self._find_line)
        self._find_line.focus_input()
        self.repaint(at_once=True)

    def action_dismiss(self) -> None:
        """End finding, or else select nothing, or else leave the key to others."""
        if self.is_finding:
            self.end_find()
        elif self.has_selection:
            self._selected.clear()
        else:
            raise SkipAction

    def action_rows(self, count: int) -> None:
        """Scroll; or go from hit to hit, while something is looked for."""
        if self._finder.search is None:
            super().action_rows(count)
        else:
            self._go(1 if count > 0 else -1)

    def action_hit(self, step: SearchDirection) -> None:
        """Go to the next hit, or the one before; without a search, leave the key."""
        if self._finder.search is None:
            raise SkipAction
        self._go(step)

    def end_find(self) -> None:
        """Find nothing any more; where the person is stays."""
        self._finder.end()
        if self._find_line is not None:
            if self._find_line.has_focus_within:
                self.focus()
            self._find_line.display = False
        self.repaint(at_once=True)

    def output_switched(self) -> None:
        """Look for the same text in another file; select nothing in it."""
        search = self._finder.search
        self._finder.end()
        self._selected.clear()
        if search is not None:
            self._begin(search.query)

    def refresh_from_file(self) -> None:
        """Take up what was appended, and search it."""
        super().refresh_from_file()
        self._count()

    @on(FindLine.Changed)
    def _wanted_changed(self, event: FindLine.Changed) -> None:
        event.stop()
        self._begin(event.wanted)

    @on(FindLine.HitRequested)
    def _hit_requested(self, event: FindLine.HitRequested) -> None:
        event.stop()
        self._go(1 if event.step > 0 else -1)

    @on(FindLine.Accepted)
    def _left(self, event: FindLine.Accepted) -> None:
        event.stop()
        self.focus()

    @on(FindLine.Ended)
    def _ended(self, event: FindLine.Ended) -> None:
        event.stop()
        self.end_find()

    def _begin(self, wanted: str) -> None:
        """Look for a text: from the shown hit on, or from what is in sight."""
        hit, before = self._finder.hit, self._finder.first_step
        self._finder.end()
        if self.path is not None and self.viewport is not None:
            step: SearchDirection = -1 if self.following else 1
            origin = self._edge(step)
            if hit is not None:
                step, origin = before, TextPlace(hit.line, hit.column - before)
            try:
                self._finder.begin(self.path, wanted, origin, step, self.limit)
            except OSError as error:
                self.post_message(
                    pane_messages.NoticeRequested(f"{self.path}: {error.strerror}")
                )
        self._count()
        self._show_found()

    def _edge(self, step: SearchDirection) -> TextPlace:
        """Where the first hit is looked for from: the edge of what is in sight.

        It is the upper edge for later hits, the lower one for earlier ones: what is in
        sight is searched first.
        """
        viewport = self.viewport
        assert viewport is not None
        return (
            TextPlace(viewport.top, -1) if step > 0 else TextPlace(viewport.end(), -1)
        )

    def _go(self, step: SearchDirection) -> None:
        if self.viewport is not None:
            self._finder.go(step, self._edge(step))
            self._count()
            self._show_found()

    def _count(self) -> None:
        """Have the hits counted that are not, by a thread; one at a time."""
        search = self._finder.search
        if search is not None and not self._finder.counting and search.grow():
            self._finder.counting = True
            work = partial(self._count_hits, search)
            self.run_worker(work, thread=True, group="find", exit_on_error=False)

    def _count_hits(self, search: Search) -> None:
        """Count hits up to the end, in a thread."""
        told = 0.0
        while search.count_some():
            if monotonic() - told > PROGRESS_INTERVAL:
                told = monotonic()
                self.post_message(pane_messages.Searched(search))
        self.post_message(pane_messages.Searched(search, is_over=True))

    def on_output_pane_searched(self, event: pane_messages.Searched) -> None:
        """Show what was found; look at what came meanwhile after a rest."""
        if event.search is self._finder.search:
            if event.is_over:
                self._finder.counting = False
                self.set_timer(RECOUNT_PAUSE, self._count)
            self._show_found()

    def _show_found(self) -> None:
        """Go to the hit that was looked for, if it is known by now; and say so."""
        found = self._finder.take_sought_hit()
        if found is not None:
            self._show_place(found)
        if self._find_line is not None:
            self._show_count(self._find_line)
        self.repaint(at_once=True)

    def _show_count(self, line: FindLine) -> None:
        line.show_count(
            self._finder.words(), has_unsearched_text=self._finder.has_unsearched_text
        )

    def _show_place(self, place: TextPlace) -> None:
        """Bring a place into sight, a third of the way down if it is not."""
        viewport = self.viewport
        if viewport is None or place.line >= viewport.document.size:
            return
        self.following = False
        for row in visible_rows(viewport):
            if row.line.start == place.line and row.start <= place.column < row.end:
                return
        viewport.top, viewport.skip = place.line, row_within_line(viewport, place)
        viewport.move(-(viewport.height // 3))
        if not self.wrap:
            line = viewport.document.line(place.line)
            cells = cell_len(text_of(line)[: place.column])
            self.shift = max(0, cells - viewport.layout.text_width // 2)

    def on_unmount(self) -> None:
        """Let go of the file."""
        self._finder.end()
