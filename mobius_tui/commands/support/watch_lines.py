"""Prints a watch: a line for each change, and the summary at its end."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from heapq import merge
from pathlib import Path
from typing import Any

from msgspec import Struct

from mobius_tui.errors import RunError
from mobius_tui.health.health_record import ProbeResult, decode_record
from mobius_tui.health.health_summary import HealthSummaries, HealthSummary, ProbeOutage
from mobius_tui.health.probe_window import ProbeWindow
from mobius_tui.plain import RunPrinter, print_line
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.journal_entry import Entry, utc_timestamp
from mobius_tui.run.events.watch_events import TriggerFired
from mobius_tui.run.journal.follower import LineFollower
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.watch_state import WatchState
from mobius_tui.runbook.text.units import duration_in_words
from mobius_tui.sanitize import line


class WatchSummary(Struct, frozen=True, kw_only=True):
    """What is reported of a watch when it is over, or is left."""

    state: RunState
    summaries: HealthSummaries
    fired: tuple[Entry, ...]
    """The triggers that fired."""
    ended: float
    """Seconds since 1970."""
    code: int
    """The exit code."""
    reason: str
    """Why it is over, in words."""

    def as_json(self) -> dict[str, Any]:
        """The summary for programs: always the same fields, `null` for no value."""
        state, watch = self.state, self.state.watch
        began, job = state.began, watch.watch_run
        assert began is not None
        return {
            "event": "Summary",
            "run": began.run,
            "runbook": began.runbook,
            "environment": began.environment,
            "outcome": state.ended.outcome if state.ended is not None else None,
            "exit": self.code,
            "reason": self.reason,
            "began": utc_timestamp(watch.watch_run_began_at),
            "ended": utc_timestamp(self.ended),
            "seconds": round(self.ended - watch.watch_run_began_at, 3),
            **self.summaries.all.figures(),
            "longest_outage": _outage_json(self.summaries.all.longest),
            "probes": {
                probe: {
                    **summary.figures(),
                    "longest_outage": _outage_json(summary.longest),
                }
                for probe, summary in self.summaries.probes.items()
            },
            "triggers": [
                {
                    "at": utc_timestamp(entry.at),
                    "probe": entry.event.probe,
                    "rule": entry.event.rule,
                    "reason": entry.event.reason,
                }
                for entry in self.fired
                if isinstance(entry.event, TriggerFired)
            ],
            "armed": watch.armed,
            "rollback": _rollback_json(watch),
            "log": job.log if job is not None else None,
        }

    def lines(self) -> Iterator[str]:
        """For a reader."""
        watch = self.state.watch
        yield f"summary: {self.reason}"
        yield f"watched: {duration_in_words(self.ended - watch.watch_run_began_at)}"
        for probe, summary in self.summaries.probes.items():
            yield f"checks of {probe}: {_summary_text(summary)}"
        if not self.summaries.probes:
            yield "checks: none"
        longest = self.summaries.all.longest
        if longest is None:
            yield "longest outage: none"
        else:
            lasted = duration_in_words(longest.seconds)
            at = _clock_time(longest.began)
            yield f"longest outage: {lasted}, {longest.probe}, from {at}"
        for entry in self.fired:
            if isinstance(entry.event, TriggerFired):
                yield f"trigger: {_clock_time(entry.at)} {entry.event.reason}"
        if not self.fired:
            yield "triggers: none fired"
        if watch.rollback is not None:
            began = _clock_time(watch.rollback_began_at)
            yield f"rollback: began {began}, {_rollback_text(watch)}"
        elif self.fired:
            yield "rollback: none was begun"
        if watch.watch_run is not None and watch.watch_run.log:
            yield f"log: {watch.watch_run.log}"


def _clock_time(at: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(at))


def _summary_text(summary: HealthSummary) -> str:
    """A probe's checks: `12, 9 ok, 3 failed (75.0 % ok); of our checks: p50 11 ms`."""
    parts = [f"{summary.checks}", f"{summary.ok} ok", f"{summary.failed} failed"]
    if summary.no_data:
        parts.append(f"{summary.no_data} without data")
    text = ", ".join(parts)
    rate = summary.success_rate
    if rate is not None:
        text += f" ({100 * rate:.1f} % ok)"
    percentiles = [(p, summary.percentile(p)) for p in (50, 95, 99)]
    figures = ", ".join(f"p{p} {ms:.0f} ms" for p, ms in percentiles if ms is not None)
    text += f"; of our checks: {figures}" if figures else "; no answer"
    reported = ", ".join(_reported(summary))
    return f"{text}; reported at most: {reported}" if reported else text


def _reported(summary: HealthSummary) -> Iterator[str]:
    """The figures that the service reported of itself, in words."""
    if summary.reported_p95 is not None:
        yield f"p95 {summary.reported_p95:.0f} ms"
    if summary.reported_errors is not None:
        yield f"errors {100 * summary.reported_errors:.3g} %"


def _rollback_text(watch: WatchState) -> str:
    if watch.rollback_stop_reason:
        return f"it wants a person: {watch.rollback_stop_reason}"
    if watch.rollback_passed is None:
        return "it goes on"
    return "passed" if watch.rollback_passed else "it did not pass"


