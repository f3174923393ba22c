"""The rows of a step's hosts: which there are, in which order, and their words."""

from __future__ import annotations

from collections.abc import Mapping

from rich.cells import cell_len

from mobius_tui import sanitize
from mobius_tui.dataclass import dataclass
from mobius_tui.run.attempts.attempt_files import LastOutput
from mobius_tui.run.events.fleet_events import HostStatus
from mobius_tui.run.state.fleet_state import HostState
from mobius_tui.runbook.text.units import clock_duration
from mobius_tui.tui.presenters.fleet.host_marks import (
    HOST_MARKS,
    HOST_STATUS_RANKS,
    StepHosts,
    StyledPiece,
    count_pieces,
    strip_pieces,
)
from mobius_tui.tui.presenters.fleet.step_hosts import held_text
from mobius_tui.tui.presenters.styled_text import cut

MAX_HOSTS_ALL_LISTED = 12
"""Hosts that each have a row; of more only those that need a person, or run."""
LISTED_HOST_STATUSES = frozenset(
    {
        *(HostStatus.UNKNOWN, HostStatus.FAILED, HostStatus.UNREACHABLE),
        HostStatus.RUNNING,
    }
)
MAX_HOST_NAME_CELLS = 24
"""Cells of a name at most, where there is more to say."""
MAX_STRIP_ROWS = 2
"""Rows of the strip at most."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HostLine:
    """One row."""

    host: str
    pieces: tuple[StyledPiece, ...]


class HostOutline:
    """The hosts that are listed now; they keep their places while the cursor is there.

    Rows that moved by themselves would change under the eyes of whoever reads them, and
    under the finger that is about to press Enter.
    """

    def __init__(self) -> None:
        self.names: tuple[str, ...] = ()
        """The hosts that are listed, in order."""
        self.query = ""
        """What is looked for; empty for nothing."""

    def update(self, found: StepHosts, *, keep_order: bool, room: int) -> bool:
        """List the hosts; returns whether others are listed, or in another order.

        Args:
            found: of the step.
            keep_order: whether those that are listed stay where they are: others go
                behind them.
            room: rows that there are for them.
        """
        names = self._wanted(found, room)
        if keep_order and not self.query:
            before = [name for name in self.names if name in found.newest]
            known = set(before)
            names = (*before, *(name for name in names if name not in known))
        if names == self.names:
            return False
        self.names = names
        return True

    def _wanted(self, found: StepHosts, room: int) -> tuple[str, ...]:
        newest = found.newest
        if self.query:
            words = self.query.lower().split()
            return tuple(
                name
                for name, own in newest.items()
                if all(w in f"{name} {own.status} {own.reason}".lower() for w in words)
            )
        if len(newest) <= min(MAX_HOSTS_ALL_LISTED, room):
            return tuple(newest)
        is_all = len(newest) <= MAX_HOSTS_ALL_LISTED
        listed = [
            n
            for n, own in newest.items()
            if is_all or own.status in LISTED_HOST_STATUSES
        ]
        return tuple(sorted(listed, key=lambda name: _urgency(newest[name])))


def _urgency(own: HostState) -> tuple[bool, int, float]:
    """A sort key: the worst first, the longest running before others, pending last."""
    is_ahead = own.status in (HostStatus.PENDING, HostStatus.WAITING)
    return is_ahead, HOST_STATUS_RANKS[own.status], own.started or 0.0


def head_lines(
    found: StepHosts, width: int, *, is_low: bool
) -> tuple[tuple[StyledPiece, ...], ...]:
    """The lines above the rows: what is held, the counts by status, and the strip.

    Args:
        found: of the step.
        width: cells.
        is_low: whether there is room for what matters most alone.
    """
    width = max(1, width)  # a pane that is not laid out yet has none
    lines: list[tuple[StyledPiece, ...]] = []
    if found.held is not None:
        words = f"■ {sanitize.line(held_text(found.held))}"
        lines.append(((cut(words, width), "warn"),))
    if len(found.newest) > MAX_HOSTS_ALL_LISTED:
        lines.append(count_pieces(found.counts, width))
        cells = strip_cells(len(found.newest), width, is_low=is_low)
        statuses = [own.status for own in found.newest.values()]
        lines += _wrapped(strip_pieces(statuses, cells), width)
    return tuple(lines)


def strip_cells(count: int, width: int, *, is_low: bool) -> int:
    """How many marks a strip has room for; few hosts have none."""
    rows = 1 if is_low else MAX_STRIP_ROWS
    return max(1, width) * min(rows, -(-count // max(1, width)))


def _wrapped(
    pieces: tuple[StyledPiece, ...], width: int
) -> list[tuple[StyledPiece, ...]]:
    """Pieces of one cell a character, in rows."""
    rows: list[list[StyledPiece]] = [[]]
    room = width
    for words, role in pieces:
        rest = words
        while rest:
            if not room:
                rows.append([])
                room = width
            taken, rest = rest[:room], rest[room:]
            rows[-1].append((taken, role))
            room -= len(taken)
    return [tuple(row) for row in rows]


def host_line(
    host: str, own: HostState, *, now: float, said: LastOutput, width: int, names: int
) -> HostLine:
    """The row of a host: mark, name, seconds, how it ended, its last line of output.

    Args:
        host: its name.
        own: where it stands.
        now: seconds since 1970.
        said: what it printed last.
        width: cells.
        names: cells of the column of names.
    """
    mark = HOST_MARKS[own.status]
    name = cut(sanitize.line(host), names)
    pieces: list[StyledPiece] = [
        (f"{mark.glyph} ", mark.role),
        (f"{name}{' ' * (names - cell_len(name))}", "plain"),
        (f" {_seconds(own, now):>6} ", "muted"),
    ]
    room = width - sum(cell_len(words) for words, _ in pieces)
    ending = _ending(own)
    role = mark.role if mark.role != "good" else "muted"
    if ending:
        words = cut(f" {sanitize.line(ending)}", max(0, room))
        pieces.append((words, role))
        room -= cell_len(words)
    is_bad = own.status is HostStatus.FAILED
    line = sanitize.line((is_bad and said.error) or said.last).strip()
    if line and room > 4:
        pieces.append((cut(f"  {line}", room), "plain"))
    return HostLine(host=host, pieces=tuple(pieces))


def _seconds(own: HostState, now: float) -> str:
    if own.started is None:
        return ""
    end = own.ended if own.ended is not None else now
    return clock_duration(max(0.0, end - own.started))


def _ending(own: HostState) -> str:
    """How it ended, in words; of one that is well or runs, nothing but its check."""
    if own.status in (HostStatus.OK, HostStatus.CHANGED):
        settled = f"settled: {own.settled}" if own.settled else ""
        return settled or ("changed" if own.status is HostStatus.CHANGED else "")
    if own.status is HostStatus.RUNNING:
        return f"checked: {own.check}" if own.looks else ""
    word = f"exit {own.exit}" if own.exit else HOST_MARKS[own.status].word
    return word if own.reason in ("", word) else f"{word}: {own.reason}"


def name_cells(names: Mapping[str, object] | tuple[str, ...], width: int) -> int:
    """The cells of the column of names."""
    longest = max((cell_len(sanitize.line(each)) for each in names), default=0)
    return min(
        longest,
        MAX_HOST_NAME_CELLS if width < 100 else 2 * MAX_HOST_NAME_CELLS,
        width // 2,
    )
