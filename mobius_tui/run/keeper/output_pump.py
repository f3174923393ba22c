"""Moving a script's output into its file, and minding the script meanwhile."""

import errno
import os
import select
import time

from mobius_tui.run.keeper.attempt_record import RECORD
from mobius_tui.run.keeper.disk_full import PAUSE
from mobius_tui.run.keeper.flood_throttle import FloodThrottle
from mobius_tui.run.keeper.output_writer import Output
from mobius_tui.run.keeper.script_process import PIPE, Script
from mobius_tui.run.keeper.stream_redactor import Redactor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mobius_tui.run.keeper.disk_full import Waiting
    from mobius_tui.run.keeper.stream_redactor import Bytes


CHUNK = 1 << 18
DRAIN = 0.1
"""Seconds to read on after the script's end: a child of it may hold the pipe."""
LONGEST = 86400.0
"""Seconds that it waits at a time: more than 24 days of milliseconds are no `int`."""
SETTLE = 0.005
"""Seconds after which a span that grew is written again: while output pours in, not
for every read of it."""


class Pump:
    """Moves the script's output into the file until the script has ended.

    While the disk is full nothing is read, so the script waits as soon as its pipe is
    full, too; its time goes on, and it can be stopped.
    """

    def __init__(
        self,
        script: Script,
        streams: "dict[int, tuple[int, Redactor]]",
        output: Output,
        record: int,
        waker: int,
        asked: "list[int]",
    ) -> None:
        self.script, self.streams, self.output = script, streams, output
        self.record, self.waker, self.asked = record, waker, asked
        self.rooms = (memoryview(bytearray(CHUNK)),)
        self.courtesy = FloodThrottle()
        self.until: float | None = None
        """When reading ends, once the script's own process has ended."""
        self.has_news = True
        """Whether the script may have ended."""
        self.poll, self.alone = select.poll(), select.poll()
        for end in (*streams, waker):
            self.poll.register(end, select.POLLIN)
        self.alone.register(waker, select.POLLIN)

    def run(self) -> None:
        """Pump."""
        script, output = self.script, self.output
        settle_at = 0.0
        while True:
            if self.asked:
                script.stop("stopped")
            limits = [t for t in (self.until, script.deadline) if t is not None]
            if output.unsettled:
                limits.append(settle_at)
            wait = min(limits) - time.monotonic() if limits else LONGEST
            for end, _event in self.poll.poll(min(max(wait, 0.0), LONGEST) * 1000):
                if end == self.waker:
                    self._hear()
                else:
                    self._rest(self.courtesy.rest(self._read(end)))
            now = time.monotonic()
            if output.unsettled and now >= settle_at:
                self._carry(output.settled())
                settle_at = now + SETTLE
            script.press()
            if self.until is None and (self.has_news or not self.streams):
                self.has_news = False
                self.until = time.monotonic() + DRAIN if script.over() else None
            if self.until is not None and (now >= self.until or not self.streams):
                break
        self._read_last()

    def _rest(self, seconds: float) -> None:
        """Move nothing for a while; a signal ends it."""
        if seconds > 0 and self.alone.poll(seconds * 1000):
            self._hear()

    def _hear(self) -> None:
        """Take note of a signal, which may have been heard amid something else."""
        self.has_news = True
        try:
            os.read(self.waker, 512)
        except BlockingIOError:
            return

    def _read(self, end: int) -> int:
        """Read what is there of one stream, and write it; returns how much it was."""
        count = os.readv(end, self.rooms)
        number, redactor = self.streams[end]
        self._save(
            redactor.feed(self.rooms[0][:count]) if count else redactor.end(), number
        )
        if not count:
            self.poll.unregister(end)
            del self.streams[end]
        return count

    def _read_last(self) -> None:
        """Take what is in the pipes by now, and no more: a child may write for ever."""
        for end, (number, redactor) in tuple(self.streams.items()):
            os.set_blocking(end, False)
            left = PIPE
            try:
                while left > 0 and end in self.streams:
                    left -= self._read(end)
            except BlockingIOError:
                pass
            self._save(redactor.end(), number)
        self._carry(self.output.settled())

    def _save(self, data: "Bytes", number: int) -> None:
        if data:
            self._carry(self.output.written(data, number))
        if self.output.is_full:
            self.script.stop("output full")

    def _carry(self, work: "Waiting") -> None:
        """Carry work on the output through; a full disk is waited for meanwhile."""
        if self.script.cause == "output lost":
            return
        began = 0.0
        try:
            for number in work:
                began = began or time.monotonic()
                self._tell(number)
                if not self._wait():
                    self.script.lose(number)
                    return
        except OSError as error:
            self.script.lose(error.errno or errno.EIO)
        finally:
            if began:
                self._tell(0)
                self.has_news = True
                if self.until is not None:
                    self.until += time.monotonic() - began

    def _wait(self) -> bool:
        """Wait for room a while; returns whether that is still worth it.

        It is not once the script that somebody stopped has ended: they want its end.
        """
        poll = select.poll()
        poll.register(self.waker, select.POLLIN)
        due = self.script.deadline
        left = PAUSE if due is None else min(PAUSE, max(0.0, due - time.monotonic()))
        if poll.poll(left * 1000):
            self._hear()
        if self.asked:
            self.script.stop("stopped")
        self.script.press()
        return not (self.asked and self.script.over())

    def _tell(self, number: int) -> None:
        """Say in the record that there is no room; the room of that is its own."""
        words = b"waits=%d\n" % number if number else b""
        try:
            os.pwrite(self.record, words.ljust(RECORD - 1) + b"\n", 0)
        except OSError:
            return  # what matters is waited for all the same
