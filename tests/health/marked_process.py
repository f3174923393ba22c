"""A process that is found by a word in its command line."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

SLEEP = "import time; time.sleep(60)"


@contextmanager
def running(mark: str, code: str = SLEEP) -> Iterator[subprocess.Popen[bytes]]:
    """A process with a mark in its command line, in a group of its own."""
    with subprocess.Popen(
        [sys.executable, "-c", code, mark], start_new_session=True
    ) as child:
        try:
            # Until its exec it is a copy of this process.
            deadline = time.monotonic() + 60
            while mark not in " ".join(psutil.Process(child.pid).cmdline()):
                assert time.monotonic() < deadline
                time.sleep(0.01)
            yield child
        finally:
            child.kill()
