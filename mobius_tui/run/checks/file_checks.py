"""The `checksum` and `file` checks.

A hash is compared with a hash: the file that a checksum file names may have moved.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePath

from msgspec import Struct

from mobius_tui.errors import MobiusError
from mobius_tui.run.checks.blocking_io import (
    StopRequested,
    open_regular_for_check,
    run_in_thread,
)
from mobius_tui.run.checks.context import CheckContext, CheckResult, check_result
from mobius_tui.runbook.model.check_kinds import ChecksumCheck, FileCheck
from mobius_tui.runbook.text.units import (
    duration_in_words,
    parse_duration,
    parse_size,
    size_in_words,
)

_CHUNK = 1 << 20
_MAX_CHECKSUM_FILE = 1 << 20
"""Bytes of a checksum file at most; a longer one is refused."""

_PLAIN = re.compile(r"(\\?)([0-9a-fA-F]{64})(?:[ \t]+\*?(.*))?")
_TAGGED = re.compile(r"(\\?)SHA256 ?\((.*)\) ?= ?([0-9a-fA-F]{64})")
_HASH = re.compile(r"[0-9a-fA-F]{64}")
_ESCAPE = re.compile(r"\\([\\nr])")


class ChecksumLine(Struct, frozen=True, kw_only=True):
    """One line of a checksum file."""

    sha256: str
    """In lower-case hexadecimal."""
    name: str
    """The file that it names; empty if none."""


def parse_checksums(text: str) -> tuple[ChecksumLine, ...]:
    r"""The SHA-256 sums of a file made by `sha256sum` or by BSD's `sha256`.

    A line that begins with a backslash has `\\`, `\n` and `\r` in its name; other
    hashes' lines, comments and the like are passed over.
    """
    checksums = []
    for line in text.removeprefix("\ufeff").split("\n"):
        stripped = line.removesuffix("\r").strip(" \t")
        if plain := _PLAIN.fullmatch(stripped):
            escaped, sha256, name = plain[1], plain[2], plain[3] or ""
        elif tagged := _TAGGED.fullmatch(stripped):
            escaped, name, sha256 = tagged[1], tagged[2], tagged[3]
        else:
            continue
        if escaped:
            name = _ESCAPE.sub(lambda m: {"n": "\n", "r": "\r"}.get(m[1], "\\"), name)
        checksums.append(ChecksumLine(sha256=sha256.lower(), name=name))
    return tuple(checksums)


def checksum_of_file(checksums: Iterable[ChecksumLine], file: str) -> str | None:
    """The hash for a file: the only one that there is, or the file's own.

    The only one counts whatever it names. Of several, one that names the path counts
    before one with the same base name; `None` if none names the file, or if it is
    ambiguous.
    """
    of_all = {each.sha256 for each in checksums}
    if len(of_all) == 1:
        return of_all.pop()
    path = PurePath(file)
    named = [(PurePath(each.name), each.sha256) for each in checksums if each.name]
    same = {sha256 for name, sha256 in named if name == path}
    same = same or {sha256 for name, sha256 in named if name.name == path.name}
    return same.pop() if len(same) == 1 else None


def hash_file(path: Path, stop: StopRequested) -> str:
    """The SHA-256 of a regular file, in lower-case hexadecimal.

    Args:
        path: the file.
        stop: asked before each piece; once true, the result is of no use, as it covers
            only what was read.

    Raises:
        OSError: it cannot be read.
        MobiusError: it is no regular file.
    """
    seen = hashlib.sha256()
    with open_regular_for_check(path) as file:
        while (data := file.read(_CHUNK)) and not stop():
            seen.update(data)
    return seen.hexdigest()


async def check_checksum(check: ChecksumCheck, ctx: CheckContext) -> CheckResult:
    """Hash the file once."""
    return await run_in_thread(lambda stop: _compare(check, ctx, stop))


def _compare(
    check: ChecksumCheck, ctx: CheckContext, stop: StopRequested
) -> CheckResult:
    want = (
        _expected_from_file(check, ctx)
        if check.sums is not None
        else check.sha256 or ""
    )
    if not _HASH.fullmatch(want):
        raise MobiusError(f"{want!r} is no SHA-256; it has 64 hexadecimal digits")
    have = hash_file(ctx.path(check.file), stop)
    if have == want.lower():
        return check_result(
            held=True, detail=f"{check.file} has the SHA-256 {have[:12]}…"
        )
    return check_result(
        held=False,
        detail=f"{check.file} has the SHA-256 {have[:12]}…, "
        f"wanted {want[:12].lower()}…",
    )


def _expected_from_file(check: ChecksumCheck, ctx: CheckContext) -> str:
    assert check.sums is not None
    with open_regular_for_check(ctx.path(check.sums)) as file:
        data = file.read(_MAX_CHECKSUM_FILE + 1)
    if len(data) > _MAX_CHECKSUM_FILE:
        raise MobiusError(f"{check.sums} is too long for a file of sums")
    checksums = parse_checksums(data.decode("utf-8", "replace"))
    if not checksums:
        raise MobiusError(f"{check.sums} holds no SHA-256")
    want = checksum_of_file(checksums, check.file)
    if want is None:
        raise MobiusError(
            f"{check.sums} holds {len(checksums)} sums, and not just one for "
            f"{check.file}"
        )
    return want


_MOST_DIFFERENCES = 1000
"""Differences after which the comparison stops."""


class Comparison(Struct, frozen=True, kw_only=True):
    """How two paths differ."""

    files: int
    """Files that were compared."""
    differences: tuple[str, ...]
    """In words, in the order of the names."""


def compare_paths(
    left: Path, right: Path, *, names: tuple[str, str], stop: StopRequested
) -> Comparison:
    """Compare by content; links to folders within folders, by their destinations.

    Args:
        left: a file or folder.
        right: another.
        names: how the two are called in words.
        stop: whether to give up.

    Raises:
        OSError: something cannot be read.
    """
    walk = _PathComparer(names, stop)
    differences: list[str] = []
    for difference in walk.compare(left.resolve(), right.resolve(), ""):
        differences.append(difference)
        if len(differences) == _MOST_DIFFERENCES or stop():
            break
    return Comparison(files=walk.files, differences=tuple(differences))


class _PathComparer:
    """Walks both sides at once."""

    def __init__(self, names: tuple[str, str], stop: StopRequested) -> None:
        self.files = 0
        self._names = names
        self._stop = stop

    def compare(self, left: Path, right: Path, inside: str) -> Iterator[str]:
        """The differences between two paths that are both there."""
        kinds = (_kind(left), _kind(right))
        what = inside or self._names[0]
        if kinds[0] != kinds[1]:
            yield f"{what} is {kinds[0]} here and {kinds[1]} there"
        elif kinds[0] == "a folder":
            yield from self._compare_folders(left, right, inside)
        elif kinds[0] == "a file":
            self.files += 1
            if not self._have_equal_content(left, right):
                yield f"{what} has another content"
        elif kinds[0] == "a link":
            if left.readlink() != right.readlink():
                yield f"{what} leads elsewhere"
        else:
            yield f"{what} is neither a file nor a folder"

    def _compare_folders(self, left: Path, right: Path, inside: str) -> Iterator[str]:
        here = {each.name for each in left.iterdir()}
        there = {each.name for each in right.iterdir()}
        for name in sorted(here | there):
            within = f"{inside}/{name}" if inside else name
            if name not in there:
                yield f"{within} is only in {self._names[0]}"
            elif name not in here:
                yield f"{within} is only in {self._names[1]}"
            else:
                yield from self.compare(left / name, right / name, within)

    def _have_equal_content(self, left: Path, right: Path) -> bool:
        with (
            open_regular_for_check(left) as one,
            open_regular_for_check(right) as other,
        ):
            if os.fstat(one.fileno()).st_size != os.fstat(other.fileno()).st_size:
                return False
            while not self._stop():
                data = one.read(_CHUNK)
                if data != other.read(_CHUNK):
                    return False
                if not data:
                    return True
        raise MobiusError("given up")


def _kind(path: Path) -> str:
    """What a path is; a link to a file counts as that file."""
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        try:
            followed = path.stat()
        except OSError:
            return "a link"
        if not stat.S_ISREG(followed.st_mode):
            return "a link"
        status = followed
    if stat.S_ISDIR(status.st_mode):
        return "a folder"
    return "a file" if stat.S_ISREG(status.st_mode) else "something else"


_MODE = re.compile(r"(?:0o)?0?([0-7]{3,4})")
_DIFFERENCES_SHOWN = 3
"""Differences that are named in a detail."""


async def check_file(check: FileCheck, ctx: CheckContext) -> CheckResult:
    """Make a `file` check once."""
    return await run_in_thread(lambda stop: _check_path(check, ctx, stop))


def _check_path(
    check: FileCheck, ctx: CheckContext, stop: StopRequested
) -> CheckResult:
    path = ctx.path(check.path)
    if check.absent:
        there = os.path.lexists(path)
        detail = "is there, wanted it absent" if there else "is absent"
        return check_result(held=not there, detail=f"{check.path} {detail}")
    try:
        status = path.stat()
    except FileNotFoundError:
        dangling = os.path.lexists(path)
        detail = "is a link that leads nowhere" if dangling else "does not exist"
        return check_result(held=False, detail=f"{check.path} {detail}")
    held = [_kind_of_status(status)]
    judges: tuple[Callable[[], tuple[str, str]], ...] = (
        lambda: _judge_mode(check, status),
        lambda: _judge_size(check, status),
        lambda: _judge_age(check, ctx, status),
        lambda: _judge_content(check, ctx, path, stop),
    )
    for judge in judges:
        good, bad = judge()
        if bad:
            return check_result(held=False, detail=f"{check.path} {bad}")
        if good:
            held.append(good)
    return check_result(held=True, detail=f"{check.path} {', '.join(held)}")


def _kind_of_status(status: os.stat_result) -> str:
    if stat.S_ISDIR(status.st_mode):
        return "is a folder"
    if stat.S_ISREG(status.st_mode):
        return f"is a file of {size_in_words(status.st_size)}"
    return "exists"


def _judge_mode(check: FileCheck, status: os.stat_result) -> tuple[str, str]:
    """The permissions in words, and what is wrong with them, empty if nothing is.

    The other `_judge_` functions return the same of a size, an age and a content.
    """
    if check.mode is None:
        return "", ""
    match = _MODE.fullmatch(check.mode)
    if match is None:
        raise ValueError(f'{check.mode!r} is no mode; write "0755"')
    have, want = stat.S_IMODE(status.st_mode), int(match[1], 8)
    if have == want:
        return f"has mode {have:04o}", ""
    return "", f"has mode {have:04o}, wanted {want:04o}"


def _judge_size(check: FileCheck, status: os.stat_result) -> tuple[str, str]:
    if check.min_size is None:
        return "", ""
    least = parse_size(check.min_size)
    if not stat.S_ISREG(status.st_mode):
        return "", "is no regular file, and so has no size"
    if status.st_size >= least:
        return "", ""
    have = size_in_words(status.st_size)
    return "", f"is a file of {have}, wanted {check.min_size}"


def _judge_age(
    check: FileCheck, ctx: CheckContext, status: os.stat_result
) -> tuple[str, str]:
    if check.newer_than is None:
        return "", ""
    age = max(0.0, time.time() - status.st_mtime)
    try:
        most = parse_duration(check.newer_than)
    except ValueError:
        pass
    else:
        words = f"was changed {duration_in_words(age)} ago"
        return (
            (words, "")
            if age <= most
            else ("", f"{words}, wanted {duration_in_words(most)}")
        )
    try:
        other = ctx.path(check.newer_than).stat()
    except FileNotFoundError:
        return "", f"has nothing to be newer than: {check.newer_than} does not exist"
    if status.st_mtime_ns > other.st_mtime_ns:
        return f"is newer than {check.newer_than}", ""
    older = duration_in_words((other.st_mtime_ns - status.st_mtime_ns) / 1e9)
    return "", f"is not newer than {check.newer_than}, but {older} older"


def _judge_content(
    check: FileCheck, ctx: CheckContext, path: Path, stop: StopRequested
) -> tuple[str, str]:
    if check.same_as is None:
        return "", ""
    other = ctx.path(check.same_as)
    if not other.exists():
        return "", f"has nothing to be the same as: {check.same_as} does not exist"
    comparison = compare_paths(
        path, other, names=(check.path, check.same_as), stop=stop
    )
    if not comparison.differences:
        noun = "file" if comparison.files == 1 else "files"
        return f"is the same as {check.same_as} ({comparison.files} {noun})", ""
    named = "; ".join(comparison.differences[:_DIFFERENCES_SHOWN])
    more = f"; and {len(comparison.differences) - _DIFFERENCES_SHOWN} more"
    return "", (
        f"differs from {check.same_as}: "
        f"{named}{more if len(comparison.differences) > _DIFFERENCES_SHOWN else ''}"
    )
