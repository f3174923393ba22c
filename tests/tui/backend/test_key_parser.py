"""What a terminal types becomes the keys that were pressed, and no others."""

from __future__ import annotations

from collections.abc import Iterable
from unicodedata import category

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual import events, messages
from textual.message import Message

from mobius_tui.tui.backend.key_parser import MAX_SEQUENCE_CHARACTERS, KeyParser
from tests.table import each_row
from tests.textual_private import IGNORE_SEQUENCE, KEY_SEQUENCES, XTermParser

REPEATABLE = settings(derandomize=True, deadline=None)


def told(found: Iterable[Message]) -> list[object]:
    """Events, as what can be compared."""
    said: list[object] = []
    for event in found:
        match event:
            case events.Key():
                said.append(event.key)
            case events.Paste():
                said.append(("paste", event.text))
            case events.MouseEvent():
                said.append((type(event), event.x, event.y, event.button))
            case events.Resize():
                said.append(event.size)
            case _:
                said.append(type(event))
    return said


def typed(*pieces: bytes) -> list[object]:
    keyboard = KeyParser()
    return [one for piece in pieces for one in told(keyboard.read(piece))]


def silent(keyboard: KeyParser) -> list[object]:
    """What comes of it when nothing follows, however long it is waited for."""
    if keyboard._timeout_time is not None:
        keyboard._timeout_time = 0.0
    return told(keyboard.tick())


def test_every_key_that_textual_knows_is_known() -> None:
    for sequence, value in KEY_SEQUENCES.items():
        theirs = XTermParser()
        expected = told([*theirs.feed(sequence), *theirs.feed("")])
        is_torn = value is IGNORE_SEQUENCE or expected[0] == "circumflex_accent"
        keyboard = KeyParser()
        found = told(keyboard.read(sequence.encode())) + silent(keyboard)
        assert is_torn or found == expected, sequence


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("a", ["a"]),
        ("\r", ["enter"]),
        ("ж世", ["ж", "世"]),
        ("\x1bx", ["alt+x"]),
        ("\x1b\x1b[A", ["escape", "up"]),
        ("\x1b[24~q", ["f12", "q"]),
        ("\x1b[[Aq", ["f1", "q"]),
        ("\x1b[3$q", ["shift+delete", "q"]),
        ("\x1b[97;5u", ["ctrl+a"]),
        ("\x1b[<0;5;7M", [(events.MouseDown, 4.0, 6.0, 1)]),
        ("\x1b[<0;-5;7M", []),
        ("\x1b[I\x1b[O", [events.AppFocus, events.AppBlur]),
        ("\x1b[7;9R", [events.CursorPosition]),
        ("\x1b[48;24;80;480;800t", [(80, 24)]),
        ("\x1b[?2026;2$y", [messages.TerminalSupportsSynchronizedOutput]),
        ("\x1b[?2048;1$y", [messages.InBandWindowResize]),
    ],
)
def test_what_it_knows(data: str, expected: list[object]) -> None:
    whole = data.encode()
    assert typed(whole) == expected
    assert typed(*(bytes([byte]) for byte in whole)) == expected


ANSWERS = {
    "device attributes": "\x1b[?64;1;2;6;9;15;16;17;18;21;22;28;29c",
    "second attributes": "\x1b[>41;390;0c",
    "third attributes": "\x1bP!|00000000\x1b\\",
    "version": "\x1bP>|XTerm(390)\x1b\\",
    "window size": "\x1b[8;36;120t",
    "title": "\x1b]lrm -rf /; y\r\x1b\\",
    "icon": "\x1b]Ly\x07",
    "status": "\x1b[0n",
    "colour": "\x1b]11;rgb:0000/0000/0000\x07",
    "palette": "\x1b]4;1;rgb:cdcd/0000/0000\x1b\\",
    "clipboard": "\x1b]52;c;eQ0Kcm0gLXJmIC8K\x1b\\",
    "setting": "\x1bP1$r0m\x1b\\",
    "termcap": "\x1bP1+r544e=787465726d\x1b\\",
    "kitty's pictures": "\x1b_Gi=31;OK\x1b\\",
    "kitty's keys": "\x1b[?0u",
    "a private message": "\x1b^y\ry\x1b\\",
    "a string": "\x1bXy\ry\x1b\\",
    "unknown and long": "\x1b[" + "1;" * 500 + "y",
    "unknown and short": "\x1b[9y",
    "no such key": "\x1b[99999999999999999999u",
    "no such character": "\x1b[1114112;1;1114112u",
    "no such size": f"\x1b[48;{'9' * MAX_SEQUENCE_CHARACTERS};1;1;1t",
    "the mouse of long ago": "\x1b[Myyy",
}


