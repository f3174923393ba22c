"""The output pane with all that can be done in it; what it adds is finding."""

from __future__ import annotations

from functools import partial
from time import monotonic
from typing import ClassVar

from rich.cells import cell_len
from textual import on
from textual.actions import SkipAction

from mobius_tui.tui.output import messages
from mobius_tui.tui.output.document import text_of
from mobius_tui.tui.output.find_line import FindLine
from mobius_tui.tui.output.finder import Finder, Step
from mobius_tui.tui.output.marking import Mark
from mobius_tui.tui.output.places import Place, Row, row_of, rows_in_sight
from mobius_tui.tui.output.search import Search
from mobius_tui.tui.output.tabbed import TabbedPane

NEWS = 0.1
"""Seconds between two reports of how many hits there are."""

REST = 0.25
"""Seconds of rest before what was appended meanwhile is searched."""


class OutputWorkbench(TabbedPane):
    """The pane of the run screen; asks its owner, by messages, for what is not its."""

    DEFAULT_CSS = """
    OutputWorkbench {
        & > .output--hit { color: $warning; text-style: reverse; }
        & > .output--shown-hit { color: $accent; text-style: bold underline reverse; }
    }
    """

    COMPONENT_CLASSES: ClassVar = {
        "output--hit",
        "output--shown-hit",
    }

    def __init__(self, *, repaints: int = 20, id: str | None = None) -> None:  # noqa: A002
        """Make an empty pane; see `OutputPane`."""
        super().__init__(repaints=repaints, id=id)
        self._finder = Finder()
        self._find_line: FindLine | None = None

    @property
    def finds(self) -> bool:
        """Whether something is looked for, or about to be."""
        return self._find_line is not None and self._find_line.display

    def room(self) -> tuple[int, int]:
        """What the find line leaves."""
        width, height = super().room()
        taken = self._find_line.rows if self._find_line is not None else 0
        return width, max(1, height - taken)

    def has_marks(self) -> bool:
        """Whether anything may be marked."""
        return self._finder.search is not None or super().has_marks()

    def marks(self, row: Row) -> list[Mark]:
        """Hits, and over them what is selected."""
        hits = [
            (start, end, self.style_of("shown-hit" if is_shown else "hit"))
            for start, end, is_shown in self._finder.spans(row)
        ]
        return [*hits, *super().marks(row)]

    async def action_find(self) -> None:
        """Type what to find."""
        if self._find_line is None:
            self._find_line = FindLine()
            await self.mount(self._find_line)
        self._find_line.display = True
        self._say_found(self._find_line)
        self._find_line.begin()
        self.repaint(at_once=True)

    def action_dismiss(self) -> None:
        """End finding, or else select nothing, or else leave the key to others."""
        if self.finds:
            self.end_find()
        elif self.has_selection:
            self.clear_selection()
        else:
            raise SkipAction

    def action_rows(self, count: int) -> None:
        """Scroll; or go from hit to hit, while something is looked for."""
        if self._finder.search is None:
            super().action_rows(count)
        else:
            self._go(1 if count > 0 else -1)

    def action_hit(self, step: Step) -> None:
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

    def file_changed(self) -> None:
        """Look for the same text in another file; select nothing in it."""
        search = self._finder.search
        self._finder.end()
        self.clear_selection()
        if search is not None:
            self._begin(search.wanted)

    def refresh_from_file(self) -> None:
        """Take up what was appended, and search it."""
        super().refresh_from_file()
        self._count()

    def line_to_copy(self) -> int:
        """The shown hit's line, where there is one."""
        hit = self._finder.hit
        return hit.line if hit is not None else super().line_to_copy()

    @on(FindLine.Changed)
    def _wanted_changed(self, event: FindLine.Changed) -> None:
        event.stop()
        self._begin(event.wanted)

    @on(FindLine.Went)
    def _went(self, event: FindLine.Went) -> None:
        event.stop()
        self._go(1 if event.step > 0 else -1)

    @on(FindLine.Left)
    def _left(self, event: FindLine.Left) -> None:
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
            step: Step = -1 if self.following else 1
            origin = self._edge(step)
            if hit is not None:
                step, origin = before, Place(hit.line, hit.column - before)
            try:
                self._finder.begin(self.path, wanted, origin, step, self.limit)
            except OSError as error:
                self.post_message(messages.Told(f"{self.path}: {error.strerror}"))
        self._count()
        self._show_found()

    def _edge(self, step: Step) -> Place:
        """Where the first hit is looked for from: just beyond what is in sight."""
        viewport = self.viewport
        assert viewport is not None
        return Place(viewport.top, -1) if step > 0 else Place(viewport.end(), -1)

    def _go(self, step: Step) -> None:
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
            if monotonic() - told > NEWS:
                told = monotonic()
                self.post_message(messages.Searched(search))
        self.post_message(messages.Searched(search, is_over=True))

    def on_output_pane_searched(self, event: messages.Searched) -> None:
        """Show what was found; look at what came meanwhile after a rest."""
        if event.search is self._finder.search:
            if event.is_over:
                self._finder.counting = False
                self.set_timer(REST, self._count)
            self._show_found()

    def _show_found(self) -> None:
        """Go to the hit that was looked for, if it is known by now; and say so."""
        found = self._finder.sought()
        if found is not None:
            self._show_place(found)
        if self._find_line is not None:
            self._say_found(self._find_line)
        self.repaint(at_once=True)

    def _say_found(self, line: FindLine) -> None:
        line.say(self._finder.words(), passes_over=self._finder.passes_over)

    def _show_place(self, place: Place) -> None:
        """Bring a place into sight, a third of the way down if it is not."""
        viewport = self.viewport
        if viewport is None or place.line >= viewport.document.size:
            return
        self.following = False
        for row in rows_in_sight(viewport):
            if row.line.start == place.line and row.start <= place.column < row.end:
                return
        viewport.top, viewport.skip = place.line, row_of(viewport, place)
        viewport.move(-(viewport.height // 3))
        if not self.wrap:
            line = viewport.document.line(place.line)
            cells = cell_len(text_of(line)[: place.column])
            self.shift = max(0, cells - viewport.layout.text_width // 2)

    def on_unmount(self) -> None:
        """Let go of the file."""
        self._finder.end()
