"""The sanitizer: turns untrusted text into text that a terminal only displays.

Output of steps, file names, titles, messages and answers of probes may hold anything.
A terminal executes control sequences: they move the cursor, set the title, fill the
clipboard, and make it *type* answers into the program. So only visible characters reach
a widget or standard output. Invisible ones are shown as a glyph, and never dropped.

Colour is the one exception: `clean(…, keep_sgr=True)` lets `ESC [ 31 m` and its kind
through, for the output pane to parse.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import islice

TAB_COLUMNS = 8
"""Cells between two tab stops."""

MARKS_PER_BASE = 4
"""Combining marks kept on one character; Vietnamese and Hebrew need up to three."""

SGR = re.compile(r"(\x1b\[[0-9;:]{0,64}m)")
"""A colour sequence, and nothing else: digits, `;` and `:` only.

64 characters hold the longest that programs write (two direct colours and attributes).
"""

# Written out, not computed from `unicodedata`, so that every Python shows the same:
# Cc, Cf, Cs, Zl, Zp, the noncharacters, and what Unicode calls default-ignorable; and
# skin tones, which colour an emoji, or stand alone in two cells or in none.
_INVISIBLE = (
    "\x00-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    "\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ud800-\udfff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\ufffe\uffff\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U0001f3fb-\U0001f3ff\U000e0000-\U000e0fff"
) + "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}"
    for plane in range(0x10000, 0x110000, 0x10000)
)

# One variation selector 15 or 16 after a character only asks for its plain or coloured
# form, and a skin tone after an emoji for its colour; on the width of both, terminals
# disagree. They are taken out; any other use of a selector is shown.
_PRESENTATION = re.compile("(?<=[^\n\t\ufe0e\ufe0f])[\ufe0e\ufe0f](?![\ufe0e\ufe0f])")
_SKIN_TONES = re.compile(
    "(?<=[\u2600-\u27bf\U0001f300-\U0001faff])[\U0001f3fb-\U0001f3ff]+"
)

# A flag is two letters of a kind of their own; some terminals draw two cells, others
# four. The plain letters are what it says.
_FLAGS = {0x1F1E6 + place: chr(ord("A") + place) for place in range(26)}
_UNCERTAIN_WIDTH = re.compile("[\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff]")

_BIDI = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029"
"""Direction and line marks, by which a text can look like another one."""

_NEWLINE = re.compile(r"\r*\n")

_UNDECODABLE = re.compile("[\udc80-\udcff]")
_BYTE_TEXTS = {0xDC00 + byte: f"<{byte:02X}>" for byte in range(0x80, 0x100)}
_REPLACED = re.compile(f"[{_INVISIBLE}]")


def clean(text: str, *, keep_sgr: bool = False, newlines: bool = False) -> str:
    r"""Make every control and invisible character of a text visible.

    C0 controls become control pictures (`␛`, `␍`), others `<U+202E>`; tabs become
    spaces, to the next of every 8 columns; a byte that `os.fsdecode` could not read
    becomes `<9B>`. More than 4 combining marks on a character become `<+37 marks>`.
    Cleaning twice changes nothing.

    Args:
        text: Anything.
        keep_sgr: Leave well-formed colour sequences in.
        newlines: Leave `\n` in, and take `\r\n` for it; otherwise they are shown.
    """
    if text.isascii() and text.isprintable():
        return text
    if newlines:
        text = _NEWLINE.sub("\n", text)
    if keep_sgr and "\x1b" in text:
        parts = SGR.split(text)
        parts[::2] = [_visible(part, newlines=newlines) for part in parts[::2]]
        text = "".join(parts)
    else:
        text = _visible(text, newlines=newlines)
    return _expand_tabs(text) if "\t" in text else text


def line(text: str) -> str:
    """Make `text` fit for one line: a title, a file name, a message; newlines are ⏎."""
    if text.isascii() and text.isprintable():
        return text
    return clean(_NEWLINE.sub("⏎", text))


def is_control(char: str) -> bool:
    """Whether a character is a control, or changes the direction of text."""
    return unicodedata.category(char) == "Cc" or char in _BIDI


def escape_controls(text: str) -> str:
    r"""The text with each character that has no shape of its own spelt out: `\x1b`."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode()
        for char in text
    )


def decode(data: bytes) -> str:
    """Read `data` as UTF-8; a byte that is none is shown in hex, as `<E2>`."""
    text = data.decode("utf-8", errors="surrogateescape")
    return text.translate(_BYTE_TEXTS) if _UNDECODABLE.search(text) else text


def excess_start(text: str, most: int) -> int | None:
    """The offset at which a text has more than `most` characters that are replaced.

    `None` if it has no more. Replacing controls, colours, tabs and unreadable bytes
    costs far more than letters do.

    Args:
        text: bytes decoded with `surrogateescape`.
        most: the number of replaced characters that is allowed.
    """
    if len(text) <= most or (text.isascii() and text.isprintable()):
        return None
    replaced = islice(_REPLACED.finditer(text), most, None)
    found = next(replaced, None)
    return None if found is None else found.start()


