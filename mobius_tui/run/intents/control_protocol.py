"""The lines between viewers and a host: intents one way, replies and pokes back. Pure.

An intent carries an id, so that a repeat gets the first answer and nothing happens
twice.
"""

from __future__ import annotations

import json
import uuid
from typing import Annotated, Any

from msgspec import Meta, Struct, convert, field, to_builtins

from mobius_tui.errors import RunError
from mobius_tui.json_border import (
    invalid_field,
    json_fields,
    malformed_text,
    read_json,
)
from mobius_tui.run.intents.action import Action
from mobius_tui.run.intents.intent_actions import ACTIONS_BY_NAME, PROTOCOL_VERSION

MAX_LINE_BYTES = 1 << 20
"""Bytes of a line at most."""
MAX_INTENT_AGE = 10.0
"""The age in seconds beyond which an intent is refused as too old."""
_SENT = Meta(ge=0, lt=10**11)
MAX_ID_CHARS = 64
"""Characters of an id that are kept."""


def new_id() -> str:
    """An id that no other intent has."""
    return uuid.uuid4().hex


class Envelope(Struct, frozen=True, kw_only=True):
    """One action that one viewer asks for."""

    action: Action
    id: str = field(default_factory=new_id)
    sent: float | None = None
    """When it was sent, in seconds of `boot_clock`: a monotonic clock that all
    processes of a machine share. `None` where the sender did not say."""
    version: int = PROTOCOL_VERSION
    """The protocol version that its sender speaks."""

    def lateness(self, now: float) -> float:
        """Seconds since it was sent, if that is too long ago to act on it; else 0.

        A suspended host that continues receives what was sent meanwhile: by then the
        person may have done something else.

        Args:
            now: seconds of `boot_clock`, as in `sent`.
        """
        if (
            self.sent is None
            or self.action.never_late
            or now - self.sent <= MAX_INTENT_AGE
        ):
            return 0.0
        return now - self.sent


class InvalidIntentError(RunError):
    """A line that carries no action which this program knows."""

    def __init__(self, words: str, intent_id: str = "") -> None:
        """Say why.

        Args:
            words: the reason, for a person.
            intent_id: the id in the line, if it could be read; else empty.
        """
        super().__init__(words)
        self.intent_id = intent_id


class VersionMismatchError(InvalidIntentError):
    """A line of another version of the protocol."""

    def __init__(self, version: int, intent_id: str) -> None:
        """Say which.

        Args:
            version: of the wire that its sender speaks.
            intent_id: the id that it has.
        """
        super().__init__(
            f"it is of version {version}, not {PROTOCOL_VERSION}", intent_id
        )
        self.version = version


def version_mismatch_text(*, viewer: int, host: int, remedy: str) -> str:
    """The error text for a viewer and a host that speak different protocol versions.

    Args:
        viewer: the version that it speaks.
        host: the version that it speaks.
        remedy: what to do where the host is the older one.
    """
    words = (
        f"this viewer speaks version {viewer} of the run's wire, and its host version "
        f"{host}: nothing was done"
    )
    if viewer < host:
        return (
            f"{words}. A newer mobius-tui runs this run: leave, and open the run again "
            "with that one; it goes on meanwhile"
        )
    return (
        f"{words}. An older mobius-tui runs this run: go on with that one, or {remedy}"
    )


def replace_host_remedy(pid: int, run: str) -> str:
    """Instructions for replacing an older host by one of this version.

    Args:
        pid: of the older host.
        run: the run's id.
    """
    return (
        f"`kill {pid}` lets its host go, what runs goes on, and `mobius-tui resume "
        f"{run}` starts a host of this version"
    )


def encode_envelope(envelope: Envelope) -> bytes:
    """The line that carries an action."""
    line: dict[str, Any] = {
        "version": envelope.version,
        "id": envelope.id,
        "sent": envelope.sent,
        "action": type(envelope.action).__name__,
    }
    line |= json_fields(envelope.action)
    return json.dumps(line, default=dict).encode() + b"\n"


def decode_envelope(line: bytes) -> Envelope:
    """An action from a line of the socket.

    Raises:
        VersionMismatchError: it is of another version of the wire.
        InvalidIntentError: the line carries no action; the message says why.
    """
    intent = ""
    try:
        data = read_json(line)
        if type(data["id"]) is str:
            intent = data.pop("id")[:MAX_ID_CHARS]
        version = data.pop("version", 1 if "wish" in data else None)
        if type(version) is not int:
            raise TypeError(f"its version is {version!r}")
        if version != PROTOCOL_VERSION:
            raise VersionMismatchError(version, intent)
        sent, name = data.pop("sent"), data.pop("action")
        if type(name) is not str or name not in ACTIONS_BY_NAME:
            raise ValueError(f"no such action: {name!r}")
        action = convert(data, ACTIONS_BY_NAME[name])
        if not intent:
            raise invalid_field("id")
        sent = convert({"sent": sent}, _Sent).sent
        json.dumps([intent, data], ensure_ascii=False).encode()  # no lone surrogates
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        words = f"this is no intent: {malformed_text(error)}"
        raise InvalidIntentError(words, intent) from error
    return Envelope(action=action, id=intent, sent=sent, version=version)


class _Sent(Struct, frozen=True, kw_only=True):
    sent: Annotated[int, _SENT] | Annotated[float, _SENT] | None


LIVENESS_REQUEST = b"\n"
"""The line by which a viewer asks whether the host responds; it answers with a poke
(see `encode_poke`) of 0."""


class Reply(Struct, frozen=True, kw_only=True):
    """The host's answer to an intent."""

    id: str
    """Of the intent; empty where it could not be read."""
    ok: bool
    text: str = ""
    """Why it was refused, or what came of it, in words."""
    n: int = 0
    """The number of the entry that records the action, or of the newest, or 0.

    The newest entry's where none records the action; 0 where it was refused outright.
    """
    version: int = PROTOCOL_VERSION
    """The protocol version that the host speaks."""


class Stalled(Struct, frozen=True, kw_only=True):
    """The host has begun to wait for space on a full disk, or has stopped waiting."""

    why: str
    """The reason in words; empty once it waits no more."""


def encode_reply(reply: Reply) -> bytes:
    """The line that carries an answer."""
    return json.dumps(to_builtins(reply)).encode() + b"\n"


def encode_poke(n: int) -> bytes:
    """The line that tells viewers that the journal has grown to entry `n`.

    With 0 it only shows that the host lives.
    """
    return b'{"poke":%d}\n' % n


def encode_stalled(stalled: Stalled) -> bytes:
    """The line that tells viewers about a stall."""
    return json.dumps({"stalled": stalled.why}).encode() + b"\n"


def decode_host_line(line: bytes) -> Reply | Stalled | int:
    """Decode a line of the host: a reply, a stall, or the entry number of a poke.

    Raises:
        RunError: the line is none of these.
    """
    try:
        data = read_json(line)
        if "poke" in data:
            return convert(data["poke"], int)
        if "stalled" in data:
            return Stalled(why=convert(data["stalled"], str))
        return convert({"version": 1, **data}, Reply)
    except (ValueError, TypeError) as error:
        raise RunError(
            f"the host said something that is no answer: {malformed_text(error)}"
        ) from error
