"""What a watch comes to at its end: for a reader, and for programs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mobius_tui.health.tally import Outage, Tallies, Tally
from mobius_tui.run.entry import Entry, stamp
from mobius_tui.run.state import RunState
from mobius_tui.run.watch_events import TriggerFired
from mobius_tui.run.watch_state import WatchState
from mobius_tui.runbook.units import in_words


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """All that is told of a watch when it is over, or is left."""

    state: RunState
    tallies: Tallies
    fired: tuple[Entry, ...]
    """The triggers that fired."""
    ended: float
    """Seconds since 1970."""
    code: int
    """The exit code."""
    why: str
    """Why it is over, in words."""

    def as_json(self) -> dict[str, Any]:
        """For programs; the fields are always the same, `null` where nothing is."""
        state, watch = self.state, self.state.watch
        began, job = state.began, watch.job
        assert began is not None
        return {
            "event": "Summary",
            "run": began.run,
            "runbook": began.runbook,
            "environment": began.environment,
            "outcome": state.ended.outcome if state.ended is not None else None,
            "exit": self.code,
            "reason": self.why,
            "began": stamp(watch.job_at),
            "ended": stamp(self.ended),
            "seconds": round(self.ended - watch.job_at, 3),
            **self.tallies.all.figures(),
            "longest_outage": _outage(self.tallies.all.longest),
            "probes": {
                probe: {**tally.figures(), "longest_outage": _outage(tally.longest)}
                for probe, tally in self.tallies.probes.items()
            },
            "triggers": [
                {
                    "at": stamp(entry.at),
                    "probe": entry.event.probe,
                    "rule": entry.event.rule,
                    "reason": entry.event.reason,
                }
                for entry in self.fired
                if isinstance(entry.event, TriggerFired)
            ],
            "armed": watch.armed,
            "rollback": _rollback(watch),
            "log": job.log if job is not None else None,
        }

    def lines(self) -> Iterator[str]:
        """For a reader."""
        watch = self.state.watch
        yield f"summary: {self.why}"
        yield f"watched: {in_words(self.ended - watch.job_at)}"
        for probe, tally in self.tallies.probes.items():
            yield f"checks of {probe}: {_words(tally)}"
        if not self.tallies.probes:
            yield "checks: none"
        longest = self.tallies.all.longest
        if longest is None:
            yield "longest outage: none"
        else:
            lasted = in_words(longest.seconds)
            at = _clock(longest.began)
            yield f"longest outage: {lasted}, {longest.probe}, from {at}"
        for entry in self.fired:
            if isinstance(entry.event, TriggerFired):
                yield f"trigger: {_clock(entry.at)} {entry.event.reason}"
        if not self.fired:
            yield "triggers: none fired"
        if watch.begun is not None:
            yield f"rollback: began {_clock(watch.begun_at)}, {_passed(watch)}"
        elif self.fired:
            yield "rollback: none was begun"
        if watch.job is not None and watch.job.log:
            yield f"log: {watch.job.log}"


def _clock(at: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(at))


def _words(tally: Tally) -> str:
    """A probe's checks: `12, 9 ok, 3 failed (75.0 % ok); of our checks: p50 11 ms`."""
    parts = [f"{tally.checks}", f"{tally.ok} ok", f"{tally.failed} failed"]
    if tally.no_data:
        parts.append(f"{tally.no_data} without data")
    text = ", ".join(parts)
    rate = tally.success_rate
    if rate is not None:
        text += f" ({100 * rate:.1f} % ok)"
    known = [(p, tally.percentile(p)) for p in (50, 95, 99)]
    figures = ", ".join(f"p{p} {ms:.0f} ms" for p, ms in known if ms is not None)
    text += f"; of our checks: {figures}" if figures else "; no answer"
    told = ", ".join(_reported(tally))
    return f"{text}; reported at most: {told}" if told else text


def _reported(tally: Tally) -> Iterator[str]:
    """What the service reported of itself."""
    if tally.reported_p95 is not None:
        yield f"p95 {tally.reported_p95:.0f} ms"
    if tally.reported_errors is not None:
        yield f"errors {100 * tally.reported_errors:.3g} %"


def _passed(watch: WatchState) -> str:
    if watch.stopped:
        return f"it wants a person: {watch.stopped}"
    if watch.passed is None:
        return "it goes on"
    return "passed" if watch.passed else "it did not pass"


def _outage(longest: Outage | None) -> dict[str, Any] | None:
    if longest is None:
        return None
    return {
        "probe": longest.probe,
        "began": stamp(longest.began),
        "seconds": round(longest.seconds, 3),
    }


def _rollback(watch: WatchState) -> dict[str, Any] | None:
    if watch.begun is None:
        return None
    return {
        "began": stamp(watch.begun_at),
        "by": watch.begun_by,
        "cause": watch.begun.cause,
        "reason": watch.begun.reason,
        "passed": False if watch.stopped else watch.passed,
        "wants_a_person": watch.stopped or None,
    }
