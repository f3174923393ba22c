"""Moves a script's output from its pipes into `output`, and slows floods down.

While the disk is full, nothing is read. A flood is slowed down where other processes
lack processor time.
"""

import errno
import os
import select
import time

from mobius_tui.run.keeper.attempt_record import RECORD_BYTES
from mobius_tui.run.keeper.disk_full import RETRY_INTERVAL
from mobius_tui.run.keeper.output_writer import OutputWriter
from mobius_tui.run.keeper.script_process import PIPE_BYTES, ScriptProcess
from mobius_tui.run.keeper.stream_redactor import StreamRedactor

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    from collections.abc import Callable

    from mobius_tui.run.keeper.disk_full import DiskWork
    from mobius_tui.run.keeper.stream_redactor import Bytes


SAMPLE_BYTES = 1 << 21
"""Bytes of output between two measurements."""
FLOOD_RATE = 100e6
"""Bytes a second from which output is a flood."""
LOW_WAIT_SHARE, HIGH_WAIT_SHARE = 0.27, 0.45
"""Of the time, the share spent waiting for a processor: below the low one there is no
rest, from the high one on there is most of it."""
LONGEST_REST_RATIO = 4.0
"""Longest rest, in multiples of the time that moving output took."""
LONGEST_REST = 0.05
"""Longest rest, in seconds."""
SAMPLES_AVERAGED = 32
"""Measurements over which the share is averaged."""


