"""What the value of a typed variable must look like. Pure.

One judgement for every place that a value comes from: the runbook, the command line,
the environment, an answer, a script's output, a command that lists values.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from msgspec import Struct

from mobius_tui.runbook.model.actions import chosen_options, chosen_text
from mobius_tui.runbook.model.runbook import ValueKind, Variable
from mobius_tui.runbook.text import units
from mobius_tui.runbook.text.regex_cost import max_search_length

_INT = re.compile(r"[+-]?[0-9]{1,18}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_HOST = re.compile(
    r"(?=.{1,253}\Z)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*"
    r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.?"
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_SHOWN = 60
"""Characters of a wrong value that are shown."""
MAX_VARIABLE_BYTES = (128 << 10) - 1
"""Bytes of `NAME=value` that Linux gives to a process in one variable, at most."""
TRUE_FALSE = ("true", "false")


def _int(text: str) -> float:
    if not _INT.fullmatch(text):
        raise ValueError
    return int(text)


def _duration(text: str) -> float:
    try:
        return units.parse_duration(text)
    except units.TooLongError:
        return units.YEAR_SECONDS


def _date(text: str) -> float:
    if not _DATE.fullmatch(text):
        raise ValueError
    return datetime.date.fromisoformat(text).toordinal()


def _is_host(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return _HOST.fullmatch(text) is not None
    return True


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        found = parts.hostname
    except ValueError:
        return False
    is_one_word = not any(char.isspace() for char in text)
    return is_one_word and bool(found) and _SCHEME.fullmatch(parts.scheme) is not None


def _is_path(text: str) -> bool:
    return bool(text.strip()) and text.isprintable()


class _Kind(Struct, frozen=True):
    """One kind of value: its description, and how a text of it is recognized."""

    words: str
    """With its article, and an example."""
    measure: Callable[[str], float] | None = None
    """Of what can be compared: its amount; raises ValueError for another form."""
    has_form: Callable[[str], bool] | None = None


_KINDS: Mapping[ValueKind, _Kind] = {
    "int": _Kind("a whole number, such as 3", measure=_int),
    "duration": _Kind("a duration, such as 30s or 1h30m", measure=_duration),
    "date": _Kind("a day, such as 2026-11-24", measure=_date),
    "url": _Kind("a URL, such as https://example.com/x", has_form=_is_url),
    "host": _Kind("a host's name or address, such as db-1", has_form=_is_host),
    "path": _Kind("a path, such as /srv/data", has_form=_is_path),
    "bool": _Kind("true or false", has_form=TRUE_FALSE.__contains__),
}
KINDS: tuple[ValueKind, ...] = tuple(_KINDS)
COMPARED_KINDS = tuple(name for name, kind in _KINDS.items() if kind.measure)
"""The kinds of which a value is more or less than another: those with `min`, `max`."""


def value_problem(variable: Variable, text: str) -> str | None:
    """What is wrong with a value for a variable, and the remedy; None if nothing is.

    The value of a secret is not in the text.

    Args:
        variable: which.
        text: the value; of a variable of several values, a line for each.
    """
    if "\0" in text:
        return f"{variable.name}: a value cannot hold a NUL character"
    size = len(f"{variable.name}={text}".encode("utf-8", "surrogatepass"))
    if size > MAX_VARIABLE_BYTES:
        words = f"{size} bytes with its name; a process takes {MAX_VARIABLE_BYTES}"
        return f"{variable.name}: {words}; give what is longer by a file"
    if not text and variable.default == "":
        return None  # an empty default says that it may be left empty
    if variable.many and not text.strip():
        return f"{variable.name}: at least one value is wanted"
    each_value = chosen_options(text) if variable.many else (text,)
    for value in each_value:
        wrong = _problem_of_one(variable, value)
        if wrong:
            return f"{variable.name}: {wrong}"
    return None


def may_be_empty(variable: Variable) -> bool:
    """Whether the runbook says that a value that somebody gives may be empty.

    An empty `default` says so, and a `match` that an empty text matches. Otherwise an
    empty text is no choice: it is what an unset variable of a shell leaves.
    """
    is_matched = variable.pattern and re.fullmatch(variable.pattern, "") is not None
    return variable.default == "" or bool(is_matched)


def _problem_of_one(variable: Variable, value: str) -> str:
    shown = "its value" if variable.secret else repr(value[:_SHOWN])
    if variable.choices:
        allowed = ", ".join(variable.choices)
        return "" if value in variable.choices else f"{shown} is none of: {allowed}"
    hint = f" ({variable.hint})" if variable.hint else ""
    if variable.kind and not _fits_kind(variable.kind, value):
        return f"{shown} is not {_KINDS[variable.kind].words}{hint}"
    beyond = _beyond_bounds(variable, value)
    if beyond:
        return f"{shown} is {beyond}{hint}"
    return _pattern_problem(variable, value, shown, hint)


def _fits_kind(kind: ValueKind, value: str) -> bool:
    own = _KINDS[kind]
    if own.has_form is not None:
        return own.has_form(value)
    assert own.measure is not None
    try:
        own.measure(value)
    except ValueError:
        return False
    return True


def _beyond_bounds(variable: Variable, value: str) -> str | None:
    """How a value of the right form breaks `min` or `max`; None if it does not."""
    measure = _KINDS[variable.kind].measure if variable.kind else None
    if measure is None:
        return None
    if variable.least and measure(value) < measure(variable.least):
        return f"less than the least, {variable.least}"
    if variable.most and measure(value) > measure(variable.most):
        return f"more than the most, {variable.most}"
    return None


def _pattern_problem(variable: Variable, value: str, shown: str, hint: str) -> str:
    if not variable.pattern:
        return ""
    if len(value) > (max_search_length(variable.pattern) or 0):
        return f"{shown} is too long to be compared with the pattern{hint}"
    if re.fullmatch(variable.pattern, value) is None:
        form = hint or f" {variable.pattern}"
        return f"{shown} does not match the form that is wanted:{form}"
    return ""


def bounds_problem(variable: Variable) -> str | None:
    """What is wrong with `min` and `max` themselves; None if nothing is."""
    for key, bound in (("min", variable.least), ("max", variable.most)):
        if bound and variable.kind not in COMPARED_KINDS:
            kinds = ", ".join(COMPARED_KINDS)
            return f"`{key}` is for a variable whose `kind` is one of {kinds}"
        if bound and not _fits_kind(variable.kind, bound):
            return f"`{key}` is {_KINDS[variable.kind].words}, as `kind` says"
    if variable.least and variable.most and _beyond_bounds(variable, variable.least):
        return "`min` is more than `max`"
    return None


def stored_value(variable: Variable, text: str) -> str:
    """A value as it is stored, from a text as it was typed or given.

    Several values have a line each, or are on one line with commas between.
    """
    if not variable.many:
        return text
    parts = text.split("\n") if "\n" in text else text.split(",")
    return chosen_text(part.strip() for part in parts if part.strip())


def value_on_one_line(variable: Variable, text: str) -> str:
    """A value as it is typed: several values with commas between."""
    return ", ".join(chosen_options(text)) if variable.many and text else text


def form_in_words(variable: Variable) -> str:
    """The form of the value, for a person who types it; empty if none is said.

    It is no rule: choices of which one is taken, and a pattern without a hint, are not
    in it.
    """
    if variable.hint:
        form = variable.hint
    elif variable.kind and variable.kind != "bool" and not variable.choices:
        form = _KINDS[variable.kind].words
    else:
        form = ""
    least, most = variable.least, variable.most
    if least and most:
        bounds = f"{least} to {most}"
    elif least or most:
        bounds = f"at least {least}" if least else f"at most {most}"
    else:
        bounds = ""
    several = "several with commas between" if variable.many else ""
    if variable.many and variable.choices:
        several = f"one or more of {', '.join(variable.choices)}, commas between"
    return "; ".join(part for part in (form, bounds, several) if part)
