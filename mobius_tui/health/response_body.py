"""The body of an answer: assertions on it, and figures by JSON pointer. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from mobius_tui.json_border import require_depth
from mobius_tui.runbook.model.check_kinds import Comparisons, Json
from mobius_tui.runbook.model.guard_comparison import (
    comparison_in_words,
    unmet_in_words,
)
from mobius_tui.runbook.model.probes import Figure
from mobius_tui.runbook.text.shortening import shortened

_MAX_QUOTED = 60
"""Characters of a value that are quoted in a reason."""

MISSING = object()
"""The result of a pointer that leads to nothing; a JSON null is a value."""
_NONE: Mapping[str, Comparisons] = MappingProxyType({})


def parse_json(body: bytes) -> Any:
    """The JSON value of a body, or `MISSING` if it is no JSON, or nested too deeply."""
    try:
        require_depth(body)
        return json.loads(body)
    except ValueError:
        return MISSING


def body_mismatch(
    body: bytes,
    document: Any,
    wanted: Mapping[str, Json],
    contains: str | None,
    pointers: Mapping[str, Comparisons] = _NONE,
) -> str | None:
    """The first difference between a body and what is wanted; None if there is none.

    Args:
        body: the bytes.
        document: what `parse_json` made of them.
        wanted: required values: each key of it must exist and be equal, at any depth.
        contains: a text that must occur.
        pointers: comparisons of what is at JSON pointers.
    """
    if wanted or pointers:
        if document is MISSING:
            return "its body is no JSON"
        found = _difference(document, wanted, "") if wanted else ""
        found = found or pointer_mismatch(document, pointers)
        if found:
            return found
    if contains == "":
        return "the text that is looked for in it is empty: it says nothing"
    if contains is not None and contains not in body.decode("utf-8", "replace"):
        return f"its body does not contain {quoted(contains)}"
    return None


def _difference(value: Any, wanted: Json, at: str) -> str | None:
    """Where and how a value differs from the wanted one; None if it does not."""
    name = at or "its body"
    if value is MISSING:
        return f"{name} is missing, wanted {quoted(wanted)}"
    if isinstance(wanted, Mapping):
        if not isinstance(value, dict):
            return f"{name} is {quoted(value)}, wanted an object"
        for key, item in wanted.items():
            below = f"{at}.{key}" if at else key
            found = _difference(value.get(key, MISSING), item, below)
            if found:
                return found
        return None
    if isinstance(wanted, tuple):
        if not isinstance(value, list) or len(value) != len(wanted):
            return f"{name} is {quoted(value)}, wanted a list of {len(wanted)}"
        for index, item in enumerate(wanted):
            found = _difference(value[index], item, f"{at}[{index}]")
            if found:
                return found
        return None
    if _equal(value, wanted):
        return None
    return f"{name} is {quoted(value)}, wanted {quoted(wanted)}"


def _equal(value: Any, wanted: Json) -> bool:
    """Whether two JSON values are equal: `true` is not 1, but 1 is 1.0."""
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    return bool(value == wanted)


def quoted(value: Any) -> str:
    """A value as JSON, cut to at most `_MAX_QUOTED` characters."""
    if isinstance(value, tuple):
        value = list(value)
    text = json.dumps(value, ensure_ascii=False, default=dict)
    return shortened(text, _MAX_QUOTED)


def reported_figure(
    document: Any, wanted: Figure | None, *, highest: float
) -> float | None:
    """A figure that the service reports about itself.

    Args:
        document: what `parse_json` made of the body.
        wanted: its pointer and its unit.
        highest: the largest value that is in range, in the figure's own unit.

    Returns:
        The figure, in milliseconds if its unit is a time; `None` if it is missing, no
        number, or not between 0 and `highest`.
    """
    if wanted is None:
        return None
    value = resolve_pointer(document, wanted.at)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not 0 <= value <= highest or not math.isfinite(value):
        return None
    return float(value * 1000 if wanted.unit == "s" else value)


def pointer_mismatch(document: Any, wanted: Mapping[str, Comparisons]) -> str | None:
    """The first value at a pointer that is not as wanted; None if all are.

    Args:
        document: what `parse_json` made of a body.
        wanted: comparisons by RFC 6901 pointer.
    """
    for pointer, texts in wanted.items():
        value = resolve_pointer(document, pointer)
        if value is MISSING:
            return f"{pointer} is missing, wanted {comparison_in_words(texts)}"
        if isinstance(value, dict | list):
            kind = "an object" if isinstance(value, dict) else "a list"
            return f"{pointer} is {kind}, wanted {comparison_in_words(texts)}"
        text = value if isinstance(value, str) else json.dumps(value)
        lacking = unmet_in_words(text, texts)
        if lacking:
            return f"{pointer} is {quoted(value)}, {lacking}"
    return None


def pointer_values(document: Any, pointers: Iterable[str]) -> str:
    """The values at some pointers, in words: `/queue/depth is 3`."""
    return ", ".join(
        f"{each} is {quoted(resolve_pointer(document, each))}" for each in pointers
    )


def resolve_pointer(document: Any, pointer: str) -> Any:
    """The value at an RFC 6901 pointer, or `MISSING`."""
    value = document
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(key, MISSING)
        elif isinstance(value, list) and key.isascii() and key.isdigit():
            index = int(key) if len(key) < 10 else len(value)
            value = value[index] if index < len(value) else MISSING
        else:
            return MISSING
    return value
