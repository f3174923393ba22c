"""Processes by their command lines: whose they are, and which ones match. By psutil."""

from __future__ import annotations

import os
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import PurePath

import psutil

from mobius_tui.health import patterns

MAX_COMMAND_LINE = 4096
"""Characters of a command line that a pattern sees; a command line can be 2 MB."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Process:
    """One living process."""

    pid: int
    argv: tuple[str, ...]

    @property
    def command_line(self) -> str:
        """Its arguments, joined by spaces and cut to what a pattern sees."""
        return " ".join(self.argv)[:MAX_COMMAND_LINE]


def process(pid: int) -> Process | None:
    """A process; `None` if it is gone, a zombie, a kernel thread or not to be seen."""
    try:
        argv = psutil.Process(pid).cmdline()
    except (psutil.Error, OSError):
        return None
    return Process(pid=pid, argv=tuple(argv)) if any(argv) else None


def everything() -> Iterator[Process]:
    """Every process that can be seen."""
    for pid in psutil.pids():
        found = process(pid)
        if found is not None:
            yield found


def is_ours(argv: tuple[str, ...]) -> bool:
    """Whether a command line runs this program: a viewer, a host or a keeper."""
    if not argv:
        return False
    program = PurePath(argv[0]).name
    if program == "mobius-tui":
        return True
    if not program.lower().startswith("python"):
        return False
    words = iter(argv[1:])
    for word in words:
        if word == "-m":
            return next(words, "").split(".")[0] == "mobius_tui"
        if word in ("-X", "-W"):
            next(words, "")
        elif not word.startswith("-"):
            script = PurePath(word)
            return script.name == "mobius-tui" or "mobius_tui" in script.parts
    return False


def group_of(pid: int) -> int | None:
    """The process group of a process; `None` if it is gone."""
    try:
        return os.getpgid(pid)
    except OSError:
        return None


def counts(pid: int, groups: AbstractSet[int]) -> bool:
    """Whether a process lives, in none of some process groups."""
    group = group_of(pid)
    return group is not None and group not in groups


def family(pids: AbstractSet[int]) -> frozenset[int]:
    """Processes, and their ancestors within the same session."""
    found: set[int] = set()
    for pid in pids:
        each: int | None = pid
        while each is not None and each > 1 and each not in found:
            found.add(each)
            each = _parent_in_session(each)
    return frozenset(found)


def _parent_in_session(pid: int) -> int | None:
    try:
        parent = psutil.Process(pid).ppid()
        return parent if parent and os.getsid(parent) == os.getsid(pid) else None
    except (psutil.Error, OSError):
        return None


def matching(
    pattern: str,
    *,
    groups: AbstractSet[int] = frozenset(),
    own: AbstractSet[int] = frozenset(),
) -> tuple[Process, ...]:
    """The processes whose command line a pattern finds, without this program's own.

    Args:
        pattern: searched for in the command line.
        groups: process groups whose members do not count.
        own: processes that do not count, with their ancestors in their session.

    Raises:
        TooSlowError: the pattern takes too long.
    """
    seen = tuple(everything())
    hits = patterns.found(pattern, [each.command_line for each in seen])
    ours = {each.pid for each in seen if is_ours(each.argv)}
    excluded = family(ours | own | {os.getpid()})
    return tuple(
        each
        for each, is_hit in zip(seen, hits, strict=True)
        if each.pid not in excluded and is_hit and counts(each.pid, groups)
    )
