"""One text of a guard, such as `"> 1000"`, and whether a value satisfies it. Pure.

Numbers are compared as numbers, durations as durations, sizes as sizes, and nothing
with what is of another kind: what cannot be compared is neither true nor false.
"""

from __future__ import annotations

import math
import operator
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from mobius_tui.runbook.text import units
from mobius_tui.runbook.text.regex_cost import longest_searchable

QuantityKind = Literal["number", "duration", "size"]
ComparisonOperator = Literal["=", "!=", "<", "<=", ">", ">=", "matches"]

_ORDER: Mapping[str, Callable[[float | Decimal, float | Decimal], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SIGNED = re.compile(r"(==|!=|<=|>=|=|<|>)\s*(.*?)\s*", re.S)
_LISTED = re.compile(r"in\s+(.*,.*)", re.S)
_MATCHING = re.compile(r"matches\s+(.*\S)\s*", re.S)
_NUMBER = re.compile(
    r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,3})?", re.ASCII
)
PATTERN = 200
"""Characters of a pattern: a longer one is for a step's `output` check."""
SHORT = 24
"""Characters of a value in which a pattern must at least be quick."""
_EXAMPLES = 'a number, a duration such as "90s" or a size such as "1GiB"'


@dataclass(frozen=True, slots=True)
class GuardComparison:
    """What a text of a guard means."""

    sign: ComparisonOperator
    texts: tuple[str, ...]
    """What it is compared with; several only for `=`, which any of them satisfies."""
    is_plain: bool = False
    """Whether it has no sign: then the value is that very text."""

    @property
    def is_ordered(self) -> bool:
        """Whether it is about more or less, and so about one value alone."""
        return self.sign in _ORDER

    def __str__(self) -> str:
        texts = [text or "(nothing)" for text in self.texts]
        return f"{self.sign} {' or '.join(texts)}"


@lru_cache(maxsize=4096)
def parse_comparison(text: str) -> GuardComparison:
    """What a text of a guard means.

    It begins with a sign; or it is `matches PATTERN`, or `in ONE, OTHER`; any other
    text is the value itself.
    """
    if signed := _SIGNED.fullmatch(text):
        sign = "=" if signed[1] == "==" else signed[1]
        return GuardComparison(sign, (signed[2],))  # type: ignore[arg-type]
    if matching := _MATCHING.fullmatch(text):
        return GuardComparison("matches", (matching[1],))
    if listed := _LISTED.fullmatch(text):
        return GuardComparison("=", tuple(map(str.strip, listed[1].split(","))))
    return GuardComparison("=", (text,), is_plain=True)


def comparison_problem(text: str) -> str:
    """What is wrong with a text of a guard, and what to write; or ""."""
    meant = parse_comparison(text)
    if meant.sign == "matches":
        return _problem_of_pattern(meant.texts[0])
    if len(meant.texts) > 1 and "" in meant.texts:
        return "`in` lists texts, parted by commas: `in a, b`"
    if not meant.is_ordered or parse_quantity(meant.texts[0]) is not None:
        return ""
    if not meant.texts[0]:
        return f"`{meant.sign}` compares with {_EXAMPLES}"
    return (
        f"`{meant.sign}` compares with {_EXAMPLES}, and {meant.texts[0]!r} is none; "
        f"for the text itself, write `= {text}`"
    )


def _problem_of_pattern(pattern: str) -> str:
    if len(pattern) > PATTERN:
        return f"a pattern in `when` has {PATTERN} characters at most"
    try:
        with warnings.catch_warnings(action="ignore"):
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"{pattern!r} is no regular expression: {error}"
    most = longest_searchable(pattern)
    if most is None:
        return (
            f"{pattern!r} may take for ever: in `when` no group is repeated, looks "
            "around or refers back"
        )
    if most < SHORT:
        return f"{pattern!r} may take too long: it has too many repeats for `when`"
    return ""


def parse_quantity(text: str) -> tuple[QuantityKind, float | Decimal] | None:
    """The number, duration (in seconds) or size (in bytes) that a text is, if any.

    `1e3`, `-0.5` and `.5` are numbers; `1_000`, `1,000`, `inf` and `70 %` are none.
    """
    text = text.strip()
    if _NUMBER.fullmatch(text):
        return "number", Decimal(text)
    try:
        return "duration", units.parse_duration(text)
    except units.TooLongError:
        return ("duration", math.inf) if len(text) <= units.LONGEST_TEXT else None
    except ValueError:
        pass
    try:
        return "size", units.parse_size(text)
    except ValueError:
        return None


def satisfies(value: str, meant: GuardComparison) -> bool | None:
    """Whether a value satisfies it; `None` where the two cannot be compared."""
    if meant.is_plain:
        return value == meant.texts[0]
    if meant.sign == "matches":
        return _is_found(meant.texts[0], value)
    found = [_compared(value.strip(), meant.sign, text) for text in meant.texts]
    if meant.sign == "!=":
        return found[0]
    return any(found) or (None if None in found else False)


def _compared(value: str, sign: ComparisonOperator, text: str) -> bool | None:
    own, other = parse_quantity(value), parse_quantity(text)
    if sign in _ORDER:
        if own is None or other is None or own[0] != other[0]:
            return None
        return _ORDER[sign](own[1], other[1])
    same = value == text
    if own is not None and other is not None and not same:
        if own[0] != other[0]:
            return None
        same = own[1] == other[1]
    return same == (sign == "=")


def expected_in_words(meant: GuardComparison) -> str:
    """What a value must be so that it can be compared, in words."""
    if meant.sign == "matches":
        return f"{longest_searchable(meant.texts[0])} characters at most"
    kinds = (found[0] for text in meant.texts if (found := parse_quantity(text)))
    return f"a {next(kinds, 'number')}"


@lru_cache(maxsize=4096)
def _is_found(pattern: str, value: str) -> bool | None:
    """Whether a pattern is found in a value; `None` where that could take too long."""
    most = longest_searchable(pattern)
    if most is None or len(value) > most:
        return None
    with warnings.catch_warnings(action="ignore"):
        return re.search(pattern, value) is not None
