"""What a program made of its terminal, wherever reads split what it printed."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mobius_tui.run.terminal.terminal_history import (
    TAIL_BYTES,
    TerminalHistory,
    TerminalModes,
)

VIM = b"\x1b[?1049h\x1b[>4;2m\x1b[?1h\x1b=\x1b[?2004h\x1b[?12h\x1b[?12l\x1b[?25l"


def followed(*parts: bytes) -> TerminalModes:
    modes = TerminalModes()
    for part in parts:
        modes.track_output(part)
    return modes


@given(st.lists(st.integers(0, len(VIM)), max_size=8))
def test_modes_are_found_wherever_reads_split_them(places: list[int]) -> None:
    cuts = [0, *sorted(places), len(VIM)]
    parts = [VIM[a:b] for a, b in pairwise(cuts)]
    modes = followed(*parts)
    assert list(modes.on) == [1049, 1, -1, 2004]
    assert modes.off == {12, 25}
    assert modes.key_protocols == [b">4;2m"]
    assert modes.full_screen


def test_modes_are_undone_the_second_screen_last() -> None:
    undone = followed(VIM, b"\x1b[>1u").reset_sequence()
    assert undone.startswith(b"\x18\x1b\\\x1b[<1u")
    assert undone.index(b"\x1b[?2004l") < undone.index(b"\x1b[?1049l")
    assert undone.index(b"\x1b[?1049l") < undone.index(b"\x1b[?25h")


def test_taking_one_key_protocol_back_leaves_the_other() -> None:
    modes = followed(b"\x1b[>1u\x1b[>4;2m\x1b[<u")
    assert modes.key_protocols == [b">4;2m"]
    assert b"u" not in modes.reset_sequence()
    assert followed(b"\x1b[>1u\x1b[>3u\x1b[>4;2m\x1b[<0u").key_protocols == [
        b">1u",
        b">3u",
        b">4;2m",
    ]
    assert followed(b"\x1b[>1u\x1b[>4;2m\x1b[>3u\x1b[<9u").key_protocols == [b">4;2m"]


@pytest.mark.parametrize(
    "said",
    [b"\x1b[<0;10;20m", b"\x1b[<0;10;20M", b"\x1b[<;u", b"\x1b[<1;2u", b"\x1b[<9m"],
    ids=["mouse let go", "mouse", "nothing", "two numbers", "no way of keys"],
)
def test_what_only_looks_like_a_mode_is_none(said: bytes) -> None:
    followed(b"\x1b[>1u", said[:3], said[3:])
    modes = followed(b"\x1b[>1u", said)
    assert modes.key_protocols == [b">1u"]
    assert modes.on == {}


def test_a_flood_of_modes_is_not_kept() -> None:
    flood = b"".join(b"\x1b[?%dh\x1b[?%dl" % (n, n + 1) for n in range(0, 30_000, 2))
    modes = followed(flood + b"\x1b[>1u" * 1000)
    assert len(modes.on) + len(modes.off) <= 10_000
    assert len(modes.key_protocols) <= 32
    assert b"\x1b[<32u" in modes.reset_sequence()


def test_what_is_undone_already_is_left_alone() -> None:
    assert b"\x1b[?1049l" not in followed(VIM, b"\x1b[?1049l").reset_sequence()
    assert b"1049" not in followed(VIM, b"\x1bc").reset_sequence()
    assert b"u" not in followed(b"\x1b[>1u\x1b[<u").reset_sequence()


def test_a_full_screen_program_draws_by_itself() -> None:
    history = TerminalHistory()
    history.feed(b"prompt$ \x1b[?1049hdrawing")
    assert history.replay() == b"\x1b[?1049h\x1b[2J\x1b[H"
    history.feed(b"\x1b[?1049l")
    assert history.replay() == b"\x1b[?1049lprompt$ "


@pytest.mark.parametrize(
    "query",
    [
        b"\x1b[c",
        b"\x1b[>c",
        b"\x1b[6n",
        b"\x1b[?6n",
        b"\x1b[21t",
        b"\x1b[>q",
        b"\x1b[?u",
        b"\x1b[?2026$p",
        b"\x1bZ",
        b"\x05",
        b"\x1b]11;?\x07",
        b"\x1b]52;c;?\x1b\\",
        b"\x1bP+q544e\x1b\\",
        b"\x1bP$qm\x1b\\",
        b"\xc2\x9b6n",
    ],
)
def test_no_question_is_asked_twice(query: bytes) -> None:
    history = TerminalHistory()
    history.feed(b"\x1b[31mred" + query + b"\x1b[0m end")
    shown = history.replay()
    assert shown.startswith(b"\x1b[31mred")
    assert shown.endswith(b"\x1b[0m end")
    assert query not in shown
    left = shown.replace(b"\x1b[31m", b"").replace(b"\x1b[0m", b"")
    assert not {0x1B, 0x05, 0xC2} & set(left)


@given(st.text("\x1b[?<>;012umhlc=", max_size=24))
@example("\x1b[<1;2u")
@example("\x1b[<;m")
def test_any_sequence_that_looks_like_a_mode_is_taken(said: str) -> None:
    modes = followed(b"\x1b[>1u", said.encode())
    modes.restore_sequence()
    modes.reset_sequence()


@given(st.lists(st.binary(max_size=64)))
def test_any_bytes_are_taken(parts: list[bytes]) -> None:
    history = TerminalHistory()
    for part in parts:
        history.feed(part)
    history.replay()
    history.modes.reset_sequence()


def test_the_last_of_much_is_shown_from_a_line_on() -> None:
    history = TerminalHistory()
    for number in range(40000):
        history.feed(b"\x1b[3%dmline %d\n" % (number % 8, number))
    shown = history.replay()
    assert len(shown) <= TAIL_BYTES
    assert shown.endswith(b"line 39999\n")
    first = shown.split(b"\n")[0]
    assert first[:3] == b"\x1b[3"
