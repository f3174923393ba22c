"""Exit statuses in words."""

from __future__ import annotations

import errno
import os
import signal

from mobius_tui.run.traces import End


def in_words(end: End, cwd: str, program: str) -> str:
    """What an end means, for a person."""
    if end.cause == "not started":
        if end.what == "chdir":
            return f"the directory {cwd} cannot be entered: {os.strerror(end.errno)}"
        if end.what == "exec" and end.errno == errno.ENOENT:
            return f"there is no program {program!r} on PATH"
        return f"{program} could not be started: {os.strerror(end.errno)}"
    if end.cause == "output full":
        return "its output reached max_output, so it was stopped"
    if end.cause == "output lost":
        return "its output could not be written (is the disk full?), so it was stopped"
    return code_in_words(end.code)


def code_in_words(code: int) -> str:
    """What an exit status means: `exit 127: a command was not found`."""
    if code < 0:
        return f"ended by {_signal_name(-code)}"
    if code > 128 and code - 128 < signal.NSIG:
        return f"exit {code}: a command was ended by {_signal_name(code - 128)}"
    known = {
        0: "exit 0: it says that it worked",
        1: "exit 1: it says that it failed",
        2: "exit 2: it says that it failed, often for wrong arguments",
        126: "exit 126: a file was found but is not executable",
        127: "exit 127: a command was not found",
    }
    return known.get(code, f"exit {code}: it says that it failed")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
