"""The spans file is searched, never loaded."""

from __future__ import annotations

import os
from bisect import bisect_right
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mobius_tui.tui.output.output_index import RECORD, StreamSpan, StreamSpans


def record(span: StreamSpan) -> bytes:
    return RECORD.pack(span.offset, span.length | span.stream << 56, span.time)


def spans_of(gaps_and_lengths: list[tuple[int, int]]) -> list[StreamSpan]:
    spans, at = [], 0
    for number, (gap, length) in enumerate(gaps_and_lengths):
        at += gap
        stream = 1 + number % 2
        spans.append(StreamSpan(offset=at, length=length, stream=stream, time=number))
        at += length
    return spans


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=60,
    deadline=None,
)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 9)), max_size=40),
    st.lists(st.integers(0, 600), max_size=60),
)
def test_it_finds_what_holds_each_byte(
    tmp_path: Path, shape: list[tuple[int, int]], offsets: list[int]
) -> None:
    expected = spans_of(shape)
    path = tmp_path / "spans"
    path.write_bytes(b"".join(map(record, expected)))
    descriptor = os.open(path, os.O_RDONLY)
    try:
        spans = StreamSpans(descriptor)
        spans.refresh()
        firsts = [span.offset for span in expected]
        for offset in offsets:
            place = bisect_right(firsts, offset) - 1
            held = place >= 0 and offset < firsts[place] + expected[place].length
            assert spans.at(offset) == (expected[place] if held else None)
    finally:
        os.close(descriptor)


def test_a_record_half_written_is_not_there_yet(tmp_path: Path) -> None:
    huge = StreamSpan(
        offset=2**40, length=2**50, stream=2, time=1_764_000_000_123_456_789
    )
    whole = record(huge)
    assert len(whole) == 24
    path = tmp_path / "spans"
    path.write_bytes(whole[:23])
    descriptor = os.open(path, os.O_RDONLY)
    try:
        spans = StreamSpans(descriptor)
        spans.refresh()
        assert spans.at(2**40) is None
        path.write_bytes(whole)
        spans.refresh()
        assert spans.at(2**40 + 5) == huge
    finally:
        os.close(descriptor)