@each_row("answer", ANSWERS.values())
def test_what_it_does_not_know_is_no_key(answer: str) -> None:
    whole = answer.encode()
    assert [key for key in typed(whole, b"q") if key != "q"] == []
    assert typed(whole, b"q") == ["q"]
    assert typed(*(bytes([byte]) for byte in whole), b"q") == ["q"]


@each_row("answer", ANSWERS.values())
def test_nor_when_a_slow_line_tears_it(answer: str) -> None:
    """After an Esc alone nobody can know; anywhere else it is still no key."""
    whole = answer.encode()
    for at in range(2, len(whole)):
        keyboard = KeyParser()
        found = told(keyboard.read(whole[:at]))
        if whole[:2] == b"\x1b[":
            found += silent(keyboard)
        assert found + told(keyboard.read(whole[at:])) == []


@pytest.mark.parametrize(
    ("pasted", "text"),
    [
        ("y\r", "y\n"),
        ("a\x1bq", "a␛q"),
        ("\x1b]52;c;AAAA\x07", "␛]52;c;AAAA␇"),
        ("\x1b[201", "␛[201"),
        ("\x1b[\x1b[200~y", "␛[␛[200~y"),
        ("\x00\x9b\u202e", "␀<U+009B><U+202E>"),
        ("one\r\ntwo\rthree\nfour", "one\ntwo\nthree\nfour"),
        ("", ""),
    ],
)
def test_a_paste_is_a_paste_whatever_is_in_it(pasted: str, text: str) -> None:
    whole = f"\x1b[200~{pasted}\x1b[201~q".encode()
    assert typed(whole) == [("paste", text), "q"]
    keyboard = KeyParser()
    found = told(keyboard.read(whole[:2]))
    for byte in whole[2:-1]:
        found += told(keyboard.read(bytes([byte]))) + silent(keyboard)
    assert found == [("paste", text)]


def test_of_a_paste_without_measure_the_beginning_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mobius_tui.tui.backend.key_parser.MAX_PASTE_CHARACTERS", 10)
    for length in range(25):
        whole = b"\x1b[200~" + b"x" * length + b"\x1b[201~q"
        assert typed(whole) == [("paste", "x" * min(length, 10)), "q"]


def test_bytes_that_are_no_text_are_seen_and_end_nothing() -> None:
    assert typed(b"\xe9", b"a\xc3", b"\xa4\xff") == [
        *("replacement_character", "a", "ä", "replacement_character")
    ]
    assert typed(b"\x1b[200~caf\xe9\x1b[201~") == [("paste", "caf�")]


def test_an_esc_alone_is_the_key_and_a_string_without_end_is_given_up() -> None:
    keyboard = KeyParser()
    assert told(keyboard.read(b"\x1b")) == []
    assert silent(keyboard) == ["escape"]
    assert told(keyboard.read(b"\x1b]0;never")) + silent(keyboard) == []
    assert told(keyboard.read(b"q\x1b]")) + silent(keyboard) == [
        "q",
        "right_square_bracket",
    ]


PIECES = st.lists(
    st.binary(max_size=8)
    | st.sampled_from(
        [
            *(b"\x1b", b"\x1b[", b"\x1b]", b"\x1bP", b"\x1b\\", b"\x07", b"\x1bO"),
            *(b"\x1b[200~", b"\x1b[201~", b"\x1b[M", b"\x1b[<", b"9", b";", b"u"),
            b"\xe9",
        ]
    ),
    max_size=12,
)


@REPEATABLE
@given(PIECES)
def test_any_bytes_are_read_the_same_however_they_come(pieces: list[bytes]) -> None:
    whole = b"".join(pieces)
    assert typed(whole) == typed(*pieces) == typed(*(bytes([b]) for b in whole))


@REPEATABLE
@given(st.binary(max_size=60).filter(lambda data: b"\x1b[201~" not in data))
def test_any_paste_presses_nothing(data: bytes) -> None:
    found = typed(b"\x1b[200~" + data + b"\x1b[201~")
    assert len(found) == 1
    assert isinstance(found[0], tuple)
    kind, text = found[0]
    assert kind == "paste"
    hidden = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert not any(category(each) in hidden for each in text.replace("\n", ""))
