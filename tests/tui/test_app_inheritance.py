"""Classes of the screens inherit what Textual asks for; all else is a part they own."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Generic, Protocol

from mobius_tui import tui

DEEPEST = 3
"""Classes of ours over the one that is not ours, at most: a screen, over what the run
screens share, over what all pages share."""
NO_BASES = (Generic, Protocol)
"""Bases that say something of types, and bring nothing along."""


def classes() -> Iterator[type]:
    """Every class that a module of the screens makes."""
    for module in pkgutil.walk_packages(tui.__path__, f"{tui.__name__}."):
        for kind in vars(import_module(module.name)).values():
            if inspect.isclass(kind) and kind.__module__ == module.name:
                yield kind


def is_ours(kind: type) -> bool:
    return kind.__module__.startswith("mobius_tui")


def chain(kind: type) -> list[str]:
    """A class, and what it stands on down to the first class that is not ours."""
    found = [kind.__qualname__]
    if not is_ours(kind):
        return found
    below = max((chain(base) for base in kind.__bases__), key=len, default=[])
    return found + below


def test_no_class_is_deeper_than_three_over_textuals() -> None:
    deep = [chain(kind) for kind in classes()]
    wrong = {" < ".join(each) for each in deep if len(each) > DEEPEST + 1}
    assert wrong == set()


def test_no_class_is_mixed_into_another() -> None:
    wrong = []
    for kind in classes():
        bases = [base for base in kind.__bases__ if base not in NO_BASES]
        if len(bases) > 1 and any(is_ours(base) for base in bases):
            wrong.append(f"{kind.__qualname__}: {', '.join(b.__name__ for b in bases)}")
    assert wrong == []


def test_a_part_is_no_part_of_textuals_tree() -> None:
    """It gets no messages: what Textual finds by class stays on the screen."""
    from textual.message_pump import MessagePump

    parts = [kind for kind in classes() if ".parts." in kind.__module__]
    assert parts
    assert [kind.__qualname__ for kind in parts if issubclass(kind, MessagePump)] == []
