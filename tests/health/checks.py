"""Checks for tests, spelt as briefly as a trace: `o` ok, `f` failed, `-` no data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from mobius_tui.health.record import Check, State
from mobius_tui.health.trigger import Cleared, Fired, Watch

STATES: dict[str, State] = {"o": "ok", "f": "failed", "-": "no data"}


def ok(
    *,
    probe: str = "api",
    ms: float | None = 20.0,
    error_rate: float | None = None,
    p95_ms: float | None = None,
) -> Check:
    return Check(
        at=0.0,
        mono=0.0,
        probe=probe,
        state="ok",
        status=200,
        ms=ms,
        error_rate=error_rate,
        p95_ms=p95_ms,
    )


def trace(spelt: str, probe: str = "api") -> list[Check]:
    """The checks that a word spells."""
    return [
        ok(probe=probe)
        if each == "o"
        else Check(at=0.0, mono=0.0, probe=probe, state=STATES[each], reason="why")
        for each in spelt
    ]


def numbered(checks: Iterable[Check]) -> Iterator[Check]:
    """The same checks, begun at 1, 2, 3 …"""
    for at, check in enumerate(checks, 1):
        yield replace(check, at=float(at), mono=float(at))


def told(watch: Watch, checks: Iterable[Check]) -> list[str]:
    """What a watch says of checks: the ordinal of the check, and what it changed."""
    found = []
    for check in numbered(checks):
        for change in watch.apply(check):
            assert change.at == check.at
            what = "fired" if isinstance(change, Fired) else "cleared"
            assert isinstance(change, Fired | Cleared)
            found.append(f"{check.at:g} {change.probe} {change.rule} {what}")
    return found
