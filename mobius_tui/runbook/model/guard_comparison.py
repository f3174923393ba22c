"""One text of a guard, such as `"> 1000"`, and whether a value satisfies it. Pure.

Numbers, durations and sizes are compared as such. Values of different kinds cannot be
compared: the result is neither true nor false.
"""

from __future__ import annotations

import math
import operator
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from msgspec import Struct

from mobius_tui.runbook.text import units
from mobius_tui.runbook.text.regex_cost import max_search_length
from mobius_tui.runbook.text.template_text import fill, is_template, template_names
from mobius_tui.structs import replace

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
MAX_PATTERN_CHARACTERS = 200
"""The most characters of a pattern; a longer one belongs in an `output` check."""
MIN_SEARCHABLE_CHARACTERS = 24
"""Characters of a value that a pattern must be able to search quickly."""
_EXAMPLES = 'a number, a duration such as "90s" or a size such as "1GiB"'


class GuardComparison(Struct, frozen=True):
    """A parsed text of a guard."""

    sign: ComparisonOperator
    texts: tuple[str, ...]
    """The operands; several only for `=`, of which any may be equal."""
    is_plain: bool = False
    """Whether it has no sign: then the value must equal the text."""

    @property
    def is_ordered(self) -> bool:
        """Whether it compares by order, and so needs a single value."""
        return self.sign in _ORDER

    def __str__(self) -> str:
        texts = [text or "(nothing)" for text in self.texts]
        return f"{self.sign} {' or '.join(texts)}"


def operand_names(text: str) -> tuple[str, ...]:
    """The variables that a text compares with, `${name}` in it, each once."""
    return template_names(text) if is_template(text) else ()


def filled_comparison(
    text: str, value_of: Callable[[str], str]
) -> tuple[GuardComparison, ...]:
    """The comparisons that a text means with the values of its variables.

    One of them is enough; of several values each is one, but for an ordered sign. What
    a value looks like is no matter: it is an operand, and never a sign.
    """
    meant = parse_comparison(text)
    if not is_template(text):
        return (meant,)
    operands = [fill(each, value_of) for each in meant.texts]
    if meant.sign == "=":
        operands = [own for each in operands for own in each.split("\n")]
    return tuple(replace(meant, texts=(own,)) for own in operands)


@lru_cache(maxsize=4096)
def parse_comparison(text: str) -> GuardComparison:
    """Parse a text of a guard.

    It begins with a sign, or is `matches PATTERN` or `in ONE, OTHER`; any other text is
    the value itself.
    """
    if signed := _SIGNED.fullmatch(text):
        sign = "=" if signed[1] == "==" else signed[1]
        return GuardComparison(sign, (signed[2],))  # type: ignore[arg-type]
    if matching := _MATCHING.fullmatch(text):
        return GuardComparison("matches", (matching[1],))
    if listed := _LISTED.fullmatch(text):
        return GuardComparison("=", tuple(map(str.strip, listed[1].split(","))))
    return GuardComparison("=", (text,), is_plain=True)


def comparison_problem(text: str) -> str | None:
    """The problem of a text of a guard, with the remedy; None if there is none."""
    comparison = parse_comparison(text)
    if comparison.sign == "matches":
        if operand_names(text):
            return "a pattern in `when` is written there: no variable is filled in"
        return _problem_of_pattern(comparison.texts[0])
    if operand_names(text):
        return None  # what it is compared with is known when it has a value
    if len(comparison.texts) > 1 and "" in comparison.texts:
        return "`in` lists texts, parted by commas: `in a, b`"
    if not comparison.is_ordered or parse_quantity(comparison.texts[0]) is not None:
        return None
    if not comparison.texts[0]:
        return f"`{comparison.sign}` compares with {_EXAMPLES}"
    return (
        f"`{comparison.sign}` compares with {_EXAMPLES}, "
        f"and {comparison.texts[0]!r} is none; "
        f"for the text itself, write `= {text}`"
    )


def _problem_of_pattern(pattern: str) -> str | None:
    if len(pattern) > MAX_PATTERN_CHARACTERS:
        return f"a pattern in `when` has {MAX_PATTERN_CHARACTERS} characters at most"
    try:
        with warnings.catch_warnings(action="ignore"):
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"{pattern!r} is no regular expression: {error}"
    limit = max_search_length(pattern)
    if limit is None:
        return (
            f"{pattern!r} may take for ever: in `when` no group is repeated, looks "
            "around or refers back"
        )
    if limit < MIN_SEARCHABLE_CHARACTERS:
        return f"{pattern!r} may take too long: it has too many repeats for `when`"
    return None


def parse_quantity(text: str) -> tuple[QuantityKind, float | Decimal] | None:
    """Parse a number, a duration (to seconds) or a size (to bytes); else `None`.

    `1e3`, `-0.5` and `.5` are numbers; `1_000`, `1,000`, `inf` and `70 %` are none.
    """
    text = text.strip()
    if _NUMBER.fullmatch(text):
        return "number", Decimal(text)
    try:
        return "duration", units.parse_duration(text)
    except units.TooLongError:
        return ("duration", math.inf) if len(text) <= units.MAX_DURATION_TEXT else None
    except ValueError:
        pass
    try:
        return "size", units.parse_size(text)
    except ValueError:
        return None


def satisfies(value: str, comparison: GuardComparison) -> bool | None:
    """Whether a value satisfies a comparison; `None` if they cannot be compared."""
    if comparison.is_plain:
        return value == comparison.texts[0]
    if comparison.sign == "matches":
        return _pattern_matches(comparison.texts[0], value)
    found = [
        _compared(value.strip(), comparison.sign, text) for text in comparison.texts
    ]
    if comparison.sign == "!=":
        return found[0]
    return any(found) or (None if None in found else False)


def comparison_in_words(texts: Iterable[str]) -> str:
    """Several comparisons, of which one is enough, as text: `= a or > 3`."""
    return " or ".join(str(parse_comparison(text)) for text in texts)


def unmet_in_words(value: str, texts: Iterable[str]) -> str | None:
    """Why a value satisfies none of some comparisons; None if it satisfies one.

    Such as `wanted > 3`, or `wanted > 3, which compares a number`.
    """
    meant = [parse_comparison(text) for text in texts]
    found = [satisfies(value, each) for each in meant]
    if True in found:
        return None
    wanted = f"wanted {' or '.join(map(str, meant))}"
    if None in found:
        wanted += f", which compares {expected_in_words(meant[found.index(None)])}"
    return wanted


def _compared(value: str, sign: ComparisonOperator, text: str) -> bool | None:
    quantity, other = parse_quantity(value), parse_quantity(text)
    if sign in _ORDER:
        if quantity is None or other is None or quantity[0] != other[0]:
            return None
        return _ORDER[sign](quantity[1], other[1])
    same = value == text
    if quantity is not None and other is not None and not same:
        if quantity[0] != other[0]:
            return None
        same = quantity[1] == other[1]
    return same == (sign == "=")


def expected_in_words(comparison: GuardComparison) -> str:
    """The kind of value with which a comparison works, as text."""
    if comparison.sign == "matches":
        return f"{max_search_length(comparison.texts[0])} characters at most"
    kinds = (found[0] for text in comparison.texts if (found := parse_quantity(text)))
    return f"a {next(kinds, 'number')}"


@lru_cache(maxsize=4096)
def _pattern_matches(pattern: str, value: str) -> bool | None:
    """Whether a pattern matches in a value; `None` if that could take too long."""
    limit = max_search_length(pattern)
    if limit is None or len(value) > limit:
        return None
    with warnings.catch_warnings(action="ignore"):
        return re.search(pattern, value) is not None
