"""`refused.jsonl`: what was refused in an enclosure, a line for each thing."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal, get_args

from msgspec import Struct

RefusalKind = Literal["write", "connect", "name"]
"""A path that would have been written, an address, or the name of a host."""
MAX_REFUSALS = 2000
"""Lines that are written at most: a loop must not fill the disk."""
MAX_BYTES = 4 << 20
"""Bytes that are read."""
_VERBS = {"write": "written to", "connect": "connected to", "name": "asked for"}
_SIBLINGS = 3
"""Paths of one folder that are named; of more, the folder is."""


class Refusal(Struct, frozen=True, kw_only=True):
    """One thing that was refused."""

    kind: RefusalKind
    what: str
    """The path, `host:port`, or name."""
    by: str = ""
    """The program; empty where that is not known."""


class RefusalLog:
    """Writes each thing once."""

    def __init__(self, path: str) -> None:
        """Write to a file, which is made with the first line.

        Args:
            path: the file; empty for none.
        """
        self._path = path
        self._seen: set[tuple[str, str]] = set()

    def note(self, refused: Refusal) -> None:
        """Write a line, unless the same was refused before."""
        key = (refused.kind, refused.what)
        if not self._path or key in self._seen or len(self._seen) >= MAX_REFUSALS:
            return
        self._seen.add(key)
        fields = {
            "at": round(time.time(), 3),
            "kind": refused.kind,
            "what": refused.what,
            "by": refused.by,
        }
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        with suppress(OSError):  # a full disk must not hold the command up
            handle = os.open(self._path, flags, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(json.dumps(fields).encode() + b"\n")


def read_refusals(path: Path) -> tuple[Refusal, ...]:
    """What a file says; lines that cannot be read are left out."""
    try:
        with path.open("rb") as file:
            rows = file.read(MAX_BYTES).splitlines()
    except OSError:
        return ()
    return tuple(_refused(rows))


def _refused(rows: Iterable[bytes]) -> Iterator[Refusal]:
    for row in rows:
        with suppress(ValueError, KeyError, TypeError):
            fields = json.loads(row)
            kind, what, by = fields["kind"], str(fields["what"]), str(fields["by"])
            if kind in get_args(RefusalKind):
                yield Refusal(kind=kind, what=what, by=by)


def refusals_in_words(refusals: Sequence[Refusal]) -> Iterator[str]:
    """A line for each thing, what it would have been; many paths of one are one."""
    for kind, verb in _VERBS.items():
        found: dict[str, list[Refusal]] = {}
        for each in refusals:
            if each.kind == kind:
                folder = str(Path(each.what).parent) if kind == "write" else each.what
                found.setdefault(folder, []).append(each)
        for folder, each_of in found.items():
            if len(each_of) > _SIBLINGS:
                yield f"{verb} {folder}/: {len(each_of)} paths{_by(each_of)}"
            else:
                yield from (f"{verb} {e.what}{_by([e])}" for e in each_of)


def _by(refusals: Sequence[Refusal]) -> str:
    names = tuple(dict.fromkeys(each.by for each in refusals if each.by))
    return f" ({', '.join(names[:_SIBLINGS])})" if names else ""
