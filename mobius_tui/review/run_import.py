"""Imports an exported run: unpacks it as hostile data, verifies it, or refuses it."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import tomli_w
from msgspec import Struct

from mobius_tui import sanitize
from mobius_tui.errors import MobiusError, RunError, UsageError
from mobius_tui.folders import sync_folder
from mobius_tui.review import run_reader
from mobius_tui.review.run_export import (
    EXPORT_FORMAT,
    EXPORT_ROOT,
    MACHINE_ONLY,
    MANIFEST_NAME,
    is_of_run,
)
from mobius_tui.run.records.verification import run_problems
from mobius_tui.run.storage.run_directory import RunDirectory, create_file
from mobius_tui.run.storage.run_index import is_run_id
from mobius_tui.run.storage.safe_open import open_regular
from mobius_tui.run.storage.state_folders import make_private_folder
from mobius_tui.runbook.text.units import size_in_words
from mobius_tui.sanitize import line

TAR_BLOCK_BYTES = tarfile.BLOCKSIZE
CHUNK = 1 << 20
MAX_TOTAL_BYTES = 16 << 30
"""Bytes that all of its files may have: a run's outputs are limited to 1 GiB a step."""
MAX_FILES = 200_000
MAX_MANIFEST_BYTES = 4096
"""Bytes of `run/export`."""
_FILE = {tarfile.REGTYPE, tarfile.AREGTYPE}
_KINDS = {
    tarfile.SYMTYPE: "a link",
    tarfile.LNKTYPE: "a link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a pipe",
    tarfile.DIRTYPE: "a folder, which no export writes",
}
MAX_PATH_PARTS = 7
"""Parts of the longest path: `run/steps/ID.N/plays/N/process/output`."""
MAX_NAME_BYTES = 4096
"""Bytes of a header that holds a name."""
_NAME = re.compile(rb"([0-9]{1,4}) path=([^\n]+)\n")
MAX_PADDING = 1 << 20
"""Bytes of zeros after the last member: the format rounds up to 10 KiB."""


class ExportManifest(Struct, frozen=True, kw_only=True):
    """What the first member of an export says."""

    run: str
    """The run's id."""
    head: str
    """The digest of its journal's last line."""


def inspect_export(file: IO[bytes]) -> ExportManifest:
    """Check an exported run to its end, without writing anything.

    Args:
        file: the export, at its beginning.

    Returns:
        Its manifest.

    Raises:
        UsageError: it is no export, is damaged, or holds what no export writes; names
            the member.
    """
    with _open_gzip(file) as stream:
        found = _read_manifest(stream)
        for member, _ in _checked_members(stream):
            _skip_content(stream, member.size)
    return found


def unpack_export(file: IO[bytes], target: Path) -> None:
    """Write what is in an exported run into an empty folder.

    Args:
        file: the export, at its beginning; checked by `inspect_export` before.
        target: the folder; nothing is written beside it.

    Raises:
        UsageError: it has changed since; what was written until then is still there.
        OSError: it cannot be written.
    """
    with _open_gzip(file) as stream:
        _read_manifest(stream)
        for member, parts in _checked_members(stream):
            _write_member(stream, member, target, target.joinpath(*parts))


@contextmanager
def _open_gzip(file: IO[bytes]) -> Iterator[gzip.GzipFile]:
    with gzip.GzipFile(fileobj=file) as stream:
        try:
            yield stream
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise UsageError(f"it is no exported run, or it is damaged: {error}") from (
                error
            )


def _checked_members(
    stream: gzip.GzipFile,
) -> Iterator[tuple[tarfile.TarInfo, list[str]]]:
    """The members after the first, each checked, with the parts of its relative path.

    The caller reads the content of each, to the byte, before the next.
    """
    remaining, seen = MAX_TOTAL_BYTES, set()
    for member in _members(stream):
        name = line(member.name)
        parts = _relative_parts(member.name)
        if not is_of_run(parts):
            raise UsageError(f"{name} in it is nothing that an export writes: refused")
        if member.name in seen:
            raise UsageError(f"{name} is in it twice: refused")
        seen.add(member.name)
        remaining -= member.size
        if remaining < 0 or len(seen) > MAX_FILES:
            raise UsageError(
                f"it is too large for a run: with {name} it has over "
                f"{size_in_words(MAX_TOTAL_BYTES)}, or over {MAX_FILES} files"
            )
        yield member, parts


