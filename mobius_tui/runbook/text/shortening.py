"""A long text made short: what is left out of it is `…`."""

from __future__ import annotations

from collections.abc import Callable

Size = Callable[[str], int]
"""What a text takes: `len` for characters; for cells, what counts these."""


def shortened(text: str, most: int, size: Size = len) -> str:
    """The beginning of a text, and `…` where that is not all of it.

    Args:
        text: any.
        most: what the result may take at most.
        size: what is counted.
    """
    if size(text) <= most:
        return text
    if most <= 0:
        return ""
    end = most - 1
    if size is not len and not (text.isascii() and text.isprintable()):
        end, room = 0, most - 1  # not each character takes one
        for character in text:
            room -= size(character)
            if room < 0:
                break
            end += 1
    return f"{text[:end]}…"


def shortened_in_middle(text: str, most: int, size: Size = len) -> str:
    """Both ends of a text, and `…` for its middle where that does not fit.

    Args:
        text: any, such as a path or an id.
        most: what the result may take at most.
        size: what is counted.
    """
    if size(text) <= most:
        return text
    if most < 3:
        return "…"[: max(0, most)]
    head = tail = 0
    room = most - 1
    while room > 0:
        side = text[head] if head <= tail else text[len(text) - 1 - tail]
        room -= size(side)
        if room < 0:
            break
        if head <= tail:
            head += 1
        else:
            tail += 1
    return f"{text[:head]}…{text[len(text) - tail :]}"


def shortened_at_word(text: str, most: int) -> str:
    """The first words of a text, and `…` where these are not all of it.

    Args:
        text: a sentence, or several.
        most: characters of the result at most.
    """
    if len(text) <= most:
        return text
    at = text.rfind(" ", most // 2, most)
    return text[: at if at > 0 else most - 1].rstrip(" ,;:.-…") + "…"


def padded(text: str, width: int, size: Size) -> str:
    """A text in exactly so many cells: shortened, or with blanks behind it.

    Args:
        text: any.
        width: cells.
        size: what counts them.
    """
    shown = shortened(text, width, size)
    return shown + " " * (width - size(shown))


def excerpt(text: str, most: int = 40) -> str:
    """A part of a script for a message: on one line, at most `most` characters."""
    return shortened(" ".join(text.split()), most)
