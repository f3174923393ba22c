"""Hosts as marks, counts and a strip: what is bad is never lost for want of room."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from mobius_tui.ascii_text import ASCII_SIGNS
from mobius_tui.run.events.fleet_events import HostStatus
from mobius_tui.tui.presenters.fleet.host_marks import (
    HOST_MARKS,
    HOST_STATUS_RANKS,
    bad_counts_text,
    count_pieces,
    ended_count_text,
    name_some_hosts,
    strip_rows,
)

STATUSES = st.lists(st.sampled_from(HostStatus), min_size=1, max_size=300)


def test_no_two_marks_look_alike_without_colour_nor_in_ascii() -> None:
    glyphs = {mark.glyph for mark in HOST_MARKS.values()}
    assert set(HOST_MARKS) == set(HostStatus)
    assert len({ASCII_SIGNS.get(each, each) for each in glyphs}) == len(HostStatus)
    assert {cell_len(each) for each in glyphs} == {1}


@given(statuses=STATUSES, width=st.integers(10, 160))
def test_words_give_way_before_figures_do(
    statuses: list[HostStatus], width: int
) -> None:
    counts = Counter(statuses)
    words = "".join(text for text, _ in count_pieces(counts, width))
    for status, count in counts.items():
        glyph = HOST_MARKS[status].glyph
        assert f"{glyph}{count}" in words.replace(f"{glyph} ", glyph)
    if cell_len(words) > width:
        assert not any(mark.word in words for mark in HOST_MARKS.values())


@given(statuses=STATUSES, cells=st.integers(1, 200), width=st.integers(1, 90))
def test_a_strip_has_no_more_marks_than_room_and_the_worst_in_it(
    statuses: list[HostStatus], cells: int, width: int
) -> None:
    rows = [
        "".join(text for text, _ in row) for row in strip_rows(statuses, cells, width)
    ]
    assert all(len(row) == width for row in rows[:-1])
    strip = "".join(rows)
    assert len(strip) <= cells
    worst = min(statuses, key=HOST_STATUS_RANKS.__getitem__)
    assert HOST_MARKS[worst].glyph in strip
    if len(statuses) <= cells:
        assert strip == "".join(HOST_MARKS[each].glyph for each in statuses)


def test_figures_and_names_of_a_line() -> None:
    counts = Counter({HostStatus.OK: 117, HostStatus.FAILED: 3, HostStatus.UNKNOWN: 1})
    counts[HostStatus.WAITING] = 379
    assert (ended_count_text(counts), bad_counts_text(counts)) == ("121/500", "✖3 ?1")
    assert name_some_hosts(("a", "b", "c", "d", "e")) == "a, b, c and 2 more"
    assert name_some_hosts(("a",)) == "a"
