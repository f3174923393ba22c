"""The hosts of a step at one moment: how many are what, and a mark for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from msgspec import Struct
from rich.cells import cell_len

from mobius_tui.run.events.fleet_events import HostStatus
from mobius_tui.run.state.fleet_state import (
    ENDED_HOST_STATUSES,
    SETTLEMENTS_BY_STATUS,
    AttemptFleet,
    BatchHold,
    HostState,
)
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.tui.presenters.glyphs import Mark
from mobius_tui.tui.presenters.styled_text import Role


class StepHosts(Struct, frozen=True, kw_only=True):
    """The hosts of a step that has begun on some."""

    step: Step
    newest_attempt: AttemptFleet
    """Of the newest attempt."""
    host_states: Mapping[str, HostState]
    """Each host as it was last, over all attempts."""
    counts: Counter[HostStatus]
    """The number of hosts in each status."""
    is_running: bool
    """Whether the step runs."""

    @property
    def held(self) -> BatchHold | None:
        """Why no further host begins, while the step runs."""
        return self.newest_attempt.held if self.is_running else None

    @property
    def to_settle(self) -> tuple[str, ...]:
        """The hosts of which a person is asked what they count for, unknown first."""
        asks = self.step.rollout is not None and (
            self.step.rollout.on_unreachable == "ask"
        )
        unknown = HostStatus.UNKNOWN
        if not any(self.counts[status] for status in SETTLEMENTS_BY_STATUS):
            return ()  # nearly always, and it is asked for with every view: be quick
        open_ = [
            name
            for name, own in self.host_states.items()
            if own.wants_person(asks=asks)
        ]
        return tuple(
            sorted(open_, key=lambda n: self.host_states[n].status is not unknown)
        )


def hosts_now(state: RunState, step: Step) -> StepHosts | None:
    """The hosts of a step; `None` where it has begun on none."""
    fleet = state.fleets.get(step.id)
    last = fleet.last_attempt if fleet is not None else None
    if fleet is None or last is None:
        return None
    newest = {**fleet.newest_states()}
    return StepHosts(
        step=step,
        newest_attempt=last,
        host_states=newest,
        counts=Counter(own.status for own in newest.values()),
        is_running=state.steps[step.id].status is Status.RUNNING,
    )


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
HOST_STATUS_RANKS: Mapping[HostStatus, int] = {
    each: n for n, each in enumerate(WORST_FIRST)
}
"""The place of each status in `WORST_FIRST`; 0 is the worst."""
StyledPiece = tuple[str, Role]
"""A text and its role."""


def count_pieces(counts: Counter[HostStatus], width: int) -> tuple[StyledPiece, ...]:
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
    pieces: list[StyledPiece] = []
    for place, (status, words) in enumerate(zip(there, shown, strict=True)):
        pieces += [(gap, "plain")] if place else []
        pieces.append((words, HOST_MARKS[status].role))
    return tuple(pieces)


def strip_rows(
    statuses: Sequence[HostStatus], cells: int, width: int
) -> Iterator[tuple[StyledPiece, ...]]:
    """Rows of marks: one for each host in their order, or for the worst of each few.

    Args:
        statuses: of all hosts.
        cells: how many marks there is room for.
        width: marks of a row.
    """
    each = hosts_per_mark(len(statuses), cells)
    worst = [
        min(statuses[n : n + each], key=HOST_STATUS_RANKS.__getitem__)
        for n in range(0, len(statuses), each)
    ]
    for n in range(0, len(worst), width):
        alike = (list(same) for _, same in groupby(worst[n : n + width]))
        marks = ((HOST_MARKS[same[0]], len(same)) for same in alike)
        yield tuple((mark.glyph * count, mark.role) for mark, count in marks)


def hosts_per_mark(count: int, cells: int) -> int:
    """How many hosts a mark of a strip stands for."""
    return max(1, -(-count // max(1, cells)))


def ended_count_text(counts: Counter[HostStatus]) -> str:
    """How many have ended, of how many: `120/500`."""
    ended = sum(
        count for status, count in counts.items() if status in ENDED_HOST_STATUSES
    )
    return f"{ended}/{counts.total()}"


def bad_counts_text(counts: Counter[HostStatus]) -> str:
    """How many need a person: `✖3 ?1`; empty if none does."""
    order = (HostStatus.FAILED, HostStatus.UNREACHABLE, HostStatus.UNKNOWN)
    bad = (f"{HOST_MARKS[s].glyph}{counts[s]}" for s in order if counts[s])
    return " ".join(bad)


def name_some_hosts(hosts: Iterable[str], most: int = 3) -> str:
    """Some hosts by name, and how many more there are."""
    found = tuple(hosts)
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(found[:most]) + more
