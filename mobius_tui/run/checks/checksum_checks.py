"""The `checksum` check: a file has the SHA-256 that it should have.

A hash is compared with a hash: the file that a checksum file names may have moved.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath

from mobius_tui.errors import MobiusError
from mobius_tui.run.checks.blocking_io import (
    StopRequested,
    open_regular_for_check,
    run_in_thread,
)
from mobius_tui.run.checks.context import CheckContext, CheckResult, check_result
from mobius_tui.runbook.model.check_kinds import ChecksumCheck

_CHUNK = 1 << 20
_MAX_CHECKSUM_FILE = 1 << 20
"""Bytes of a checksum file at most; a longer one is refused."""

_PLAIN = re.compile(r"(\\?)([0-9a-fA-F]{64})(?:[ \t]+\*?(.*))?")
_TAGGED = re.compile(r"(\\?)SHA256 ?\((.*)\) ?= ?([0-9a-fA-F]{64})")
_HASH = re.compile(r"[0-9a-fA-F]{64}")
_ESCAPE = re.compile(r"\\([\\nr])")


@dataclass(frozen=True, kw_only=True, slots=True)
class ChecksumLine:
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
    """The hash for a file: the only one there is, whatever it names, or the file's own.

    Of several, one that names the path counts before one with the same base name;
    `None` if it is ambiguous.
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
