"""The files that a script's output goes to: `output`, and the times in `spans`."""

import os
import time

from mobius_tui.run.keeper.disk_full import is_shared, retried_when_full, write_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mobius_tui.run.keeper.disk_full import Waiting
    from mobius_tui.run.keeper.stream_redactor import Bytes


SPAN_JOIN_NS = 20_000_000
"""Reads of one stream within 20 ms share a span."""


def _passed() -> int:
    """Nanoseconds on a clock that goes on while the machine sleeps, where there is one.

    See `health.beat.awake`, which costs an import more.
    """
    boot: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic_ns() if boot is None else time.clock_gettime_ns(boot)


class Output:
    """The `output` file and its `spans`.

    A full disk is waited out: what has begun is carried on from where it broke off.
    """

    def __init__(
        self, folder: str, limit: int, rotate: bool, ahead: float = 0.0
    ) -> None:
        self.folder, self.limit, self.rotate = folder, limit, rotate
        self._began = time.time_ns() + int(ahead * 1e9) - _passed()
        """The run's own time when `_passed` began: nobody sets it meanwhile."""
        self.total = 0
        self.is_full = False
        """Whether the limit is reached."""
        for number in self._opened():
            raise OSError(number, os.strerror(number))

    def _opened(self) -> "Waiting":
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        self.file = yield from retried_when_full(
            os.open, self.folder + "/output", flags, 0o600
        )
        self.spans = yield from retried_when_full(
            os.open, self.folder + "/spans", flags, 0o600
        )
        if is_shared(self.folder):
            os.fchmod(self.file, 0o640)
            os.fchmod(self.spans, 0o640)
        self.size = self.place = 0
        self.unsettled = False
        """Whether the last span is longer than what is written of it."""
        self.last: tuple[int, int, int, int] | None = None

    def written(self, data: "Bytes", stream: int) -> "Waiting":
        """Write a read of one stream."""
        room = self.limit - self.size
        if len(data) > room and self.rotate:
            yield from self.written(data[:room], stream)
            yield from self._rotated()
            yield from self.written(data[room:], stream)
            return
        if len(data) > room:
            data, self.is_full = data[:room], True
        while data:
            count = yield from retried_when_full(os.write, self.file, data)
            data, offset = data[count:], self.size
            self.size += count
            self.total += count
            yield from self._span(offset, count, stream)

    def _span(self, offset: int, length: int, stream: int) -> "Waiting":
        """Make the last span longer, or begin one; `settled` writes what is longer."""
        now = self._began + _passed()
        last = self.last
        if last and last[2] == stream and now - last[3] < SPAN_JOIN_NS:
            self.last = (last[0], last[1] + length, stream, last[3])
            self.unsettled = True
            return
        yield from self.settled()
        if last:
            self.place += 24
        self.last = (offset, length, stream, now)
        self.unsettled = True
        yield from self.settled()

    def settled(self) -> "Waiting":
        """Write the last span as it is by now."""
        last = self.last
        if last is None or not self.unsettled:
            return
        record = (
            last[0].to_bytes(8, "little")
            + last[1].to_bytes(7, "little")
            + bytes((last[2],))
            + last[3].to_bytes(8, "little")
        )
        yield from write_at(self.spans, record, self.place)
        self.unsettled = False

    def _rotated(self) -> "Waiting":
        yield from self.settled()
        for name in ("output", "spans"):
            path = f"{self.folder}/{name}"
            yield from retried_when_full(os.rename, path, path + ".old")
        os.close(self.file)
        os.close(self.spans)
        yield from self._opened()
