"""A value of each kind of event, made of its types."""

from __future__ import annotations

import types
from enum import EnumType
from inspect import signature
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from mobius_tui.health.health_record import Rule


def sample(hint: Any, text: str = "") -> Any:
    """The simplest value of a type that events have.

    Args:
        hint: the type.
        text: what stands wherever any text may.
    """
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        some = [each for each in inner[1:] if get_origin(each) is Literal]
        return sample((*some, inner[0])[0], text)
    if origin is Literal:
        return inner[0]
    if origin in (Union, types.UnionType):
        return sample(inner[0], text)
    if origin is tuple:
        return (sample(inner[0], text),) if text else ()
    if origin is not None:
        return {text: sample(inner[1], text)} if text else {}
    if isinstance(hint, EnumType):
        return next(iter(hint))
    if hint is str:
        return text
    return {int: 1, float: 1.0, bool: False}[hint]


def fields_of(kind: type, text: str = "", *, wanted_alone: bool = False) -> Any:
    """The fields of an event, each with a value.

    Args:
        kind: the event's.
        text: what stands wherever any text may.
        wanted_alone: leave out what has a default.
    """
    hints = get_type_hints(kind, localns={"Rule": Rule}, include_extras=True)
    return {
        name: sample(hints[name], text)
        for name, field in signature(kind).parameters.items()
        if not wanted_alone or field.default is field.empty
    }
