"""The words in the lower border of the output pane."""

from __future__ import annotations

from time import monotonic

from mobius_tui.tui.output.document import Document
from mobius_tui.tui.output.viewport import Viewport

INTERVAL = 0.25
"""Seconds between two changes of the count alone: each redraws the whole border."""


class Status:
    """Says how many lines there are, and where among them the pane is."""

    def __init__(self) -> None:
        self.words = ""
        """What was said last."""
        self.running = False
        """Whether output may still come."""
        self.following = True
        """Whether the pane keeps to the end."""
        self.left_at = 0
        """The file's size in bytes when the pane ceased to follow its end."""
        self._changed = 0.0

    def update(self, viewport: Viewport | None, *, at_once: bool = False) -> bool:
        """Find new words, not more often than `INTERVAL`; return whether there are.

        Args:
            viewport: Where the pane looks.
            at_once: Don't wait for the interval.
        """
        now = monotonic()
        if not at_once and now < self._changed + INTERVAL:
            return False
        words = self._say(viewport) if viewport else ""
        if words == self.words:
            return False
        self.words, self._changed = words, now
        return True

    def _say(self, viewport: Viewport) -> str:
        document = viewport.document
        if not document.size:
            return ""
        count = document.index.lines
        known = "" if document.index.scanned >= document.size else "≥ "
        words = f"{known}{count:,} line{'' if count == 1 else 's'}"
        if self.following:
            return f"{words} · following ↓" if self.running else words
        if new := _newlines_from(document, self.left_at):
            return f"{words} · ↓ {new:,} new"
        if self.running:
            return f"{words} · End follows"
        return f"{words} · {100 * viewport.end() // document.size} %"


def _newlines_from(document: Document, offset: int) -> int:
    """Return the newlines behind `offset`, as far as they are counted."""
    index = document.index
    if index.scanned <= offset:
        return 0
    return index.newlines - index.line_at(offset)
