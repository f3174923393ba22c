"""`file`: a path exists, or does not, and is as it should be."""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Callable
from pathlib import Path

from mobius_tui.run.checks.compare import differences
from mobius_tui.run.checks.context import Context, Sight, saw
from mobius_tui.run.checks.threads import Asked, in_thread
from mobius_tui.runbook.model_check import FileCheck
from mobius_tui.runbook.units import bytes_in_words, in_words, seconds, size

_MODE = re.compile(r"(?:0o)?0?([0-7]{3,4})")
_NAMED = 3
"""Differences that are named in a detail."""


async def look(check: FileCheck, ctx: Context) -> Sight:
    """Look at the path once."""
    return await in_thread(lambda stop: _look(check, ctx, stop))


def _look(check: FileCheck, ctx: Context, stop: Asked) -> Sight:
    path = ctx.path(check.path)
    if check.absent:
        there = os.path.lexists(path)
        said = "is there, wanted it absent" if there else "is absent"
        return saw(held=not there, detail=f"{check.path} {said}")
    try:
        status = path.stat()
    except FileNotFoundError:
        dangling = os.path.lexists(path)
        said = "is a link that leads nowhere" if dangling else "does not exist"
        return saw(held=False, detail=f"{check.path} {said}")
    held = [_kind(status)]
    judges: tuple[Callable[[], tuple[str, str]], ...] = (
        lambda: _mode(check, status),
        lambda: _size(check, status),
        lambda: _newer(check, ctx, status),
        lambda: _same(check, ctx, path, stop),
    )
    for judge in judges:
        good, bad = judge()
        if bad:
            return saw(held=False, detail=f"{check.path} {bad}")
        if good:
            held.append(good)
    return saw(held=True, detail=f"{check.path} {', '.join(held)}")


def _kind(status: os.stat_result) -> str:
    if stat.S_ISDIR(status.st_mode):
        return "is a folder"
    if stat.S_ISREG(status.st_mode):
        return f"is a file of {bytes_in_words(status.st_size)}"
    return "exists"


def _mode(check: FileCheck, status: os.stat_result) -> tuple[str, str]:
    """What is right and what is wrong about its permissions; so for the others."""
    if check.mode is None:
        return "", ""
    found = _MODE.fullmatch(check.mode)
    if found is None:
        raise ValueError(f'{check.mode!r} is no mode; write "0755"')
    have, want = stat.S_IMODE(status.st_mode), int(found[1], 8)
    if have == want:
        return f"has mode {have:04o}", ""
    return "", f"has mode {have:04o}, wanted {want:04o}"


def _size(check: FileCheck, status: os.stat_result) -> tuple[str, str]:
    if check.min_size is None:
        return "", ""
    least = size(check.min_size)
    if not stat.S_ISREG(status.st_mode):
        return "", "is no regular file, and so has no size"
    if status.st_size >= least:
        return "", ""
    have = bytes_in_words(status.st_size)
    return "", f"is a file of {have}, wanted {check.min_size}"


def _newer(check: FileCheck, ctx: Context, status: os.stat_result) -> tuple[str, str]:
    if check.newer_than is None:
        return "", ""
    age = max(0.0, time.time() - status.st_mtime)
    try:
        most = seconds(check.newer_than)
    except ValueError:
        pass
    else:
        words = f"was changed {in_words(age)} ago"
        return (words, "") if age <= most else ("", f"{words}, wanted {in_words(most)}")
    try:
        other = ctx.path(check.newer_than).stat()
    except FileNotFoundError:
        return "", f"has nothing to be newer than: {check.newer_than} does not exist"
    if status.st_mtime_ns > other.st_mtime_ns:
        return f"is newer than {check.newer_than}", ""
    older = in_words((other.st_mtime_ns - status.st_mtime_ns) / 1e9)
    return "", f"is not newer than {check.newer_than}, but {older} older"


def _same(check: FileCheck, ctx: Context, path: Path, stop: Asked) -> tuple[str, str]:
    if check.same_as is None:
        return "", ""
    other = ctx.path(check.same_as)
    if not other.exists():
        return "", f"has nothing to be the same as: {check.same_as} does not exist"
    found = differences(path, other, names=(check.path, check.same_as), stop=stop)
    if not found.differences:
        noun = "file" if found.files == 1 else "files"
        return f"is the same as {check.same_as} ({found.files} {noun})", ""
    named = "; ".join(found.differences[:_NAMED])
    more = f"; and {len(found.differences) - _NAMED} more"
    return "", (
        f"differs from {check.same_as}: "
        f"{named}{more if len(found.differences) > _NAMED else ''}"
    )
