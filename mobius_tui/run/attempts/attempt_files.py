"""What an attempt leaves in its directory: its end, outputs, digests and last lines."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from msgspec import Struct, field

from mobius_tui.errors import RunError
from mobius_tui.run.attempts.output_reader import (
    last_terminal_rows,
    stderr_tail,
    terminal_rows,
)
from mobius_tui.run.checks.error_lines import error_line, last_meaningful
from mobius_tui.run.keeper.process_table import is_locked
from mobius_tui.run.storage.play_files import plays_of_attempt
from mobius_tui.run.storage.run_directory import AttemptDirectory
from mobius_tui.run.storage.safe_open import open_regular, regular_descriptor
from mobius_tui.sanitize import SGR

MAX_EXIT_RECORD_BYTES = 1 << 16
"""Bytes that are read of a keeper's record; it writes far fewer."""
MAX_OUTPUTS_BYTES = 1 << 20
"""Bytes that the file `outputs` of an attempt may have."""


class ScriptEndCause(StrEnum):
    """Why a script ended, as the keeper writes it into `exit`.

    See `keeper.script_process`.
    """

    EXITED = "exited"
    STOPPED = "stopped"
    TIMED_OUT = "timed out"
    OUTPUT_FULL = "output full"
    """Its output reached `max_output`."""
    OUTPUT_LOST = "output lost"
    """Its output could not be written."""
    NOT_STARTED = "not started"


class ScriptEnd(Struct, frozen=True, kw_only=True):
    """The keeper's record of how a script ended."""

    cause: ScriptEndCause
    code: int
    """The exit status; negative for the signal that ended it."""
    bytes: int
    """Of its output."""
    ended_at: float | None = None
    """When its keeper recorded that, in seconds since 1970; `None` in old records."""
    stage: str = ""
    """What failed, for `not started`: `chdir`, `pid`, `exec`, `setup`, `terminal` or
    `stopped`."""
    errno: int = 0
    """Why it was not started, or why its output was lost; 0 for neither."""
    survivors: Mapping[int, int] = field(default_factory=dict)
    """Orphans of the script that were left alive: process id → start in ticks since
    boot."""
    unnamed_survivors: int = 0
    """How many more orphans there were than the record has room for."""
    ended_processes: tuple[str, ...] = ()
    """Processes of its group that were killed with the script, as `PID NAME`.

    The last may be `N more`, for which the record had no room.
    """


def empty_file(path: Path) -> None:
    """Empty a file whose content must not stay on the disk."""
    with path.open("wb"):
        return


