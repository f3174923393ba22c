"""Describes entries about a step's hosts as one line of text each. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from mobius_tui.run.events.fleet_events import (
    BatchEnded,
    BatchHeld,
    BatchReleased,
    BatchStarted,
    FleetEvent,
    FleetHostChecked,
    FleetHostEnded,
    FleetHostSettled,
    HoldReason,
    HostsResolved,
    HostStatus,
    Settlement,
)
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.planning.plan import Plan

HOSTS_NAMED = 5
"""Hosts that are named in a line."""
_HELD: Mapping[HoldReason, str] = {
    HoldReason.UNKNOWN: "a host is unknown",
    HoldReason.UNREACHABLE: "a host cannot be reached",
    HoldReason.TRIGGER: "a trigger fired",
    HoldReason.PERSON: "a person lets it begin",
    HoldReason.NO_DATA: "no data",
    HoldReason.NOT_HEALTHY: "not well for long enough yet",
    HoldReason.TOO_LATE: "not well in time, a person is wanted",
}
_SETTLED: Mapping[Settlement, str] = {
    "ran": "it ran",
    "did not run": "it did not run",
    "skip": "skipped",
    "fail": "counts as failed",
}


def fleet_entry_text(entry: Entry, plan: Plan) -> str | None:
    """A line for an entry about hosts; `None` for any other.

    That a host begins, and that a look of its check holds, is of no interest to a
    reader: there may be a thousand of them.
    """
    event = entry.event
    if not isinstance(event, FleetEvent):
        return None
    name = plan.name(event.step)
    match event:
        case HostsResolved(hosts=hosts):
            return f"hosts: {name}: {_list_text(event)} ({_names(hosts)})"
        case BatchStarted(batch=batch, hosts=hosts):
            return f"batch {batch} begins: {name}: {_count(len(hosts))}"
        case BatchEnded(batch=batch, counts=counts):
            return f"batch {batch} ended: {name}: {counts_text(counts)}"
        case BatchHeld(batch=batch, why=why, reason=reason):
            words = f": {reason}" if reason not in ("", _HELD[why]) else ""
            return f"held: {name}, batch {batch}; {_HELD[why]}{words}"
        case BatchReleased(batch=batch, reason=reason):
            words = f": {reason}" if reason else ""
            return f"released: {name}, batch {batch}, by {entry.by}{words}"
        case FleetHostChecked(host=host, look=look, detail=detail, held=False):
            return f"{host}: look {look} does not hold: {detail}"
        case FleetHostEnded():
            return _end_text(event, name)
        case FleetHostSettled(host=host, settled=settled, reason=reason):
            words = f"{host}, {_SETTLED[settled]}, by {entry.by}: {reason}"
            return f"settled: {name}: {words}"
        case _:
            return None


def _end_text(event: FleetHostEnded, name: str) -> str:
    """`web-1 failed: Restart nginx: exit 3`."""
    reason = event.reason
    if not reason and event.exit:
        reason = f"exit {event.exit}"
    return f"{event.host} {event.status}: {name}" + (f": {reason}" if reason else "")


def _list_text(event: HostsResolved) -> str:
    words = _count(len(event.hosts))
    if event.groups:
        words += f", of {event.groups} group{'s' if event.groups > 1 else ''}"
    return f"{words}, limited to {event.limit}" if event.limit else words


def counts_text(counts: Mapping[str, int]) -> str:
    """How many hosts have each status: `28 ok, 1 failed`; the least urgent first."""
    words = [each.value for each in reversed(HostStatus)]
    return ", ".join(f"{counts[each]} {each}" for each in words if counts.get(each))


def _count(hosts: int) -> str:
    return "1 host" if hosts == 1 else f"{hosts} hosts"


def _names(hosts: tuple[str, ...]) -> str:
    more = ", …" if len(hosts) > HOSTS_NAMED else ""
    return ", ".join(hosts[:HOSTS_NAMED]) + more
