"""What a key costs among hostile lines: counted in calls, which no load changes."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from mobius_tui.sanitize import clean
from mobius_tui.structs import replace
from mobius_tui.tui.output.line_layout import OutputLayout, OutputStyles
from mobius_tui.tui.output.output_document import (
    MAX_COSTLY_ITEMS,
    MAX_SHOWN_LINE_BYTES,
    OutputDocument,
)
from mobius_tui.tui.output.output_finder import Finder
from mobius_tui.tui.output.output_selection import draw_marks
from mobius_tui.tui.output.viewport import TextPlace, Viewport, visible_rows

PLAIN = Style()
LAYOUT = OutputLayout(
    width=120,
    wrap=True,
    times=False,
    shift=0,
    styles=OutputStyles(text=PLAIN, time=PLAIN, stderr=PLAIN, note=PLAIN),
)
MOST = 30_000
"""Calls of one key: some ten milliseconds."""
LINES = {
    "title": b"x\x1b]0;owned\x07" * MAX_SHOWN_LINE_BYTES,
    "colours": b"x\x1b[31m" * MAX_SHOWN_LINE_BYTES,
    "nothing but colours": b"\x1b[31m" * MAX_SHOWN_LINE_BYTES,
    "tabs": b"\t" * MAX_SHOWN_LINE_BYTES * 2,
    "colours and tabs": b"\t\x1b[1m\xc3\xa9" * MAX_SHOWN_LINE_BYTES,
    "no UTF-8": b"\xff" * MAX_SHOWN_LINE_BYTES * 2,
    "bidi": "\u202e".encode() * MAX_SHOWN_LINE_BYTES,
    "marks": "e\u0301".encode() * MAX_SHOWN_LINE_BYTES,
    "lines that rewrite themselves": b"ab\r" * MAX_SHOWN_LINE_BYTES,
    "letters": b"x" * MAX_SHOWN_LINE_BYTES * 2,
}


def calls(work: Callable[[], object]) -> int:
    count = 0

    def note(*_: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count // 2


def opened(folder: Path, data: bytes) -> Viewport:
    path = folder / "output"
    path.write_bytes(data)
    document = OutputDocument(path, None)
    document.refresh()
    document.scan(len(data))
    document.refresh()
    return Viewport(document, LAYOUT, 30)


@pytest.mark.parametrize("name", LINES)
def test_no_key_costs_much(tmp_path: Path, name: str) -> None:
    clean("\u05d0\u0301")  # the pattern of marks is made once
    view = opened(tmp_path, b"before\n" * 40 + LINES[name] + b"\n" + b"after\n" * 3)
    loose = replace(LAYOUT, wrap=False)
    times = replace(LAYOUT, times=True)
    finder = Finder()
    finder.begin(tmp_path / "output", "x", TextPlace(0, 0), 1)

    def marks() -> None:
        for row, strip in zip(visible_rows(view), view.frame(), strict=True):
            draw_marks(
                strip, row, [(a, b, PLAIN) for a, b, _ in finder.hits_in_row(row)], 1
            )

    keys: dict[str, Callable[[], object]] = {
        "end": lambda: view.arrange(LAYOUT, 30, at_bottom=True),
        "up": lambda: view.move(-1),
        "page up": lambda: view.move(-29),
        "top": view.to_top,
        "page down": lambda: view.move(29),
        "down": lambda: view.move(20),
        "find": marks,
        "times": lambda: view.arrange(times, 30, at_bottom=False),
        "wrap": lambda: view.arrange(loose, 30, at_bottom=False),
        "end without wrap": lambda: view.arrange(loose, 30, at_bottom=True),
    }
    costs = {
        key: calls(lambda work=work: (work(), view.frame()))  # type: ignore[misc]
        for key, work in keys.items()
    }
    finder.end()
    view.document.close()
    most = dict.fromkeys(keys, MOST) | {"find": 3 * MOST}
    assert {key: cost for key, cost in costs.items() if cost > most[key]} == {}


def test_what_was_scrolled_past_is_let_go(tmp_path: Path) -> None:
    view = opened(tmp_path, b"line\n" * 3000)
    before = strips()
    for _ in range(100):
        view.move(29)
        assert len(view.frame()) == 30
    assert strips() - before < 6 * 30
    view.document.close()


def strips() -> int:
    return sum(isinstance(each, Strip) for each in gc.get_objects())


def test_what_is_cut_off_is_told(tmp_path: Path) -> None:
    view = opened(tmp_path, b"\t" * MAX_COSTLY_ITEMS + b"here\tgone\x1b[31m\nred")
    line = view.document.line(0)
    assert line.hidden_bytes == len(b"\tgone\x1b[31m")
    assert line.segments[-1].text.endswith("    here")
    after = view.document.line(line.after).segments[0].style
    assert after is not None
    assert after.color is not None
    view.document.close()


def test_marks_go_over_each_other(tmp_path: Path) -> None:
    (row,) = visible_rows(view := opened(tmp_path, b"abcdef"))
    bold, dim = Style(bold=True), Style(dim=True)
    strip = Strip([Segment(" ", PLAIN), Segment("abcdef", PLAIN)])
    found = list(draw_marks(strip, row, [(0, 2, bold), (1, 4, dim)], 1))
    assert [(one.text, one.style) for one in found] == [
        (" ", PLAIN),
        ("a", bold),
        ("b", bold + dim),
        ("cd", dim),
        ("ef", PLAIN),
    ]
    view.document.close()
