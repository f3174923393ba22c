"""Where a list of rows stands: which are in sight, and the mark that says so."""

from __future__ import annotations


def top_for(top: int, *, place: int, height: int, count: int) -> int:
    """The first row in sight that keeps a place in sight, with a row around it.

    At an edge it goes on by two thirds of what is in sight: a cursor that goes down row
    by row has all rows drawn anew, and sent, but once in so many keys.

    Args:
        top: the first row in sight now.
        place: the row that must be seen.
        height: rows in sight.
        count: rows there are.
    """
    top = clamp(top, height=height, count=count)
    if place and place - 1 < top:
        top = min(place - 1, place + 1 - height + height // 3)
    elif min(place + 1, count - 1) >= top + height:
        top = max(place + 2 - height, place - height // 3)
    else:
        top = min(top, place)
    return clamp(top, height=height, count=count)


def clamp(top: int, *, height: int, count: int) -> int:
    """The nearest first row that leaves no room below the last one."""
    return max(0, min(top, count - height))


def thumb(top: int, height: int, count: int) -> range:
    """The rows of the screen in which the mark of a scrollbar stands; none if all fit.

    Args:
        top: the first row in sight.
        height: rows in sight.
        count: rows there are.
    """
    if count <= height or height <= 0:
        return range(0)
    size = max(1, height * height // count)
    begin = round(top / (count - height) * (height - size))
    return range(begin, begin + size)


def top_at(y: int, *, height: int, count: int) -> int:
    """The first row in sight when the mark is dragged to a row of the screen."""
    return clamp(
        round(y / max(1, height - 1) * (count - height)), height=height, count=count
    )
