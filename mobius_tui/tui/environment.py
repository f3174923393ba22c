"""What Textual reads from the environment; set before it is imported.

`TEXTUAL_FPS` is high because the run screen caps its repaints itself: at Textual's own
60 a second, the pacing alone delays what a key changes by up to 29 ms.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping

REPAINTS = 20
"""Repaints a second that news of a run may cause."""
REPAINTS_REMOTE = 10
"""The same over SSH."""

COLOUR_SYSTEMS = ("auto", "standard", "256", "truecolor")
"""What Textual knows; at any other word it would break."""


def is_remote(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is at the other end of an SSH line."""
    return any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY"))


def prepare(environ: MutableMapping[str, str]) -> None:
    """Set what Textual reads, where the person has not."""
    environ.setdefault("TEXTUAL_FPS", "240")
    if environ.get("NO_COLOR") == "":
        del environ["NO_COLOR"]  # empty, it means nothing; Textual knows only whether
    if environ.get("TEXTUAL_COLOR_SYSTEM", "auto") not in COLOUR_SYSTEMS:
        del environ["TEXTUAL_COLOR_SYSTEM"]
    # It has Textual press keys by itself: in here, they would run steps.
    environ.pop("TEXTUAL_PRESS", None)
    animations = "none" if is_remote(environ) else "basic"
    environ.setdefault("TEXTUAL_ANIMATIONS", animations)


def repaints(environ: Mapping[str, str]) -> int:
    """Repaints a second that this terminal's line bears."""
    return REPAINTS_REMOTE if is_remote(environ) else REPAINTS


prepare(os.environ)
