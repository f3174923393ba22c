"""Whether an entry is of the shape that this program writes. Pure.

A chain of digests can be made by anyone: it proves that nothing was edited since, not
that this program wrote it. Whoever reads a run that came from elsewhere asks first.
"""

from __future__ import annotations

import math
import types
from collections.abc import Mapping
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from mobius_tui.health.trigger import Rule
from mobius_tui.run.events import EVENTS, Entry

LARGEST = 1 << 53
"""Numbers up to here are exact in JSON, everywhere."""
_HINTS: Mapping[type, Mapping[str, Any]] = {
    kind: get_type_hints(kind, localns={"Rule": Rule}) for kind in EVENTS.values()
}


def misshapen(entry: Entry) -> str | None:
    """The name of the first field that holds what it cannot; `None` where all is well.

    Args:
        entry: as decoded.
    """
    for name, kind in (("mono", float), ("boot", str), ("by", str)):
        if not _fits(getattr(entry, name), kind):
            return name
    if not _fits(entry.intent, str | None):
        return "intent"
    event = entry.event
    for name, kind in _HINTS[type(event)].items():
        if not _fits(getattr(event, name), kind):
            return name
    return None


def _fits(value: object, kind: Any) -> bool:
    origin = get_origin(kind)
    if kind is float:
        return _is_number(value)
    if kind is int:
        return type(value) is int and abs(value) <= LARGEST
    if origin in (Union, types.UnionType):
        return any(_fits(value, each) for each in get_args(kind))
    if origin is Literal:
        return type(value) is str and value in get_args(kind)
    if origin is tuple:
        first = get_args(kind)[0]
        return isinstance(value, tuple) and all(_fits(each, first) for each in value)
    if origin is not None:
        _, inner = get_args(kind)
        return isinstance(value, Mapping) and all(
            _fits(each, inner) for each in value.values()
        )
    return isinstance(value, kind)


def _is_number(value: object) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and abs(value) <= LARGEST
    )
