"""What is measured of a probe, and what its service reports, as figures in a line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from textual.content import Content

from mobius_tui.tui.health_view import ProbeView
from mobius_tui.tui.theme import Role, assemble

OURS = ("of our checks ", "ours ")
"""Whose percentiles they are; the longest that there is room for."""


def in_ms(value: float | None) -> str:
    """Milliseconds, as short as can be."""
    return "–" if value is None else f"{value:.0f}"


def percentile_role(value: float | None, limit: float | None) -> Role:
    """How a latency shows beside the limit, both in milliseconds."""
    return (
        "warn" if value is not None and limit is not None and value > limit else "plain"
    )


def share_ok(probe: ProbeView) -> tuple[str, Role]:
    """How many of the last checks were ok, and how that shows."""
    if probe.success is None:
        return "–", "muted"
    role: Role = "plain" if probe.success >= 0.995 else "warn"
    return f"{100 * probe.success:.0f}%", role


def percentiles(
    probe: ProbeView, ours: str, names: Collection[str] = ("p50", "p95", "p99")
) -> list[tuple[str, Role]]:
    """Those of our own checks.

    Args:
        probe: which.
        ours: says that they are.
        names: which of them.
    """
    parts: list[tuple[str, Role]] = []
    before = f"  {ours}"
    known = {"p50": probe.p50, "p95": probe.p95, "p99": probe.p99}
    for name in names:
        value = known[name]
        role = percentile_role(value, probe.limit)
        parts += [(f"{before}{name} ", "muted"), (f"{in_ms(value):<4}", role)]
        before = "  "
    return [*parts, (" ms", "muted")]


def widest(found: Iterable[Content], width: int) -> Content:
    """The first that there is room for, or the last."""
    shown = Content("")
    for shown in found:
        if shown.cell_length <= width:
            break
    return shown


def reported(probe: ProbeView, width: int) -> Iterator[Content]:
    """What the service reports of itself, where it does."""
    parts: list[tuple[str, Role]] = []
    if probe.reported_p95 is not None:
        role = percentile_role(probe.reported_p95, probe.limit)
        parts += [("  p95 ", "muted"), (f"{in_ms(probe.reported_p95)} ms", role)]
    if probe.reported_errors is not None:
        errors = f"{100 * probe.reported_errors:.3g}%"
        parts += [("  errors ", "muted"), (errors, "plain")]
    if parts:
        yield assemble(("reported", "muted"), *parts).truncate(width)
