"""The line index, against a plain count of the same bytes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mobius_tui.tui.output.output_document import INDEX_BLOCK_BYTES, LineIndex

same_directory = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=40,
    deadline=None,
)


@contextmanager
def opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def starts_of(data: bytes) -> list[int]:
    found, at = [], 0
    while at < len(data):
        found.append(at)
        at = data.find(b"\n", at) + 1 or len(data)
    return found


lengths = st.lists(
    st.one_of(
        st.integers(0, 200),
        st.sampled_from(
            [INDEX_BLOCK_BYTES - 1, INDEX_BLOCK_BYTES, INDEX_BLOCK_BYTES + 1]
        ),
    ),
    max_size=30,
)


@same_directory
@given(
    lengths=lengths, closed=st.booleans(), slices=st.integers(1, 3 * INDEX_BLOCK_BYTES)
)
def test_lines_and_offsets_are_those_of_the_file(
    tmp_path: Path, lengths: list[int], closed: bool, slices: int
) -> None:
    data = b"\n".join(b"x" * length for length in lengths) + b"\n" * closed
    path = tmp_path / "output"
    path.write_bytes(data)
    with opened(path) as descriptor:
        index = LineIndex(descriptor)
        while not index.scan(slices):
            pass
        starts = starts_of(data)
        assert index.scanned == len(data)
        assert index.lines == len(starts)
        assert [index.offset_of(line) for line in range(len(starts))] == starts
        assert [index.line_at(start) for start in starts] == [*range(len(starts))]


def test_it_goes_on_where_the_file_ended(tmp_path: Path) -> None:
    path = tmp_path / "output"
    path.write_bytes(b"")
    with opened(path) as descriptor, path.open("ab", buffering=0) as writer:
        index = LineIndex(descriptor)
        assert index.scan(INDEX_BLOCK_BYTES)
        assert index.lines == 0
        for piece, lines in [(b"on", 1), (b"e\n", 1), (b"two\nthree", 3)]:
            writer.write(piece)
            assert index.scan(INDEX_BLOCK_BYTES)
            assert index.lines == lines
        writer.write(b"x" * 3 * INDEX_BLOCK_BYTES + b"\nlast")
        assert not index.scan(INDEX_BLOCK_BYTES)
        assert index.scan(4 * INDEX_BLOCK_BYTES)
        assert index.lines == 4
        assert index.offset_of(3) == len(b"one\ntwo\nthree") + 3 * INDEX_BLOCK_BYTES + 1


def test_a_block_of_nothing_but_newlines(tmp_path: Path) -> None:
    path = tmp_path / "output"
    path.write_bytes(b"\n" * (INDEX_BLOCK_BYTES + 10))
    with opened(path) as descriptor:
        index = LineIndex(descriptor)
        while not index.scan(INDEX_BLOCK_BYTES):
            pass
        assert index.lines == INDEX_BLOCK_BYTES + 10
        for line in (
            1,
            77,
            INDEX_BLOCK_BYTES - 1,
            INDEX_BLOCK_BYTES,
            INDEX_BLOCK_BYTES + 9,
        ):
            assert index.offset_of(line) == line
            assert index.line_at(line) == line
