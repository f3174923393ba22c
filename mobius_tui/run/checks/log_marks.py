"""Where a log ended when a step began, and what was written to it since.

A log may be rotated or truncated while a step runs: the same file is recognized by its
inode, and by the bytes before the place where it ended.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct, to_builtins

from mobius_tui.errors import MobiusError
from mobius_tui.json_border import JsonObject, json_as, malformed_text
from mobius_tui.run.checks.blocking_io import open_regular_for_check

_BYTES_BEFORE_END = 256
"""Bytes before the end by which a log is recognized."""
_COMPRESSED = frozenset((".gz", ".xz", ".zst", ".bz2", ".lz4"))
_ROTATED_SUFFIX = re.compile(r"[._-](?:[0-9]|old\b)")
"""How what follows a log's name begins after a rotation: `.1`, `-20261129`, `.old`."""


class LogMark(JsonObject, frozen=True, kw_only=True):
    """The end of a log at one moment."""

    at: float
    """Seconds since 1970."""
    device: int = 0
    inode: int = 0
    """0 if there was no such file."""
    size: int = 0
    before: str = ""
    """SHA-256 of the bytes before its end, in hexadecimal."""


class LogPartsSinceMark(Struct, frozen=True, kw_only=True):
    """What was written to a log since its mark, oldest first."""

    parts: tuple[tuple[Path, int], ...]
    """Files, and in each the offset at which what is new begins."""
    is_whole: bool
    """Whether that is all of it: no part was truncated, compressed or removed."""


def mark_log(path: Path) -> LogMark:
    """Remember where a log ends now.

    Raises:
        OSError: it cannot be read.
        MobiusError: it is no regular file.
    """
    at = time.time()
    try:
        with open_regular_for_check(path) as file:
            seen = os.fstat(file.fileno())
            before = _digest_before(file.fileno(), seen.st_size)
    except FileNotFoundError:
        return LogMark(at=at)
    return LogMark(
        at=at,
        device=seen.st_dev,
        inode=seen.st_ino,
        size=seen.st_size,
        before=before,
    )


def _digest_before(descriptor: int, end: int) -> str:
    begin = max(0, end - _BYTES_BEFORE_END)
    return hashlib.sha256(os.pread(descriptor, end - begin, begin)).hexdigest()


def written_since(path: Path, mark: LogMark) -> LogPartsSinceMark:
    """Find what was written to a log since a mark, also where it was rotated.

    Raises:
        OSError: a file cannot be read.
        MobiusError: it is no regular file.
    """
    now = mark_log(path)
    newest = ((path, 0),) if now.inode else ()
    if not mark.inode and not now.inode:
        return LogPartsSinceMark(parts=(), is_whole=True)
    if mark.inode and _is_same(now, mark):
        if _continues(path, mark):
            return LogPartsSinceMark(parts=((path, mark.size),), is_whole=True)
        return LogPartsSinceMark(parts=newest, is_whole=False)
    rotated = sorted(_rotated(path, mark))
    old = [each for _, each in rotated if mark.inode and _is_same_file(each, mark)]
    later = [each for _, each in rotated if each not in old]
    readable = [(each, 0) for each in later if each.suffix not in _COMPRESSED]
    has_begin = bool(old) or not mark.inode
    is_whole = has_begin and len(readable) == len(later)
    first = tuple((each, mark.size) for each in old)
    return LogPartsSinceMark(parts=(*first, *readable, *newest), is_whole=is_whole)


def _is_same(one: LogMark, other: LogMark) -> bool:
    return (one.device, one.inode) == (other.device, other.inode)


def _is_same_file(path: Path, mark: LogMark) -> bool:
    """Whether a file is the log of a mark; the inode of one that is gone is reused."""
    seen = path.stat()
    same = (seen.st_dev, seen.st_ino) == (mark.device, mark.inode)
    return same and _continues(path, mark)


def _continues(path: Path, mark: LogMark) -> bool:
    """Whether a file was only appended to since the mark; else it was truncated."""
    with open_regular_for_check(path) as file:
        if os.fstat(file.fileno()).st_size < mark.size:
            return False
        return _digest_before(file.fileno(), mark.size) == mark.before


def _rotated(path: Path, mark: LogMark) -> Iterator[tuple[int, Path]]:
    """Files beside a log that it may have been renamed to since the mark.

    Where the log did not exist then, no inode tells them from other files, so only
    names with a number, a date or `old` count.

    Yields the time of each file's last change, in nanoseconds since 1970, and its path.
    """
    whole = path.resolve()
    for each in whole.parent.iterdir():
        if each.name.startswith(whole.name) and each != whole:
            suffix = each.name.removeprefix(whole.name)
            if not mark.inode and not _ROTATED_SUFFIX.match(suffix):
                continue
            seen = each.lstat()
            # What was not written to since holds nothing that was.
            fresh = seen.st_mtime >= mark.at or seen.st_ino == mark.inode
            if stat.S_ISREG(seen.st_mode) and fresh:
                yield seen.st_mtime_ns, each


def encode_marks(marks: Mapping[str, LogMark]) -> bytes:
    """Encode marks, by their logs' filled-in names, as an attempt's file `logs`."""
    return json.dumps(to_builtins(marks)).encode()


def decode_marks(data: bytes) -> Mapping[str, LogMark]:
    """Decode the marks of an attempt's file `logs`.

    Raises:
        MobiusError: the bytes are not marks.
    """
    try:
        return json_as(dict[str, LogMark], data)
    except ValueError as error:
        raise MobiusError(
            f"where its logs ended cannot be read: {malformed_text(error)}"
        ) from error
