"""An event's entry in the journal, and its line. Pure."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct, convert

from mobius_tui.errors import RunError
from mobius_tui.json_border import (
    YEAR_9999,
    Integer,
    Number,
    invalid_field,
    json_fields,
    malformed_text,
    read_json,
)
from mobius_tui.run.events import (
    fleet_events,
    message_events,
    run_events,
    step_events,
    watch_events,
)
from mobius_tui.run.events.event import Event

EVENTS: Mapping[str, type[Event]] = {
    name: kind
    for family in (run_events, step_events, fleet_events, message_events, watch_events)
    for name, kind in vars(family).items()
    if isinstance(kind, type)
    and issubclass(kind, Event)
    and kind.__module__ == family.__name__
}
"""Each kind of event by its name, which is that of the journal."""
_SEPARATORS = (",", ":")
"""JSON separators: between members, and between a key and its value."""


class _Envelope(Struct, frozen=True, kw_only=True):
    """What every line has beside the fields of its event."""

    n: Integer
    at: str
    mono: Number
    boot: str
    by: str
    event: str
    prev: str
    intent: str | None = None


_ENVELOPE_FIELDS = frozenset(_Envelope.__struct_fields__)


class Entry(Struct, frozen=True, kw_only=True):
    """An event with its place in the journal."""

    n: int
    """1, 2, 3 …"""
    at: float
    """Seconds since 1970, UTC."""
    mono: float
    """Monotonic seconds of the machine, meaningful within one `boot`."""
    boot: str
    """The machine's boot id."""
    by: str
    """Who caused it: an account name, or an author that is no person. Those are `auto`,
    `host`, `trigger`, `facilitator`, and `drill` for its approvals."""
    event: Event
    intent: str | None = None
    """The id of the intent that it answers."""


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Suspend the garbage collector while many values without cycles are made.

    It would take half of the time that 100,000 entries take.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def utc_timestamp(at: float) -> str:
    """A time as the journal writes it: `2026-11-24T13:45:05.123456Z`."""
    when = datetime.fromtimestamp(at, UTC)
    return when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def encode_entry(entry: Entry, prev: str) -> bytes:
    """The journal's line for an entry, with its newline.

    Args:
        entry: the event and its place.
        prev: hexadecimal SHA-256 of the line before, without its newline; of nothing
            for the first line.
    """
    event = entry.event
    line: dict[str, Any] = {
        "n": entry.n,
        "at": utc_timestamp(entry.at),
        "mono": round(entry.mono, 6),
        "boot": entry.boot,
        "by": entry.by,
        "event": type(event).__name__,
    }
    if entry.intent is not None:
        line["intent"] = entry.intent
    line |= json_fields(event)
    line["prev"] = prev
    # Not by msgspec, which writes 1e-05 otherwise, and no lone surrogates: digests are
    # over the bytes.
    text = json.dumps(line, ensure_ascii=False, separators=_SEPARATORS, default=dict)
    return text.encode("utf-8", "surrogatepass") + b"\n"


def decode_entry(line: bytes) -> tuple[Entry, str]:
    """An entry and its `prev`, from a line of the journal.

    Raises:
        RunError: the line is no entry; the message says why.
    """
    try:
        data = read_json(line)
        envelope = convert(data, _Envelope)
        entry = Entry(
            n=envelope.n,
            at=_moment(envelope.at),
            mono=envelope.mono,
            boot=envelope.boot,
            by=envelope.by,
            event=_event(envelope.event, data),
            intent=envelope.intent,
        )
    except (ValueError, OverflowError) as error:
        why = malformed_text(error)
        if b"\0" in line:
            why = "it holds NUL bytes, as a file does that was damaged or overwritten"
        raise RunError(f"this line of the journal is no event: {why}") from error
    return entry, envelope.prev


def _moment(text: str) -> float:
    at = datetime.fromisoformat(text).timestamp()
    if not 0 <= at < YEAR_9999:
        raise invalid_field("at")
    return at


def _event(name: str, line: dict[str, Any]) -> Event:
    if name not in EVENTS:
        raise invalid_field("event")
    own = {key: said for key, said in line.items() if key not in _ENVELOPE_FIELDS}
    return convert(own, EVENTS[name])


class EntryPicker:
    """Picks the entries of some kinds of events out of a long journal.

    Only lines that contain `"event":"NAME"` of such a kind are decoded. No text in an
    event can hold that, as its quotes are escaped; a mapping can, so the kind is
    checked again.
    """

    def __init__(self, kinds: Iterable[type[Event]]) -> None:
        """Make one.

        Args:
            kinds: of the events that are picked.
        """
        self._kinds = tuple(kinds)
        names = ({"event": kind.__name__} for kind in self._kinds)
        self._marks = tuple(
            json.dumps(name, separators=_SEPARATORS).strip("{}").encode()
            for name in names
        )

    def may_pick(self, line: bytes) -> bool:
        """Whether a line has to be decoded."""
        return any(mark in line for mark in self._marks)

    def pick(self, line: bytes) -> Entry | None:
        """The entry of a line; `None` where its event is of another kind.

        Raises:
            RunError: the line seems to be of one of the kinds, and is no entry.
        """
        if not self.may_pick(line):
            return None
        entry, _ = decode_entry(line)
        return entry if isinstance(entry.event, self._kinds) else None
