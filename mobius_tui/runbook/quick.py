"""Which patterns can be matched at once, and which might take for ever."""

from __future__ import annotations

import re

_ESCAPED_OR_SET = re.compile(r"\\(?P<digit>[0-9])|\\.|\[\^?\]?(?:\\.|[^]\\])*\]", re.S)
_REPEAT = re.compile(r"[*+?{]")


def is_quick(pattern: str) -> bool:
    """Whether a pattern takes a line's length, squared, at most; if in doubt, not.

    It is a sequence of characters and sets of them, of which one at most is repeated;
    without groups, and without references back.
    """
    if any(piece["digit"] for piece in _ESCAPED_OR_SET.finditer(pattern)):
        return False
    bare = _ESCAPED_OR_SET.sub("x", pattern)
    return "(" not in bare and len(_REPEAT.findall(bare)) <= 1
