"""Makes the golden lines: what goes over a border as JSON, and what comes back of it.

`python -m tests.golden_lines.lines > tests/golden_lines/REVISION.jsonl`, run in a copy
of a revision, keeps what that one writes, what it reads of that, and what it says of
lines that are none. Only public functions are called, so that this file runs in each.
Of a revision beside the newest, only what it wrote to disk otherwise is kept.

A line of the file is one of three: what is written, with the value that it is read as;
what becomes of it where a key has another value of `WRONG`, is missing (-1) or is one
too many (-2); and rubbish, with the error.
"""

from __future__ import annotations

import inspect
import json
import os
import re
import sys
import tempfile
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from mobius_tui.drill import drill_record, injection_log
from mobius_tui.errors import MobiusError
from mobius_tui.health import health_record
from mobius_tui.run.checks import log_marks
from mobius_tui.run.events import journal_entry, run_events
from mobius_tui.run.fleet import fleet_lines, transport
from mobius_tui.run.intents import control_protocol, intent_actions
from mobius_tui.run.playbooks import play_events
from mobius_tui.run.storage import last_viewed
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.targets import resolved_hosts
from mobius_tui.structs import replace

WRONG: tuple[Any, ...] = (
    *(None, True, -1, 7, 1.5, 1 << 60, 10**400, float("inf"), float("nan")),
    *("x", "\ud800", [[]], ["x"], {"a": {"a": {}}}, {"a": "b"}, 1e-7),
)
"""What a key may have in place of its own value."""
MISSING, TOO_MANY = -1, -2
ENVELOPES = {"n", "at", "mono", "boot", "by", "intent", "event", "prev"}
ENVELOPES |= {"version", "id", "sent", "action"}
"""Keys that every line of a journal, or every intent, has."""
RUBBISH = (
    *(b"", b"{", b"1", b"null", b"[]", b'"x"', b"{}", b"[" * 3000, b"\xff\xfe"),
    *(b'{"a":}', b"{} {}", b"\0\0\0", b'{"\xed\xb2\x80":1}'),
)
ODD = 'é💥\u202e\ud800 "\\\n\0\x7f'
"""A text with all that JSON and files may have."""
PREV = "0" * 64
GOLDEN_PROTOCOL = 5
"""The version of the protocol in which golden intents are."""


@dataclass(frozen=True)
class Border:
    """A kind of line."""

    values: Callable[[], Iterator[Any]]
    write: Callable[[Any], bytes]
    read: Callable[[bytes], Any]
    has_words: bool = False
    """Whether each of its errors is for people; of others the first words are."""


def sample(hint: Any, text: str, name: str = "") -> Any:
    """A value of a type, with a text wherever any may stand; or with next to nothing.

    Raises:
        TypeError: nothing is known of such a type.
    """
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:  # of some members of an enumeration, or within limits
        some = [each for each in inner[1:] if get_origin(each) is Literal]
        return sample((*some, inner[0])[0], text, name)
    if origin in (Union, types.UnionType) and float in map(plain_type, inner):
        return sample(float, text, name)
    if hint is transport.Route or origin in (Union, types.UnionType):
        wanted = [each for each in inner if each is not type(None)]
        return sample(wanted[0], text, name)
    if origin is Literal:
        return inner[0]
    if origin is tuple:
        return tuple(sample(each, text) for each in inner if each is not ...)
    if origin is not None and origin is not type:
        return {text: sample(inner[1], text)} if text else {}
    if hint in (str, int, float, bool):
        if name in ("at", "began", "ended"):
            return 1_795_527_905.25
        simple = {int: 2, float: 0.00001 if text == ODD else 600, bool: True}
        return text if hint is str else simple[hint]
    if issubclass(hint, Enum):
        return next(iter(hint))
    return made(hint, text)


def plain_type(hint: Any) -> Any:
    """A type without its limits."""
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def made(kind: type, text: str = "x", **given: Any) -> Any:
    """A value of a class, with all of its fields, or without text with those alone that
    have no default."""
    hints = get_type_hints(
        kind, localns={"Rule": health_record.Rule}, include_extras=True
    )
    fields = {
        name: given[name] if name in given else sample(hints[name], text, name)
        for name, field in inspect.signature(kind).parameters.items()
        if text or field.default is field.empty or name in given
    }
    return kind(**fields)


def each_of(*kinds: type, **given: Any) -> Callable[[], Iterator[Any]]:
    """Three values of each class: all fields, odd ones, and as few as there may be."""

    def values() -> Iterator[Any]:
        for kind in kinds:
            for text in ("x", ODD, ""):
                yield made(kind, text, **given)

    return values


def entries() -> Iterator[Any]:
    for event in each_of(*journal_entry.EVENTS.values())():
        for by, intent in ((ODD, "i"), ("ana", None)):
            yield journal_entry.Entry(
                n=7,
                at=1_795_527_905.25,
                mono=0.0000074,
                boot="b",
                by=by,
                event=event,
                intent=intent,
            )


