"""Counting processes again and again, without reading every one each time.

Reading 486 command lines takes 22 ms. So a process that did not match is not read
again, but for a while after its birth (its exec may be still to come) and every
`FULL_EVERY` seconds.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import psutil

from mobius_tui.health.processes import counts, family, is_ours, process

FULL_EVERY = 15.0
"""Seconds after which every process is read again: one may have changed by exec."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    """What a process was when it was last read."""

    names: frozenset[str]
    ours: bool
    settled: bool
    """Whether it was read twice, so that it need not be read at the next scan."""


class Scan:
    """Counts of the processes that match each of some patterns."""

    def __init__(self, patterns: Mapping[str, re.Pattern[str]]) -> None:
        """Look at nothing yet.

        Args:
            patterns: by name; each is searched for in the command line.
        """
        self._patterns = patterns
        self._known: dict[int, _Known] = {}
        self._full_at: float | None = None

    def count(
        self,
        mono: float,
        *,
        groups: AbstractSet[int] = frozenset(),
        own: AbstractSet[int] = frozenset(),
    ) -> dict[str, int]:
        """How many processes match now, by name; this program's own do not count.

        Args:
            mono: now, in the machine's monotonic seconds.
            groups: process groups whose members do not count.
            own: processes that do not count, with their ancestors in their session.
        """
        if not self._patterns:
            return {}
        full = self._full_at is None or mono - self._full_at >= FULL_EVERY
        if full:
            self._full_at = mono
        self._read(full=full)
        ours = {pid for pid, known in self._known.items() if known.ours}
        excluded = family(ours | own | {os.getpid()})
        found = dict.fromkeys(self._patterns, 0)
        for pid, known in self._known.items():
            if known.names and pid not in excluded and counts(pid, groups):
                for name in known.names:
                    found[name] += 1
        return found

    def _read(self, *, full: bool) -> None:
        known: dict[int, _Known] = {}
        for pid in psutil.pids():
            before = self._known.get(pid)
            if before is None or full or before.names or not before.settled:
                known[pid] = self._look(pid, settled=before is not None)
            else:
                known[pid] = before
        self._known = known

    def _look(self, pid: int, *, settled: bool) -> _Known:
        seen = process(pid)
        if seen is None:
            return _Known(names=frozenset(), ours=False, settled=settled)
        line = seen.command_line
        return _Known(
            names=frozenset(
                name for name, pattern in self._patterns.items() if pattern.search(line)
            ),
            ours=is_ours(seen.argv),
            settled=settled,
        )
