"""Writes each host's events as text for a person: `hosts/NAME/output`.

It is made of the events alone, so that after any crash it is continued where it ends:
nothing is missing, and nothing is there twice. When it came is the time of its event.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from mobius_tui.run.fleet.host_output import (
    HostSpans,
    make_private_folder,
    output_path,
    sha256_of,
    spans_path,
)
from mobius_tui.run.playbooks import script_play
from mobius_tui.run.playbooks.play_events import TASK_TEXT_KEYS, PlayEvent

_FAILURE_LABELS = {
    "failed": "FAILED",
    "unreachable": "UNREACHABLE",
    "item failed": "FAILED",
}
_OUTPUT_FULL_NOTICE = b"\n[the rest is left out: the output is full]\n"


def text_of_event(event: PlayEvent, *, is_script: bool) -> str:
    """The text that an event adds to the output of its host; may be empty."""
    if is_script:
        is_end = event.event in ("ok", "failed") and event.task == script_play.RUN_TASK
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
        self._places = dict(begins)
        self.lost: dict[str, str] = {}
        """Hosts whose output could not be written any more, and why."""

    def write(self, host: str, text: str, at: float) -> None:
        """Add what an event says, unless it is there already; blocking.

        Args:
            host: whose event it is.
            text: what it adds.
            at: when it was, in seconds since 1970; 0 where nobody knows.
        """
        if host in self.lost or host not in self._places:
            return
        try:
            self._write(host, text, at)
        except OSError as error:
            self.lost[host] = error.strerror or str(error)

    def _write(self, host: str, text: str, at: float) -> None:
        data = text.encode("utf-8", "backslashreplace")
        begin = self._places[host]
        if not data or begin >= self._limit:
            return
        if begin + len(data) > self._limit:
            data = data[: self._limit - begin] + _OUTPUT_FULL_NOTICE
        self._places[host] = begin + len(data)
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
        return self._places.get(host, 0)

    def sha256(self, host: str) -> str:
        """The digest of a host's output; empty where it cannot be read; blocking."""
        return sha256_of(output_path(self._folder, host))

    def spans_sha256(self, host: str) -> str:
        """The digest of when that came; empty where it cannot be read; blocking."""
        return sha256_of(spans_path(output_path(self._folder, host)))
