"""Pages shared out among processes, each of which may crash or hang.

A page at a time is with a process: when that dies, or is not done in time, it is this
page that did it, and another process goes on with the next.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path

from tests.acceptance.page_faults import Judged, converter, judged

TO_COME_UP = 60.0
"""Seconds for which a process is waited for."""
Page = tuple[Path, str]
"""A file, and what it is called in what is printed."""


def _work(pipe: Connection, name: str) -> None:
    """What a process does: it judges each page that it is sent."""
    convert = converter(name)
    pipe.send(None)
    while True:
        try:
            page, called = pipe.recv()
        except EOFError:
            return
        pipe.send(judged(page, called, convert))


class _Worker:
    """A process, and the page that is with it."""

    def __init__(self, converter: str, limit: float) -> None:
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, converter))
        self._process.daemon = True
        self._process.start()
        theirs.close()
        self._limit = limit
        self._page: Page | None = None
        self._until = time.monotonic() + TO_COME_UP
        self.is_up = False
        self.is_over = False

    @property
    def is_free(self) -> bool:
        """Whether it can be given a page."""
        return self.is_up and self._page is None

    def give(self, page: Page) -> None:
        """Give it a page."""
        self._page, self._until = page, time.monotonic() + self._limit
        self.pipe.send(page)

    def news(self) -> Judged | None:
        """What it says of its page, or what became of both, if there is anything."""
        try:
            if self.pipe.poll():
                found: Judged | None = self.pipe.recv()
                self.is_up, self._page = True, None
                self._until = math.inf
                return found
        except (EOFError, ConnectionError):
            self._process.join()
            return self._ended(f"it ended the process: exit {self._process.exitcode}")
        if time.monotonic() > self._until:
            return self._ended(f"it was not done after {self._limit:g} s")
        return None

    def _ended(self, words: str) -> Judged:
        if self._page is None:
            raise RuntimeError(f"a process came to nothing: {words}")
        self.is_over = True
        return Judged(name=self._page[1], crash=words)

    def end(self) -> None:
        """Make an end of it, whatever it does."""
        self._process.kill()
        self._process.join()
        self.pipe.close()


class Judges:
    """So many processes, which judge pages."""

    def __init__(self, *, workers: int, converter: str, limit: float) -> None:
        """Start none yet.

        Args:
            workers: how many processes.
            converter: makes the runbooks, as `module:function`.
            limit: seconds that a page may take, all that is looked at included.
        """
        self._count = workers
        self._converter = converter
        self._limit = limit
        self.began = 0.0
        """When the first page was given to one, by the monotonic clock."""

    def all_of(self, pages: Sequence[Page]) -> Iterator[Judged]:
        """Judge pages, in whatever order they are done."""
        left = list(reversed(pages))
        workers = [self._worker() for _ in pages[: self._count]]
        busy = 0
        try:
            while left or busy:
                wait([each.pipe for each in workers], 0.2)
                for at, worker in enumerate(workers):
                    found = worker.news()
                    if worker.is_over:
                        worker.end()
                        workers[at] = self._worker()
                    elif worker.is_free and left:
                        self.began = self.began or time.monotonic()
                        worker.give(left.pop())
                        busy += 1
                    if found is not None:
                        busy -= 1
                        yield found
        finally:
            for each in workers:
                each.end()

    def _worker(self) -> _Worker:
        return _Worker(self._converter, self._limit)
