"""Rows of a list in columns, as wide as their contents.

Where there is no room for all of them, what may be cut is cut, and then whole columns
go: what is left stands in full.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from rich.cells import cell_len
from textual.content import Content
from textual.css.styles import RulesMap
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual

from mobius_tui import sanitize
from mobius_tui.tui.presenters.styled_text import ROLE_STYLES, Role, cut, cut_in_middle

COLUMN_GAP_CELLS = 2
"""Cells between two columns."""
MAX_CELL_CHARACTERS = 400
"""Characters of one cell that are used at most: a title may be of any length."""
TableCell = tuple[str, Role]


class TableColumn(Struct, frozen=True, kw_only=True):
    """One column of a table."""

    caption: str
    rank: int = 0
    """Where there is no room, the column of the highest rank goes; one of 0 stays."""
    least: int = 0
    """Cells that it may be cut to; 0 for a column that is shown in full or left out."""
    most: int = 44
    """Cells that it takes at most."""
    has_ends: bool = False
    """Whether both its ends are kept where it is cut, as of an id."""
    is_right: bool = False
    """Whether its cells are flush right, as numbers are."""


class ColumnTable:
    """The columns that the rows of a list share."""

    def __init__(self, *columns: TableColumn) -> None:
        """Make a table without rows.

        Args:
            columns: from left to right.
        """
        self.columns = columns
        self._needed = [len(column.caption) for column in columns]
        self._fitted: dict[int, tuple[int, ...]] = {}

    def heading(self, title: str = "") -> TableRow:
        """The captions of the columns, with a title in place of the first."""
        captions = [column.caption for column in self.columns]
        first: TableCell = (title, "strong") if title else (captions[0], "muted")
        return TableRow(
            self, (first, *((each, "muted") for each in captions[1:])), indent=0
        )

    def row(self, *cells: TableCell) -> TableRow:
        """A row; all rows are made before the first one is drawn.

        Args:
            cells: one for each column, from anywhere.
        """
        known = tuple(
            (sanitize.line(words[:MAX_CELL_CHARACTERS]), role) for words, role in cells
        )
        for place, (words, _) in enumerate(known):
            width = min(cell_len(words), self.columns[place].most)
            self._needed[place] = max(self._needed[place], width)
        self._fitted.clear()
        return TableRow(self, known)

    def widths(self, room: int) -> tuple[int, ...]:
        """The cells of each column; 0 for one that is left out.

        Args:
            room: cells that there are for all of them, and the gaps between.
        """
        if room not in self._fitted:
            self._fitted[room] = tuple(self._fit(room))
        return self._fitted[room]

    def _fit(self, room: int) -> list[int]:
        widths = list(self._needed)
        ranked = sorted(range(len(widths)), key=lambda n: self.columns[n].rank)
        while True:
            shown = [width for width in widths if width]
            excess = sum(shown) + COLUMN_GAP_CELLS * (len(shown) - 1) - room
            spare = [
                max(0, width - column.least) if column.least else 0
                for width, column in zip(widths, self.columns, strict=True)
            ]
            if excess <= sum(spare):
                break
            last = ranked.pop()
            if not self.columns[last].rank:
                break
            widths[last] = 0
        for place, most in enumerate(spare):
            cut = min(max(0, excess), most)
            widths[place] -= cut
            excess -= cut
        return widths


class TableRow(Visual):
    """One row of a table, drawn for the width that is available."""

    def __init__(
        self, table: ColumnTable, cells: Sequence[TableCell], *, indent: int = 2
    ) -> None:
        self._table = table
        self._cells = cells
        self._indent = indent

    def __str__(self) -> str:
        """The full text of the row, at any width."""
        return "  ".join(words for words, _ in self._cells if words)

    def content_at(self, width: int) -> Content:
        """The row laid out to a width in cells.

        Captions stand where the cells stand: what is less indented begins earlier, and
        has a wider first cell.
        """
        more = 2 - self._indent
        parts = [Content(" " * self._indent)]
        widths = self._table.widths(max(1, width - 2))
        for (words, role), cells, column in zip(
            self._cells, widths, self._table.columns, strict=True
        ):
            if cells:
                cells, more = cells + more, 0
                parts.append(_cell(words, role, cells, column))
                parts.append(Content(" " * COLUMN_GAP_CELLS))
        return Content("").join(parts[:-1]).truncate(max(1, width), ellipsis=True)

    def render_strips(
        self, width: int, height: int | None, style: Style, options: RenderOptions
    ) -> list[Strip]:
        """The row, as Textual asks for it."""
        return self.content_at(width).render_strips(width, height, style, options)

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        """All that there is."""
        del rules
        return container_width

    def get_height(self, rules: RulesMap, width: int) -> int:
        """One line, whatever its width."""
        del rules, width
        return 1


def _cell(words: str, role: Role, width: int, column: TableColumn) -> Content:
    shown = (cut_in_middle if column.has_ends else cut)(words, width)
    pad = " " * (width - cell_len(shown))
    shown = f"{pad}{shown}" if column.is_right else f"{shown}{pad}"
    return Content.styled(shown, ROLE_STYLES[role])
