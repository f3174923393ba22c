"""A watch as lines: one for each change, and the summary at its end."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge

from mobius_tui.commands.watch_summary import Summary
from mobius_tui.errors import RunError
from mobius_tui.health.record import Check, decode
from mobius_tui.health.tally import Tallies
from mobius_tui.health.window import Window
from mobius_tui.plain import Lines, say
from mobius_tui.run.entry import Entry, stamp
from mobius_tui.run.follow import Lines as WholeLines
from mobius_tui.run.viewer import Viewer
from mobius_tui.run.watch_events import TriggerFired
from mobius_tui.runbook.units import in_words
from mobius_tui.sanitize import line


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A probe is seen for the first time, or is no longer as it was."""

    at: float
    """Seconds since 1970."""
    probe: str
    state: str
    """`ok`, `failing` or `unknown`."""
    words: str


class Checks:
    """The checks of a run, as they come."""

    def __init__(self, viewer: Viewer) -> None:
        """Look at none yet."""
        self.tallies = Tallies()
        self._lines = WholeLines(viewer.directory.health)
        self._windows: dict[str, Window] = {}
        self._states: dict[str, str] = {}

    def more(self) -> Iterator[Change]:
        """What changed since the last call."""
        while data := self._data():
            for text in data.split(b"\n")[:-1]:
                try:
                    record = decode(text)
                except RunError:
                    continue  # a full disk tears lines
                if isinstance(record, Check):
                    yield from self._check(record)

    def _data(self) -> bytes:
        try:
            return self._lines.more()
        except RunError:
            return b""  # the host says what it could not write

    def _check(self, check: Check) -> Iterator[Change]:
        self.tallies.apply(check)
        window = self._windows.setdefault(check.probe, Window())
        failing = window.since_bad
        window.apply(check)
        status = window.status(check.at)
        if self._states.get(check.probe) == status.state:
            return
        known = check.probe in self._states
        self._states[check.probe] = status.state
        words = _answer(check) if status.state == "ok" else check.reason
        if status.state == "ok" and known:
            lasted = f", after {in_words(check.at - failing)}" if failing else ""
            words = f"again{lasted}: {words}"
        yield Change(
            at=check.at + (check.ms or 0.0) / 1000,
            probe=check.probe,
            state=status.state,
            words=words,
        )


def _answer(check: Check) -> str:
    if check.state != "ok":
        return check.reason
    return f"answered {check.status} in {check.ms or 0.0:.0f} ms"


class WatchLines:
    """Prints a watch."""

    def __init__(
        self, viewer: Viewer, *, as_json: bool = False, silent: bool = False
    ) -> None:
        """Print nothing yet.

        Args:
            viewer: the run's.
            as_json: whether the lines are for programs.
            silent: whether the summary alone is printed.
        """
        self._silent = silent
        self._viewer = viewer
        self._json = as_json
        self._lines = Lines(viewer, as_json=as_json)
        self._checks = Checks(viewer)
        self._fired: list[Entry] = []

    def close(self) -> None:
        """Let go of the files."""
        self._lines.close()

    async def more(self, entries: tuple[Entry, ...]) -> None:
        """Print what came, in the order in which it happened."""
        changes = list(self._checks.more())
        rows: Iterator[Change | Entry] = merge(changes, entries, key=lambda row: row.at)
        for row in rows:
            if isinstance(row, Entry) and isinstance(row.event, TriggerFired):
                self._fired.append(row)
            if self._silent:
                continue
            if isinstance(row, Change):
                self._change(row)
                continue
            await self._lines.entries((row,))
        if not self._silent:
            await self._lines.running()

    def _change(self, change: Change) -> None:
        if self._json:
            row = {
                "at": stamp(change.at),
                "event": "ProbeChanged",
                "probe": change.probe,
                "state": change.state,
                "reason": change.words,
            }
            say(json.dumps(row, separators=(",", ":")))
            return
        clock = time.strftime("%H:%M:%S", time.localtime(change.at))
        say(f"{clock} {line(f'{change.state}: {change.probe} {change.words}')}")

    def summary(self, code: int, why: str) -> None:
        """Print the end."""
        follower = self._viewer.follower
        state = follower.state
        summary = Summary(
            state=state,
            tallies=self._checks.tallies,
            fired=tuple(self._fired),
            ended=state.at if state.ended is not None else follower.now(),
            code=code,
            why=why,
        )
        if self._json:
            say(json.dumps(summary.as_json(), separators=(",", ":")))
            return
        for text in summary.lines():
            say(line(text))