def _skip_content(stream: gzip.GzipFile, size: int) -> None:
    while size:
        size -= len(_read_exactly(stream, min(size, CHUNK)))


def _members(stream: gzip.GzipFile) -> Iterator[tarfile.TarInfo]:
    """The headers; the caller reads the content of each, to the byte."""
    while any(block := _read_exactly(stream, TAR_BLOCK_BYTES)):
        member = _header(block)
        if member.type == tarfile.XHDTYPE:
            name = _long_name(stream, member.size)
            member = _header(_read_exactly(stream, TAR_BLOCK_BYTES))
            member.name = name
        if member.type not in _FILE:
            kind = _KINDS.get(member.type, "what no run holds")
            raise UsageError(f"{line(member.name)} in it is {kind}: refused")
        if member.size < 0:
            raise UsageError(f"{line(member.name)} in it has no size: refused")
        yield member
        _read_exactly(stream, -member.size % TAR_BLOCK_BYTES)
    # Only a stream that was read to its end has been held to its checksum.
    if stream.read(MAX_PADDING).strip(b"\0") or stream.read(1):
        raise UsageError("there is more behind its end: refused")


def _header(block: bytes) -> tarfile.TarInfo:
    try:
        return tarfile.TarInfo.frombuf(block, "utf-8", "strict")
    except (tarfile.HeaderError, UnicodeError) as error:
        raise UsageError(f"it is no exported run: {error}") from error


def _long_name(stream: gzip.GzipFile, size: int) -> str:
    """The name of the next member, from the header before it, which has no more."""
    if not 0 < size <= MAX_NAME_BYTES:
        raise UsageError("a name in it is too long: refused")
    data = _read_exactly(stream, size)
    _read_exactly(stream, -size % TAR_BLOCK_BYTES)
    found = _NAME.fullmatch(data)
    if found is None or int(found[1]) != size:
        raise UsageError("a header in it says more than a name: refused")
    try:
        return found[2].decode()
    except UnicodeError as error:
        raise UsageError(f"it is no exported run: {error}") from error


