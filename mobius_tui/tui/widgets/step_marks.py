"""Where steps ran, as a row under a chart of checks: `├── 3.2 Restore ──┤`. Pure.

No colour is needed to read it: a step that still runs has no right end.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from mobius_tui.tui.health_view import StepSpan

_FREE = ""
_LINE = "─"


def step_marks(
    times: Sequence[float], spans: Sequence[StepSpan], width: int
) -> list[str]:
    """The cells of the row; empty where no step ran in the chart.

    Args:
        times: when each check of the chart began, the newest at its right edge.
        spans: the steps that ran, the earliest first.
        width: cells of the chart.
    """
    shown = [span for span in spans if span.is_within(times)] if times else []
    cells = [_FREE] * width
    places = [_columns(times, span, width) for span in shown]
    for span, place in zip(shown, places, strict=True):
        _draw(cells, span, *place)
    for span, place in zip(shown, places, strict=True):
        _name(cells, span, *place)
    return [cell or " " for cell in cells] if shown else []


def _columns(times: Sequence[float], span: StepSpan, width: int) -> tuple[int, int]:
    """The first and the last column of a span; checks stand at the right."""
    last = len(times) - 1
    began = min(last, bisect_left(times, span.began))
    ended = last if span.ended is None else bisect_right(times, span.ended) - 1
    left = width - len(times)
    return left + began, left + max(began, ended)


def _draw(cells: list[str], span: StepSpan, first: int, last: int) -> None:
    """Draw a span where none is drawn yet."""
    bar = ["├", *_LINE * (last - first - 1), "┤" if span.ended is not None else "▶"]
    if first == last:
        bar = ["▲" if span.ended is not None else "▶"]
    for place, cell in enumerate(bar, first):
        cells[place] = cells[place] or cell


def _name(cells: list[str], span: StepSpan, first: int, last: int) -> None:
    """Write a span's name into it, or its number beside it, where there is room."""
    room = last - first - 1
    for words in (f" {span.number} {span.title} ", f" {span.number} ", span.number):
        start = first + 1 + (room - len(words)) // 2
        if len(words) <= room and _put(cells, words, start, over=_LINE):
            return
    for start in (last + 1, first - len(span.number)):
        if _put(cells, span.number, start, over=_FREE):
            return


def _put(cells: list[str], words: str, start: int, *, over: str) -> bool:
    """Write words over cells that hold nothing but something; whether that went."""
    place = slice(start, start + len(words))
    if start < 0 or cells[place] != [over] * len(words):
        return False
    cells[place] = words
    return True
