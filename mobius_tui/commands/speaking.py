"""How a command speaks: data on stdout, narration on stderr."""

from __future__ import annotations

import sys

from mobius_tui.sanitize import line


def say(text: str) -> None:
    """Data: what the command was asked for."""
    print(text, flush=True)  # noqa: T201


def tell(text: str) -> None:
    """Narration: on stderr, so that stdout holds data alone."""
    print(f"mobius-tui: {line(text)}", file=sys.stderr, flush=True)  # noqa: T201
