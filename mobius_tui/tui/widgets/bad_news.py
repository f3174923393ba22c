"""Since when a probe is not ok, and why, in lines."""

from __future__ import annotations

import time

from textual.content import Content

from mobius_tui import sanitize
from mobius_tui.runbook.units import clock
from mobius_tui.tui.health_view import ProbeView
from mobius_tui.tui.theme import Role, assemble, cut_in_middle, text


def last_good(probe: ProbeView) -> str:
    """`last ok 23:14:02`."""
    if probe.last_ok is None:
        return "never ok so far"
    return time.strftime("last ok %H:%M:%S", time.localtime(probe.last_ok))


def bad_news(probe: ProbeView, width: int) -> list[Content]:
    """`last ok 23:14:02, bad for 2:10 · refused`, in two lines where it is too long."""
    role: Role = "bad" if probe.state == "failing" else "warn"
    since = last_good(probe)
    if probe.bad_for is not None:
        since += f", bad for {clock(probe.bad_for)}"
    reason = sanitize.line(probe.reason)
    if not reason:
        return [text(since, role)]
    if len(since) + len(reason) + 3 <= width:
        return [assemble((since, role), (f" · {reason}", role))]
    return [text(since, role), text(cut_in_middle(reason, max(8, width)), role)]
