"""Writes a script's output to `output`, and the time and stream of it to `spans`."""

import os
import time

from mobius_tui.run.keeper.disk_full import (
    is_group_readable,
    retrying_when_full,
    write_at,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mobius_tui.run.keeper.disk_full import DiskWork
    from mobius_tui.run.keeper.stream_redactor import Bytes


SPAN_JOIN_NS = 20_000_000
"""Reads of one stream within 20 ms share a span."""
SPAN_SIZE = 24
"""Bytes of a record in `spans`."""


def _boot_clock_ns() -> int:
    """Nanoseconds on a clock that goes on while the machine sleeps, where there is one.

    See `health.ticker.boot_clock`, which costs an import more.
    """
    boot: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic_ns() if boot is None else time.clock_gettime_ns(boot)


def run_clock(offset: float) -> "Callable[[], int]":
    """Return a clock of the run's time in nanoseconds since 1970.

    It goes on evenly if the system's clock is set.

    Args:
        offset: seconds by which the run's time is ahead of this machine's.
    """
    began = time.time_ns() + int(offset * 1e9) - _boot_clock_ns()
    return lambda: began + _boot_clock_ns()


def encode_span(offset: int, length: int, stream: int, at: int) -> bytes:
    """A record of `spans`: which bytes came from which stream, and when."""
    return (
        offset.to_bytes(8, "little")
        + length.to_bytes(7, "little")
        + bytes((stream,))
        + at.to_bytes(8, "little")
    )


def decode_span(record: bytes) -> "tuple[int, int, int, int]":
    """Offset, length, stream and time of a record, as `encode_span` took them."""
    return (
        int.from_bytes(record[:8], "little"),
        int.from_bytes(record[8:15], "little"),
        record[15],
        int.from_bytes(record[16:], "little"),
    )


class OutputWriter:
    """Writes the `output` file and its `spans`.

    Its methods return `DiskWork`, which does nothing before it is iterated, and yields
    while the disk is full: a write that has begun is continued where it broke off.
    """

    def __init__(
        self, folder: str, limit: int, rotate: bool, clock_offset: float = 0.0
    ) -> None:
        """Create `output` and `spans` in an attempt's directory.

        Args:
            folder: the attempt's directory.
            limit: bytes that `output` holds at most.
            rotate: whether files that are full are renamed to `.old` and begun anew;
                else `is_full` is set, and the rest is dropped.
            clock_offset: seconds by which the run's clock is ahead of the system's.

        Raises:
            OSError: they cannot be created.
        """
        self.folder, self.limit, self.rotate = folder, limit, rotate
        self._now = run_clock(clock_offset)
        self.total = 0
        self.is_full = False
        """Whether the limit is reached."""
        for number in self._open():
            raise OSError(number, os.strerror(number))

    def _open(self) -> "DiskWork":
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        self.file = yield from retrying_when_full(
            os.open, self.folder + "/output", flags, 0o600
        )
        self.spans = yield from retrying_when_full(
            os.open, self.folder + "/spans", flags, 0o600
        )
        if is_group_readable(self.folder):
            os.fchmod(self.file, 0o640)
            os.fchmod(self.spans, 0o640)
        self.size = self.last_span_offset = 0
        self.has_unwritten_span = False
        """Whether the last span is longer than what is written of it."""
        self.last_span: tuple[int, int, int, int] | None = None

    def write(self, data: "Bytes", stream: int) -> "DiskWork":
        """Write the bytes of one read of a stream."""
        room = self.limit - self.size
        if len(data) > room and self.rotate:
            yield from self.write(data[:room], stream)
            yield from self._rotate()
            yield from self.write(data[room:], stream)
            return
        if len(data) > room:
            data, self.is_full = data[:room], True
        while data:
            count = yield from retrying_when_full(os.write, self.file, data)
            data, offset = data[count:], self.size
            self.size += count
            self.total += count
            yield from self._add_span(offset, count, stream)

    def _add_span(self, offset: int, length: int, stream: int) -> "DiskWork":
        """Extend the last span, or begin one; `write_last_span` writes it."""
        now = self._now()
        last = self.last_span
        if last and last[2] == stream and now - last[3] < SPAN_JOIN_NS:
            self.last_span = (last[0], last[1] + length, stream, last[3])
            self.has_unwritten_span = True
            return
        yield from self.write_last_span()
        if last:
            self.last_span_offset += SPAN_SIZE
        self.last_span = (offset, length, stream, now)
        self.has_unwritten_span = True
        yield from self.write_last_span()

    def write_last_span(self) -> "DiskWork":
        """Write the last span as it is by now."""
        last = self.last_span
        if last is None or not self.has_unwritten_span:
            return
        yield from write_at(self.spans, encode_span(*last), self.last_span_offset)
        self.has_unwritten_span = False

    def _rotate(self) -> "DiskWork":
        yield from self.write_last_span()
        for name in ("output", "spans"):
            path = f"{self.folder}/{name}"
            yield from retrying_when_full(os.rename, path, path + ".old")
        os.close(self.file)
        os.close(self.spans)
        yield from self._open()
