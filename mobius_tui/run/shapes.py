"""Whether a value is of the shape that this program writes. Pure.

A chain of digests can be made by anyone: it proves that nothing was edited since, not
that this program wrote it. So every line of a journal is held to its event's types.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from mobius_tui.health.trigger import Rule

LARGEST = 1 << 53
"""Numbers up to here are exact in JSON, everywhere."""
Fits = Callable[[object], bool]
_KNOWN: dict[type, tuple[tuple[str, Fits], ...]] = {}


def misshapen(value: Any) -> str | None:
    """The name of the first field that holds what it cannot; `None` where all is well.

    Args:
        value: an event, as decoded.
    """
    for name, fits in _fields(type(value)):
        if not fits(getattr(value, name)):
            return name
    return None


def _fields(kind: type) -> tuple[tuple[str, Fits], ...]:
    """Each field of a kind of event, and what may stand in it; made when it is met."""
    if kind not in _KNOWN:
        hints = get_type_hints(kind, localns={"Rule": Rule})
        _KNOWN[kind] = tuple((name, _fits(hint)) for name, hint in hints.items())
    return _KNOWN[kind]


def is_text(value: object) -> bool:
    """Whether it is text."""
    return type(value) is str


def is_whole(value: object) -> bool:
    """Whether it is a whole number that is exact everywhere."""
    return type(value) is int and -LARGEST <= value <= LARGEST


def is_number(value: object) -> bool:
    """Whether it is a number that can be reckoned with."""
    # What is not a number at all compares as neither more nor less.
    return type(value) in (int, float) and -LARGEST <= value <= LARGEST  # type: ignore[operator]


def _fits(kind: Any) -> Fits:
    """What tells whether a value is of a type that events have."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is str:
        return is_text
    if kind is int:
        return is_whole
    if kind is float:
        return is_number
    if origin in (Union, types.UnionType):
        ways = tuple(map(_fits, inner))
        return lambda value: any(fits(value) for fits in ways)
    if origin is Literal:
        words = frozenset(inner)
        return lambda value: type(value) is str and value in words
    if origin is tuple:
        each = _fits(inner[0])
        return lambda value: type(value) is tuple and all(map(each, value))
    if origin is not None:
        key, each = map(_fits, inner)
        return lambda value: (
            isinstance(value, Mapping)
            and all(map(key, value))
            and all(map(each, value.values()))
        )
    return lambda value: isinstance(value, kind)
