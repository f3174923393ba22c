"""Samples of the machine: CPU, memory, disk, load, and how many processes match."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path

import psutil

from mobius_tui.health.health_record import MachineSample
from mobius_tui.health.processes import ProcessCounter


class Machine:
    """Takes samples; of one thread at a time."""

    def __init__(
        self, workdir: Path, patterns: Mapping[str, str] | None = None
    ) -> None:
        """Prepare; nothing is measured yet.

        Args:
            workdir: a path on the disk that is measured.
            patterns: regular expressions of processes to count, by display name.
        """
        self._workdir = workdir
        self._patterns = patterns or {}
        self._cpu: tuple[float, float] | None = None
        self._process_counter: ProcessCounter | None = None

    def sample(
        self,
        *,
        at: float,
        mono: float,
        groups: AbstractSet[int] = frozenset(),
        excluded_pids: AbstractSet[int] = frozenset(),
    ) -> MachineSample:
        """Take a sample; a figure that cannot be measured is `None`.

        Args:
            at: now, in seconds since 1970.
            mono: now, in the machine's monotonic seconds.
            groups: process groups whose members do not count.
            excluded_pids: processes that do not count.
        """
        if self._process_counter is None:
            self._process_counter = ProcessCounter(self._patterns)
        try:
            memory: float | None = psutil.virtual_memory().percent
        except (psutil.Error, OSError):
            memory = None
        try:
            disk: float | None = psutil.disk_usage(str(self._workdir)).percent
        except OSError:
            disk = None
        try:
            load1: float | None = round(psutil.getloadavg()[0], 2)
        except OSError:
            load1 = None
        return MachineSample(
            at=at,
            mono=mono,
            cpu=self._cpu_percent(),
            memory=memory,
            disk=disk,
            load1=load1,
            processes=self._process_counter.count(
                mono, groups=groups, excluded_pids=excluded_pids
            ),
        )

    def _cpu_percent(self) -> float | None:
        """Per cent of all cores since the last sample; `None` at the first.

        psutil's own figure goes by the calling thread, and samples come from several.
        """
        try:
            times = psutil.cpu_times()
        except (psutil.Error, OSError):
            return None
        # A guest's time is in the user's time already.
        total = (
            sum(times) - getattr(times, "guest", 0) - getattr(times, "guest_nice", 0)
        )
        busy = total - times.idle - getattr(times, "iowait", 0)
        before, self._cpu = self._cpu, (busy, total)
        if before is None or total <= before[1]:
            return None
        percent = 100 * (busy - before[0]) / (total - before[1])
        return round(min(max(percent, 0.0), 100.0), 1)
