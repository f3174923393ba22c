"""Which patterns can be matched at once, and which might take for ever."""

from __future__ import annotations

import math
import re

_ESCAPED_OR_SET = re.compile(r"\\(?P<digit>[0-9])|\\.|\[\^?\]?(?:\\.|[^]\\])*\]", re.S)
_REPEAT = re.compile(r"[*+?{]")
_TIMES = r"(?:[*+]|\{\d*,?\d*\})"
_MANY = re.compile(rf"{_TIMES}[?+]?")
"""A repeat without an end, or with one; taken for lazy or possessive with its sign."""
_OF_A_GROUP = re.compile(rf"\){_TIMES}")
_OTHER_GROUP = re.compile(r"\(\?(?!:)")
"""A group that looks around, refers back, or sets how the rest is read."""
STEPS = 1_000_000
"""What a match may cost, in steps of the matcher: some hundredths of a second."""


def is_cheap_pattern(pattern: str) -> bool:
    """Whether a pattern takes a line's length, squared, at most; if in doubt, not.

    It is a sequence of characters and sets of them, of which one at most is repeated;
    without groups, and without references back.
    """
    bare = _bare(pattern)
    return bare is not None and "(" not in bare and len(_REPEAT.findall(bare)) <= 1


def longest_searchable(pattern: str) -> int | None:
    """Characters of a text in which a pattern is found, or not, within `STEPS`.

    `None` where nobody knows: a group is repeated, refers back or looks around. Where
    none is, each repeat costs the length once more, beside the places to begin at.
    """
    bare = _bare(pattern)
    if bare is None or _OF_A_GROUP.search(bare) or _OTHER_GROUP.search(bare):
        return None
    repeats = len(_MANY.findall(bare))
    rest = _MANY.sub("", bare.replace("(?:", "("))
    # Ways through one group are tried with each way through the next.
    either = rest.count("?") + (rest.count("|") if "(" in rest else 0)
    steps = STEPS * math.factorial(repeats + 1) / 2**either / (1 + rest.count("|"))
    return int(steps ** (1 / (repeats + 1)))


def _bare(pattern: str) -> str | None:
    """A pattern with a letter for each escape and set; `None` if it refers back."""
    if any(piece["digit"] for piece in _ESCAPED_OR_SET.finditer(pattern)):
        return None
    return _ESCAPED_OR_SET.sub("x", pattern)