def _read_exactly(stream: gzip.GzipFile, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise EOFError("it ends too soon")
    return data


def _relative_parts(name: str) -> list[str]:
    """The parts of the path of a member, relative to the folder of the run."""
    parts = name.rstrip("/").split("/")
    good = all(p not in ("", ".", "..") and line(p) == p for p in parts)
    if not good or parts[0] != EXPORT_ROOT or len(parts) > MAX_PATH_PARTS:
        raise UsageError(f"{line(name)} in it points outside of a run: refused")
    if parts[-1] in MACHINE_ONLY:
        raise UsageError(f"{line(name)} in it is of another machine alone: refused")
    return parts[1:]


def _read_manifest(stream: gzip.GzipFile) -> ExportManifest:
    """Read the first member, which names the run and its head."""
    member = next(_members(stream), None)
    if member is None:
        raise UsageError("it is no exported run: there is nothing in it")
    if (
        _relative_parts(member.name) != [MANIFEST_NAME]
        or member.size > MAX_MANIFEST_BYTES
    ):
        raise UsageError("it is no exported run: it does not begin with its name")
    text = _read_exactly(stream, member.size).decode("utf-8", "replace")
    _read_exactly(stream, -member.size % TAR_BLOCK_BYTES)
    first, *rest = text.split("\n")
    fields = dict(row.split(" ", 1) for row in rest if " " in row)
    if first != EXPORT_FORMAT or not {"run", "head"} <= fields.keys():
        raise UsageError("it is no exported run that this version can read")
    return ExportManifest(run=fields["run"], head=fields["head"])


def _write_member(
    stream: gzip.GzipFile, member: tarfile.TarInfo, target: Path, path: Path
) -> None:
    """Write a member; refuses a path through anything but new folders."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        for folder in reversed(path.relative_to(target).parents):
            (target / folder).mkdir(exist_ok=True, mode=0o700)
        handle = os.open(path, flags, 0o600)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        raise UsageError(f"{line(member.name)} is in it twice: refused") from None
    with os.fdopen(handle, "wb") as file:
        remaining = member.size
        while remaining:
            remaining -= file.write(_read_exactly(stream, min(remaining, CHUNK)))


def import_run(file: Path, root: Path, *, head: str | None, now: float) -> RunDirectory:
    """Import a run.

    It is checked to its end before anything is written. Then it is unpacked beside the
    other runs under a name that none has, verified there, and given its own name only
    then. It is marked, so that no host ever runs it.

    Args:
        file: what `export` wrote.
        root: the folder of all runs.
        head: the head of the journal, as the sender gave it by another way; `None` to
            compare with the export's own alone.
        now: seconds since 1970.

    Raises:
        UsageError: it is no export, holds what no run does, or is here already; or a
            file cannot be read or written.
        RunError: it is not as it was written, or `root` cannot be this user's private
            folder.
    """
    try:
        with open_regular(file) as source:
            digest = hashlib.file_digest(source, "sha256").hexdigest()
            source.seek(0)
            manifest = inspect_export(source)
            source.seek(0)
            make_private_folder(root)
            folder = Path(tempfile.mkdtemp(prefix=".importing-", dir=root))
            try:
                unpack_export(source, folder)
                return _verify_and_store(
                    folder, manifest, root, head=head, digest=digest, now=now
                )
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    except UsageError as error:
        raise UsageError(f"{file}: {error}") from error
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror or error}") from error


def _verify_and_store(
    folder: Path,
    manifest: ExportManifest,
    root: Path,
    *,
    head: str | None,
    digest: str,
    now: float,
) -> RunDirectory:
    if not is_run_id(manifest.run):
        raise UsageError("it names no run: refused")
    stored = RunDirectory(root / manifest.run)
    if stored.path.exists() or stored.path.is_symlink():
        raise UsageError(f"{manifest.run} is here already; nothing is overwritten")
    unpacked = RunDirectory(folder)
    for required in (unpacked.runbook, unpacked.steps):
        required.mkdir(exist_ok=True, mode=0o700)
    problems = tuple(_differences(unpacked, manifest, head))
    if problems:
        raise RunError("it is not as it was written: " + "; ".join(problems[:5]))
    marker = {
        "imported": datetime.fromtimestamp(now, UTC),
        "file_sha256": digest,
        "head": manifest.head,
    }
    create_file(unpacked.imported, tomli_w.dumps(marker).encode())
    folder.rename(stored.path)
    sync_folder(root)
    return stored


def _differences(
    directory: RunDirectory, manifest: ExportManifest, head: str | None
) -> Iterator[str]:
    """In what ways the unpacked run differs from what was written."""
    run = run_reader.read_run(directory)
    yield from run.problems
    if run.problems:
        return
    if run.began is None:
        yield "it never began"
        return
    if run.began.run != manifest.run:
        yield f"its journal is of another run, {run.began.run}"
    if run.head != manifest.head:
        yield "its journal does not end with the head that it names"
    known = {directory.runbook / each.name for each in run.runbook.texts}
    known |= {directory.files / each.base_name for each in run.runbook.files}
    for path in directory.source_files():
        if path not in known:
            found = f"{path.parent.name}/{sanitize.line(path.name)}"
            yield f"{found} is no part of its runbook"
    try:
        yield from run_problems(directory, head)
    except (MobiusError, ValueError, TypeError, AttributeError) as error:
        yield f"it cannot be verified: {error}"
