"""A host that is told to go: it goes, even where something holds up its loop."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType

from mobius_tui.errors import INCOMPLETE

PATIENCE = 10.0
"""Seconds in which a host seals what it has, and goes."""


def heed(leave: Callable[[str], None], patience: float = PATIENCE) -> None:
    """Heed SIGTERM from now on; what else asks a process to go is not heard.

    What a loop is told of a signal it hears only when it comes round. One that does not
    is ended: what runs goes on under its keepers, as where a host was killed.

    Args:
        leave: told why, in the running event loop.
        patience: seconds that it then has.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGHUP, signal.SIGINT):
        loop.add_signal_handler(number, lambda: None)

    def told(_number: int, _frame: FrameType | None) -> None:
        signal.setitimer(signal.ITIMER_REAL, patience)
        loop.call_soon_threadsafe(leave, "it was asked to, by SIGTERM")

    signal.signal(signal.SIGALRM, _end)
    signal.signal(signal.SIGTERM, told)


def _end(_number: int, frame: FrameType | None) -> None:
    """Say what held it up, and end at once."""
    try:
        print(  # noqa: T201 - the host's log
            "the host was told to go, and is ended: something held it up", flush=True
        )
        traceback.print_stack(frame, file=sys.stdout)
    finally:
        os._exit(INCOMPLETE)
