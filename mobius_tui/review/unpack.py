"""Reading an exported run, as if somebody had made it to do harm.

The headers are read one by one: the library's own reader obeys extensions of the
format that can name other files, or ask for any amount of memory.
"""

from __future__ import annotations

import gzip
import os
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from mobius_tui.errors import UsageError
from mobius_tui.review.export import FORMAT, NAMES, OF_HERE, ROOT
from mobius_tui.sanitize import line

BLOCK = tarfile.BLOCKSIZE
PIECE = 1 << 20
MOST_BYTES = 16 << 30
"""Bytes that all of its files may have: a run's outputs are limited to 1 GiB a step."""
MOST_FILES = 200_000
NAMES_LIMIT = 4096
"""Bytes of `run/export`."""
_FILE = {tarfile.REGTYPE, tarfile.AREGTYPE}
_KINDS = {
    tarfile.SYMTYPE: "a link",
    tarfile.LNKTYPE: "a link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a pipe",
}
MOST_PADDING = 1 << 20
"""Bytes of zeros after the last member: the format rounds up to 10 KiB."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """What an export says of itself."""

    run: str
    """The run's id."""
    head: str
    """The digest of its journal's last line."""


def unpack(file: IO[bytes], target: Path) -> Names:
    """Write what is in an exported run into an empty folder.

    Args:
        file: the export.
        target: the folder; nothing is written beside it.

    Raises:
        UsageError: it is no export, is damaged, or holds what no run does; what was
            written until then is still there.
        OSError: it cannot be written.
    """
    with gzip.GzipFile(fileobj=file) as stream:
        try:
            return _unpack(stream, target)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise UsageError(f"it is no exported run, or it is damaged: {error}") from (
                error
            )


def _unpack(stream: gzip.GzipFile, target: Path) -> Names:
    names: Names | None = None
    left, count = MOST_BYTES, 0
    for member in _members(stream):
        left, count = left - member.size, count + 1
        if left < 0 or count > MOST_FILES:
            raise UsageError(
                f"it is too large for a run: over {MOST_BYTES >> 30} GiB, or "
                f"over {MOST_FILES} files"
            )
        place = _place(member.name)
        if names is None:
            names = _names(stream, member, place)
        elif not member.isdir():
            _write(stream, member, target, target.joinpath(*place))
    if names is None:
        raise UsageError("it is no exported run: there is nothing in it")
    return names


def _members(stream: gzip.GzipFile) -> Iterator[tarfile.TarInfo]:
    """The headers; after each its content is to be read, to the byte."""
    while any(block := _exactly(stream, BLOCK)):
        try:
            member = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        except (tarfile.HeaderError, UnicodeError) as error:
            raise UsageError(f"it is no exported run: {error}") from error
        if member.type not in _FILE and not member.isdir():
            kind = _KINDS.get(member.type, "what no run holds")
            raise UsageError(f"{line(member.name)} in it is {kind}: refused")
        if member.size < 0 or (member.isdir() and member.size):
            raise UsageError(f"{line(member.name)} in it has no size: refused")
        yield member
        _exactly(stream, -member.size % BLOCK)
    # Only a stream that was read to its end has been held to its checksum.
    if stream.read(MOST_PADDING).strip(b"\0") or stream.read(1):
        raise UsageError("there is more behind its end: refused")


def _exactly(stream: gzip.GzipFile, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise EOFError("it ends too soon")
    return data


def _place(name: str) -> list[str]:
    """Where a member belongs in the run's folder."""
    parts = name.rstrip("/").split("/")
    good = all(p not in ("", ".", "..") and line(p) == p for p in parts)
    if not good or parts[0] != ROOT or len(parts) > 4:
        raise UsageError(f"{line(name)} in it points outside of a run: refused")
    if parts[-1] in OF_HERE:
        raise UsageError(f"{line(name)} in it is of another machine alone: refused")
    return parts[1:]


def _names(stream: gzip.GzipFile, member: tarfile.TarInfo, place: list[str]) -> Names:
    """The first member, which says what run it is."""
    if place != [NAMES] or member.size > NAMES_LIMIT:
        raise UsageError("it is no exported run: it does not begin with its name")
    text = _exactly(stream, member.size).decode("utf-8", "replace")
    first, *rest = text.split("\n")
    said = dict(row.split(" ", 1) for row in rest if " " in row)
    if first != FORMAT or not {"run", "head"} <= said.keys():
        raise UsageError("it is no exported run that this version can read")
    return Names(run=said["run"], head=said["head"])


def _write(
    stream: gzip.GzipFile, member: tarfile.TarInfo, target: Path, path: Path
) -> None:
    """Write a member; no folder on its way has been anything else."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        for folder in reversed(path.relative_to(target).parents):
            (target / folder).mkdir(exist_ok=True, mode=0o700)
        handle = os.open(path, flags, 0o600)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        raise UsageError(f"{line(member.name)} is in it twice: refused") from None
    with os.fdopen(handle, "wb") as file:
        left = member.size
        while left:
            left -= file.write(_exactly(stream, min(left, PIECE)))
