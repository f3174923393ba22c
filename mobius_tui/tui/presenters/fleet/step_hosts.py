"""A step's hosts in words and rows: how far it is, what holds it, what each says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from msgspec import Struct
from rich.cells import cell_len

from mobius_tui import sanitize
from mobius_tui.run.attempts.attempt_files import LastOutput
from mobius_tui.run.events.fleet_events import (
    HOLD_REASON_WORDS,
    RELEASABLE_HOLD_REASONS,
    HoldReason,
    HostStatus,
)
from mobius_tui.run.planning.confirmation import hosts_if_begun
from mobius_tui.run.state.fleet_state import PASSED_HOST_STATUSES, BatchHold, HostState
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.model.targets import cut_into_batches
from mobius_tui.runbook.text.units import clock_duration
from mobius_tui.tui.commands.registry import first_key_name
from mobius_tui.tui.commands.run_commands import RunCommand
from mobius_tui.tui.presenters.fleet.host_marks import (
    HOST_MARKS,
    HOST_STATUS_RANKS,
    StepHosts,
    StyledPiece,
    bad_counts_text,
    count_pieces,
    ended_count_text,
    name_some_hosts,
    strip_rows,
)
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.styled_text import Field, assemble, cut, padded, text

_REASONS_WITH_DETAILS = frozenset({HoldReason.TRIGGER, HoldReason.NOT_HEALTHY})
HOLDS_FOR_PERSON = frozenset({HoldReason.PERSON, HoldReason.TOO_LATE})
"""Holds that Enter offers to release; at the others it goes elsewhere.

A person gives a reason for the release of any but `PERSON`.
"""


HOSTS_NAMED_AHEAD = 10
"""Hosts that are named before a step begins on them; of the others the number is."""
_AGAIN_WORDS = dict.fromkeys((HostStatus.WAITING, HostStatus.PENDING), "not begun")
"""What hosts are called that another attempt takes, where it is not their status."""


def _planned_batches(view: RunView, found: StepHosts) -> tuple[tuple[str, ...], ...]:
    """The hosts of the newest attempt in batches; empty for a step without a target."""
    rollout, target = found.step.rollout, view.runbook.target_of(found.step)
    if rollout is None or target is None:
        return ()
    hosts = tuple(found.newest_attempt.hosts)
    return cut_into_batches(rollout.batch, hosts, target.first)


def batch_count(view: RunView, found: StepHosts) -> int:
    """How many batches the newest attempt has."""
    return max(len(found.newest_attempt.batches), len(_planned_batches(view, found)))


def batch_text(view: RunView, found: StepHosts, form: str = "batch {} of {}") -> str:
    """Which batch it is at; empty where there is one alone."""
    every = batch_count(view, found)
    if every < 2:
        return ""
    now = found.newest_attempt.batches[-1].number if found.newest_attempt.batches else 1
    return form.format(now, every)


def hosts_texts(view: RunView, step_id: str) -> tuple[str, str]:
    """What the checklist says of a step's hosts, in full and where room is short.

    Of a single host there is nothing to count.
    """
    found = view.hosts(step_id)
    if found is None or (len(found.host_states) == 1 and found.held is None):
        return "", ""
    bad = bad_counts_text(found.counts)
    figures = f"{ended_count_text(found.counts)} {bad}".strip()
    full = f"held {figures}" if found.held is not None else figures
    batch = batch_text(view, found, "batch {}/{}")
    return (f"{full}  {batch}" if batch else full), figures if bad else full


def held_text(held: BatchHold) -> str:
    """What is held, and why: `held at batch 2: a person lets it begin`."""
    why = HOLD_REASON_WORDS[held.why]
    if held.why in _REASONS_WITH_DETAILS and held.reason:
        why = f"{why}: {held.reason}"
    elif held.why not in RELEASABLE_HOLD_REASONS:
        why = held.reason or why
    return f"held at batch {held.batch}: {why}"


def ways_to_release(held: BatchHold) -> str:
    """What can be done about a hold, with the keys."""
    if held.why in RELEASABLE_HOLD_REASONS:
        ways = f"{first_key_name(RunCommand.RELEASE_BATCH)} lets it go on"
        return f"{ways}, {first_key_name(RunCommand.STOP)} stops it"
    return f"{first_key_name(RunCommand.SETTLE_HOST)} says what became of it"


def hosts_fields(view: RunView, step: Step) -> Iterator[Field]:
    """A step's hosts in the detail pane: how far it is, what holds it, what to do."""
    found = view.hosts(step.id)
    if found is None:
        return
    words = f"{ended_count_text(found.counts)} hosts done"
    batch = batch_text(view, found)
    bad = bad_counts_text(found.counts)
    so_far = (f"{words}, {batch}" if batch else words, "plain")
    if bad:  # first: where the pane is low, the rest may not be seen
        yield Field("so far", assemble((f"{bad}  ", "bad"), so_far))  # type: ignore[arg-type]
    else:
        yield Field("so far", assemble(so_far))  # type: ignore[arg-type]
    if found.held is not None:
        yield Field("held", text(held_text(found.held), "warn"))
        if view.reviewed_duration is None:
            yield Field("then", text(ways_to_release(found.held)))
    elif found.to_settle and not found.is_running:
        words = f"say first what became of {name_some_hosts(found.to_settle)}"
        yield Field("then", text(words, "warn"))


