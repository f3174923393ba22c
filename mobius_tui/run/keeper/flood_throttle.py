"""Slows a flood of output down where other processes lack processor time."""

import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


SAMPLE_BYTES = 1 << 21
"""Bytes of output between two measurements."""
FLOOD_RATE = 100e6
"""Bytes a second from which output is a flood."""
LOW_WAIT_SHARE, HIGH_WAIT_SHARE = 0.27, 0.45
"""Of the time, the share spent waiting for a processor: below the low one there is no
rest, from the high one on there is most of it."""
LONGEST_REST_RATIO = 4.0
"""Rest at most, as a multiple of the time that moving the output took; and in seconds:
"""
LONGEST_REST = 0.05
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
