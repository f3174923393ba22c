"""What health was at any moment of a run: five bytes a check, found by halving."""

from __future__ import annotations

from typing import NamedTuple

from mobius_tui.health.record import Check, State
from mobius_tui.health.times import Times
from mobius_tui.health.window import BLIND_ROW, Condition

_CODES: dict[State, int] = {"ok": 0, "failed": 1, "no data": 2}
_OK, _FAILED, _NO_DATA = 0, 1, 2


class Counts(NamedTuple):
    """How often a probe was seen to be well, and to be ill, and when last."""

    ok: int = 0
    failed: int = 0
    last_ok: float | None = None
    """Seconds since 1970."""
    last_failed: float | None = None


class _Probe:
    """The checks of one probe."""

    def __init__(self) -> None:
        self.times = Times()
        self.states = bytearray()

    def add(self, check: Check) -> None:
        """Take in the next check; a clock that is put back does not disorder them."""
        self.times.append(check.at)
        self.states.append(_CODES[check.state])

    def at(self, moment: float, within: float) -> Condition:
        """What was known at a moment by the checks before it."""
        place = self.times.by(moment) - 1
        if place < 0 or moment - self.times[place] > within:
            return "unknown"
        for back in range(min(BLIND_ROW, place + 1)):
            state = self.states[place - back]
            if state != _NO_DATA:
                return "ok" if state == _OK else "failing"
        return "unknown"

    def until(self, moment: float) -> _Probe:
        """The checks that had begun by a moment."""
        new, count = _Probe(), self.times.by(moment)
        new.times, new.states = self.times.first(count), self.states[:count]
        return new

    def oks(self, since: float, count: int) -> float | None:
        """When so many checks in a row had been ok, after a moment."""
        row = 0
        for place in range(self.times.before(since), len(self.times)):
            state = self.states[place]
            if state == _NO_DATA:
                continue
            row = row + 1 if state == _OK else 0
            if row == count:
                return self.times[place]
        return None

    def counts(self, since: float) -> Counts:
        """How many were ok and failed since a moment, and when the last of each was."""
        first = self.times.before(since)
        numbers, lasts = [], []
        for code in (_OK, _FAILED):
            numbers.append(self.states.count(code, first))
            place = self.states.rfind(code, first)
            lasts.append(self.times[place] if place >= 0 else None)
        return Counts(numbers[0], numbers[1], lasts[0], lasts[1])

    def well_since(self) -> float | None:
        """The first ok of the last row that no failure breaks."""
        place = self.states.find(_OK, self.states.rfind(_FAILED) + 1)
        return self.times[place] if place >= 0 else None


class Past:
    """The states of all checks of a run, by probe and time."""

    def __init__(self) -> None:
        """Begin with no checks."""
        self._probes: dict[str, _Probe] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nobody has looked yet."""
        return not self._probes

    def add(self, check: Check) -> None:
        """Take in the next check."""
        probe = self._probes.get(check.probe)
        if probe is None:
            probe = self._probes[check.probe] = _Probe()
        probe.add(check)

    def until(self, moment: float) -> Past:
        """What was on record by a moment.

        Args:
            moment: seconds since 1970.
        """
        new = Past()
        new._probes = {name: own.until(moment) for name, own in self._probes.items()}
        return new

    def at(self, probe: str, moment: float, *, within: float) -> Condition:
        """What was known of a probe at a moment.

        Args:
            probe: its id.
            moment: seconds since 1970.
            within: seconds after which a check says nothing about the present any more.
        """
        known = self._probes.get(probe)
        return known.at(moment, within) if known is not None else "unknown"

    def oks(self, probe: str, *, since: float, count: int) -> float | None:
        """When a probe had been ok so many times in a row, no data left out.

        Args:
            probe: its id.
            since: seconds since 1970; checks that began before do not count.
            count: how many.

        Returns:
            When the last of them began, in seconds since 1970; `None` if it never
            was so.
        """
        known = self._probes.get(probe)
        return known.oks(since, count) if known is not None else None

    def counts(self, probe: str, *, since: float = 0.0) -> Counts:
        """How often a probe was ok and failed, and when last.

        Args:
            probe: its id.
            since: seconds since 1970; checks that began before do not count.
        """
        known = self._probes.get(probe)
        return known.counts(since) if known is not None else Counts()

    def well_since(self, probe: str) -> float | None:
        """When the last row of healthy checks of a probe began, no data left out.

        Returns:
            Seconds since 1970; `None` where its last check with data failed, or it has
            none.
        """
        known = self._probes.get(probe)
        return known.well_since() if known is not None else None
