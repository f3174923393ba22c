"""Environment variables that Textual reads at import; work after the first paint.

Textual 8.2 reads its frame rate, animations, colours and keys to press from the
environment, once, at import (`textual.constants`). Upstream needs: arguments of `App`
for them.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Mapping, MutableMapping
from importlib import import_module
from threading import Thread

MAX_REPAINTS = 20
"""The most repaints a second that changes of a run may cause, in a local terminal."""
MAX_REPAINTS_REMOTE = 10
"""The same over SSH."""

TEXTUAL_COLOUR_SYSTEMS = ("auto", "standard", "256", "truecolor")
"""The values of TEXTUAL_COLOR_SYSTEM that Textual knows; any other would crash it."""


def is_remote(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is at the other end of an SSH line."""
    return any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY"))


def set_textual_environment(environ: MutableMapping[str, str]) -> None:
    """Set what Textual reads, where the person has not."""
    environ.setdefault("TEXTUAL_FPS", "240")
    if environ.get("NO_COLOR") == "":
        del environ["NO_COLOR"]  # empty, it means nothing; Textual knows only whether
    if environ.get("TEXTUAL_COLOR_SYSTEM", "auto") not in TEXTUAL_COLOUR_SYSTEMS:
        del environ["TEXTUAL_COLOR_SYSTEM"]
    # It has Textual press keys by itself: in here, they would run steps.
    environ.pop("TEXTUAL_PRESS", None)
    animations = "none" if is_remote(environ) else "basic"
    environ.setdefault("TEXTUAL_ANIMATIONS", animations)


def max_repaints(environ: Mapping[str, str]) -> int:
    """The most repaints a second for this terminal: fewer over SSH."""
    return MAX_REPAINTS_REMOTE if is_remote(environ) else MAX_REPAINTS


set_textual_environment(os.environ)


MODULES_AFTER_FIRST_PAINT = ("mobius_tui.tui.flows.step_flows",)
"""Modules that functions import when they need them, with all dialogs: imported after
the first paint, so that the first command need not wait."""
GC_THRESHOLDS = (1000, 5, 5)
"""The arguments of `gc.set_threshold` from the first paint on."""


def after_first_paint() -> None:
    """Do what the first paint did not wait for; call it after that."""
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    Thread(target=_import_dialogs, name="import", daemon=True).start()


def _import_dialogs() -> None:
    for name in MODULES_AFTER_FIRST_PAINT:
        import_module(name)
