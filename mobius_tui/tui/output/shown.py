"""Which bytes of a line are shown: what it says at last, and not more than is quick."""

from __future__ import annotations

from mobius_tui.sanitize import excess

COSTLY = 1024
"""Colours, controls, tabs and unreadable bytes of one line that are shown at most.

Each takes as long as a hundred letters; a person who presses a key waits for all.
"""


def shown_of(line: bytes) -> tuple[bytes, int]:
    """Return which bytes of a line are shown, and how many behind them are not.

    Of one that rewrites itself it is what it says at last.

    Args:
        line: All of it, without its newline.
    """
    line = line.rstrip(b"\r")
    line = line[line.rfind(b"\r") + 1 :]
    if len(line) > COSTLY:
        text = line.decode("utf-8", "surrogateescape")
        place = excess(text, COSTLY)
        if place is not None:
            body = text[:place].encode("utf-8", "surrogateescape")
            return body, len(line) - len(body)
    return line, 0


def shown_of_long(head: bytes, tail: bytes, length: int) -> tuple[bytes, int]:
    """Return the same of a line that is too long.

    Of one that does not rewrite itself it is its beginning.

    Args:
        head: Its first bytes, 64 KiB of them.
        tail: Its last ones.
        length: All of its bytes.
    """
    if b"\r" in tail.rstrip(b"\r"):
        return shown_of(tail)
    body, _ = shown_of(_whole_characters(head))
    return body, length - len(body)


def _whole_characters(data: bytes) -> bytes:
    """Return `data` without the UTF-8 character that was cut in two at its end."""
    for back in range(1, 4):
        byte = data[-back]
        if byte >= 0xC0:
            width = 2 + (byte >= 0xE0) + (byte >= 0xF0)
            return data[:-back] if width > back else data
        if byte < 0x80:
            break
    return data
