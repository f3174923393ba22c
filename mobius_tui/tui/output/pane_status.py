"""The words in the lower border of the output pane."""

from __future__ import annotations

from time import monotonic

from mobius_tui.runbook.text.units import size_in_words
from mobius_tui.tui.output.output_document import OutputDocument
from mobius_tui.tui.output.viewport import Viewport

INTERVAL = 0.25
"""Seconds between two changes of the count alone: each redraws the whole border."""
FEW = 1 << 20
"""Uncounted new bytes from which the status gives a size, not lines."""


class PaneStatus:
    """The number of lines, and the visible ones, in words."""

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
        words = self._status_text(viewport) if viewport else ""
        if words == self.words:
            return False
        self.words, self._changed = words, now
        return True

    def _status_text(self, viewport: Viewport) -> str:
        document = viewport.document
        if not document.size:
            return ""
        count = document.index.lines
        if not document.index.scanned:  # nobody has counted yet
            words = size_in_words(document.size)
        else:
            known = "" if document.index.scanned >= document.size else "≥ "
            words = f"{known}{count:,} line{'' if count == 1 else 's'}"
        if self.following:
            return f"{words} · following ↓" if self.running else words
        if new := _new_since(document, self.left_at):
            return f"{words} · ↓ {new} new"
        if self.running:
            return f"{words} · End follows"
        return f"{words} · {100 * viewport.end() // document.size} %"


def _new_since(document: OutputDocument, offset: int) -> str:
    """Return how much there is behind `offset`: in lines, where they are counted."""
    index = document.index
    if index.scanned < document.size and document.size > offset + FEW:
        return size_in_words(document.size - offset)
    if index.scanned <= offset:
        return ""
    lines = index.newlines - index.line_at(offset)
    return f"{lines:,}" if lines else ""