def _outage_json(longest: ProbeOutage | None) -> dict[str, Any] | None:
    if longest is None:
        return None
    return {
        "probe": longest.probe,
        "began": utc_timestamp(longest.began),
        "seconds": round(longest.seconds, 3),
    }


def _rollback_json(watch: WatchState) -> dict[str, Any] | None:
    if watch.rollback is None:
        return None
    return {
        "began": utc_timestamp(watch.rollback_began_at),
        "by": watch.rollback_began_by,
        "cause": watch.rollback.cause,
        "reason": watch.rollback.reason,
        "passed": False if watch.rollback_stop_reason else watch.rollback_passed,
        "wants_a_person": watch.rollback_stop_reason or None,
    }


class ProbeChange(Struct, frozen=True, kw_only=True):
    """A probe has its first state, or another one than before."""

    at: float
    """Seconds since 1970."""
    probe: str
    state: str
    """`ok`, `failing` or `unknown`."""
    words: str


class WatchChecks:
    """The checks of a run, read as they are recorded."""

    def __init__(self, health: Path) -> None:
        """Read no checks yet.

        Args:
            health: the run's `health.jsonl`.
        """
        self.summaries = HealthSummaries()
        self._lines = LineFollower(health)
        self._windows: dict[str, ProbeWindow] = {}
        self._states: dict[str, str] = {}

    def new_changes(self) -> Iterator[ProbeChange]:
        """Read the checks since the last call; gives the changes among them."""
        while data := self._data():
            for text in data.split(b"\n")[:-1]:
                try:
                    record = decode_record(text)
                except RunError:
                    continue  # a full disk tears lines
                if isinstance(record, ProbeResult):
                    yield from self._check(record)

    def _data(self) -> bytes:
        try:
            return self._lines.read_new()
        except RunError:
            return b""  # the host says what it could not write

    def _check(self, check: ProbeResult) -> Iterator[ProbeChange]:
        self.summaries.apply(check)
        window = self._windows.setdefault(check.probe, ProbeWindow())
        failing, was_ok = window.failing_since, window.last_ok
        window.apply(check)
        status = window.status(check.at)
        if self._states.get(check.probe) == status.state:
            return
        self._states[check.probe] = status.state
        words = _answer(check) if status.state == "ok" else check.reason
        if status.state == "ok":
            parts = ["again"] if was_ok is not None else []
            if failing is not None:
                parts.append(f"after {duration_in_words(check.at - failing)}")
            words = f"{', '.join(parts)}: {words}" if parts else words
        yield ProbeChange(
            at=check.at + (check.ms or 0.0) / 1000,
            probe=check.probe,
            state=status.state,
            words=words,
        )


def _answer(check: ProbeResult) -> str:
    if check.state != "ok":
        return check.reason
    if check.status is None:
        return f"holds, after {check.ms or 0.0:.0f} ms"
    return f"answered {check.status} in {check.ms or 0.0:.0f} ms"


class WatchLines:
    """Prints a watch."""

    def __init__(
        self, viewer: Viewer, *, as_json: bool = False, summary_only: bool = False
    ) -> None:
        """Print nothing yet.

        Args:
            viewer: the run's.
            as_json: whether the lines are for programs.
            summary_only: whether the summary alone is printed.
        """
        self._summary_only = summary_only
        self._viewer = viewer
        self._json = as_json
        self._lines = RunPrinter(viewer, as_json=as_json)
        self._checks = WatchChecks(viewer.directory.health)
        self._fired: list[Entry] = []

    def close(self) -> None:
        """Close the files."""
        self._lines.close()

    async def print_new(self, entries: tuple[Entry, ...]) -> None:
        """Print new checks and entries, in the order in which they happened."""
        changes = list(self._checks.new_changes())
        rows: Iterator[ProbeChange | Entry] = merge(
            changes, entries, key=lambda row: row.at
        )
        for row in rows:
            if isinstance(row, Entry) and isinstance(row.event, TriggerFired):
                self._fired.append(row)
            if self._summary_only:
                continue
            if isinstance(row, ProbeChange):
                self._change(row)
                continue
            await self._lines.print_entries((row,))
        if not self._summary_only:
            await self._lines.print_running()

    def _change(self, change: ProbeChange) -> None:
        if self._json:
            row = {
                "at": utc_timestamp(change.at),
                "event": "ProbeChanged",
                "probe": change.probe,
                "state": change.state,
                "reason": change.words,
            }
            print_line(json.dumps(row, separators=(",", ":")))
            return
        clock = time.strftime("%H:%M:%S", time.localtime(change.at))
        print_line(f"{clock} {line(f'{change.state}: {change.probe} {change.words}')}")

    def summary(self, code: int, reason: str) -> None:
        """Print the summary."""
        follower = self._viewer.follower
        state = follower.state
        summary = WatchSummary(
            state=state,
            summaries=self._checks.summaries,
            fired=tuple(self._fired),
            ended=state.last_entry_at if state.ended is not None else follower.now(),
            code=code,
            reason=reason,
        )
        if self._json:
            print_line(json.dumps(summary.as_json(), separators=(",", ":")))
            return
        for text in summary.lines():
            print_line(line(text))
