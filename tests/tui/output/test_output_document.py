"""Lines read out of a file from anywhere in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from mobius_tui.tui.output.output_document import (
    FIRST_READ_BYTES,
    MAX_SHOWN_LINE_BYTES,
    NEWLINE_SEARCH_BYTES,
    OutputDocument,
    text_of,
)


@contextmanager
def opened(tmp_path: Path, data: bytes) -> Iterator[OutputDocument]:
    path = tmp_path / "output"
    path.write_bytes(data)
    document = OutputDocument(path, None)
    try:
        document.refresh()
        yield document
    finally:
        document.close()


def forwards(document: OutputDocument) -> list[int]:
    starts, at = [], 0
    while at < document.size:
        starts.append(at)
        at = document.line(at).after
    return starts


def backwards(document: OutputDocument) -> list[int]:
    starts, at = [], document.size
    while at > 0:
        at = document.previous(at)
        starts.append(at)
    return starts[::-1]


sizes = st.one_of(
    st.integers(0, 100),
    st.sampled_from(
        [
            FIRST_READ_BYTES - 1,
            FIRST_READ_BYTES,
            FIRST_READ_BYTES + 1,
            MAX_SHOWN_LINE_BYTES - 1,
            MAX_SHOWN_LINE_BYTES,
            MAX_SHOWN_LINE_BYTES + 1,
        ]
    ),
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=40,
    deadline=None,
)
@given(st.lists(sizes, max_size=12), st.booleans(), st.booleans())
def test_the_same_lines_forwards_and_backwards_counted_or_not(
    tmp_path: Path, lengths: list[int], closed: bool, counted: bool
) -> None:
    data = b"\n".join(b"x" * length for length in lengths) + b"\n" * closed
    with opened(tmp_path, data) as document:
        if counted:
            document.scan(len(data) + 1)
        lines = data.removesuffix(b"\n").split(b"\n") if data else []
        expected = [sum(len(one) + 1 for one in lines[:n]) for n in range(len(lines))]
        assert forwards(document) == expected
        assert backwards(document) == expected
        for start, line in zip(expected, lines, strict=True):
            read = document.line(start)
            assert len(text_of(read)) + read.hidden_bytes == len(line)


def test_a_line_beyond_reach_is_found_once_it_is_counted(tmp_path: Path) -> None:
    data = b"first\n" + b"x" * (3 * NEWLINE_SEARCH_BYTES) + b"\nlast\n"
    with opened(tmp_path, data) as document:
        assert document.previous(len(data) - 5) == len(data) - 5 - NEWLINE_SEARCH_BYTES
        document.scan(len(data))
        document.refresh()
        assert document.previous(len(data) - 5) == 6
        assert forwards(document) == [0, 6, len(data) - 5]


@pytest.mark.parametrize("offset", range(4))
def test_a_character_on_the_edge_of_a_piece_is_left_whole(
    tmp_path: Path, offset: int
) -> None:
    data = b"x" * offset + "😀".encode() * MAX_SHOWN_LINE_BYTES
    with opened(tmp_path, data) as document:
        line = document.line(0)
        assert set(text_of(line)) <= {"x", "😀"}
        assert len(text_of(line).encode()) + line.hidden_bytes == len(data)


def test_colours_before_a_place_in_the_middle_are_found(tmp_path: Path) -> None:
    data = b"\x1b[32mgreen\n" + b"more\n" * 100
    with opened(tmp_path, data) as document:
        middle = document.line(len(data) - 5).segments[0].style
    with opened(tmp_path, data) as document:
        assert document.line(0).segments[0].style == middle


def test_a_reset_ends_what_was_before_it_and_nothing_after(tmp_path: Path) -> None:
    data = b"\x1b[1;31mred\x1b[0m\x1b[32mgreen\n" + b"more\n" * 100
    with opened(tmp_path, data) as document:
        middle = document.line(len(data) - 5).segments[0].style
    with opened(tmp_path, data) as document:
        assert document.line(0).segments[-1].style == middle


pieces = st.sampled_from(
    [
        "word ",
        "\x1b[1;31m",
        "\x1b[0m",
        "\t",
        "世",
        "e\u0301",
        "\r",
        "\b",
        "\x1b]0;x\x07",
    ]
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=60,
    deadline=None,
)
@given(st.lists(pieces, max_size=20))
def test_no_line_takes_fewer_cells_than_it_is_said_to(
    tmp_path: Path, parts: list[str]
) -> None:
    data = "".join(parts).encode() + b"\n"
    with opened(tmp_path, data) as document:
        least = document.least_cells(0, len(data))
        assert least <= cell_len(text_of(document.line(0)))
        if set(parts) <= {"word ", "\x1b[1;31m", "\x1b[0m"}:
            assert least == 5 * parts.count("word ")


def test_colours_go_on_however_far_from_where_they_were_set(tmp_path: Path) -> None:
    data = b"\x1b[32mgreen\n" + (b"x" * 99 + b"\n") * (2 * MAX_SHOWN_LINE_BYTES // 100)
    with opened(tmp_path, data) as document:
        green = document.line(0).segments[0].style
        assert green is not None
        assert green.color is not None
        styles = {document.line(at).segments[0].style for at in forwards(document)}
        assert styles == {green}
