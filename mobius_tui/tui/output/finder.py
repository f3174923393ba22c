"""Where finding stands: what is looked for, the hit that is shown, and the words."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import Literal

from mobius_tui.tui.output.document import Line
from mobius_tui.tui.output.places import Place, Row
from mobius_tui.tui.output.search import Search

Step = Literal[1, -1]


class Finder:
    """Looks for one text after the other in one file."""

    def __init__(self) -> None:
        self.search: Search | None = None
        """What is looked for now."""
        self.hit: Place | None = None
        """The hit that is shown."""
        self.counting = False
        """Whether a thread counts."""
        self.first_step: Step = 1
        """In which direction the first hit was looked for."""
        self._from = Place(0, 0)
        self._step: Step | None = None
        self._line: Line | None = None
        self._pattern: re.Pattern[str] | None = None
        self._rest: Iterator[re.Match[str]] = iter(())
        self._found: list[tuple[int, int]] = []

    def begin(
        self,
        path: Path,
        wanted: str,
        origin: Place,
        step: Step,
        limit: int | None = None,
    ) -> None:
        """Look for a text in place of the one before.

        Args:
            path: The output.
            wanted: The text; empty for none.
            origin: From where on the first hit is looked for.
            step: In which direction.
            limit: Bytes of the output that are searched; none for all.

        Raises:
            OSError: The output can't be read.
        """
        self.end()
        if wanted:
            self.search = Search(path, wanted, near=origin.line, limit=limit)
            self._from, self._step = origin, step
            self.first_step = step

    def end(self) -> None:
        """Look for nothing any more."""
        if self.search is not None:
            self.search.close()
        self.search = self.hit = self._step = None
        self.counting = False

    def go(self, step: Step, origin: Place) -> None:
        """Look for the next hit after the shown one, or from `origin` if none is."""
        self._from, self._step = self.hit or origin, step

    def sought(self) -> Place | None:
        """Return the hit that was looked for, once, as soon as it is known."""
        if self.search is None or self._step is None:
            return None
        found = self.search.nearest(self._from, self._step)
        if found is not None:
            self.hit, self._step = found, None
        elif self.search.is_done:
            self._step = None
        return found

    def spans(self, row: Row) -> Iterator[tuple[int, int, bool]]:
        """Give the hits that a row shows, and whether each is the one that is shown."""
        if self.search is None:
            return
        for start, end in self._hits(self.search, row):
            yield start, end, Place(row.line.start, start) == self.hit

    def _hits(self, search: Search, row: Row) -> list[tuple[int, int]]:
        """Return the hits in a row; its line is searched but once, as far as needed."""
        if self._line is not row.line or self._pattern is not search.pattern:
            self._line, self._pattern = row.line, search.pattern
            self._rest = search.pattern.finditer(row.text)
            self._found = []
        while not self._found or self._found[-1][0] < row.end:
            match = next(self._rest, None)
            if match is None:
                break
            self._found.append(match.span())
        first = bisect_right(self._found, row.start, key=itemgetter(1))
        last = bisect_left(self._found, row.end, key=itemgetter(0))
        return self._found[first:last]

    @property
    def passes_over(self) -> bool:
        """Whether some line is too long to be searched to its end."""
        return self.search is not None and self.search.passes_over

    def words(self) -> str:
        """Say how often it is there, and which one is shown."""
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
