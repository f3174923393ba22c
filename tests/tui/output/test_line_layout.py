"""Where lines break."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from mobius_tui.sanitize import cells, clean
from mobius_tui.tui.output.line_layout import _first_cells, row_breaks

raw = st.text(st.one_of(st.sampled_from("ab  -世e\u0301"), st.characters()))


@settings(deadline=None)
@given(raw, st.integers(2, 40))
def test_rows_fit_and_only_breaking_spaces_are_left_out(text: str, width: int) -> None:
    text = clean(text)
    pieces = row_breaks(text, width)
    assert all(cell_len(text[start:end]) <= width for start, end in pieces)
    at = 0
    for start, end in pieces:
        assert text[at:start] in ("", " ")
        assert end > start or text[:1] in ("", " ")
        at = end
    assert text[at:] in ("", " ")


@pytest.mark.parametrize(
    ("text", "width", "rows"),
    [
        ("", 5, [""]),
        ("short", 5, ["short"]),
        ("two words", 5, ["two", "words"]),
        ("fits here!", 4, ["fits", "here", "!"]),
        ("    indented", 6, ["    in", "dented"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("世界世界", 5, ["世界", "世界"]),
        ("e\u0301e\u0301e\u0301", 2, ["e\u0301e\u0301", "e\u0301"]),
        ("世", 1, ["世"]),
        ("fits ", 4, ["fits"]),
    ],
)
def test_breaks(text: str, width: int, rows: list[str]) -> None:
    assert [text[start:end] for start, end in row_breaks(text, width)] == rows


@settings(deadline=None)
@given(
    st.lists(st.text() | st.text("ab世界e\u0301", max_size=40), max_size=6),
    st.integers(0, 30),
    st.integers(1, 30),
)
@example(["00\u0300\u0300\x80"], 0, 2)
def test_the_beginning_of_a_line_is_enough_for_a_row(
    texts: list[str], shift: int, width: int
) -> None:
    segments = [Segment(clean(text)) for text in texts]
    until = shift + width
    whole, part = (
        Strip(some).crop(shift, until)
        for some in (segments, _first_cells(segments, until))
    )
    assert _without_last_marks(part.text) == _without_last_marks(whole.text)


def _without_last_marks(row: str) -> str:
    """A row without the marks on its last cell: a row may have them, or lack them."""
    while row and cells(row[-1]) == 0:
        row = row[:-1]
    return row
