"""Limits of durations, sizes and counts, as their keys declare them. Pure.

They are held to when a runbook is read, and again when a variable is filled in: a
typing error must not let a host check a million times a second, or wait for ever.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from msgspec import Struct

from mobius_tui.runbook.model.check_kinds import Count
from mobius_tui.runbook.model.key_table import DECLARED
from mobius_tui.runbook.model.keys import (
    HOST_SHARE_PATTERN,
    WHILE,
    Counted,
    Duration,
    HostShare,
    Inner,
    Limited,
    keys_of,
)
from mobius_tui.runbook.model.runbook import Runbook, Step
from mobius_tui.runbook.text import units
from mobius_tui.runbook.text.template_text import fill, is_template, template_names

_DECLARED = [(key.limited_as or key.name, key.kind) for key in DECLARED]
LIMITS: Mapping[str, Limited] = {
    **{name: kind for name, kind in _DECLARED if isinstance(kind, Limited)},
    "duration": WHILE,
    "trigger_within": Duration("100ms", "24h"),
}
"""What holds a duration or a size to its limits, by its key.

Two of them are no keys of a runbook: `duration` is `--duration` of the watch command,
`trigger_within` is a key of the file of `--answers`.
"""
COUNTS: Mapping[str, Counted] = {
    name: kind for name, kind in _DECLARED if isinstance(kind, Counted)
}
"""The least and the most of each count that a variable may give, by its key.

`attempts` is of checks, `parallel` of a step with `hosts`.
"""
HOST_SHARES: Mapping[str, str] = {
    name: kind.words for name, kind in _DECLARED if isinstance(kind, HostShare)
}
"""What each number of hosts is that may be a share of all, by its key."""

_WHOLE = re.compile(r"[0-9]{1,9}")

KeyedText = tuple[str, str]
"""A key, and the text of its value."""


def bounded_duration(text: str, key: str) -> float:
    """The seconds of a duration, checked against the limits of its key.

    Raises:
        ValueError: it is no duration, or is out of its limits; the message names them.
    """
    return bounded(text, key, LIMITS[key])


def bounded_size(text: str, key: str) -> int:
    """The bytes of a size, checked against the limits of its key.

    Raises:
        ValueError: it is no size, or is out of its limits; the message names them.
    """
    return int(bounded_duration(text, key))


def bounded_count(count: Count, key: str) -> int:
    """A count, checked against the limits of its key.

    Raises:
        ValueError: it is no whole number, or is out of its limits; the message names
            them.
    """
    if isinstance(count, int):
        return count  # it was held to them when it was read
    kind, text = COUNTS[key], count.strip()
    if _WHOLE.fullmatch(text) and kind.least <= int(text) <= kind.most:
        return int(text)
    words = f"`{key}` is a whole number from {kind.least} to {kind.most}"
    raise ValueError(f"{text[:40]!r} is none: {words}")


def bounded_host_share(text: str, key: str) -> str:
    """A number of hosts, or a share of all, for `share_or_count`.

    Raises:
        ValueError: it is neither; the message says what it would be.
    """
    value = text.strip()
    if HOST_SHARE_PATTERN.fullmatch(value):
        return value
    raise ValueError(f"{value[:40]!r} is none: `{key}` is {HOST_SHARES[key]}")


def bounded(text: str, key: str, kind: Limited) -> float:
    """The seconds of a duration or the bytes of a size, within its limits.

    Args:
        text: the value.
        key: its key, for the message.
        kind: what has the limits.

    Raises:
        ValueError: it is none, or is out of its limits; the message names them.
    """
    try:
        amount = kind.measure(text)
    except units.TooLongError:
        amount = units.YEAR_SECONDS
    least, most = kind.measure(kind.least), kind.measure(kind.most)
    if least <= amount <= most:
        return amount
    which = kind.too[0] if amount > least else kind.too[1]
    raise ValueError(f"{text[:40]!r} is too {which}: `{key}` is {kind.limits}")


def bounded_values(part: Any) -> Iterator[KeyedText]:
    """Every duration, size and count of a part of the model that its key limits.

    Each with its key; of counts and shares of hosts, those that a variable gives.

    Args:
        part: a runbook, or any part of one.
    """
    limited, others = _bounded_fields(part.__class__)
    for field, key in limited:
        text = getattr(part, field)
        is_share = key in HOST_SHARES
        if isinstance(text, str) and text and (is_template(text) or not is_share):
            yield key, text
    for field in others:
        found = getattr(part, field)
        if isinstance(found, Mapping):
            found = tuple(found.values())
        for each in found if isinstance(found, tuple) else (found,):
            if isinstance(each, Struct):
                yield from bounded_values(each)


@cache
def _bounded_fields(part: Any) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """The fields of a class with limits, each with its key; those that have more."""
    keys = keys_of(part)
    limited = tuple(
        (name, key.limited_as or key.name)
        for name, key in keys.items()
        if isinstance(key.kind, Limited | Counted | HostShare)
    )
    return limited, tuple(
        name
        for name in part.__struct_fields__
        if name not in keys or isinstance(keys[name].kind, Inner)
    )


def fixed_counts(step: Step) -> Iterator[KeyedText]:
    """The counts of a step that variables give, and that an attempt has to its end."""
    for part in (step.retry, step.rollout):
        for key, text in bounded_values(part) if part is not None else ():
            if key in COUNTS or key in HOST_SHARES:
                yield key, text


def limited_texts_by_variable(runbook: Runbook) -> Mapping[str, tuple[KeyedText, ...]]:
    """The durations, sizes, counts and shares that each variable is filled into.

    A text with several names is only checked when it is filled in.
    """
    found: dict[str, dict[KeyedText, None]] = {}
    for key, text in bounded_values(runbook):
        if is_template(text):
            names = template_names(text)
            if len(names) == 1:
                found.setdefault(names[0], {})[key, text] = None
    return {name: tuple(places) for name, places in found.items()}


def limit_problem(places: tuple[KeyedText, ...], value: str) -> str:
    """The problem of a value for a variable that is filled into some texts; or "".

    Args:
        places: the keys and their texts.
        value: the value.
    """
    for key, text in places:
        try:
            measure_of(key)(fill(text, lambda _: value), key)
        except ValueError as error:
            return str(error)
    return ""


def measure_of(key: str) -> Callable[[str, str], float | str]:
    """What reads a value of a key, and holds it to its limits."""
    if key in COUNTS:
        return bounded_count
    return bounded_host_share if key in HOST_SHARES else bounded_duration
