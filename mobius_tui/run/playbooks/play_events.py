"""The events of a play: reading them, and their text in the output of each host.

The text is made of the events alone, so that after any crash it is continued where it
ends: nothing is missing, and nothing is there twice. Each piece has the time of its
event.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from mobius_tui.json_border import json_as
from mobius_tui.run.fleet.host_output import (
    HostSpans,
    make_private_folder,
    output_path,
    sha256_of,
    spans_path,
)
from mobius_tui.run.playbooks import playbook_order
from mobius_tui.run.storage.safe_open import open_regular

_CHUNK = 1 << 20
MAX_EVENT_TIME = 1e10
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


class PlayEvent(Struct, frozen=True, kw_only=True):
    """One event; `assets/mobius_events.py` writes them."""

    event: str
    """`play`, `no hosts remaining` or `stats`, of a play; else of one host's task.

    That is `start`, `ok`, `failed`, `skipped`, `unreachable` or `retry`; and of one
    item of a loop `item ok`, `item failed` or `item skipped`.
    """
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


class _Line(Struct, frozen=True, kw_only=True):
    """A line as the plugin writes it; for what an event lacks there is no key.

    What is only told beside the event is left out where it is of another type: the
    event itself decides what is known of a host.
    """

    event: str
    at: Any = None
    host: str = ""
    task: str = ""
    changed: Any = False
    ignored: Any = False
    fatal: Any = False
    rc: Any = None
    item: str = ""
    diff: str = ""
    msg: str | None = None
    censored: str | None = None
    stdout: str | None = None
    stderr: str | None = None
    module_stdout: str | None = None
    module_stderr: str | None = None
    hosts: Any = ()


class _Stats(Struct, frozen=True, kw_only=True):
    """The last line of a play."""

    hosts: Mapping[str, Mapping[str, int | bool]]
    """Ansible's counts, by host."""
    left_out: frozenset[str]


def decode_play_event(line: bytes) -> PlayEvent | None:
    """Decode an event from a line; `None` if the line is not a valid event."""
    try:
        said = json_as(_Line, line)
        if said.event == "stats":
            end = json_as(_Stats, line)
            return PlayEvent(event="stats", counts=end.hosts, left_out=end.left_out)
    except ValueError:
        return None
    texts = {key: getattr(said, key) for key in TASK_TEXT_KEYS}
    return PlayEvent(
        event=said.event,
        at=_seconds(said.at),
        host=said.host,
        task=said.task,
        changed=said.changed is True,
        ignored=said.ignored is True,
        fatal=said.fatal is True,
        rc=said.rc if isinstance(said.rc, int) else None,
        item=said.item,
        diff=said.diff,
        texts={key: text for key, text in texts.items() if text is not None},
        hosts=tuple(map(str, said.hosts)) if isinstance(said.hosts, list) else (),
    )


def _seconds(value: object) -> float:
    """A time as a record can have it; 0 for what is none."""
    is_time = isinstance(value, int | float) and 0 < value < MAX_EVENT_TIME
    return float(value) if is_time else 0.0  # type: ignore[arg-type]


_FAILURE_LABELS = {
    "failed": "FAILED",
    "unreachable": "UNREACHABLE",
    "item failed": "FAILED",
}
_OUTPUT_FULL_NOTICE = b"\n[the rest is left out: the output is full]\n"


def text_of_event(event: PlayEvent, *, is_script: bool) -> str:
    """The text that an event adds to the output of its host; may be empty."""
    if is_script:
        is_end = (
            event.event in ("ok", "failed") and event.task == playbook_order.RUN_TASK
        )
        is_said = is_end and event.rc is not None
        return (
            _blocks(event, ("stdout", "stderr"))
            if is_said
            else _script_start_problem(event)
        )
    if event.event == "start":
        return f"TASK {event.task}\n"
    if event.event in ("play", "stats", "no hosts remaining"):
        return ""
    word = _FAILURE_LABELS.get(event.event, event.event)
    if event.event.endswith("ok") and event.changed:
        word = word.replace("ok", "changed")
    word += f" {event.item}" if event.item else ""
    word += ", ignored" if event.ignored else ""
    word += f" (exit {event.rc})" if event.rc else ""
    return f"{word}\n{_blocks(event, TASK_TEXT_KEYS)}{_block(event.diff)}"


def _script_start_problem(event: PlayEvent) -> str:
    """Why a script could not be run, as text for the output."""
    return (
        _blocks(event, TASK_TEXT_KEYS)
        if event.event in ("failed", "unreachable")
        else ""
    )


def _blocks(event: PlayEvent, names: tuple[str, ...]) -> str:
    return "".join(_block(event.texts.get(name, "")) for name in names)


def _block(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"


class PlayOutputs:
    """The output files of an attempt's hosts."""

    def __init__(
        self,
        folder: Path,
        begins: Mapping[str, int],
        limit: int,
        clock_offset: float = 0.0,
    ) -> None:
        """Begin with no event.

        Args:
            folder: the attempt's.
            begins: how many bytes of each are of an earlier play.
            limit: bytes of each.
            clock_offset: seconds that the run's time is ahead of the events'.
        """
        self._folder, self._limit, self._offset = folder, limit, clock_offset
        self._sizes = dict(begins)
        self.lost: dict[str, str] = {}
        """Hosts whose output could not be written any more, and why."""

    def write(self, host: str, text: str, at: float) -> None:
        """Add what an event says, unless it is there already; blocking.

        Args:
            host: whose event it is.
            text: what it adds.
            at: when it was, in seconds since 1970; 0 where nobody knows.
        """
        if host in self.lost or host not in self._sizes:
            return
        try:
            self._write(host, text, at)
        except OSError as error:
            self.lost[host] = error.strerror or str(error)

    def _write(self, host: str, text: str, at: float) -> None:
        data = text.encode("utf-8", "backslashreplace")
        begin = self._sizes[host]
        if not data or begin >= self._limit:
            return
        if begin + len(data) > self._limit:
            data = data[: self._limit - begin] + _OUTPUT_FULL_NOTICE
        self._sizes[host] = begin + len(data)
        path = output_path(self._folder, host)
        for folder in (path.parent.parent, path.parent):
            make_private_folder(folder)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(path, flags, 0o600), "ab") as file:
            size = os.fstat(file.fileno()).st_size
            spans = HostSpans(path, size, join_ns=0)
            try:
                file.write(data[max(0, size - begin) :])
                file.flush()
                if at:
                    moment = int((at + self._offset) * 1e9)
                    spans.add(begin + len(data), moment, begin)
            finally:
                spans.close()

    def size(self, host: str) -> int:
        """Bytes of a host's output."""
        return self._sizes.get(host, 0)

    def sha256(self, host: str) -> str:
        """The digest of a host's output; empty where it cannot be read; blocking."""
        return sha256_of(output_path(self._folder, host))

    def spans_sha256(self, host: str) -> str:
        """The digest of when that came; empty where it cannot be read; blocking."""
        return sha256_of(spans_path(output_path(self._folder, host)))
