"""An event's entry in the journal: its line, and the checks of its fields. Pure."""

from __future__ import annotations

import gc
import json
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from enum import EnumType, StrEnum
from typing import (
    Any,
    Generic,
    Literal,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from mobius_tui.dataclass import dataclass
from mobius_tui.errors import RunError, malformed_text
from mobius_tui.health.health_record import YEAR_9999
from mobius_tui.run.events.run_events import EVENTS, Event

MAX_EXACT_INT = 1 << 53
"""Integers up to here are exact in every JSON implementation."""
_SEPARATORS = (",", ":")
"""JSON separators: between members, and between a key and its value."""
ValueCheck = Callable[[object], bool]
_CHECKS_BY_KIND: dict[type, tuple[tuple[str, ValueCheck], ...]] = {}
_ENUMS_BY_KIND: dict[type, tuple[tuple[str, Mapping[str, StrEnum]], ...]] = {}
T = TypeVar("T")


class Codec(Generic[T]):
    """A union of dataclasses as JSON: each as its fields, beside the class's name."""

    def __init__(self, kinds: Iterable[type[T]]) -> None:
        """Make one.

        Args:
            kinds: the classes; no two have the same name.
        """
        self.kinds: Mapping[str, type[T]] = {kind.__name__: kind for kind in kinds}
        """By name."""
        own: dict[str, Any] = {n: fields(k) for n, k in self.kinds.items()}  # type: ignore[arg-type]
        self._fields = {n: tuple(f.name for f in each) for n, each in own.items()}
        self._omitted_if_none = {
            n: tuple(f.name for f in each if f.metadata.get("omitted_if_none"))
            for n, each in own.items()
        }
        self._tuples = {
            name: frozenset(f.name for f in each if str(f.type).startswith("tuple"))
            for name, each in own.items()
        }

    def encode_into(self, value: T, line: dict[str, Any]) -> None:
        """Add a value's fields to a line that becomes JSON."""
        name = type(value).__name__
        for key in self._fields[name]:
            line[key] = getattr(value, key)
        for key in self._omitted_if_none[name]:
            if line[key] is None:
                del line[key]

    def decode_fields(self, name: str, line: dict[str, Any]) -> T:
        """The value in the fields of a line; `first_invalid_field` says what is wrong.

        Args:
            name: of one of the classes.
            line: its fields, as they were read, and nothing else.

        Raises:
            KeyError: there is no such class.
            TypeError: a field is missing, or there is none of that name.
        """
        for key in self._tuples[name] & line.keys():  # an older journal may lack one
            line[key] = tuple(line[key]) if type(line[key]) is list else None
        return decode_value(self.kinds[name], line)


def decode_value(kind: type[T], line: dict[str, Any]) -> T:
    """Make a value from its JSON fields, in which an enumeration stands as its word.

    Args:
        kind: its class.
        line: its fields, and nothing else; a word that is none of its enumeration's
            stays as it is, and `first_invalid_field` says so.

    Raises:
        TypeError: a field is missing, or there is none of that name.
    """
    for key, member_of in _enum_fields(kind):
        if type(line.get(key)) is str:
            line[key] = member_of.get(line[key], line[key])
    return kind(**line)


def first_invalid_field(value: Any) -> str | None:
    """The name of the first field whose value is of a wrong type; `None` if none is.

    Args:
        value: an event or an action, as decoded.
    """
    for name, fits in _field_checks(type(value)):
        if not fits(getattr(value, name)):
            return name
    return None


def _enum_fields(kind: Any) -> tuple[tuple[str, Mapping[str, StrEnum]], ...]:
    """The fields of a class that hold an enumeration, each with its members by word."""
    if kind not in _ENUMS_BY_KIND:
        members = (
            (name, {member.value: member for member in _enum_members(hint)})
            for name, hint in _type_hints(kind).items()
        )
        _ENUMS_BY_KIND[kind] = tuple(each for each in members if each[1])
    return _ENUMS_BY_KIND[kind]


def _enum_members(hint: Any) -> tuple[StrEnum, ...]:
    """The members that a type allows: of the whole enumeration, or those it names."""
    named = get_args(hint) if get_origin(hint) is Literal else ()
    whole = tuple(hint) if isinstance(hint, EnumType) else ()
    return tuple(each for each in (*named, *whole) if isinstance(each, StrEnum))


def _type_hints(kind: Any) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _field_checks(kind: Any) -> tuple[tuple[str, ValueCheck], ...]:
    """Each field of a class, with the function that checks its value."""
    if kind not in _CHECKS_BY_KIND:
        hints = _type_hints(kind)
        _CHECKS_BY_KIND[kind] = tuple(
            (f.name, _check_of_type(hints[f.name])) for f in fields(kind)
        )
    return _CHECKS_BY_KIND[kind]


def is_text(value: object) -> bool:
    """Whether a value is text."""
    return type(value) is str


def is_exact_integer(value: object) -> bool:
    """Whether a value is an integer that is exact in every JSON implementation."""
    return type(value) is int and -MAX_EXACT_INT <= value <= MAX_EXACT_INT


def is_number(value: object) -> bool:
    """Whether a value is a number of at most `MAX_EXACT_INT` in size.

    Infinity and NaN are none, and neither is a bool.
    """
    # What is not a number at all compares as neither more nor less.
    return type(value) in (int, float) and -MAX_EXACT_INT <= value <= MAX_EXACT_INT  # type: ignore[operator]


def _check_of_type(kind: Any) -> ValueCheck:
    """The function that checks values of a type which events and actions use."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is str:
        return is_text
    if kind is int:
        return is_exact_integer
    if kind is float:
        return is_number
    if origin in (Union, types.UnionType):
        ways = tuple(map(_check_of_type, inner))
        return lambda value: any(fits(value) for fits in ways)
    if origin is Literal:
        words, types_ = frozenset(inner), frozenset(map(type, inner))
        return lambda value: type(value) in types_ and value in words
    if origin is tuple:
        each = _check_of_type(inner[0])
        return lambda value: type(value) is tuple and all(map(each, value))
    if origin is not None:
        key, each = map(_check_of_type, inner)
        return lambda value: (
            isinstance(value, Mapping)
            and all(map(key, value))
            and all(map(each, value.values()))
        )
    return lambda value: isinstance(value, kind)


_CODEC: Codec[Event] = Codec(EVENTS.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
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
    name = type(event).__name__
    line: dict[str, Any] = {
        "n": entry.n,
        "at": utc_timestamp(entry.at),
        "mono": round(entry.mono, 6),
        "boot": entry.boot,
        "by": entry.by,
        "event": name,
    }
    if entry.intent is not None:
        line["intent"] = entry.intent
    _CODEC.encode_into(event, line)
    line["prev"] = prev
    text = json.dumps(line, ensure_ascii=False, separators=_SEPARATORS, default=dict)
    return text.encode("utf-8", "surrogatepass") + b"\n"


def decode_entry(line: bytes) -> tuple[Entry, str]:
    """An entry and its `prev`, from a line of the journal.

    Raises:
        RunError: the line is no entry; the message says why.
    """
    try:
        data = json.loads(line.decode("utf-8", "surrogatepass"))
        name = data.pop("event")
        prev = data.pop("prev")
        n, at, mono = data.pop("n"), data.pop("at"), data.pop("mono")
        boot, by, intent = data.pop("boot"), data.pop("by"), data.pop("intent", None)
        entry = Entry(
            n=n,
            at=datetime.fromisoformat(at).timestamp(),
            mono=mono,
            boot=boot,
            by=by,
            intent=intent,
            event=_CODEC.decode_fields(name, data),
        )
    except _DECODE_ERRORS as error:
        why = malformed_text(error)
        if b"\0" in line:
            why = "it holds NUL bytes, as a file does that was damaged or overwritten"
        raise RunError(f"this line of the journal is no event: {why}") from error
    wrong = _envelope_problem(entry, prev) or first_invalid_field(entry.event)
    if wrong is not None:
        shown = json.dumps(wrong, default=str)[:MAX_SHOWN_CHARS]
        raise RunError(f"this line of the journal is no event: {shown} cannot be that")
    return entry, prev


MAX_SHOWN_CHARS = 80
"""Characters of a wrong value that an error shows."""
_DECODE_ERRORS = (
    *(ValueError, KeyError, TypeError, AttributeError),
    *(RecursionError, ArithmeticError),
)


def _envelope_problem(entry: Entry, prev: object) -> str | None:
    """The envelope field (n, prev, at, mono, boot, by, intent) that is invalid.

    `None` if none is.
    """
    if not (is_text(prev) and is_exact_integer(entry.n)):
        return "n or prev"
    if not 0 <= entry.at < YEAR_9999:
        return "at"
    if not (is_number(entry.mono) and is_text(entry.boot)):
        return "mono or boot"
    if not (is_text(entry.by) and isinstance(entry.intent, str | None)):
        return "by or intent"
    return None


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
