"""What msgspec's classes need beside msgspec.

`replace` makes the same value of a class of ours, but for some of its fields. It is
msgspec's. Type checkers are told that it is the standard library's, of which they know
the names and types of the fields that it takes.
"""

from __future__ import annotations

from abc import ABCMeta
from typing import TYPE_CHECKING, Any

from msgspec import NODEFAULT, Struct, StructMeta, field

if TYPE_CHECKING:
    from dataclasses import replace as replace
else:
    from msgspec.structs import replace as replace


class AbstractStruct(StructMeta, ABCMeta):
    """The metaclass of classes whose subclasses say what they leave open."""


class _WithFactory(Struct):
    made: list[object] = field(default_factory=list)


_FACTORY = type(_WithFactory.__struct_defaults__[0])


def defaults_of(kind: type[Struct]) -> dict[str, Any]:
    """The defaults of a class of ours, by field; without the fields that have none.

    `msgspec.structs.fields` says more, and evaluates every annotation for it.
    """
    names, given = kind.__struct_fields__, kind.__struct_defaults__
    return {
        name: default.factory() if isinstance(default, _FACTORY) else default
        for name, default in zip(names[len(names) - len(given) :], given, strict=True)
        if default is not NODEFAULT
    }
