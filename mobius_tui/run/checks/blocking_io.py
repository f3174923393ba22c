"""Runs blocking work of checks in threads; opens regular files for them."""

from __future__ import annotations

import asyncio
import os
import stat
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import BinaryIO, TypeVar

from mobius_tui.errors import MobiusError

T = TypeVar("T")

StopRequested = Callable[[], bool]
"""Called by the work now and then: whether to stop, as its result is not needed."""


async def run_in_thread(work: Callable[[StopRequested], T]) -> T:
    """Do blocking work in a thread; when cancelled, ask it to stop and do not wait.

    Args:
        work: is given a function that says whether it should stop.
    """
    stop = threading.Event()
    done: Future[T] = Future()

    def body() -> None:
        try:
            result = work(stop.is_set)
        except BaseException as error:  # noqa: BLE001 - raised again where it is awaited
            done.set_exception(error)
        else:
            done.set_result(result)

    done.set_running_or_notify_cancel()
    threading.Thread(target=body, name="check", daemon=True).start()
    try:
        return await asyncio.wrap_future(done)
    finally:
        stop.set()


def open_regular_for_check(path: Path) -> BinaryIO:
    """A file, open for reading.

    Raises:
        OSError: it cannot be opened.
        MobiusError: it is a folder, a FIFO, a device or the like.
    """
    # A FIFO that nobody writes to would hold up an ordinary open for ever.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise MobiusError(f"{path} is no regular file")
    return os.fdopen(descriptor, "rb")
