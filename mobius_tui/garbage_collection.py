"""How often Python collects garbage: seldom while a command starts, then as usual."""

from __future__ import annotations

import gc

_SELDOM = 1_000_000
"""New objects between two collections: a start makes many, and next to no garbage."""
_USUAL = gc.get_threshold()


def collect_seldom() -> None:
    """Collect next to never, until `collect_as_usual` is called."""
    gc.set_threshold(_SELDOM)


def collect_as_usual() -> None:
    """Collect as often as Python does by itself; for what runs for long."""
    gc.set_threshold(*_USUAL)
