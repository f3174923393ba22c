"""Keys in a column, and beside each what it does."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest

from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

KEY_CELLS = 11
"""Cells of the column of keys; more keys than that go on in the next line."""
INDENT = "  "

KeyRow = tuple[Content, Content]
"""The keys, and what they do."""


class KeyTable(Widget):
    """Rows with hanging indents; as high as they need."""

    rows: reactive[tuple[KeyRow, ...]] = reactive((), layout=True)

    def __init__(self, rows: tuple[KeyRow, ...]) -> None:
        super().__init__()
        self.set_reactive(KeyTable.rows, rows)

    def _lines(self, width: int) -> Iterable[Content]:
        room = max(10, width - KEY_CELLS - len(INDENT) - 1)
        blank = Content(" " * KEY_CELLS)
        for keys, words in self.rows:
            pairs = zip_longest(keys.wrap(KEY_CELLS), words.wrap(room))
            for key, part in pairs:
                label = blank if key is None else key.rstrip()
                label = label.pad_right(KEY_CELLS - label.cell_length)
                yield Content(INDENT) + label + Content(" ") + (part or Content(""))

    def render(self) -> RenderResult:
        """The laid-out lines."""
        return Content("\n").join(self._lines(self.size.width))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many rows as there are lines."""
        del container, viewport
        return len(tuple(self._lines(width)))
