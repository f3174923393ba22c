"""Hosts of a step as marks, counts and a strip: what is worst is never lost in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rich.cells import cell_len

from mobius_tui.run.events.fleet_events import HostStatus
from mobius_tui.run.state.fleet_state import ENDED
from mobius_tui.tui.presenters.glyphs import Mark
from mobius_tui.tui.presenters.styled_text import Role

HOST_MARKS: Mapping[HostStatus, Mark] = {
    HostStatus.UNKNOWN: Mark("?", "unknown", "bad"),
    HostStatus.FAILED: Mark("✖", "failed", "bad"),
    HostStatus.UNREACHABLE: Mark("⊘", "unreachable", "bad"),
    HostStatus.RUNNING: Mark("▶", "running", "accent"),
    HostStatus.SKIPPED: Mark("–", "skipped", "warn"),
    HostStatus.PENDING: Mark("○", "pending", "plain"),
    HostStatus.WAITING: Mark("·", "waiting", "muted"),
    HostStatus.CHANGED: Mark("●", "changed", "good"),
    HostStatus.OK: Mark("✔", "ok", "good"),
}
"""Each differs without colour, and in ASCII; the worst stand first."""
WORST_FIRST = tuple(HostStatus)
RANKS: Mapping[HostStatus, int] = {each: n for n, each in enumerate(WORST_FIRST)}
"""The place of each status in `WORST_FIRST`; 0 is the worst."""
Piece = tuple[str, Role]
"""A text and its role."""


def count_pieces(counts: Counter[HostStatus], width: int) -> tuple[Piece, ...]:
    """How many hosts are what, the worst first: `✖ 3 failed  ✔ 117 ok`.

    Where there is no room, the words go, and no figure does.

    Args:
        counts: of each, how many.
        width: cells.
    """
    there = [each for each in WORST_FIRST if counts[each]]
    worded = [f"{HOST_MARKS[s].glyph} {counts[s]} {HOST_MARKS[s].word}" for s in there]
    bare = [f"{HOST_MARKS[s].glyph}{counts[s]}" for s in there]
    fits = sum(map(cell_len, worded)) + 2 * (len(worded) - 1) <= width
    shown, gap = (worded, "  ") if fits else (bare, " ")
    pieces: list[Piece] = []
    for place, (status, words) in enumerate(zip(there, shown, strict=True)):
        pieces += [(gap, "plain")] if place else []
        pieces.append((words, HOST_MARKS[status].role))
    return tuple(pieces)


def strip_pieces(statuses: Sequence[HostStatus], cells: int) -> tuple[Piece, ...]:
    """A mark for each host in their order, or for the worst of each few.

    Args:
        statuses: of all hosts.
        cells: how many marks there is room for.
    """
    each = max(1, -(-len(statuses) // max(1, cells)))
    worst = [
        min(statuses[n : n + each], key=RANKS.__getitem__)
        for n in range(0, len(statuses), each)
    ]
    pieces: list[Piece] = []
    begin = 0
    for place in range(1, len(worst) + 1):
        if place == len(worst) or worst[place] is not worst[begin]:
            mark = HOST_MARKS[worst[begin]]
            pieces.append((mark.glyph * (place - begin), mark.role))
            begin = place
    return tuple(pieces)


def hosts_each_mark(count: int, cells: int) -> int:
    """How many hosts a mark of a strip stands for."""
    return max(1, -(-count // max(1, cells)))


def ended_of_all(counts: Counter[HostStatus]) -> str:
    """How many have ended, of how many: `120/500`."""
    ended = sum(count for status, count in counts.items() if status in ENDED)
    return f"{ended}/{counts.total()}"


def bad_counts(counts: Counter[HostStatus]) -> str:
    """How many need a person: `✖3 ?1`; empty if none does."""
    order = (HostStatus.FAILED, HostStatus.UNREACHABLE, HostStatus.UNKNOWN)
    bad = (f"{HOST_MARKS[s].glyph}{counts[s]}" for s in order if counts[s])
    return " ".join(bad)


def named(hosts: Iterable[str], most: int = 3) -> str:
    """Some hosts by name, and how many more there are."""
    found = tuple(hosts)
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(found[:most]) + more
