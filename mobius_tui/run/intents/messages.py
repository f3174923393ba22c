"""What viewers ask of the host, and what it answers: one JSON object a line.

An intent names its step and attempt and carries an id, so that a repeat gets the first
answer and nothing happens twice.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal, get_args

from mobius_tui.errors import RunError

Wish = Literal[
    "start",
    "stop",
    "retry",
    "look",
    "skip",
    "restore",
    "override",
    "tick",
    "choose",
    "send",
    "send again",
    "drop",
    "set",
    "note",
    "enter",
    "auto",
    "arm",
    "disarm",
    "hold",
    "rollback",
    "hint",
    "facilitate",
    "ask approval",
    "approve",
    "deny",
    "end",
    "release",
]
"""What can be asked for.

`release` lets the host go when nobody watches: the run stays open.
"""

WISHES: frozenset[str] = frozenset(get_args(Wish))
LINE_LIMIT = 1 << 20
"""Bytes of an intent's line at most."""
SIGN_WANTED = b"\n"
"""The line by which a viewer asks for a sign of life; a poke of 0 answers it."""
LATE = 10.0
"""Seconds after which nobody expects any more that what they asked for is done."""
NEVER_LATE: frozenset[Wish] = frozenset(
    ("stop", "disarm", "hold", "note", "deny", "release", "hint")
)
"""What is heeded however late it is heard: it begins nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Intent:
    """One wish of one viewer."""

    wish: Wish
    step: str | None = None
    attempt: int | None = None
    """The attempt to be made (start, retry, tick, choose) or meant (stop)."""
    phase: str | None = None
    text: str = ""
    """A reason, a note, an outcome."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Answers by variable; for `auto`, also `manual` and `confirmed`."""
    names: tuple[str, ...] = ()
    """The values chosen; for `send`, channels; for `send again` and `drop`, numbers of
    deliveries; for `auto`, the attended phases that answers stand for."""
    confirm: str = ""
    """The environment's name, typed, where a destroy step wants it."""
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    uid: int | None = None
    """Whose process asks, as the kernel says; what a line says of it is not read.
    `None` where the host asks itself."""
    place: str = ""
    """Where who approves or denies sits, as the system says; what a line says of it is
    not read, either."""
    sent: float | None = None
    """When it was sent, in seconds of `health.beat.awake`, a clock that nobody sets and
    that all of a machine have; `None` where nobody says."""

    def lateness(self, now: float) -> float:
        """Seconds by which it is too old to be heeded; 0 where it is not.

        A host that stood still hears, when it goes on, what was asked for meanwhile: by
        then the person may have gone another way.

        Args:
            now: seconds, by the clock of whoever sent it.
        """
        if self.sent is None or self.wish in NEVER_LATE or now - self.sent <= LATE:
            return 0.0
        return now - self.sent


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """The host's answer."""

    id: str
    ok: bool
    text: str = ""
    """Why not, in words."""
    n: int = 0
    """The entry that records it."""


def encode_intent(intent: Intent) -> bytes:
    """The line that carries an intent."""
    return json.dumps(asdict(intent)).encode() + b"\n"


def decode_intent(line: bytes) -> Intent:
    """An intent from a line of the socket.

    Raises:
        RunError: the line is no intent.
    """
    try:
        data = json.loads(line)
        if data["wish"] not in WISHES or not isinstance(data["id"], str):
            raise ValueError(f"no such wish: {data['wish']!r}")
        intent = Intent(
            wish=data["wish"],
            step=_text_or_none(data.get("step")),
            attempt=_int_or_none(data.get("attempt")),
            phase=_text_or_none(data.get("phase")),
            text=str(data.get("text", "")),
            values={str(k): str(v) for k, v in dict(data.get("values", {})).items()},
            names=tuple(str(name) for name in data.get("names", ())),
            confirm=str(data.get("confirm", "")),
            id=data["id"][:64],
            sent=_time_or_none(data.get("sent")),
        )
        for text in (intent.text, *intent.values, *intent.values.values()):
            text.encode()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RunError(f"this is no intent: {error!r}") from error
    return intent


def _text_or_none(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise ValueError(f"text expected, not {value!r}")


def _int_or_none(value: object) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise ValueError(f"a number expected, not {value!r}")


def _time_or_none(value: object) -> float | None:
    if value is None:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and 0 <= value < 1e11:  # type: ignore[operator]
        return float(value)  # type: ignore[arg-type]
    raise ValueError(f"seconds of a clock expected, not {value!r}")


def encode_reply(reply: Reply) -> bytes:
    """The line that carries an answer."""
    return json.dumps(asdict(reply)).encode() + b"\n"


def encode_poke(n: int) -> bytes:
    """The line that tells viewers that the journal has grown to entry `n`.

    With 0 it tells nothing but that the host lives.
    """
    return b'{"poke":%d}\n' % n


@dataclass(frozen=True, kw_only=True, slots=True)
class Stalled:
    """The host waits for room on its disk, or does so no longer."""

    why: str
    """In words; empty once it has gone on."""


def encode_stalled(stalled: Stalled) -> bytes:
    """The line that tells viewers so."""
    return json.dumps({"stalled": stalled.why}).encode() + b"\n"


def decode_from_host(line: bytes) -> Reply | Stalled | int:
    """A reply, the number of a poke, or whether the host waits for room.

    Raises:
        RunError: the line is neither.
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
        )
    except (ValueError, KeyError, TypeError) as error:
        raise RunError(
            f"the host said something that is no answer: {error!r}"
        ) from error