def read_script_end(directory: AttemptDirectory) -> ScriptEnd | None:
    """Read the keeper's record; `None` when there is no valid one.

    Raises:
        RunError: the file cannot be read.
    """
    try:
        with open_regular(directory.exit) as file:
            data = file.read(MAX_EXIT_RECORD_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RunError(f"{directory.exit}: {error.strerror}") from error
    text, ended, _ = data.partition(b"\nend\n")
    if not ended:
        return None
    try:
        fields = dict(line.split("=", 1) for line in text.decode("ascii").split("\n"))
        return ScriptEnd(
            cause=ScriptEndCause(fields["cause"]),
            code=int(fields["code"]),
            bytes=int(fields["bytes"]),
            ended_at=int(fields["ns"]) / 1e9 if "ns" in fields else None,
            stage=fields.get("what", ""),
            errno=int(fields.get("errno", "0")),
            survivors=dict(map(_survivor_entry, fields.get("left", "").split())),
            unnamed_survivors=int(fields.get("more", "0")),
            ended_processes=_ended_process_names(fields),
        )
    except (ValueError, KeyError):
        return None


def _survivor_entry(text: str) -> tuple[int, int]:
    pid, _, began_at = text.partition(":")
    return int(pid), int(began_at)


def _ended_process_names(fields: Mapping[str, str]) -> tuple[str, ...]:
    """Processes killed with a script, and how many more there were than are named."""
    names = []
    for each in fields.get("ended", "").split():
        pid, _, name = each.partition(":")
        words = bytes.fromhex(name).decode("utf-8", "replace")
        names.append(f"{int(pid)} {words}".rstrip())
    more = int(fields.get("more_ended", "0"))
    return (*names, f"{more} more") if more else tuple(names)


def keeper_wait_reason(directory: AttemptDirectory) -> str | None:
    """Why a living keeper cannot write output now, in words; None where it can."""
    try:
        with open_regular(directory.unfinished_exit) as file:
            state, _, number = file.read(32).strip().partition(b"=")
    except OSError:
        return None
    return os.strerror(int(number)) if state == b"waits" and number.isdigit() else None


def read_process_group(directory: AttemptDirectory) -> int | None:
    """The script's process group; 0 when unreadable, `None` when it cannot have run."""
    try:
        with open_regular(directory.pid) as file:
            text = file.read(32).decode("ascii", "replace").strip()
    except FileNotFoundError:
        return None
    except OSError:
        return 0  # something else stands there: it may have run, nobody knows as what
    return int(text) if text.isdigit() else 0


def read_outputs(directory: AttemptDirectory) -> dict[str, str]:
    """The KEY=VALUE lines that the script wrote, by key; the last of a key counts.

    KEY+=VALUE adds a line to the value that the key has already.

    Raises:
        RunError: the file is too long, is not UTF-8, or has a line that is not
            KEY=VALUE; the message says which.
        OSError: it cannot be read.
    """
    with open_regular(directory.outputs) as file:
        data = file.read(MAX_OUTPUTS_BYTES + 1)
    if len(data) > MAX_OUTPUTS_BYTES:
        raise RunError("the step wrote more than 1 MiB to $RUNBOOK_OUTPUT")
    values_by_name: dict[str, list[str]] = {}
    try:
        lines = data.decode().split("\n")
    except UnicodeDecodeError as error:
        raise RunError("$RUNBOOK_OUTPUT holds bytes that are not UTF-8") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        key, equals, value = line.partition("=")
        if not equals or "\0" in value:
            raise RunError(f"line {number} of $RUNBOOK_OUTPUT is not KEY=VALUE")
        name = key.strip()
        if name.endswith("+"):
            values_by_name.setdefault(name[:-1], []).append(value)
        else:
            values_by_name[name] = [value]
    return {name: "\n".join(values) for name, values in values_by_name.items()}


def file_digest(path: Path) -> tuple[int, str | None]:
    """The size in bytes and the SHA-256 of a file; (0, None) when it cannot be read."""
    try:
        with open_regular(path) as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            return file.tell(), sha256
    except OSError:
        return 0, None


class AttemptDigests(Struct, frozen=True, kw_only=True):
    """SHA-256 of an attempt's files in hexadecimal; `None` of one that is missing."""

    bytes: int
    """Of the output."""
    output: str | None
    spans: str | None
    exit: str | None
    outputs: str | None
    plays: str | None
    """Of what Ansible said; `None` where it was not asked, or may still write."""


def plays_digest(directory: AttemptDirectory) -> str | None:
    """The SHA-256 of a list of the files of an attempt's plays; blocking.

    A line has a file's path in the attempt's folder and its SHA-256 in hexadecimal, or
    `-` where it is missing: for each play its hosts, Ansible's events, output and
    spans, and its end, in this order.

    Returns:
        In hexadecimal; `None` where there is no play, or one may still write.
    """
    plays = plays_of_attempt(directory.path)
    locks = [
        path
        for each in plays
        for path in (each.keeper_directory.lock, each.keeper_directory.tree)
    ]
    if not plays or any(map(is_lock_file_held, locks)):
        return None
    lines = hashlib.sha256()
    for play in plays:
        process = play.keeper_directory
        for path in (
            play.hosts,
            play.events,
            process.output,
            process.spans,
            process.exit,
        ):
            name = path.relative_to(directory.path)
            lines.update(f"{name} {file_digest(path)[1] or '-'}\n".encode())
    return lines.hexdigest()


def attempt_digests(directory: AttemptDirectory) -> AttemptDigests:
    """Hash the files of an attempt; blocking."""
    size, output = file_digest(directory.output)
    return AttemptDigests(
        bytes=size,
        output=output,
        spans=file_digest(directory.spans)[1],
        exit=file_digest(directory.exit)[1],
        outputs=file_digest(directory.outputs)[1],
        plays=plays_digest(directory),
    )


def is_tree_locked(directory: AttemptDirectory) -> bool:
    """Whether a process of the step still holds its `tree` lock."""
    return is_lock_file_held(directory.tree)


def is_lock_file_held(path: Path) -> bool:
    """Whether any process holds a lock file, shared or not."""
    try:
        handle = regular_descriptor(path)
    except FileNotFoundError:
        return False
    try:
        return is_locked(handle)
    finally:
        os.close(handle)


_SPANS_SEARCHED = 2048
"""Spans from the end that are searched for the last one of stderr."""


class LastOutput(Struct, frozen=True, kw_only=True):
    """The last lines of an attempt; empty where there are none."""

    last: str = ""
    """The last line that was printed."""
    error: str | None = None
    """The line that says what went wrong, if one does: on stderr the last that has the
    form of an error, or else the last meaningful one; where stderr is empty, one of
    that form on stdout."""


def last_output(attempt: AttemptDirectory) -> LastOutput:
    """The last line and the error line of an attempt's output, without colours."""
    errors = _rows_without_colours(terminal_rows(stderr_tail(attempt, _SPANS_SEARCHED)))
    printed = _rows_without_colours(last_terminal_rows(attempt.output))
    error = error_line(errors) or last_meaningful(errors) or error_line(printed)
    return LastOutput(
        last=next(filter(str.strip, reversed(printed)), "").strip(), error=error
    )


def last_output_of_file(path: Path) -> LastOutput:
    """As `last_output`, of an output file where stderr cannot be told from stdout."""
    printed = _rows_without_colours(last_terminal_rows(path))
    last = next(filter(str.strip, reversed(printed)), "").strip()
    return LastOutput(last=last, error=error_line(printed))


def _rows_without_colours(rows: list[str]) -> list[str]:
    return [SGR.sub("", row) for row in rows]
