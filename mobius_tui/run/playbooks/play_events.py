"""Reads the events of a play that our callback plugin writes, while it writes them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from mobius_tui.dataclass import dataclass
from mobius_tui.run.storage.safe_open import open_regular

_CHUNK = 1 << 20
LATEST = 1e10
"""Seconds since 1970 after which no event has happened."""
TASK_TEXT_KEYS = (
    "msg",
    "censored",
    "stdout",
    "stderr",
    "module_stdout",
    "module_stderr",
)
"""Keys of a task result that hold texts, in the order in which these are shown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlayEvent:
    """One event; `assets/mobius_events.py` writes them."""

    event: str
    at: float = 0.0
    """Seconds since 1970; 0 where none are said."""
    host: str = ""
    task: str = ""
    changed: bool = False
    ignored: bool = False
    """Whether the task has `ignore_errors`, so that its failure does not count."""
    fatal: bool = False
    """Whether the failure ends the play for all hosts, as `any_errors_fatal` does."""
    rc: int | None = None
    item: str = ""
    diff: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    """By the names in `TASK_TEXT_KEYS`."""
    hosts: tuple[str, ...] = ()
    """Of a play that begins."""
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """In `stats`, the last event: by host, Ansible's counts (`ok`, `failures`, …)."""
    left_out: frozenset[str] = frozenset()
    """In `stats`: hosts of plays that were given up before any task of theirs."""


class PlayEventReader:
    """Reads the events of a play that are new since the last read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.offset = 0
        """Bytes of whole lines that were read."""

    def read(self) -> Iterator[PlayEvent]:
        """The events that came since; none where there is no file yet; blocking."""
        rest = b""
        try:
            with open_regular(self._path) as file:
                file.seek(self.offset)
                while data := file.read(_CHUNK):
                    *lines, rest = (rest + data).split(b"\n")
                    for line in lines:
                        self.offset += len(line) + 1
                        if (event := decode_play_event(line)) is not None:
                            yield event
        except OSError:
            return


def decode_play_event(line: bytes) -> PlayEvent | None:
    """Decode an event from a line; `None` if the line is not a valid event."""
    try:
        data = json.loads(line)
        if data["event"] == "stats":
            return PlayEvent(
                event="stats",
                counts={
                    str(host): {str(k): int(v) for k, v in counts.items()}
                    for host, counts in data["hosts"].items()
                },
                left_out=frozenset(map(str, data["left_out"])),
            )
        rc = data.get("rc")
        return PlayEvent(
            event=str(data["event"]),
            at=_seconds(data.get("at")),
            host=str(data.get("host", "")),
            task=str(data.get("task", "")),
            changed=data.get("changed") is True,
            ignored=data.get("ignored") is True,
            fatal=data.get("fatal") is True,
            rc=rc if isinstance(rc, int) else None,
            item=str(data.get("item", "")),
            diff=str(data.get("diff", "")),
            texts={key: str(data[key]) for key in TASK_TEXT_KEYS if key in data},
            hosts=tuple(map(str, _list_or_empty(data.get("hosts")))),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _seconds(value: object) -> float:
    """A time as a record can have it; 0 for what is none."""
    is_time = isinstance(value, int | float) and 0 < value < LATEST
    return float(value) if is_time else 0.0  # type: ignore[arg-type]


def _list_or_empty(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
