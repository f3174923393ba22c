"""Output for terminals that are not UTF-8: ASCII only.

Python assumes UTF-8 for the locales C and POSIX. So the locale itself is examined, as
other programs do.
"""

from __future__ import annotations

import codecs
import sys

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

ASCII_SIGNS = {
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
    "↶": "U",
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
    "‹": "<",
    "›": ">",
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
"""Each glyph that this program or Textual draws, and its ASCII replacement."""


COERCED = ("C.UTF-8", "C.utf8", "UTF-8")
"""The values to which Python sets LC_CTYPE in the locale C (PEP 538)."""
ERROR_HANDLER = "sign-for-it"
"""The name under which `_replace_with_sign` is registered as an error handler."""


def is_unicode(encoding: str) -> bool:
    """Whether every character can be written in an encoding."""
    return encoding.lower().replace("-", "").replace("_", "").startswith("utf")


def locale_requires_ascii(environ: Mapping[str, str], *, was_c: bool) -> bool:
    """Whether the locale requires ASCII: its encoding is not UTF, or it is C or POSIX.

    Without a locale UTF-8 is assumed, and for one that names no encoding.

    Args:
        environ: the environment.
        was_c: whether Python started in the locale C, and may have set LC_CTYPE.
    """
    by_python = was_c and environ.get("LC_CTYPE") in COERCED
    names = ("LC_ALL", "LANG") if by_python else ("LC_ALL", "LC_CTYPE", "LANG")
    setting = next(filter(None, map(environ.get, names)), "")
    locale, _, encoding = setting.partition("@")[0].partition(".")
    if encoding:
        return not is_unicode(encoding)
    return locale in ("C", "POSIX")


def is_c_locale(environ: Mapping[str, str]) -> bool:
    """Whether Python started in the locale C, without an explicit UTF-8 mode."""
    return bool(sys.flags.utf8_mode) and environ.get("PYTHONUTF8") != "1"


def reconfigure_to_ascii(stream: TextIO) -> None:
    """Reconfigure a stream to ASCII.

    Known glyphs become their ASCII signs, other characters backslash escapes.
    """
    codecs.register_error(ERROR_HANDLER, _replace_with_sign)
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(encoding="ascii", errors=ERROR_HANDLER)


def _replace_with_sign(error: UnicodeError) -> tuple[str, int]:
    """The error handler for `codecs`: the replacement, and the next offset."""
    assert isinstance(error, UnicodeEncodeError)
    character = error.object[error.start]
    number = character.encode("ascii", "backslashreplace").decode("ascii")
    return ASCII_SIGNS.get(character, number), error.start + 1
