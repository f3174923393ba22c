"""A check with values in place of `${}`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar, cast

from mobius_tui.runbook.model_check import Check

C = TypeVar("C", bound=Check)

_AS_WRITTEN = ("script", "shell")
"""Values reach a script as its environment, so that none can become code."""


def filled(check: C, fill: Callable[[str], str]) -> C:
    """The check with every text filled in but its script.

    Raises:
        MobiusError: a name has no value; raised by `fill`.
    """
    return cast("C", _filled(check, fill))


def _filled(value: object, fill: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return fill(value)
    if isinstance(value, tuple):
        return tuple(_filled(item, fill) for item in value)
    if isinstance(value, Mapping):
        return {key: _filled(item, fill) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        changes = {
            each.name: _filled(getattr(value, each.name), fill)
            for each in fields(value)
            if each.name not in _AS_WRITTEN
        }
        return replace(value, **changes)
    return value
