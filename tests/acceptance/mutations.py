"""Ways to make something hostile of something sound, each by a seeded die."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any, Protocol


class Kind(Protocol):
    """One way in."""

    def make(self, dice: Random) -> bytes:
        """Make something hostile."""

    def feed(self, data: bytes) -> None:
        """Take it in by the ways that the program has; a `MobiusError` is an answer."""

    def close(self) -> None:
        """Let go of what it holds."""


class Sound:
    """A kind that holds nothing."""

    def close(self) -> None:
        """There is nothing to let go of."""


Kinds = Mapping[str, tuple[Callable[[Path], Kind], float]]
"""How each kind is made in a folder of its own, and how many for each runbook."""

PIECES: tuple[bytes, ...] = (
    *(b"[", b"]", b"{", b"}", b"'", b'"', b"'''", b'"""', b"=", b".", b",", b"#", b":"),
    *(
        b"\n",
        b"\r",
        b"\r\n",
        b"\\",
        b"\0",
        b"${",
        b"}",
        b"$",
        b"`",
        b"\xff",
        b"\xed\xa0",
    ),
    *(b"true", b"nan", b"-inf", b"1e999", b"0", b"-1", b"9" * 30, b"9" * 5000),
    *(b"1979-05-27T07:32:00Z", b"0x", b"1_", b"5s", b"10 GiB", b"[[phase]]\n"),
    *(b"[[phase.step]]\n", b"use = 'execute'\n", b"[" * 40, b"a." * 40, b"x" * 3000),
    *(
        b"\x1b[31m",
        b"\x1b]52;c;AAAA\x07",
        b"\xc2\x9b",
        b"\xe2\x80\xae",
        b"\xef\xbb\xbf",
    ),
    *(
        b"../../etc/passwd",
        b"/dev/zero",
        b"(a+)+$",
        b"(",
        b"%s%n",
        b"http://[::1",
        b"-",
    ),
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 1 << 53, 1 << 63, 10**400, 0.5, 1e308, -1e308),
    *(float("nan"), float("inf"), "", "x", " ", "0", "\0", "\x1b]0;x\x07", "\u202e"),
    *("\ud800", "x" * 70_000, "../..", "/dev/zero", "${x}", "${", "9" * 5000, "5s"),
    *("2026-02-30", "0001-01-01T00:00:00", "9999-12-31T23:59:59.999999Z", [], {}, [[]]),
    *(["x"], [1], {"": ""}, {"x": {"y": []}}, [None] * 50),
)


def text(dice: Random, sound: bytes, other: bytes = b"") -> bytes:
    """Bytes with some mistakes in them.

    Args:
        dice: decides.
        sound: what they are made of.
        other: what a part may be taken from.
    """
    data = sound
    for _ in range(dice.choice((1, 1, 2, 3, 8))):
        data = dice.choice(_WAYS)(dice, data, other or sound)
    return data


def _put(dice: Random, data: bytes, _other: bytes) -> bytes:
    at = dice.randint(0, len(data))
    return data[:at] + dice.choice(PIECES) + data[at + dice.choice((0, 0, 1, 5, 30)) :]


def _flip(dice: Random, data: bytes, _other: bytes) -> bytes:
    if not data:
        return data
    at = dice.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1 :]


def _cut(dice: Random, data: bytes, _other: bytes) -> bytes:
    at = dice.randint(0, len(data))
    return data[:at] if dice.random() < 0.3 else data[:at] + data[at + 10 :]


def _splice(dice: Random, data: bytes, other: bytes) -> bytes:
    at, begin = dice.randint(0, len(data)), dice.randint(0, len(other))
    return data[:at] + other[begin : begin + dice.randint(1, 200)] + data[at:]


def _lines(dice: Random, data: bytes, _other: bytes) -> bytes:
    rows = data.split(b"\n")
    at, to = dice.randrange(len(rows)), dice.randrange(len(rows))
    row = rows.pop(at) if dice.random() < 0.6 else rows[at]
    if dice.random() < 0.7:
        rows.insert(to, row)
    return b"\n".join(rows)


def _value(dice: Random, data: bytes, other: bytes) -> bytes:
    """Another value behind a `=`: of the same text, or of another type."""
    rows = data.split(b"\n")
    places = [at for at, row in enumerate(rows) if b"=" in row]
    if not places:
        return data
    at = dice.choice(places)
    others = [row for row in other.split(b"\n") if b"=" in row] or [b"=1"]
    taken = dice.choice(others).partition(b"=")[2]
    value = dice.choice((dice.choice(PIECES), b"'%s'" % dice.choice(PIECES), taken))
    rows[at] = rows[at].partition(b"=")[0] + b"= " + value
    return b"\n".join(rows)


_WAYS = (_put, _put, _flip, _cut, _splice, _lines, _value, _value)


def value(dice: Random) -> Any:
    """Any value of JSON, and some that are none."""
    return dice.choice(VALUES)


def tree(dice: Random, sound: Any) -> Any:
    """A value of JSON in which one thing is another."""
    if isinstance(sound, dict) and sound and dice.random() < 0.9:
        changed = dict(sound)
        key = dice.choice(list(changed))
        roll = dice.random()
        if roll < 0.15:
            del changed[key]
        elif roll < 0.25:
            changed[dice.choice(("", "x", "\ud800", "event", "n", key * 2))] = value(
                dice
            )
        else:
            changed[key] = tree(dice, changed[key])
        return changed
    if isinstance(sound, list) and sound and dice.random() < 0.7:
        at = dice.randrange(len(sound))
        return [*sound[:at], tree(dice, sound[at]), *sound[at + 1 :]]
    if isinstance(sound, str) and dice.random() < 0.3:
        whole = text(dice, sound.encode("utf-8", "replace"))
        return whole.decode("utf-8", "surrogateescape")
    return value(dice)


def packed(data: Any) -> bytes:
    """A value as a line of JSON, or of what Python takes for it."""
    return json.dumps(data).encode() + b"\n"
