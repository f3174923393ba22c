"""The viewer's end of a `tty` step: the person's own terminal becomes the step's.

What the step prints reaches the terminal as it is, for it is the person's own program;
nothing of it is recorded. Whatever way it ends, the terminal is as it was.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from types import FrameType

from mobius_tui.errors import INTERRUPTED
from mobius_tui.run.directory import RunDirectory
from mobius_tui.run.socket_path import connect
from mobius_tui.run.terminal.keys import HINT
from mobius_tui.run.terminal.raw import GoneError, RawTerminal
from mobius_tui.run.terminal.visit import Visit
from mobius_tui.sanitize import line


def attend(run: RunDirectory, step: str, number: int, name: str) -> str:
    """Be at a step's terminal until it ends, or its person goes.

    Args:
        run: the run's directory.
        step: the step's id.
        number: the attempt's.
        name: what the step is called.

    Returns:
        What became of it, in words.

    Raises:
        SystemExit: this terminal has ended, or this process was told to go. The step
            goes on.
    """
    name = line(name)
    if not (os.isatty(0) and os.isatty(1)):
        return f"{name} wants a terminal, and there is none here"
    try:
        with _signals() as waker, RawTerminal() as terminal, _watching(run):
            terminal.say(f"mobius-tui: {name} has this terminal now. {HINT}.")
            visit = Visit(run.attempt(step, number), terminal, waker)
            words = f"{name} {visit.pay()}"
    except GoneError:
        raise SystemExit(INTERRUPTED) from None
    left = "what it left on this screen is in no record"
    os.write(1, f"\nmobius-tui: {words}; {left}\n".encode("utf-8", "replace"))
    return words


@contextlib.contextmanager
def _watching(run: RunDirectory) -> Iterator[None]:
    """Be counted among the run's viewers: a drill that nobody watches is ended."""
    try:
        connection = connect(run.socket)
    except OSError:
        yield  # no host listens; the keeper needs none
        return
    with connection:
        yield


@contextlib.contextmanager
def _signals() -> Iterator[int]:
    """Hear of a new size by a descriptor, and of being told to go by `GoneError`."""
    told: list[int] = []

    def go(number: int, _frame: FrameType | None) -> None:
        told.append(number)
        if len(told) == 1:  # the terminal is being given back since then
            raise GoneError

    waker, wake = os.pipe()
    os.set_blocking(wake, False)
    before = {
        signal.SIGWINCH: signal.signal(signal.SIGWINCH, lambda *_: None),
        signal.SIGTERM: signal.signal(signal.SIGTERM, go),
        signal.SIGHUP: signal.signal(signal.SIGHUP, go),
        signal.SIGQUIT: signal.signal(signal.SIGQUIT, go),
    }
    old = signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    try:
        yield waker
    finally:
        signal.set_wakeup_fd(old)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(waker)
        os.close(wake)
