"""What the mouse selects: characters, whole words, or whole lines."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from mobius_tui.run.regular import descriptor_of
from mobius_tui.tui.output.document import text_of
from mobius_tui.tui.output.places import Place, Stretch, place_at, word_at
from mobius_tui.tui.output.plain import shown_lines
from mobius_tui.tui.output.viewport import Viewport

AGAIN = 0.5
"""Seconds within which another press on the same cell means more."""

COPY_LIMIT = 8 * 1024 * 1024
"""Bytes of output that are copied at most: more is no use in a clipboard."""


class Selecting:
    """What the mouse selected; it stays on its text while that scrolls."""

    def __init__(self) -> None:
        self.stretch: Stretch | None = None
        """What is selected."""
        self._anchor: Stretch | None = None
        self._presses = 0
        self._pressed: tuple[int, int] = (-1, -1)
        self._pressed_at = 0.0

    def press(self, viewport: Viewport, x: int, y: int, now: float) -> None:
        """Take hold: once for characters, twice for words, three times for lines."""
        again = now - self._pressed_at < AGAIN and self._pressed == (x, y)
        self._presses = self._presses % 3 + 1 if again else 1
        self._pressed, self._pressed_at = (x, y), now
        place = place_at(viewport, x, y)
        self._anchor = None if place is None else self._unit(viewport, place)
        self.stretch = self._anchor if self._presses > 1 else None

    def drag(self, viewport: Viewport, x: int, y: int) -> None:
        """Select from where the mouse was pressed to where it is."""
        place = place_at(viewport, x, y)
        if place is None or self._anchor is None:
            return
        here = self._unit(viewport, place)
        if self._presses == 1 and here == self._anchor:
            self.stretch = None
            return
        start = min(self._anchor.start, here.start)
        self.stretch = Stretch(start, max(self._anchor.end, here.end))

    def take_line(self, viewport: Viewport, start: int) -> None:
        """Select the line that begins at an offset."""
        text = text_of(viewport.document.line(start))
        self.stretch = Stretch(Place(start, 0), Place(start, len(text)))

    def clear(self) -> None:
        """Select nothing."""
        self.stretch = self._anchor = None
        self._presses = 0

    def _unit(self, viewport: Viewport, place: Place) -> Stretch:
        """Return what one press, or two, or three take at a place."""
        text = text_of(viewport.document.line(place.line))
        first, last = place.column, place.column + 1
        if self._presses == 2:
            first, last = word_at(text, place.column)
        elif self._presses == 3:
            first, last = 0, len(text)
        return Stretch(Place(place.line, first), Place(place.line, last))


def read_stretch(path: Path, stretch: Stretch, after: int) -> str:
    """Read the text of a stretch, as it is shown.

    Args:
        path: The output.
        stretch: What to read.
        after: Where its last line ends, in bytes.

    Raises:
        OSError: It can't be read.
    """
    descriptor = descriptor_of(path)
    try:
        read = partial(os.pread, descriptor)
        text = "".join(shown_lines(read, stretch.start.line, after))
    finally:
        os.close(descriptor)
    lines = text.removesuffix("\n").split("\n")
    last = lines[-1][: stretch.end.column]
    first = stretch.start.column
    if len(lines) == 1:
        return last[first:]
    return "\n".join([lines[0][first:], *lines[1:-1], last])


def read_all(path: Path, limit: int | None = None) -> str:
    """Read a whole output, as it is shown.

    Args:
        path: The output.
        limit: Bytes after which it ends; none for the whole of it.

    Raises:
        OSError: It can't be read.
    """
    descriptor = descriptor_of(path)
    try:
        read = partial(os.pread, descriptor)
        return "".join(shown_lines(read, 0, COPY_LIMIT if limit is None else limit))
    finally:
        os.close(descriptor)
