"""The spans file is searched, never loaded."""

from __future__ import annotations

import os
from bisect import bisect_right
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mobius_tui.run.attempts.output_reader import (
    MAX_TAIL_BYTES,
    STDERR_STREAM,
    Span,
    SpanReader,
    last_row,
    last_terminal_rows,
    stderr_tail,
)
from mobius_tui.run.keeper.output_writer import encode_span
from mobius_tui.run.storage.run_directory import AttemptDirectory


def record(span: Span) -> bytes:
    return encode_span(span.offset, span.length, span.stream, span.time)


def spans_of(gaps_and_lengths: list[tuple[int, int]]) -> list[Span]:
    spans, at = [], 0
    for number, (gap, length) in enumerate(gaps_and_lengths):
        at += gap
        stream = 1 + number % 2
        spans.append(Span(offset=at, length=length, stream=stream, time=number))
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
        spans = SpanReader(descriptor)
        spans.refresh()
        firsts = [span.offset for span in expected]
        for offset in offsets:
            place = bisect_right(firsts, offset) - 1
            held = place >= 0 and offset < firsts[place] + expected[place].length
            assert spans.at(offset) == (expected[place] if held else None)
            first = [each for each in expected if each.time <= offset // 15]
            assert spans.last_read_by(offset // 15) == (first[-1] if first else None)
            most = offset // 15
            last = expected[max(0, len(expected) - most) :]
            assert [*spans.newest(most)] == last[::-1]
    finally:
        os.close(descriptor)


def test_a_record_half_written_is_not_there_yet(tmp_path: Path) -> None:
    huge = Span(offset=2**40, length=2**50, stream=2, time=1_764_000_000_123_456_789)
    whole = record(huge)
    assert len(whole) == 24
    path = tmp_path / "spans"
    path.write_bytes(whole[:23])
    descriptor = os.open(path, os.O_RDONLY)
    try:
        spans = SpanReader(descriptor)
        spans.refresh()
        assert spans.at(2**40) is None
        path.write_bytes(whole)
        spans.refresh()
        assert spans.at(2**40 + 5) == huge
    finally:
        os.close(descriptor)


def test_a_place_that_no_file_has_is_borne(tmp_path: Path) -> None:
    attempt = AttemptDirectory(tmp_path)
    attempt.output.write_bytes(b"boom\n")
    attempt.spans.write_bytes(encode_span(2**64 - 1, 5, STDERR_STREAM, 0))
    assert stderr_tail(attempt, 9) == b""


def test_the_last_rows_of_a_long_output(tmp_path: Path) -> None:
    path = tmp_path / "output"
    path.write_text("".join(f"line {number}\n" for number in range(10_000)))
    rows = last_terminal_rows(path)
    assert rows == [f"line {n}" for n in range(10_000 - len(rows), 10_000)]
    assert len(rows) == MAX_TAIL_BYTES // len("line 9999\n")
    assert last_row(path) == "line 9999"
    path.write_bytes(b"x" * 100_000)
    assert last_terminal_rows(path) == ["x" * MAX_TAIL_BYTES]
    path.write_bytes(b"one\n10 %\r100 %\n\n\n")
    assert last_terminal_rows(path) == ["one", "100 %"]
    path.unlink()
    path.symlink_to("/etc/passwd")
    assert (last_terminal_rows(path), last_row(path)) == ([], "")
