"""The text of an output as it is shown, without colours, in pieces of bounded size."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import accumulate

from mobius_tui.sanitize import SGR, clean, decode, drop_overwritten
from mobius_tui.tui.output.output_document import (
    MAX_COSTLY_ITEMS,
    MAX_SHOWN_LINE_BYTES,
    shown_part,
    shown_part_of_long,
)

ByteReader = Callable[[int, int], bytes]
"""Given how many bytes and their offset, reads a file."""

TEXT_BLOCK_BYTES = 256 * 1024
"""Bytes that are read at once."""


class ShownLines:
    """The lines of a block as they are shown."""

    def __init__(self, offsets: list[int], texts: list[str]) -> None:
        self.offsets = offsets
        self.texts = texts
        self._before: list[int] | None = None

    def hits_before_lines(self, pattern: re.Pattern[str]) -> list[int]:
        """Return how many hits are before each line, and before the end.

        Args:
            pattern: The same at each call: the counts of the first one are kept.
        """
        if self._before is None:
            counts = (len(pattern.findall(text)) for text in self.texts)
            self._before = list(accumulate(counts, initial=0))
        return self._before


def lines_without_colours(data: bytes) -> str:
    """Return whole lines as they are shown, without colours."""
    text = drop_overwritten(decode(data))
    without = SGR.sub("", text) if "\x1b" in text else text
    if without.isascii():
        # Lines of printable characters alone are clean: ten times faster to see.
        if without.replace("\n", "").isprintable():
            return without
        return clean(without, newlines=True)
    # A combining mark behind a colour does not stand on the character before it.
    return SGR.sub("", clean(text, keep_sgr=True, newlines=True))


def has_long_line(data: bytes) -> bool:
    """Whether some line in `data` is so long that not all of it may be shown."""
    start = 0
    while start + MAX_COSTLY_ITEMS < len(data):
        found = data.rfind(b"\n", start, start + MAX_COSTLY_ITEMS + 1)
        if found < 0:
            return True
        start = found + 1
    return False


def pieces_of_shown_text(read: ByteReader, start: int, stop: int) -> Iterator[str]:
    """Give the text of an open file's lines, some at a time.

    Of a long line there is what the pane shows, and how much is missing.

    Args:
        read: Gives bytes of the file.
        start: The offset of a line's first byte.
        stop: Where to end, in bytes.
    """
    while start < stop:
        data = read(min(TEXT_BLOCK_BYTES, stop - start), start)
        if not data:
            return
        is_last = start + len(data) >= stop
        whole = data if is_last else data[: data.rfind(b"\n") + 1]
        if whole and not has_long_line(whole):
            yield lines_without_colours(whole)
            start += len(whole)
        elif (end := data.find(b"\n", 0, MAX_SHOWN_LINE_BYTES + 1)) >= 0:
            yield _text_with_hidden_note(*shown_part(data[:end]))
            start += end + 1
        else:
            text, start = _long_line(read, start, stop)
            yield text


def _long_line(read: ByteReader, start: int, stop: int) -> tuple[str, int]:
    """Return what is shown of the line at `start`, and where the next one begins."""
    end = newline_from(read, start, stop)
    head = read(min(MAX_SHOWN_LINE_BYTES, end - start), start)
    tail_start = max(start, end - MAX_SHOWN_LINE_BYTES)
    tail = read(end - tail_start, tail_start)
    if len(head) < MAX_SHOWN_LINE_BYTES or end - start == MAX_SHOWN_LINE_BYTES:
        return _text_with_hidden_note(*shown_part(head)), end + 1
    return _text_with_hidden_note(*shown_part_of_long(head, tail, end - start)), end + 1


def _text_with_hidden_note(body: bytes, hidden: int) -> str:
    note = f" … {hidden:,} more bytes" if hidden else ""
    return f"{lines_without_colours(body)}{note}\n"


def newline_from(read: ByteReader, start: int, stop: int) -> int:
    """Return where the next newline is; `stop`, or the file's end, if there is none."""
    while start < stop:
        data = read(min(TEXT_BLOCK_BYTES, stop - start), start)
        if not data:
            break
        found = data.find(b"\n")
        if found >= 0:
            return start + found
        start += len(data)
    return start


def count_hits(
    text: str | bytes, wanted: str | bytes, *, is_case_sensitive: bool
) -> int:
    """Count the hits of a query, which is in lower case where case does not matter."""
    if isinstance(text, bytes) and isinstance(wanted, bytes):
        return (text if is_case_sensitive else text.lower()).count(wanted)
    assert isinstance(text, str)
    assert isinstance(wanted, str)
    return (text if is_case_sensitive else text.lower()).count(wanted)
