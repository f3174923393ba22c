"""Signals: to end, to stop as a job of the shell; and a terminal that was closed."""

from __future__ import annotations

import os
import select
import signal
import sys
from threading import Timer

from mobius_tui.errors import INTERRUPTED
from mobius_tui.tui.backend.base_page import ForegroundTask

CHECK_INTERVAL = 0.7
"""Seconds between polls whether the terminal is still there."""
GRACE = {
    signal.SIGHUP: 0.5,
    signal.SIGTERM: 2.0,
    signal.SIGINT: 2.0,
    signal.SIGQUIT: 2.0,
}
"""Seconds, by signal, in which the screens may close in good order. Then the process
exits at once: a terminal that is gone, or takes nothing, would hold it for ever."""


def exit_after_grace(number: signal.Signals) -> None:
    """End the process after a grace period, whatever the terminal does.

    The run loses nothing by it.
    """
    timer = Timer(GRACE[number], os._exit, (INTERRUPTED,))
    timer.daemon = True
    timer.start()


def terminal_is_gone() -> bool:
    """Whether the terminal at standard input was closed."""
    if sys.__stdin__ is None:
        return True
    watch = select.poll()
    try:
        watch.register(sys.__stdin__.fileno(), 0)
    except (OSError, ValueError):
        return True
    gone = select.POLLHUP | select.POLLERR | select.POLLNVAL
    return any(event & gone for _, event in watch.poll(0))


def _stop() -> str:
    """Stop the process group, as Ctrl+Z stops any program; `fg` continues it."""
    signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    signal.signal(signal.SIGCONT, signal.SIG_DFL)
    os.killpg(os.getpgrp(), signal.SIGTSTP)
    return ""


STOP_TASK = ForegroundTask(run=_stop)
"""The task behind Ctrl+Z: stops the process; after `fg` the screens open again."""
RETURN_TASK = ForegroundTask(run=str)
"""A task that does nothing: leaving for it sets the terminal up anew."""
