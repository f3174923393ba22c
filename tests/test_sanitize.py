"""The sanitizer: whatever comes in, only visible text comes out."""

from __future__ import annotations

import os
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobius_tui.sanitize import (
    SGR,
    _markless_pattern,
    cells,
    clean,
    decode,
    drop_overwritten,
    escape_controls,
    line,
)
from tests.table import each_row

HOSTILE = {
    "title (OSC 0)": "\x1b]0;owned\x07",
    "link (OSC 8)": "\x1b]8;;http://evil/\x1b\\click\x1b]8;;\x1b\\",
    "clipboard (OSC 52)": "\x1b]52;c;cm0gLXJmIC8=\x07",
    "device control": "\x1bP+q544e\x1b\\",
    "application command": "\x1b_Gi=1,a=q;AAAA\x1b\\",
    "device attributes": "\x1b[c",
    "cursor position query": "\x1b[6n",
    "window size query": "\x1b[18t",
    "clear": "\x1b[2J\x1b[H",
    "reset": "\x1bc",
    "split sequence": "\x1b[3\n1m",
    "sequence within a sequence": "\x1b[\x1b[31mm",
    "private SGR look-alike": "\x1b[>4;2m",
    "long parameters": "\x1b[" + "1;" * 400 + "m",
    "8-bit CSI": "\x9b31m",
    "8-bit OSC": "\x9d52;c;AAAA\x9c",
    "shift out": "\x0e\x0f",
    "bell and backspace": "\x07\x08\x7f\x00",
}

ODD = st.text(
    st.one_of(
        st.characters(),
        st.characters(categories=["Cs", "Cc", "Cf", "Mn", "Me", "Zl", "Zp"]),
        st.sampled_from("\x1b[]0123;:m\r\n\t\ufe0f\ufe0e\u0301\u202ea x世"),
    )
)


def invisible(text: str) -> list[str]:
    """Return the characters of `text` that a terminal might obey or hide."""
    hidden = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return [one for one in text if unicodedata.category(one) in hidden]


@each_row("payload", HOSTILE.values())
def test_a_hostile_sequence_is_inert_and_visible(payload: str) -> None:
    plain = clean(payload)
    coloured = clean(payload, keep_sgr=True)
    assert invisible(plain) == []
    assert invisible(SGR.sub("", coloured)) == []
    assert plain.count("␛") == payload.count("\x1b")


@settings(deadline=None)
@given(ODD)
def test_nothing_invisible_comes_out(text: str) -> None:
    assert invisible(clean(text)) == []
    assert invisible(line(text)) == []
    assert invisible(SGR.sub("", clean(text, keep_sgr=True))) == []
    assert set(invisible(clean(text, newlines=True))) <= {"\n"}
    clean(text).encode("utf-8")


@settings(deadline=None)
@given(ODD)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    for once in (clean(text), line(text), clean(text, newlines=True)):
        assert clean(once, newlines=True) == once
    coloured = clean(text, keep_sgr=True, newlines=True)
    assert clean(coloured, keep_sgr=True, newlines=True) == coloured
    assert drop_overwritten(drop_overwritten(text)) == drop_overwritten(text)


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_decode_to_something_that_cleans(data: bytes) -> None:
    text = decode(data)
    assert not any(0xD800 <= ord(one) <= 0xDFFF for one in text)
    assert invisible(clean(drop_overwritten(text))) == []


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8")))
def test_sound_utf8_decodes_as_itself(text: str) -> None:
    assert decode(text.encode()) == text


def test_every_control_and_format_character_of_unicode_is_shown() -> None:
    categories = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    every = [chr(code) for code in range(sys.maxunicode + 1)]
    odd = [one for one in every if unicodedata.category(one) in categories]
    assert len(odd) > 2000
    silent = [hex(ord(one)) for one in odd if one != "\t" and clean(one) == one]
    assert silent == []


