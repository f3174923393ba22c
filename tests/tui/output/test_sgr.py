"""Colour sequences become segments; whatever else stays text."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.color import Color
from rich.style import Style

from mobius_tui.sanitize import SGR, clean
from mobius_tui.tui.output.sgr import (
    PLAIN_PEN,
    Pen,
    apply_sgr,
    pen_style,
    styled_segments,
)
from tests.table import each_row


def pen(*codes: str) -> Pen:
    return apply_sgr(PLAIN_PEN, f"\x1b[{';'.join(codes)}m")


RED = Color.from_ansi(1)


@each_row(
    ("codes", "expected"),
    [
        ("31", Pen(colour=RED)),
        ("91", Pen(colour=Color.from_ansi(9))),
        ("47", Pen(background=Color.from_ansi(7))),
        ("104", Pen(background=Color.from_ansi(12))),
        ("38;5;200", Pen(colour=Color.from_ansi(200))),
        ("38;2;1;2;3", Pen(colour=Color.from_rgb(1, 2, 3))),
        ("38:5:200", Pen(colour=Color.from_ansi(200))),
        ("38:2:1:2:3", Pen(colour=Color.from_rgb(1, 2, 3))),
        ("48:2::1:2:3", Pen(background=Color.from_rgb(1, 2, 3))),
        ("58;5;9;31", Pen(colour=RED)),
        ("1;31", Pen(colour=RED, attributes=frozenset({"bold"}))),
        ("1;2;22;3", Pen(attributes=frozenset({"italic"}))),
        ("4:3", Pen(attributes=frozenset({"underline"}))),
        ("4;4:0", PLAIN_PEN),
        ("7;9;27;29", PLAIN_PEN),
        ("31;39;41;49", PLAIN_PEN),
        ("31;0", PLAIN_PEN),
        ("31;", PLAIN_PEN),
        ("", PLAIN_PEN),
        ("5", PLAIN_PEN),
        ("8", PLAIN_PEN),
        ("999", PLAIN_PEN),
        ("38;5;999", PLAIN_PEN),
        ("38", PLAIN_PEN),
        ("38;2;1", PLAIN_PEN),
        ("38;7;31", Pen(colour=RED)),
    ],
)
def test_a_sequence_sets_the_pen(codes: str, expected: Pen) -> None:
    assert pen(codes) == expected


def test_text_is_split_where_the_pen_changes() -> None:
    segments, after = styled_segments("a\x1b[31mb\x1b[1mc", PLAIN_PEN)
    assert [(one.text, one.style) for one in segments] == [
        ("a", Style()),
        ("b", Style(color=RED)),
        ("c", Style(color=RED, bold=True)),
    ]
    assert after == Pen(colour=RED, attributes=frozenset({"bold"}))


def test_it_begins_with_the_pen_it_is_given() -> None:
    segments, after = styled_segments("still red", Pen(colour=RED))
    assert [one.style for one in segments] == [pen_style(Pen(colour=RED))]
    assert after == Pen(colour=RED)


@settings(deadline=None)
@given(st.text(st.sampled_from("\x1b[0123456789;:mx")))
def test_no_text_is_lost_and_no_escape_is_left(text: str) -> None:
    cleaned = clean(text, keep_sgr=True)
    segments, _ = styled_segments(cleaned, PLAIN_PEN)
    assert "".join(one.text for one in segments) == SGR.sub("", cleaned)
    assert not any("\x1b" in one.text for one in segments)
