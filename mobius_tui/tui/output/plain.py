"""The text of an output as it is shown, without colours, in pieces of bounded size."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mobius_tui.sanitize import SGR, clean, collapse, decode
from mobius_tui.tui.output.document import PIECE, shown_of_long

Read = Callable[[int, int], bytes]
"""Given how many bytes and their offset, reads a file."""

BLOCK = 256 * 1024
"""Bytes that are read at once."""


def plain(data: bytes) -> str:
    """Return whole lines as they are shown, without colours."""
    text = collapse(decode(data))
    without = SGR.sub("", text) if "\x1b" in text else text
    if without.isascii():
        # Lines of printable characters alone are clean: ten times faster to see.
        if without.replace("\n", "").isprintable():
            return without
        return clean(without, newlines=True)
    # A combining mark behind a colour does not stand on the character before it.
    return SGR.sub("", clean(text, keep_sgr=True, newlines=True))


def has_long_line(data: bytes) -> bool:
    """Whether some line in `data` has more than `PIECE` bytes."""
    start = 0
    while start + PIECE < len(data):
        found = data.rfind(b"\n", start, start + PIECE + 1)
        if found < 0:
            return True
        start = found + 1
    return False


def shown_lines(read: Read, start: int, stop: int) -> Iterator[str]:
    """Give the text of an open file's lines, some at a time.

    Of a line above `PIECE` bytes there is what the pane shows, and how much is missing.

    Args:
        read: Gives bytes of the file.
        start: The offset of a line's first byte.
        stop: Where to end, in bytes.
    """
    while start < stop:
        data = read(min(BLOCK, stop - start), start)
        if not data:
            return
        is_last = start + len(data) >= stop
        whole = data if is_last else data[: data.rfind(b"\n") + 1]
        if whole and not has_long_line(whole):
            yield plain(whole)
            start += len(whole)
        elif (end := data.find(b"\n", 0, PIECE + 1)) >= 0:
            yield plain(data[: end + 1])
            start += end + 1
        else:
            text, start = _long_line(read, start, stop)
            yield text


def _long_line(read: Read, start: int, stop: int) -> tuple[str, int]:
    """Return what is shown of the line at `start`, and where the next one begins."""
    end = newline_from(read, start, stop)
    head = read(min(PIECE, end - start), start)
    tail_start = max(start, end - PIECE)
    tail = read(end - tail_start, tail_start)
    body, whole = shown_of_long(head, tail)
    note = "" if whole else f" … {end - start - len(body):,} more bytes"
    return f"{plain(body)}{note}\n", end + 1


def newline_from(read: Read, start: int, stop: int) -> int:
    """Return where the next newline is; `stop`, or the file's end, if there is none."""
    while start < stop:
        data = read(min(BLOCK, stop - start), start)
        if not data:
            break
        found = data.find(b"\n")
        if found >= 0:
            return start + found
        start += len(data)
    return start
