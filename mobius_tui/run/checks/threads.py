"""Blocking work in a thread of its own, which never delays the event loop or an exit.

The loop's own pool is no place for it: a look at a dead network share would hold one of
its few threads for ever, and with it the end of the program.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")

Asked = Callable[[], bool]
"""Whether work should stop, since nobody waits for it any more."""


async def in_thread(work: Callable[[Asked], T]) -> T:
    """Do blocking work; when cancelled, ask it to stop and leave it behind.

    Args:
        work: is given a function to ask now and then whether it should stop.
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
