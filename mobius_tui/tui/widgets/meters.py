"""How far each trigger is from firing, as meters with the reason in words."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from mobius_tui import sanitize
from mobius_tui.health.trigger import Meter
from mobius_tui.tui.theme import Role, assemble

ROLES: dict[str, Role] = {
    "calm": "muted",
    "near": "warn",
    "fired": "bad",
    "standing": "warn",
    "unknown": "warn",
}
SAYS: dict[str, str] = {"fired": " FIRED", "standing": " (fired)"}
"""What stands behind how far it is: that it fires, or had fired, and counts anew. The
output above it has few rows to spare, so it is no longer than that."""
GAP = Content("   ")


def trigger_lines(meters: Sequence[Meter], width: int) -> list[Content]:
    """The meters, as many on a line as there is room for.

    Args:
        meters: by probe and rule.
        width: cells of a line.
    """
    several = len({meter.probe for meter in meters}) > 1
    lines: list[Content] = []
    for meter in meters:
        shown = _meter(meter, several=several)
        if lines and lines[-1].cell_length + len(GAP) + shown.cell_length <= width:
            lines[-1] = GAP.join([lines[-1], shown])
        else:
            lines.append(shown)
    return lines


def _meter(meter: Meter, *, several: bool) -> Content:
    role = ROLES[meter.state]
    filled = min(meter.count, meter.of)
    bar = "█" * filled + "░" * (meter.of - filled)
    name = f"{sanitize.line(meter.probe)} " if several else ""
    return assemble(
        (f"{name}", "muted"),
        (f"{bar} ", role),
        (sanitize.line(meter.words), "plain" if meter.state == "calm" else role),
        (SAYS.get(meter.state, ""), role),
    )
