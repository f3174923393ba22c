"""Waiting for a condition to come about: the one place that says for how long."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")
PATIENCE = 60.0 * float(os.environ.get("PATIENCE", "1"))
"""Seconds that anything may take to come about.

It only ends what would go on for ever, so that nothing is told by it of how fast this
machine is; `PATIENCE=5` in the environment is for one that is five times as slow.
"""


def pauses() -> Iterator[float]:
    """How long to wait between two looks at what may take `PATIENCE` to come.

    What comes soon is seen soon, and what takes long is not looked at all the time.

    Raises:
        AssertionError: it has taken that long.
    """
    began = time.monotonic()
    while (now := time.monotonic()) < began + PATIENCE:
        yield min(0.002 + (now - began) / 20, 0.05)
    raise AssertionError("it did not come about")


def wait_for(condition: Callable[[], T]) -> T:
    """Wait until something holds; gives what it is then. An error if it does not."""
    pause = pauses()
    while not (found := condition()):
        time.sleep(next(pause))
    return found


async def until(condition: Callable[[], T]) -> T:
    """As `wait_for`, while other tasks go on."""
    pause = pauses()
    while not (found := condition()):
        await asyncio.sleep(next(pause))
    return found
