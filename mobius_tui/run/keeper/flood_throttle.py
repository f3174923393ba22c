"""Giving way: a flood, where others want the processors at once."""

import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


SAMPLE_BYTES = 1 << 21
"""Bytes of a flood between two looks whether others want the processors, too."""
FLOOD_RATE = 100e6
"""Bytes a second from which output is a flood."""
LOW_WAIT_SHARE, HIGH_WAIT_SHARE = 0.27, 0.45
"""Of the time, waited for a processor: nobody need rest, and all should."""
LONGEST_REST_RATIO = 4.0
"""Times as long as it moved that it rests at most; and in seconds:"""
LONGEST_REST = 0.05
SAMPLES_AVERAGED = 32
"""Looks over which a mean of that part is taken."""


class FloodThrottle:
    """Gives way where a flood and others want the processors at once.

    Four floods on two processors kept the keys of whoever watched them waiting for a
    tenth of a second. What prints less than `FLOOD`, or has the processor when it wants
    it, never rests.
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
