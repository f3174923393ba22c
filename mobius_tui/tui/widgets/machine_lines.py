"""The machine in lines: its figures, and what runs on it."""

from __future__ import annotations

from textual.content import Content

from mobius_tui import sanitize
from mobius_tui.tui.health_view import MachineView
from mobius_tui.tui.theme import Role, assemble
from mobius_tui.tui.widgets.chart import meter

METER = 10
"""Cells of a meter."""
HIGH_LOAD = 90.0
"""Per cent from which a figure of the machine is marked."""


def _figures_of(machine: MachineView) -> tuple[tuple[str, float | None], ...]:
    return (("cpu", machine.cpu), ("mem", machine.memory), ("disk", machine.disk))


def _load(machine: MachineView) -> str:
    return "–" if machine.load is None else f"{machine.load:.2f}"


def machine_lines(machine: MachineView, width: int, *, upright: bool) -> list[Content]:
    """Its figures, then what runs on it: first what does not, and should."""
    counts = [*runs(machine, well=False), *runs(machine, well=True)]
    if upright:
        meters = [_meter(name, value) for name, value in _figures_of(machine)]
        load = assemble(("load  ", "muted"), (_load(machine), "plain"))
        return [*meters, load, *counts]
    rows = [figures(machine, "   ")]
    for each in counts:
        row = Content("    ").join([rows[-1], each])
        if row.cell_length <= width:
            rows[-1] = row
        else:
            rows.append(each)
    return rows


def runs(machine: MachineView, *, well: bool) -> list[Content]:
    """The processes and services that are as they should be, or that are not."""
    return [
        *(_count(name, n) for name, n in machine.processes if bool(n) is well),
        *(
            _service(name, said)
            for name, said in machine.services
            if (said == "active") is well
        ),
    ]


def figures(machine: MachineView, gap: str) -> Content:
    """CPU, memory, disk and load in a row."""
    parts: list[tuple[str, Role]] = []
    for name, value in _figures_of(machine):
        parts += [(f"{name} ", "muted"), (f"{_percent(value)}{gap}", _height(value))]
    return assemble(*parts, ("load ", "muted"), (_load(machine), "plain"))


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}%"


def _height(value: float | None) -> Role:
    return "warn" if value is not None and value >= HIGH_LOAD else "plain"


def _meter(name: str, value: float | None) -> Content:
    role: Role = "warn" if _height(value) == "warn" else "accent"
    return assemble(
        (f"{name:<5} ", "muted"),
        (meter(value, 100.0, METER), role),
        (f"  {_percent(value)}", _height(value)),
    )


def _count(name: str, count: int) -> Content:
    """How many processes match."""
    glyph: tuple[str, Role] = ("● ", "good") if count else ("✖ ", "bad")
    return assemble(glyph, (name[:24], "plain"), (f" {count}", "plain"))


def _service(name: str, state: str) -> Content:
    """What is said of a unit."""
    glyph: tuple[str, Role] = ("● ", "good") if state == "active" else ("✖ ", "bad")
    said = sanitize.line(f"{name[:24]} {state[:16]}")
    return assemble(glyph, (said, "plain"))