def envelopes() -> Iterator[Any]:
    """No intent has a lone surrogate."""
    for kind in intent_actions.ACTIONS:
        for text in ("x", 'é💥\u202e "\\\n\0\x7f', ""):
            action = made(kind, text)
            yield control_protocol.Envelope(
                action=action, id="i", sent=12.5, version=GOLDEN_PROTOCOL
            )


def read_intent(line: bytes) -> Any:
    """An intent of a golden line, as a host reads one of its own version.

    A host of another version refuses all of them, so that they are taken for its own.
    """
    here, now = (
        b'"version": %d,' % each
        for each in (GOLDEN_PROTOCOL, intent_actions.PROTOCOL_VERSION)
    )
    try:
        found = control_protocol.decode_envelope(line.replace(here, now))
    except control_protocol.VersionMismatchError as error:
        version = intent_actions.PROTOCOL_VERSION
        words = str(error).replace(f"not {version}", f"not {GOLDEN_PROTOCOL}")
        raise MobiusError(words) from error
    return replace(found, version=GOLDEN_PROTOCOL)


def from_host(value: Any) -> bytes:
    match value:
        case int():
            return control_protocol.encode_poke(value)
        case control_protocol.Stalled():
            return control_protocol.encode_stalled(value)
    return control_protocol.encode_reply(value)


def replies() -> Iterator[Any]:
    yield from (0, 7)
    yield from each_of(control_protocol.Stalled)()
    yield from (made(control_protocol.Reply, text, version=4) for text in ("x", ODD))


def orders() -> Iterator[Any]:
    host = made(fleet_lines.OrderedHost)
    for route in (transport.SshRoute, transport.LocalRoute):
        yield from each_of(fleet_lines.StepOrder, route=made(route))()
    for kind in get_args(fleet_lines.Order)[1:]:
        known = inspect.signature(kind).parameters
        given = {"hosts": (host, host)} if "hosts" in known else {}
        yield from each_of(kind, **given)()


PLAYS: tuple[Mapping[str, Any], ...] = (
    {"event": "play", "at": 1_795_527_905.25, "hosts": ["a", "b"]},
    {"event": "start", "at": 1_795_527_905, "host": "a", "task": "t"},
    {"event": "failed", "host": "a", "task": "t", "rc": 2, "item": "i", "diff": "d"}
    | {"changed": True, "ignored": True, "fatal": True, "msg": "m", "stdout": ODD},
    {"event": "stats", "hosts": {"a": {"ok": 1}}, "left_out": ["b"]},
)


def resolved() -> Iterator[Any]:
    host = made(resolved_hosts.TargetHost, "web-1")
    bare = made(resolved_hosts.TargetHost, "", name="web-2", address="10.0.0.2")
    for text in ("x", ODD, ""):
        yield made(resolved_hosts.ResolvedHosts, text, hosts=(host, bare))


def whole_file(
    name: str, read: Callable[[RunDirectory], Any]
) -> Callable[[bytes], Any]:
    """What is read of a file in a folder."""

    def read_bytes(data: bytes) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, name)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
            return read(RunDirectory(Path(folder)))

    return read_bytes


def written_file(
    name: str, write: Callable[[RunDirectory, Any], None]
) -> Callable[[Any], bytes]:
    """The bytes of the file in a folder."""

    def write_bytes(value: Any) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            run = RunDirectory(Path(folder))
            write(run, value)
            return run.path.joinpath(name).read_bytes()

    return write_bytes


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


SCORE: Mapping[str, Any] = {
    "run": "x",
    "runbook": "x",
    "title": "x",
    "operator": "x",
    "outcome": "completed",
    "began": 1795527905.0,
    "ended": 1795528905,
    "score": {
        "faults": ["bad-release"],
        "automatic": False,
        "handled": True,
        "hints": 0,
        "detected": 10,
        "restored": 60.0,
        "left": [],
        "wrong": [],
        "skipped": [],
    },
    "texts": {"look": "x"},
    "seen": [["look#1", "x", 1, 2, 3.0, 4], ["look#1", "x", 1, 2, None, None]],
}
ACT: Mapping[str, Any] = {"fault": "f", "at": 1.5e9, "act": "heal", "chance": "c"}

BORDERS: dict[str, Border] = {
    "journal": Border(
        entries,
        lambda value: journal_entry.encode_entry(value, PREV),
        lambda line: journal_entry.decode_entry(line)[0],
        has_words=True,
    ),
    "health": Border(
        each_of(health_record.ProbeResult, health_record.MachineSample),
        health_record.encode_record,
        health_record.decode_record,
        has_words=True,
    ),
    "intent": Border(
        envelopes,
        control_protocol.encode_envelope,
        read_intent,
        has_words=True,
    ),
    "reply": Border(replies, from_host, control_protocol.decode_host_line),
    "order": Border(orders, fleet_lines.encode_order, fleet_lines.decode_order),
    "report": Border(
        each_of(fleet_lines.HostReport),
        fleet_lines.encode_report,
        fleet_lines.decode_report,
    ),
    "play": Border(lambda: iter(PLAYS), as_json, play_events.decode_play_event),
    "hosts": Border(
        resolved, resolved_hosts.encode_host_list, resolved_hosts.decode_host_list
    ),
    "marks": Border(
        lambda: ({"/l": each} for each in each_of(log_marks.LogMark)()),
        log_marks.encode_marks,
        log_marks.decode_marks,
    ),
    "view": Border(
        each_of(last_viewed.LastView),
        written_file("glance.json", last_viewed.write_last_view),
        whole_file("glance.json", last_viewed.read_last_view),
    ),
    "drill": Border(
        lambda: iter((SCORE,)),
        as_json,
        whole_file(drill_record.DRILL_RECORD_NAME, drill_record.read_drill_record),
    ),
    "act": Border(
        lambda: iter((ACT, {"fault": "f", "at": 1})),
        as_json,
        whole_file("run/injected.jsonl", lambda run: injection_log.read_acts(run.path)),
    ),
}
"""By name. What another program writes is made by hand."""