def drop_overwritten(text: str) -> str:
    """Keep of each line only what follows its last carriage return.

    A progress line is written over and over after a carriage return, and a terminal
    shows only what came last. Carriage returns at a line's very end are dropped and do
    not count, so that CRLF is a newline.
    """
    if "\r" not in text:
        return text
    rewritten = (part.rstrip("\r") for part in text.split("\n"))
    return "\n".join(part[part.rfind("\r") + 1 :] for part in rewritten)


def cells(text: str) -> int:
    """Return the columns that cleaned text without colours takes in a terminal."""
    if text.isascii():
        return len(text)
    return sum(_cell(character) for character in text)


def _visible(text: str, *, newlines: bool) -> str:
    """Return `text` with glyphs for invisible characters except tabs and colours."""
    if text.isascii():
        if text.isprintable():
            return text
    else:
        if "\ufe0e" in text or "\ufe0f" in text:
            text = _PRESENTATION.sub("", text)
        if _UNCERTAIN_WIDTH.search(text):
            text = _SKIN_TONES.sub("", text).translate(_FLAGS)
    unsafe = set(_invisible_pattern(newlines=newlines).findall(text))
    if unsafe:
        # Every character is in the table: to miss one there takes longest.
        table = {ord(one): one for one in set(text)}
        table.update((ord(one), _glyph(ord(one))) for one in unsafe)
        text = text.translate(table)
    return (
        text
        if _markless_pattern().fullmatch(text)
        else _excess_marks_pattern().sub(_limit_marks, text)
    )


# The larger patterns are compiled when they are first used, for a quick start.


@cache
def _invisible_pattern(*, newlines: bool) -> re.Pattern[str]:
    """Return a pattern of the characters that are shown as glyphs."""
    left = "\t\n" if newlines else "\t"
    return re.compile(f"(?![{left}])[{_INVISIBLE}]")


def _glyph(code: int) -> str:
    """Return the glyph for an invisible character."""
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if 0xDC80 <= code <= 0xDCFF:  # os.fsdecode's stand-in for the byte
        return f"<{code - 0xDC00:02X}>"
    return f"<U+{code:04X}>"


@cache
def _markless_pattern() -> re.Pattern[str]:
    """Return a pattern of text without combining marks.

    Latin, punctuation, arrows, lines, symbols, Chinese, Japanese, Korean, and emoji.
    """
    return re.compile(
        "[\x00-\u02ff\u2010-\u20cf\u2100-\u2bff\u3030-\u3098\u309b-\ua66e"
        "\uac00-\ud7af\U0001f000-\U0001faff]*"
    )


_KOREAN_JOINING = "\u1160-\u11ff\ud7b0-\ud7ff"
_KOREAN_JOINING_CHARACTER = re.compile(f"[{_KOREAN_JOINING}]")


@cache
def _excess_marks_pattern() -> re.Pattern[str]:
    """Return a pattern of combining marks that are too many, or without a base.

    Vowels and finals of decomposed Korean syllables combine likewise. The pattern is
    made for the first text that may need it, as that takes 20 ms. Marks are below
    U+20000; the variation selectors above it have been replaced before.
    """
    marks = [_KOREAN_JOINING]
    first = None
    for code in range(0x300, 0x20000):
        is_mark = unicodedata.category(chr(code)) in {"Mn", "Me"}
        if is_mark and first is None:
            first = code
        elif first is not None and not is_mark:
            marks.append(f"{chr(first)}-{chr(code - 1)}")
            first = None
    every = "".join(marks)
    many = MARKS_PER_BASE + 1
    return re.compile(f"[{every}]{{{many},}}|(?<![^\n\t])[{every}]+")


def _limit_marks(match: re.Match[str]) -> str:
    """Return a run of combining marks, limited in length, and with a base."""
    run, start = match[0], match.start()
    has_base = start > 0 and match.string[start - 1] not in "\n\t"
    kept, surplus = run[:MARKS_PER_BASE], len(run) - MARKS_PER_BASE
    note = f"<+{surplus} marks>" if surplus > 0 else ""
    return f"{'' if has_base else '◌'}{kept}{note}"


def _expand_tabs(text: str) -> str:
    """Return cleaned text with spaces for tabs, counted in cells."""
    rows = []
    for row in text.split("\n"):
        first, *pieces = row.split("\t")
        out, column = [first], cells(SGR.sub("", first))
        for piece in pieces:
            gap = TAB_COLUMNS - column % TAB_COLUMNS
            out += (" " * gap, piece)
            column = cells(SGR.sub("", piece)) if piece else 0  # from a tab stop
        rows.append("".join(out))
    return "\n".join(rows)


def _cell(character: str) -> int:
    if _KOREAN_JOINING_CHARACTER.match(character):
        return 0
    if (category := unicodedata.category(character)) in {"Mn", "Me", "Mc"}:
        return 0
    if category == "Cn":
        return 1  # not assigned: what draws it draws one box
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