def hosts_ahead_fields(view: RunView, step: Step) -> Iterator[Field]:
    """Which hosts a step would begin on now, for a confirmation."""
    if step.rollout is None:
        return
    found = view.hosts(step.id)
    if found is None:
        hosts = hosts_if_begun(view.plan, view.state, step)
        words = "as its inventory says when it begins"
        if hosts is not None:
            words = "1 host" if len(hosts) == 1 else f"{len(hosts)} hosts"
            words += f": {name_some_hosts(hosts, HOSTS_NAMED_AHEAD)}"
        yield Field("on", text(sanitize.line(words), "warn"))
        return
    fleet = view.state.fleets[step.id]
    left, new = fleet.to_do, fleet.new_hosts if fleet.earlier_states else ()
    whole = len(found.host_states)
    yield Field(
        "on",
        text(
            f"{len(left)} of {whole}: {name_some_hosts(left, HOSTS_NAMED_AHEAD)}",
            "warn",
        ),
    )
    if new:
        old = (found.host_states[host].status for host in left if host not in new)
        counts = Counter(_AGAIN_WORDS.get(each, str(each)) for each in old)
        kinds = dict.fromkeys(_AGAIN_WORDS.get(each, str(each)) for each in HostStatus)
        told = (f"{counts[kind]} {kind}" for kind in kinds if counts[kind])
        words = ", ".join(
            (*told, f"{len(new)} new ({name_some_hosts(new, HOSTS_NAMED_AHEAD)})")
        )
        yield Field("", text(words, "warn"))
    if passed := sum(found.counts[each] for each in PASSED_HOST_STATUSES):
        it = "1 has passed and is" if passed == 1 else f"{passed} have passed and are"
        yield Field("", text(f"{it} left alone", "muted"))


def release_text(view: RunView, found: StepHosts, held: BatchHold) -> str:
    """What is held and why, and what would begin, for whoever lets it go on."""
    waiting = found.newest_attempt.hosts_with(HostStatus.WAITING, HostStatus.PENDING)
    batches = dict(enumerate(_planned_batches(view, found), 1))
    batch = frozenset(batches.get(held.batch, waiting))
    begins = name_some_hosts(host for host in waiting if host in batch)
    so_far = f"{ended_count_text(found.counts)} hosts are done"
    bad = bad_counts_text(found.counts)
    so_far += f" ({bad})" if bad else ""
    every = batch_count(view, found)
    return (
        f"It is {held_text(held)}. {so_far}; batch {held.batch} of {every} begins "
        f"with {begins}. Look at Health first."
    )


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


class HostLine(Struct, frozen=True, kw_only=True):
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
            before = [name for name in self.names if name in found.host_states]
            known = set(before)
            names = (*before, *(name for name in names if name not in known))
        if names == self.names:
            return False
        self.names = names
        return True

    def _wanted(self, found: StepHosts, room: int) -> tuple[str, ...]:
        newest = found.host_states
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
    if len(found.host_states) > MAX_HOSTS_ALL_LISTED:
        lines.append(count_pieces(found.counts, width))
        cells = strip_cells(len(found.host_states), width, is_low=is_low)
        statuses = [own.status for own in found.host_states.values()]
        lines += strip_rows(statuses, cells, width)
    return tuple(lines)


def strip_cells(count: int, width: int, *, is_low: bool) -> int:
    """The cells that the strip may take for so many hosts.

    Whole rows, one if it is low.

    Args:
        count: hosts.
        width: cells of a row.
        is_low: whether one row is all the room that there is.
    """
    rows = 1 if is_low else MAX_STRIP_ROWS
    return max(1, width) * min(rows, -(-count // max(1, width)))


def host_line(
    host: str,
    own: HostState,
    *,
    now: float,
    said: LastOutput,
    width: int,
    name_width: int,
) -> HostLine:
    """The row of a host: mark, name, seconds, how it ended, its last line of output.

    Args:
        host: its name.
        own: where it stands.
        now: seconds since 1970.
        said: what it printed last.
        width: cells.
        name_width: cells of the column of names.
    """
    mark = HOST_MARKS[own.status]
    pieces: list[StyledPiece] = [
        (f"{mark.glyph} ", mark.role),
        (padded(sanitize.line(host), name_width), "plain"),
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


SIGNALLED_EXIT = 128
"""What a shell adds to the number of a signal that ended a command."""


def _ending(own: HostState) -> str:
    """How a host ended: settled, changed, its exit code or reason.

    Or its check so far.
    """
    if own.status in (HostStatus.OK, HostStatus.CHANGED):
        if own.settled:
            return f"settled: {own.settled}"
        changed = "changed" if own.status is HostStatus.CHANGED else ""
        return ": ".join(filter(None, (changed, own.reason)))
    if own.status is HostStatus.RUNNING:
        return f"checked: {own.last_look_detail}" if own.looks else ""
    word = f"exit {own.exit}" if own.exit else HOST_MARKS[own.status].word
    # Of who was stopped or ended by a signal the reason says all that the number does.
    is_said = own.reason.startswith(word) or (own.exit or 0) > SIGNALLED_EXIT
    if own.reason and is_said:
        return own.reason
    return f"{word}: {own.reason}" if own.reason else word


def name_cells(names: Mapping[str, object] | tuple[str, ...], width: int) -> int:
    """The cells of the column of names."""
    longest = max((cell_len(sanitize.line(each)) for each in names), default=0)
    return min(
        longest,
        MAX_HOST_NAME_CELLS if width < 100 else 2 * MAX_HOST_NAME_CELLS,
        width // 2,
    )
