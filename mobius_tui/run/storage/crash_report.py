"""Reports an error of this program: one line for the person, the rest in a file.

The file is private, and has the places in the code and the error's message; no values
of variables.
"""

from __future__ import annotations

import os
import time
import traceback
from pathlib import Path

from mobius_tui import __version__
from mobius_tui.errors import InternalError, RunError
from mobius_tui.run.storage.run_directory import create_file
from mobius_tui.run.storage.state_folders import make_private_folder, state_home
from mobius_tui.sanitize import line

MAX_ERROR_CHARS = 200
"""Characters of an error's message that are shown."""


def crash_folder() -> Path:
    """The folder of the crash reports."""
    return state_home() / "faults"


def report_unexpected_error(error: BaseException, note: str = "") -> InternalError:
    """Write a crash report, and return the `InternalError` to raise.

    Args:
        error: the error.
        note: what goes on all the same, and what to do.
    """
    words = f"{type(error).__name__}: {error}".removesuffix(": ")
    parts = [
        f"it stopped because of a fault of its own: {line(words)[:MAX_ERROR_CHARS]}"
    ]
    parts += [note] if note else []
    parts.append(f"details are in {_write_report(error)}")
    return InternalError("; ".join(parts))


def _write_report(error: BaseException) -> str:
    """Write what is known of an error; returns where, or why not."""
    text = "".join(traceback.format_exception(error))
    when = time.strftime("%Y-%m-%dT%H-%M-%S", time.gmtime())
    path = crash_folder() / f"crash-{when}-{os.getpid()}.log"
    head = f"mobius-tui {__version__}, {when}Z\n\n"
    try:
        make_private_folder(crash_folder())
        create_file(path, (head + text).encode("utf-8", "backslashreplace"))
    except (OSError, RunError) as problem:
        return f"no file, for it could not be written: {problem}"
    return str(path)
