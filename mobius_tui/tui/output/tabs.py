"""The row of tabs over an output: attempts at a step, and what runs beside the run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from mobius_tui import sanitize
from mobius_tui.tui.theme import Role

BETWEEN = "│"


@dataclass(frozen=True, kw_only=True, slots=True)
class Tab:
    """One output that can be shown."""

    key: str
    """`STEP.ATTEMPT`, as the attempt's folder is called."""
    name: str
    """The attempt's number; or the step, where it is another one."""
    glyph: str
    word: str
    role: Role
    stops: bool = False
    """Whether it runs beside the run, until it is stopped."""


class Target(NamedTuple):
    """Cells of the row that can be clicked."""

    left: int
    right: int
    key: str
    stops: bool
    """Whether a click stops that one, and doesn't show it."""


def tab_row(
    tabs: Sequence[Tab],
    chosen: str,
    width: int,
    style: Callable[[str], Style],
    *,
    stop_key: str,
) -> tuple[Strip, list[Target]]:
    """Lay the tabs out; those that don't fit are left out at either end.

    Args:
        tabs: All of them.
        chosen: The key of the one that is shown.
        width: Cells.
        style: Gives the style of a role; of `chosen` for the one that is shown.
        stop_key: What stops the one that is shown, for a person.
    """
    parts = [_parts(tab, chosen, style, stop_key) for tab in tabs]
    widths = [sum(cell_len(text) for text, _, _ in part) + 1 for part in parts]
    place = next((n for n, tab in enumerate(tabs) if tab.key == chosen), 0)
    first = place
    room = width - 4 - widths[place]
    while first > 0 and room >= widths[first - 1]:
        first -= 1
        room -= widths[first]
    last = place + 1
    while last < len(tabs) and room >= widths[last]:
        room -= widths[last]
        last += 1
    segments = [Segment("« ", style("muted"))] if first else []
    targets: list[Target] = []
    left = cell_len("« ") if first else 0
    for number in range(first, last):
        for text, look, stops in parts[number]:
            segments.append(Segment(text, look))
            right = left + cell_len(text)
            targets.append(Target(left, right, tabs[number].key, stops))
            left = right
        if number + 1 < len(tabs):
            more = number + 1 == last
            segments.append(Segment(" »" if more else BETWEEN, style("muted")))
            left += 1
    return Strip(segments).crop(0, width), targets


def _parts(
    tab: Tab, chosen: str, style: Callable[[str], Style], stop_key: str
) -> list[tuple[str, Style, bool]]:
    """Return a tab's texts, their styles, and whether a click on them stops it."""
    name = sanitize.line(tab.name)
    if tab.key != chosen:
        state = f" {tab.glyph} {tab.word} "
        return [(f" {name}", style("plain"), False), (state, style(tab.role), False)]
    parts = [(f" {name} {tab.glyph} {tab.word} ", style("chosen"), False)]
    if tab.stops:
        parts.append(
            (f" ■ {stop_key} stops it ".replace("  ", " "), style("bad"), True)
        )
    return parts
