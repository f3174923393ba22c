"""Frames, wherever reads split them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.run.terminal.frames import (
    INPUT,
    LARGEST_FRAME,
    OUTPUT,
    SIZE,
    AttachHello,
    FrameReader,
    encode_frames,
    pack_size,
    unpack_size,
)


@given(
    st.lists(st.tuples(st.sampled_from([INPUT, OUTPUT]), st.binary(max_size=50))),
    st.integers(1, 9),
)
def test_frames_come_out_as_they_went_in(
    said: list[tuple[bytes, bytes]], step: int
) -> None:
    data = b"".join(encode_frames(kind, part) for kind, part in said)
    reader = FrameReader()
    heard = [
        frame
        for at in range(0, len(data), step)
        for frame in reader.feed(data[at : at + step])
    ]
    assert heard == said


def test_what_is_too_much_for_one_frame_takes_more() -> None:
    data = bytes(range(256)) * 200
    heard = list(FrameReader().feed(encode_frames(OUTPUT, data)))
    assert [len(part) for _, part in heard] == [
        LARGEST_FRAME,
        LARGEST_FRAME,
        LARGEST_FRAME,
        2048,
    ]
    assert b"".join(part for _, part in heard) == data


@pytest.mark.parametrize("nonsense", [b"GET", b"I\xff\xff", b"\0\0\0"])
def test_nonsense_is_refused(nonsense: bytes) -> None:
    with pytest.raises(ValueError, match="does not speak"):
        list(FrameReader().feed(nonsense))


def test_a_terminal_is_described() -> None:
    said = AttachHello(
        (41, 97), term="xterm", colour="24bit", who="pts/3", takes_over=True
    )
    heard = AttachHello.decode(said.encode())
    assert vars(heard) == vars(said)


@pytest.mark.parametrize("data", [b"", b"\0\0\0\0", b"\0\x18\0\x501a\0b"])
def test_no_terminal_is_described(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"size|unpack"):
        AttachHello.decode(data)


def test_a_size_fits() -> None:
    assert unpack_size(pack_size(0, 100_000)) == (1, 65535)
    assert encode_frames(SIZE, pack_size(24, 80)) == b"S\0\x04\0\x18\0\x50"
