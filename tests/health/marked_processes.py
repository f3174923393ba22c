"""Processes that a test can find again by their command line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from tests.waiting import wait_for

SLEEP = "import time; time.sleep(60)"


@contextmanager
def running(mark: str, code: str = SLEEP) -> Iterator[subprocess.Popen[bytes]]:
    """A process with a mark in its command line, in a group of its own."""
    with subprocess.Popen(
        [sys.executable, "-c", code, mark], start_new_session=True
    ) as child:
        try:
            # Until its exec it is a copy of this process.
            wait_for(lambda: mark in " ".join(psutil.Process(child.pid).cmdline()))
            yield child
        finally:
            child.kill()