class FloodThrottle:
    """Says how long to pause a flood of output where other processes need processors.

    Four floods on two processors delayed key presses in the viewer by 0.1 s. Output
    below `FLOOD_RATE`, or from a process that gets its processor time, never rests.
    """

    def __init__(
        self,
        stat: str = "/proc/self/schedstat",
        clock: "Callable[[], float]" = time.monotonic,
    ) -> None:
        self._clock = clock
        self._bytes_since = 0
        self._wait_share = 0.0
        """The part of the time that it waits for a processor; a mean of late."""
        try:
            self._stat = os.open(stat, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._stat = -1  # macOS has none
        self._sampled_at, self._waited = clock(), self._processor_wait()

    def rest_time(self, count: int) -> float:
        """How long to rest after so many bytes more, in seconds."""
        self._bytes_since += count
        if self._bytes_since < SAMPLE_BYTES or self._stat < 0:
            return 0.0
        now, waited = self._clock(), self._processor_wait()
        took = max(now - self._sampled_at, 1e-6)
        self._wait_share += (
            (waited - self._waited) / took - self._wait_share
        ) / SAMPLES_AVERAGED
        is_flood = self._bytes_since > FLOOD_RATE * took
        want = min(
            1.0,
            max(
                0.0,
                (self._wait_share - LOW_WAIT_SHARE)
                / (HIGH_WAIT_SHARE - LOW_WAIT_SHARE),
            ),
        )
        rest = min(LONGEST_REST, took * want * LONGEST_REST_RATIO) if is_flood else 0.0
        self._bytes_since, self._sampled_at, self._waited = 0, now + rest, waited
        return rest

    def _processor_wait(self) -> float:
        """Seconds for which this process has waited for a processor."""
        if self._stat < 0:
            return 0.0
        return int(os.pread(self._stat, 128, 0).split()[1]) / 1e9


READ_BYTES = 1 << 18
DRAIN_TIME = 0.1
"""Seconds to read on after the script's end: a child of it may hold the pipe."""
LONGEST_WAIT = 86400.0
"""Seconds of one wait at most: more than 24 days of milliseconds overflow an `int`."""
SPAN_WRITE_INTERVAL = 0.005
"""Seconds between two writes of a span that grows, so that a flood does not write it
for every read."""


class OutputPump:
    """Moves the script's output into the file until the script has ended.

    While the disk is full nothing is read, so the script waits as soon as its pipe is
    full, too; its time goes on, and it can be stopped.
    """

    def __init__(
        self,
        script: ScriptProcess,
        streams: "dict[int, tuple[int, StreamRedactor]]",
        output: OutputWriter,
        record: int,
        waker: int,
        stop_requests: "list[int]",
    ) -> None:
        """Prepare; `run` moves the output.

        Args:
            script: the started script.
            streams: by the pipe's descriptor, the stream (1 for stdout, 2 for stderr)
                and its redactor.
            output: writes the files.
            record: the descriptor of `exit.new`, which tells that the disk is full.
            waker: a descriptor that is readable after a signal.
            stop_requests: gets an entry whenever a stop is asked for.
        """
        self.script, self.streams, self.output = script, streams, output
        self.record, self.waker, self.stop_requests = record, waker, stop_requests
        self.buffers = (memoryview(bytearray(READ_BYTES)),)
        self.throttle = FloodThrottle()
        self.drain_deadline: float | None = None
        """When reading ends, once the script's own process has ended."""
        self.may_have_ended = True
        """Whether the script may have ended."""
        self.poll, self.signal_poll = select.poll(), select.poll()
        self.secrets = script.secrets
        for end in (*streams, waker, self.secrets.socket):
            self.poll.register(end, select.POLLIN)
        self.signal_poll.register(waker, select.POLLIN)

    def run(self) -> None:
        """Move output until the script has ended and its pipes are drained."""
        script, output = self.script, self.output
        settle_at = 0.0
        while True:
            if self.stop_requests:
                script.stop("stopped")
            limits = [
                t for t in (self.drain_deadline, script.deadline) if t is not None
            ]
            if output.has_unwritten_span:
                limits.append(settle_at)
            wait = min(limits) - time.monotonic() if limits else LONGEST_WAIT
            for end, _event in self.poll.poll(min(max(wait, 0.0), LONGEST_WAIT) * 1000):
                if end == self.waker:
                    self._take_signal()
                elif end == self.secrets.socket:
                    self.secrets.take()
                else:
                    self._rest(self.throttle.rest_time(self._read_stream(end)))
            now = time.monotonic()
            if output.has_unwritten_span and now >= settle_at:
                self._run_work(output.write_last_span())
                settle_at = now + SPAN_WRITE_INTERVAL
            script.enforce_deadline()
            if self.drain_deadline is None and (
                self.may_have_ended or not self.streams
            ):
                self.may_have_ended = False
                self.drain_deadline = (
                    time.monotonic() + DRAIN_TIME if script.has_ended() else None
                )
            if self.drain_deadline is not None and (
                now >= self.drain_deadline or not self.streams
            ):
                break
        self._drain_streams()

    def _rest(self, seconds: float) -> None:
        """Move nothing for some seconds; a signal ends the rest."""
        if seconds > 0 and self.signal_poll.poll(seconds * 1000):
            self._take_signal()

    def _take_signal(self) -> None:
        """Act on a signal, which may have come amid something else."""
        self.may_have_ended = True
        try:
            os.read(self.waker, 512)
        except BlockingIOError:
            return

    def _read_stream(self, end: int) -> int:
        """Read what is there of one stream, and write it; returns how many bytes."""
        count = os.readv(end, self.buffers)
        self.secrets.take()
        number, redactor = self.streams[end]
        self._write_output(
            redactor.feed(self.buffers[0][:count]) if count else redactor.flush(),
            number,
        )
        if not count:
            self.poll.unregister(end)
            del self.streams[end]
        return count

    def _drain_streams(self) -> None:
        """Read what is in the pipes by now, and no more: a child may write for ever."""
        for end, (number, redactor) in tuple(self.streams.items()):
            os.set_blocking(end, False)
            bytes_left = PIPE_BYTES
            try:
                while bytes_left > 0 and end in self.streams:
                    bytes_left -= self._read_stream(end)
            except BlockingIOError:
                pass
            self._write_output(redactor.flush(), number)
        self._run_work(self.output.write_last_span())

    def _write_output(self, data: "Bytes", number: int) -> None:
        if data:
            self._run_work(self.output.write(data, number))
        if self.output.is_full:
            self.script.stop("output full")

    def _run_work(self, work: "DiskWork") -> None:
        """Do work on the output to its end, waiting where the disk is full."""
        if self.script.cause == "output lost":
            return
        began = 0.0
        try:
            for number in work:
                began = began or time.monotonic()
                self._record_wait(number)
                if not self._wait_for_space():
                    self.script.fail_output(number)
                    return
        except OSError as error:
            self.script.fail_output(error.errno or errno.EIO)
        finally:
            if began:
                self._record_wait(0)
                self.may_have_ended = True
                if self.drain_deadline is not None:
                    self.drain_deadline += time.monotonic() - began

    def _wait_for_space(self) -> bool:
        """Wait `RETRY_INTERVAL` for space; returns whether to try again.

        False once a script that was stopped has ended: its end must be recorded.
        """
        poll = select.poll()
        poll.register(self.waker, select.POLLIN)
        due = self.script.deadline
        pause = (
            RETRY_INTERVAL
            if due is None
            else min(RETRY_INTERVAL, max(0.0, due - time.monotonic()))
        )
        if poll.poll(pause * 1000):
            self._take_signal()
        if self.stop_requests:
            self.script.stop("stopped")
        self.script.enforce_deadline()
        return not (self.stop_requests and self.script.has_ended())

    def _record_wait(self, number: int) -> None:
        """Write into the record, which has space reserved, whether the disk is full.

        Args:
            number: the error's number; 0 once the wait is over.
        """
        words = b"waits=%d\n" % number if number else b""
        try:
            os.pwrite(self.record, words.ljust(RECORD_BYTES - 1) + b"\n", 0)
        except OSError:
            return  # what matters is waited for all the same
