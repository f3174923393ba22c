"""What is shown until a screen has been made: a picture, and how the screen is made."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from threading import Thread
from typing import NamedTuple, TypeVar

from textual.widget import Widget

from mobius_tui.tui.screens.base import BasePage

T = TypeVar("T")


class Ahead(NamedTuple):
    """A screen that is yet to be made."""

    picture: Callable[[], Iterable[Widget]]
    """Makes what is shown till then; it takes no keys but those that leave."""
    make: Callable[[], Awaitable[BasePage]]
    """Makes the screen, in the app's loop; raises `MobiusError` where it cannot."""


async def in_thread(work: Callable[[], T]) -> T:
    """What work in a thread returns, or raises.

    Whoever leaves meanwhile does not wait for it, as he would for the loop's own
    threads: it must leave nothing half done.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def tell(result: T | None, error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except BaseException as raised:  # noqa: BLE001 - it is raised where it is awaited
            error = raised
        if not loop.is_closed():
            loop.call_soon_threadsafe(tell, result, error)

    Thread(target=run, name="read", daemon=True).start()
    return await done