@each_row(
    ("text", "shown"),
    [
        ("plain text", "plain text"),
        ("Größe 世界 ✔ é", "Größe 世界 ✔ é"),
        ("a\x00b\x1b[31mc", "a␀b␛[31mc"),
        ("rm \u202egnp.exe", "rm <U+202E>gnp.exe"),
        ("zero\u200bwidth", "zero<U+200B>width"),
        ("tag\U000e0041", "tag<U+E0041>"),
        ("two\u2028lines", "two<U+2028>lines"),
        ("del\x7f", "del␡"),
        ("c1\x9b", "c1<U+009B>"),
        ("filler\u3164", "filler<U+3164>"),
        ("private \ue0b0", "private \ue0b0"),
        ("a\nb\rc", "a␊b␍c"),
        (os.fsdecode(b"file\x9b.txt"), "file<9B>.txt"),
        ("⚠\ufe0f done", "⚠ done"),
        ("⚠\ufe0f\ufe0f", "⚠<U+FE0F><U+FE0F>"),
        ("hidden\ufe01", "hidden<U+FE01>"),
        ("e\u0301\u0302\u0303\u0304", "e\u0301\u0302\u0303\u0304"),
        ("e" + "\u0301" * 40, "e" + "\u0301" * 4 + "<+36 marks>"),
        ("\u0301 first", "◌\u0301 first"),
        ("a tone\U0001f3fb", "a tone<U+1F3FB>"),
        ("\u1112\u1161\u11ab", "\u1112\u1161\u11ab"),
        ("\u1161 first", "◌\u1161 first"),
        ("\u1112" + "\u1161" * 40, "\u1112" + "\u1161" * 4 + "<+36 marks>"),
        ("a\tb", "a       b"),
        ("世界\tb", "世界    b"),
        ("12345678\tb", "12345678        b"),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_colours_stay_on_demand_and_do_not_shift_tab_stops() -> None:
    text = "\x1b[1;38:2::1:2:3mred\x1b[0m\tx\x1b[2K"
    assert clean(text, keep_sgr=True) == "\x1b[1;38:2::1:2:3mred\x1b[0m     x␛[2K"


def test_marks_cannot_be_piled_up_between_colours() -> None:
    pile = clean("e" + "\x1b[0m\u0301" * 9, keep_sgr=True)
    assert pile == "e" + "\x1b[0m◌\u0301" * 9


def test_newlines_stay_on_demand() -> None:
    assert clean("a\r\nb\tc\nd\r", newlines=True) == "a\nb       c\nd␍"


def test_a_single_line_shows_its_newlines() -> None:
    assert line("one\ntwo\r\nthree\t!") == "one⏎two⏎three   !"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no return", "no return"),
        (" 10 %\r 50 %\r100 %", "100 %"),
        (" 10 %\r100 %\r", "100 %"),
        (" 10 %\r100 %\r\r\nnext\r\n", "100 %\nnext\n"),
        ("\r", ""),
        ("", ""),
    ],
)
def test_progress_collapses_to_its_last_state(text: str, shown: str) -> None:
    assert drop_overwritten(text) == shown


def test_undecodable_bytes_are_shown_in_hex() -> None:
    assert decode(b"ok \xff\xfe caf\xc3\xa9 \xe2\x82") == "ok <FF><FE> café <E2><82>"


def test_cells_counts_wide_and_combining_characters() -> None:
    texts = ("abc", "世界", "e\u0301", "", "\u1112\u1161\u11ab")
    assert [cells(text) for text in texts] == [3, 4, 1, 0, 2]


def test_text_that_is_taken_to_hold_no_marks_can_hold_none() -> None:
    plain = [chr(n) for n in range(0x20000) if _markless_pattern().fullmatch(chr(n))]
    assert len(plain) > 40_000
    assert {unicodedata.category(each) for each in plain}.isdisjoint({"Mn", "Me"})


def test_what_has_no_shape_is_spelt_out() -> None:
    assert escape_controls("a\x1bb") == "a\\x1bb"
    assert escape_controls("a\u202eb") == "a\\u202eb"
    assert escape_controls("a\u0600\xa0b") == "a\\u0600\\xa0b"
    assert escape_controls("né 🚨") == "né 🚨"


def test_it_needs_nothing_beyond_the_standard_library() -> None:
    probe = (
        "import sys, mobius_tui.sanitize;"
        "sys.exit(any(m.split('.')[0] in {'rich', 'textual'} for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\U0001f44d\U0001f3fd ok", "\U0001f44d ok"),
        ("\U0001f1e9\U0001f1ea", "DE"),
        ("\N{WOMAN}\u200d\N{GIRL}", "\N{WOMAN}<U+200D>\N{GIRL}"),
    ],
)
def test_what_terminals_give_different_widths_is_shown_in_one(
    text: str, shown: str
) -> None:
    assert clean(text) == shown
    assert clean(shown) == shown
