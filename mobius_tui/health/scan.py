"""Counting processes again and again, without reading every one each time.

Reading 486 command lines takes 22 ms. So a process that did not match is not read
again, but for a while after its birth (its exec may be still to come) and every
`FULL_EVERY` seconds.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import psutil

from mobius_tui.health.patterns import TooSlowError, found
from mobius_tui.health.processes import Process, counts, family, is_ours, process

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

    def __init__(self, patterns: Mapping[str, str]) -> None:
        """Look at nothing yet.

        Args:
            patterns: by name; each is searched for in the command line. One that takes
                too long is not counted any more.
        """
        self._patterns = dict(patterns)
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
        numbers = dict.fromkeys(self._patterns, 0)
        for pid, known in self._known.items():
            if known.names and pid not in excluded and counts(pid, groups):
                for name in known.names & numbers.keys():
                    numbers[name] += 1
        return numbers

    def _read(self, *, full: bool) -> None:
        known: dict[int, _Known] = {}
        seen: dict[int, Process | None] = {}
        for pid in psutil.pids():
            before = self._known.get(pid)
            if before is None or full or before.names or not before.settled:
                seen[pid] = process(pid)
            else:
                known[pid] = before
        names = self._names([each for each in seen.values() if each is not None])
        for pid, each in seen.items():
            known[pid] = _Known(
                names=frozenset(names.get(pid, ())),
                ours=each is not None and is_ours(each.argv),
                settled=pid in self._known,
            )
        self._known = known

    def _names(self, seen: list[Process]) -> dict[int, list[str]]:
        """Which patterns find which of some processes."""
        names: dict[int, list[str]] = {each.pid: [] for each in seen}
        for name, pattern in tuple(self._patterns.items()):
            try:
                hits = found(pattern, [each.command_line for each in seen])
            except TooSlowError as error:
                print(f"{name}: {error}", flush=True)  # noqa: T201 - host.log
                del self._patterns[name]
                continue
            for each, is_hit in zip(seen, hits, strict=True):
                if is_hit:
                    names[each.pid].append(name)
        return names