def add_newer_borders() -> None:
    """Those that not every revision has."""
    try:
        from mobius_tui.run.host import host_setup
        from mobius_tui.run.storage import key_file
    except ImportError:
        return
    began = made(run_events.RunBegan, ODD)
    watch = made(journal_entry.EVENTS["WatchBegan"])
    spec: Any = host_setup.HostSpec

    def write_key(run: RunDirectory, known: Any) -> None:
        handle = os.open(run.path / "key", os.O_RDWR | os.O_CREAT)
        held = key_file.KeyFile(run.path / "key", handle)
        held.write(known)
        held.close()

    BORDERS["spec"] = Border(
        lambda: iter(
            (spec(), spec(began=began, watch=watch, values={"v": ("x", "set")}))
        ),
        lambda value: value.encode(),
        spec.decode,
    )
    BORDERS["key"] = Border(
        each_of(key_file.KnownRun),
        written_file("key", write_key),
        whole_file("key", lambda run: key_file.read_known_run(run.path / "key")),
    )


add_newer_borders()


def plain(value: Any) -> Any:
    """A value as JSON has it, with the names of its classes."""
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, tuple | list | frozenset | set):
        items = sorted(value) if isinstance(value, frozenset | set) else value
        return [plain(each) for each in items]
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    names = inspect.signature(type(value)).parameters
    kind = type(value).__name__
    return {"": kind, **{name: plain(getattr(value, name)) for name in names}}


def verdict(border: Border, line: bytes) -> Any:
    """What is read of a line: its value, or `{"error": …}`."""
    try:
        return plain(border.read(line))
    except MobiusError as error:
        return {"error": _words(str(error), whole=border.has_words)}
    except Exception as error:  # noqa: BLE001 - as it is today
        return {"error": f"!{type(error).__name__}"}


def _words(said: str, *, whole: bool) -> str:
    """What an error says, without the line that it shows, and without a folder."""
    said = re.sub(r"^/\S+ ", "", said).partition(": '")[0]
    return said if whole else re.split(r"[:(]", said)[0]


def text_of(line: bytes) -> str:
    return line.decode("utf-8", "surrogateescape")


def bytes_of(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def changed(line: bytes, key: str, number: int) -> bytes:
    """A line with one mistake in it."""
    said = json.loads(line.decode("utf-8", "surrogatepass"))
    if number == MISSING:
        del said[key]
    else:
        said["unknown" if number == TOO_MANY else key] = (
            0 if number == TOO_MANY else WRONG[number]
        )
    return json.dumps(said).encode()


def errors_of(
    border: Border, line: bytes, *, is_first: bool
) -> Mapping[str, Mapping[str, list[int]]]:
    """By key of a line, the errors with the mistakes that lead to them.

    An error is empty where nothing is read; a mistake that is taken is left out. What
    all lines of a kind have is looked at in the first.
    """
    errors: dict[str, dict[str, list[int]]] = {}
    said = json.loads(line.decode("utf-8", "surrogatepass"))
    keys = [key for key in said if is_first or key not in ENVELOPES]
    for at, key in enumerate(keys):
        for number in range(MISSING if at else TOO_MANY, len(WRONG)):
            found = verdict(border, changed(line, key, number))
            if found is None or (isinstance(found, dict) and "error" in found):
                words = found["error"] if found else ""
                errors.setdefault(key, {}).setdefault(words, []).append(number)
    return errors


def golden() -> Iterator[Mapping[str, Any]]:
    """All lines of the file."""
    for kind, border in BORDERS.items():
        seen: set[type] = set()
        for value in border.values():
            line = border.write(value)
            yield {"kind": kind, "line": text_of(line), "value": verdict(border, line)}
            name = type(getattr(value, "event", getattr(value, "action", value)))
            if name not in seen:
                errors = errors_of(border, line, is_first=not seen)
                seen.add(name)  # the first of a class has all fields
                yield {"kind": kind, "of": text_of(line), "errors": errors}
        for line in RUBBISH:
            yield {
                "kind": kind,
                "rubbish": text_of(line),
                "value": verdict(border, line),
            }


if __name__ == "__main__":
    for each in golden():
        sys.stdout.write(json.dumps(each, separators=(",", ":")) + "\n")
