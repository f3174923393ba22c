"""Finding in an output: the line that is typed in, the hit that is shown, the words."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import ClassVar, Literal

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from mobius_tui.tui.commands.registry import command_by_id
from mobius_tui.tui.output.output_document import OutputLine
from mobius_tui.tui.output.output_search import Search
from mobius_tui.tui.output.viewport import TextPlace, TextRow

NOT_SEARCHED_NOTE = "Not searched: of long lines, the bytes that are not shown"
"""The note under the count of hits if some lines are too long to be shown whole."""
HIT_COMMANDS = ("output.next_hit", "output.hit_before", "output.dismiss")
"""Ids of the commands that the pane has while it shows hits, in the hint's order."""


class FindInput(Input):
    """What is typed; up and down go from hit to hit."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "go(-1)", "Hit before", show=False),
        Binding("down", "go(1)", "Next hit", show=False),
        Binding("escape", "finish", "End finding", show=False),
    ]

    def action_go(self, step: int) -> None:
        """Go to another hit."""
        self.post_message(FindLine.HitRequested(step))

    def action_finish(self) -> None:
        """Find nothing any more."""
        self.post_message(FindLine.Ended())


class FindLine(Vertical):
    """A line at the foot of the pane: what to find, and how often it is there."""

    DEFAULT_CSS = """
    FindLine {
        dock: bottom;
        height: auto;
        background: $panel;
        & > Horizontal { height: 1; }
        & .label { width: auto; text-style: bold; color: $accent; }
        & .count { width: auto; padding: 0 1; color: $text-muted; }
        & Input { width: 1fr; }
        & > .note { height: 1; color: $warning; text-wrap: nowrap; }
    }
    """

    class Changed(Message):
        """Something else is to be found."""

        def __init__(self, wanted: str) -> None:
            super().__init__()
            self.wanted = wanted

    class HitRequested(Message):
        """Another hit is to be shown."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    class Ended(Message):
        """Nothing is to be found any more."""

    class Accepted(Message):
        """The hits stay, and the keys go back to the output."""

    def __init__(self) -> None:
        super().__init__()
        self._words = ""
        self._line = FindInput(compact=True, select_on_focus=True)
        self._count = Static("", classes="count", markup=False)
        self._note = Static(NOT_SEARCHED_NOTE, classes="note", markup=False)
        self._note.display = False

    def compose(self) -> ComposeResult:
        """Label, line, count; and the note."""
        with Horizontal():
            yield Static("Find ", classes="label", markup=False)
            yield self._line
            yield self._count
        yield self._note

    @property
    def rows(self) -> int:
        """How many it takes of the pane."""
        return self.display + (self.display and self._note.display)

    def show_count(self, words: str, *, has_unsearched_text: bool) -> None:
        """Show how many hits there are, and whether some lines are not searched."""
        self._words = words
        self._note.display = has_unsearched_text
        self._show_note()

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _show_note(self) -> None:
        """Show the note, and which keys go on from here."""
        names = (command_by_id(each).key_name for each in HIT_COMMANDS)
        keys = "↑ ↓ Enter" if self._line.has_focus else " ".join(filter(None, names))
        self._count.update(f"{self._words}  {keys}".strip())

    def focus_input(self) -> None:
        """Type."""
        self._line.focus()

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Accepted())


SearchDirection = Literal[1, -1]


class Finder:
    """Searches an output for a text, which replaces the one before."""

    def __init__(self) -> None:
        self.search: Search | None = None
        """What is looked for now."""
        self.hit: TextPlace | None = None
        """The hit that is shown."""
        self.counting = False
        """Whether a thread counts."""
        self.first_step: SearchDirection = 1
        """In which direction the first hit was looked for."""
        self._origin = TextPlace(0, 0)
        self._step: SearchDirection | None = None
        self._line: OutputLine | None = None
        self._pattern: re.Pattern[str] | None = None
        self._rest: Iterator[re.Match[str]] = iter(())
        self._row_matches: list[tuple[int, int]] = []

    def begin(
        self,
        path: Path,
        query: str,
        origin: TextPlace,
        step: SearchDirection,
        limit: int | None = None,
    ) -> None:
        """Replace the current search by one for another text.

        Args:
            path: The output.
            query: The text; empty for none.
            origin: From where on the first hit is looked for.
            step: In which direction.
            limit: Bytes of the output that are searched; none for all.

        Raises:
            OSError: The output can't be read.
        """
        self.end()
        if query:
            self.search = Search(path, query, near=origin.line, limit=limit)
            self._origin, self._step = origin, step
            self.first_step = step

    def end(self) -> None:
        """Look for nothing any more."""
        if self.search is not None:
            self.search.close()
        self.search = self.hit = self._step = None
        self.counting = False

    def go(self, step: SearchDirection, origin: TextPlace) -> None:
        """Look for the next hit after the shown one, or from `origin` if none is."""
        self._origin, self._step = self.hit or origin, step

    def take_sought_hit(self) -> TextPlace | None:
        """Return the hit that was looked for, once, as soon as it is known."""
        if self.search is None or self._step is None:
            return None
        found = self.search.nearest(self._origin, self._step)
        if found is not None:
            self.hit, self._step = found, None
        elif self.search.is_done:
            self._step = None
        return found

    def hits_in_row(self, row: TextRow) -> Iterator[tuple[int, int, bool]]:
        """Give the hits that a row shows, and whether each is the one that is shown."""
        if self.search is None:
            return
        for start, end in self._hits(self.search, row):
            yield start, end, TextPlace(row.line.start, start) == self.hit

    def _hits(self, search: Search, row: TextRow) -> list[tuple[int, int]]:
        """Return the hits in a row; its line is searched but once, as far as needed."""
        if self._line is not row.line or self._pattern is not search.pattern:
            self._line, self._pattern = row.line, search.pattern
            self._rest = search.pattern.finditer(row.text)
            self._row_matches = []
        while not self._row_matches or self._row_matches[-1][0] < row.end:
            match = next(self._rest, None)
            if match is None:
                break
            self._row_matches.append(match.span())
        first = bisect_right(self._row_matches, row.start, key=itemgetter(1))
        last = bisect_left(self._row_matches, row.end, key=itemgetter(0))
        return self._row_matches[first:last]

    @property
    def has_unsearched_text(self) -> bool:
        """Whether some line is too long to be searched to its end."""
        return self.search is not None and self.search.has_unsearched_text

    def words(self) -> str:
        """The number of hits, and which one is shown, in words."""
        search = self.search
        if search is None:
            return ""
        total, done = search.total, search.is_done
        if not total:
            return "not found" if done else "searching …"
        known = f"{total:,}" if done else f"≥ {total:,}"
        number = search.number(self.hit) if self.hit is not None else None
        if number is not None:
            return f"{number:,} of {known}"
        return f"{known} found"
