"""What a host says to its viewers: one JSON object a line. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict

from mobius_tui.dataclass import dataclass
from mobius_tui.errors import RunError
from mobius_tui.run.intents.intent_actions import PROTOCOL_VERSION

LIVENESS_REQUEST = b"\n"
"""The line by which a viewer asks whether the host responds; it answers with a poke
(see `encode_poke`) of 0."""
NO_HOST_REPLY_TEXT = "no host runs this run; resume it to go on"
"""The text of the reply to an action for a run without a host."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """The host's answer to an intent."""

    id: str
    """Of the intent; empty where it could not be read."""
    ok: bool
    text: str = ""
    """Why it was refused, or what came of it, in words."""
    n: int = 0
    """The number of the entry that records the action; 0 for none."""
    version: int = PROTOCOL_VERSION
    """The protocol version that the host speaks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stalled:
    """The host has begun to wait for space on a full disk, or has stopped waiting."""

    why: str
    """The reason in words; empty once it waits no more."""


def encode_reply(reply: Reply) -> bytes:
    """The line that carries an answer."""
    return json.dumps(asdict(reply)).encode() + b"\n"


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
        data = json.loads(line)
        if "poke" in data:
            return int(data["poke"])
        if "stalled" in data:
            return Stalled(why=str(data["stalled"]))
        return Reply(
            id=str(data["id"]),
            ok=data["ok"] is True,
            text=str(data["text"]),
            n=int(data["n"]),
            version=int(data.get("version", 1)),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise RunError(
            f"the host said something that is no answer: {error!r}"
        ) from error
