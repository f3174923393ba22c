"""What comes after the first paint, so that the first paint comes soon.

Until then little is collected, for next to nothing of what a start makes is garbage
(`cli` sees to that), and what no first paint needs is not imported.
"""

from __future__ import annotations

import gc
from importlib import import_module
from threading import Thread

LATER = (
    "mobius_tui.tui.flows",
    "mobius_tui.tui.screens.card",
    "mobius_tui.tui.screens.help",
    "mobius_tui.tui.screens.leave",
)
"""Modules of dialogs, imported where they are opened: read before that is asked for."""
COLLECT_EVERY = (1000, 5, 5)
"""The thresholds of the collector from the first paint on."""


def settle() -> None:
    """Do what the first paint did not wait for; call it after that."""
    gc.freeze()
    gc.set_threshold(*COLLECT_EVERY)
    Thread(target=_import_the_rest, name="import", daemon=True).start()


def _import_the_rest() -> None:
    for name in LATER:
        import_module(name)
