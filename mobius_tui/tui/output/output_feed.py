"""Opens the output file when it appears, and again if it was truncated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

from mobius_tui.tui.output.output_document import OutputDocument

COUNT_SLICE_BYTES = 1024 * 1024
"""Bytes that are counted in one go: half a millisecond, in which no key is taken."""
MAX_UNCOUNTED_BYTES = 32 * 1024 * 1024
"""Uncounted bytes above which counting waits until the output stops growing."""
POURING_GROWTH_SECONDS = 0.25
"""Seconds between polls whether output that pours still grows."""
COUNT_REST_FACTOR = 9
"""While output still comes, the counting thread rests this many times as long as it
took to count a slice."""


class OutputFeed:
    """Opens an output file once there is one, and reads on as it grows."""

    def __init__(
        self, output: Path | None, spans: Path | None, limit: int | None = None
    ) -> None:
        self.output = output
        self.spans = spans
        self.limit = limit
        """Bytes of the output that are shown; none for all."""
        self.document: OutputDocument | None = None
        """The open file; none while it does not exist."""
        self.counted_document: OutputDocument | None = None
        """The document whose lines a thread counts."""
        self.problem = ""
        """Why the file can't be opened, in words; empty if it can, or is not there."""

    def poll(self) -> bool:
        """Take note of what came since the last call; return whether anything did."""
        if self.document is None:
            return self._open()
        changed = self.document.refresh()
        if self.document.shrunk:
            self.close()
            self._open()
            return True
        return changed

    def count(self) -> OutputDocument | None:
        """Count the lines that came, if they are few.

        Returns:
            The document, if a thread should count its lines: `scan`, by
            `COUNT_SLICE_BYTES` bytes.
        """
        document = self.document
        if document is None or document is self.counted_document:
            return None
        uncounted = document.size - document.index.scanned
        if uncounted > COUNT_SLICE_BYTES:
            return document
        if uncounted > 0:
            document.scan(uncounted)
        return None

    def close(self) -> None:
        """Close the document, if it is open."""
        if self.document is not None:
            self.document.close()
            self.document = None

    def _open(self) -> bool:
        if self.output is None:
            return False
        before, self.problem = self.problem, ""
        try:
            self.document = OutputDocument(self.output, self.spans, self.limit)
            self.document.refresh()
        except FileNotFoundError:
            return bool(before)
        except OSError as error:
            self.problem = f"Cannot read {self.output}: {error.strerror}."
            return self.problem != before
        return True


def count_all(document: OutputDocument, is_growing: Callable[[], bool]) -> None:
    """Count lines up to the end, in a thread of its own.

    Args:
        document: whose lines.
        is_growing: whether something prints, and wants the processor, too.
    """
    seen = -1
    while True:
        behind = document.size - document.index.scanned
        if is_growing() and behind > MAX_UNCOUNTED_BYTES and document.size != seen:
            # It pours: how many lines there are can wait, and the keys cannot.
            seen = document.size
            sleep(POURING_GROWTH_SECONDS)
            continue
        began = monotonic()
        if document.scan(COUNT_SLICE_BYTES):
            return
        if is_growing():
            sleep(COUNT_REST_FACTOR * (monotonic() - began))
