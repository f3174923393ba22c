"""The cost of matching a pattern: which patterns are quick."""

from __future__ import annotations

import math
import re

_ESCAPED_OR_SET = re.compile(r"\\(?P<digit>[0-9])|\\.|\[\^?\]?(?:\\.|[^]\\])*\]", re.S)
_REPEAT = re.compile(r"[*+?{]")
_QUANTIFIER_SOURCE = r"(?:[*+]|\{\d*,?\d*\})"
_QUANTIFIER = re.compile(rf"{_QUANTIFIER_SOURCE}[?+]?")
"""A quantifier, with its sign if it is lazy or possessive."""
_REPEATED_GROUP = re.compile(rf"\){_QUANTIFIER_SOURCE}")
_SPECIAL_GROUP = re.compile(r"\(\?(?!:)")
"""A group with a lookaround, a backreference or flags."""
MAX_STEPS = 1_000_000
"""Steps of the matcher for one search: some hundredths of a second."""


def is_cheap_pattern(pattern: str) -> bool:
    """Whether a pattern is at most quadratic in the length of a line; False if unknown.

    It is a sequence of characters and sets, of which at most one has a quantifier,
    without groups and backreferences.
    """
    simplified = _simplified(pattern)
    return (
        simplified is not None
        and "(" not in simplified
        and len(_REPEAT.findall(simplified)) <= 1
    )


def max_search_length(pattern: str) -> int | None:
    """The length of the longest text to search with a pattern within `MAX_STEPS`.

    `None` if unknown: with a repeated group, a backreference or a lookaround. Otherwise
    each quantifier multiplies the cost by the length.
    """
    simplified = _simplified(pattern)
    if (
        simplified is None
        or _REPEATED_GROUP.search(simplified)
        or _SPECIAL_GROUP.search(simplified)
    ):
        return None
    repeats = len(_QUANTIFIER.findall(simplified))
    rest = _QUANTIFIER.sub("", simplified.replace("(?:", "("))
    # The alternatives of one group are combined with those of the next.
    either = rest.count("?") + (rest.count("|") if "(" in rest else 0)
    steps = MAX_STEPS * math.factorial(repeats + 1) / 2**either / (1 + rest.count("|"))
    return int(steps ** (1 / (repeats + 1)))


def _simplified(pattern: str) -> str | None:
    """A pattern with a letter for each escape and set; `None` with a backreference."""
    if any(piece["digit"] for piece in _ESCAPED_OR_SET.finditer(pattern)):
        return None
    return _ESCAPED_OR_SET.sub("x", pattern)
