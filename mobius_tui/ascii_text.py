"""What is sent to a terminal that is not UTF-8: ASCII alone.

Python calls a terminal UTF-8 wherever the locale is C or POSIX. So the locale itself
is looked at, as every other program does.
"""

from __future__ import annotations

import codecs
import sys

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

SIGNS = {
    # The states of steps: no two look alike.
    "○": "o",
    "▶": ">",
    "✔": "+",
    "▲": "!",
    "✖": "X",
    "◷": "T",
    "■": "#",
    "⊘": "/",
    "–": "-",
    "◆": "V",
    "↺": "R",
    "┄": "~",
    "·": ".",
    # Other marks
    "“": '"',
    "”": '"',
    "●": "*",
    "•": "*",
    "▸": ">",
    "☞": "!",
    "»": ">",
    "«": "<",
    "…": "~",
    "—": "-",
    "×": "x",
    "≥": ">",
    "≤": "<",
    "⏎": "|",
    "↵": "|",
    "␛": "^",
    "⭘": "o",
    "🔎": "/ ",
    # Keys
    "↑": "^",
    "↓": "v",
    "←": "<",
    "→": ">",
    "▼": "v",
    "▾": "v",
    "▴": "^",
    "⌫": "<",
    # Charts and meters
    "▁": "_",
    "▂": "_",
    "▃": ".",
    "▄": "-",
    "▅": "=",
    "▆": "*",
    "▇": "%",
    "█": "#",
    "░": ".",
    "▒": ":",
    "▓": "%",
    "▏": "|",
    "▎": "|",
    "▍": "|",
    "▌": "|",
    "▋": "|",
    "▊": "|",
    "▉": "|",
    "▐": "|",
    "▕": "|",
    "▔": "-",
    "▀": "-",
    # Borders: what has the focus has a heavier one.
    **dict.fromkeys("╭╮╰╯┌┐└┘├┤┬┴┼", "+"),
    **dict.fromkeys("─╌╴╶", "-"),
    **dict.fromkeys("│╎╵╷", "|"),
    **dict.fromkeys("┏┓┗┛┣┫┳┻╋╔╗╚╝", "#"),
    **dict.fromkeys("━═╸╺", "="),
    **dict.fromkeys("┃║╹╻", "#"),
}
"""Each glyph that we or Textual draw, and the sign that stands for it."""


COERCED = ("C.UTF-8", "C.utf8", "UTF-8")
"""What Python sets LC_CTYPE to for itself where it finds the locale C (PEP 538)."""
SIGN_FOR_IT = "sign-for-it"
"""The name by which streams know `_sign_for_it`."""


def is_unicode(encoding: str) -> bool:
    """Whether every character can be written in an encoding."""
    return encoding.lower().replace("-", "").replace("_", "").startswith("utf")


def says_ascii(environ: Mapping[str, str], *, was_c: bool) -> bool:
    """Whether the locale says that the terminal is not UTF-8.

    Where it says nothing, or names no encoding, it says no: nearly every terminal is.

    Args:
        environ: the environment.
        was_c: whether Python found the locale C, and may have set LC_CTYPE by itself.
    """
    by_python = was_c and environ.get("LC_CTYPE") in COERCED
    names = ("LC_ALL", "LANG") if by_python else ("LC_ALL", "LC_CTYPE", "LANG")
    said = next(filter(None, map(environ.get, names)), "")
    locale, _, encoding = said.partition("@")[0].partition(".")
    if encoding:
        return not is_unicode(encoding)
    return locale in ("C", "POSIX")


def is_c_locale(environ: Mapping[str, str]) -> bool:
    """Whether Python found the locale C when it started, and nobody asked for UTF-8."""
    return bool(sys.flags.utf8_mode) and environ.get("PYTHONUTF8") != "1"


def write_ascii(stream: TextIO) -> None:
    """Let a stream write ASCII: a sign for each glyph, a number for all else."""
    codecs.register_error(SIGN_FOR_IT, _sign_for_it)
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(encoding="ascii", errors=SIGN_FOR_IT)


def _sign_for_it(error: UnicodeError) -> tuple[str, int]:
    """What stands for a character, and where it goes on, as `codecs` wants it."""
    assert isinstance(error, UnicodeEncodeError)
    character = error.object[error.start]
    number = character.encode("ascii", "backslashreplace").decode("ascii")
    return SIGNS.get(character, number), error.start + 1
