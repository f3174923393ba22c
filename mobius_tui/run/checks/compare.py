"""Comparing two files, or two folders with all that is below them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mobius_tui.errors import MobiusError
from mobius_tui.run.checks.regular import opened
from mobius_tui.run.checks.threads import Asked

_CHUNK = 1 << 20
_MANY = 1000
"""Differences after which looking for more would tell nobody anything."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """What two paths have in common, and what not."""

    files: int
    """Files that were compared."""
    differences: tuple[str, ...]
    """In words, in the order of the names."""


def differences(
    left: Path, right: Path, *, names: tuple[str, str], stop: Asked
) -> Comparison:
    """Compare by content; in folders, links to folders by where they lead.

    Args:
        left: a file or folder.
        right: another.
        names: how the two are called in words.
        stop: whether to give up.

    Raises:
        OSError: something cannot be read.
    """
    walk = _Walk(names, stop)
    found: list[str] = []
    for difference in walk.compare(left.resolve(), right.resolve(), ""):
        found.append(difference)
        if len(found) == _MANY or stop():
            break
    return Comparison(files=walk.files, differences=tuple(found))


class _Walk:
    """Goes through both sides at once."""

    def __init__(self, names: tuple[str, str], stop: Asked) -> None:
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
            yield from self._folders(left, right, inside)
        elif kinds[0] == "a file":
            self.files += 1
            if not self._equal(left, right):
                yield f"{what} has another content"
        elif kinds[0] == "a link":
            if left.readlink() != right.readlink():
                yield f"{what} leads elsewhere"
        else:
            yield f"{what} is neither a file nor a folder"

    def _folders(self, left: Path, right: Path, inside: str) -> Iterator[str]:
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

    def _equal(self, left: Path, right: Path) -> bool:
        with opened(left) as one, opened(right) as other:
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
