"""A full screen as the app knows it: pending, shown, or left for a foreground task.

Textual 8.2 hands the terminal to code that holds its loop (`App.suspend`): meanwhile
nothing is followed and no signal heard; were the loop to turn, what refreshes would be
drawn over the other program. Upstream needs: to draw nothing while it is suspended, or
to close the screens and make them again, as is done here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from threading import Thread
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar, runtime_checkable

from textual.screen import Screen
from textual.widget import Widget


class ForegroundTask(NamedTuple):
    """Something that is done in the plain terminal, with no screen over it."""

    run: Callable[[], str]
    """Runs it in the main thread, outside any event loop; returns the notice to show
    when the screens are back, or nothing. It leaves the terminal as it found it."""


class LeaveForTask(NamedTuple):
    """The app's result where it closes for a task, and opens again after it."""

    task: ForegroundTask
    pages: tuple[Callable[[], Screen[None]], ...]
    """Functions that make the pages again after the task, the lowest page first."""


AppResult: TypeAlias = int | LeaveForTask
"""The app's result: an exit code, or a task to run before it opens again."""


@runtime_checkable
class FullScreen(Protocol):
    """A full screen, as the app knows it: dialogs and palettes are none.

    A protocol and no base class: to import what makes a page takes longer than to draw
    the first picture.
    """

    @property
    def reopen(self) -> Callable[[], Screen[None]] | None:
        """A function that makes it again as it is now; `None` to leave it closed."""

    @property
    def left_behind(self) -> str:
        """What still runs after the app has crashed, in words; may be empty."""

    def keep_draft_for_task(self) -> str:
        """Save unfinished input before a task; returns the notice to show after it."""

    def action_leave(self) -> None:
        """Go back to the screen beneath, or out."""


def leave_for_task(task: ForegroundTask, stack: Sequence[Screen[Any]]) -> LeaveForTask:
    """Have the pages keep their drafts, and make the app's result for a task.

    Whoever calls it closes the app with that; by it the pages are opened again.

    Args:
        task: what is done in the plain terminal.
        stack: the app's screens, the lowest first; only the full screens count.
    """
    pages = [page for page in stack if isinstance(page, FullScreen)]
    closed = " ".join(filter(None, (page.keep_draft_for_task() for page in pages)))
    reopens = (page.reopen for page in pages)
    made = tuple(reopen for reopen in reopens if reopen is not None)

    def run() -> str:
        return " ".join(filter(None, (task.run(), closed)))

    return LeaveForTask(task=ForegroundTask(run=run), pages=made)


T = TypeVar("T")


class PendingScreen(NamedTuple):
    """A screen that is yet to be made."""

    picture: Callable[[], Iterable[Widget]]
    """Makes the widgets shown till then; there only the keys for leaving work."""
    make: Callable[[], Awaitable[Screen[None]]]
    """Makes the screen, in the app's loop; raises `MobiusError` where it cannot."""


async def run_in_thread(work: Callable[[], T]) -> T:
    """Run work in a thread and return its result, or raise its error.

    The process can end while the work still runs, as it could not with the threads of
    `asyncio.to_thread`: so the work must leave nothing half done.
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
