"""How a runbook's files were edited since a run was begun with a copy of them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

from mobius_tui.run.events.run_events import RunBegan
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.runbook.library.own_runbooks import editable_file
from mobius_tui.runbook.toml.runbook_source import RefusedError, read_bytes

SourceStamp: TypeAlias = tuple[tuple[int, int], ...]
MAX_COMPARED_LINES = 5000
"""Lines of a file that are compared at most; longer ones take seconds."""


def edited_source(began: RunBegan) -> Path:
    """The file to compare a run's copy with: its runbook, or the user's copy of that.

    The user's own copy counts where the runbook itself is read-only.
    """
    return editable_file(Path(began.path))


def source_edits(directory: RunDirectory, began: RunBegan) -> tuple[str, ...]:
    """The edits since a run began, as the lines of a unified diff.

    Args:
        directory: the run's.
        began: how it began.
    """
    if not began.path:
        return ()
    lines: list[str] = []
    for then, now in _file_pairs(directory, began):
        lines += _diff_lines(then, now)
    return tuple(lines)


def source_stamp(directory: RunDirectory, began: RunBegan) -> SourceStamp | None:
    """A stamp of the source files that changes when one may have been edited.

    Args:
        directory: the run's.
        began: how it began.

    Returns:
        Size in bytes and time of change in nanoseconds of each file; `None` where one
        is not there, or the run does not say where its runbook was.
    """
    if not began.path:
        return None
    try:
        stats = [now.stat() for _, now in _file_pairs(directory, began)]
    except OSError:
        return None
    return tuple((each.st_size, each.st_mtime_ns) for each in stats)


def _file_pairs(
    directory: RunDirectory, began: RunBegan
) -> Iterator[tuple[Path, Path]]:
    """The run's copy of each file, and the file as a person edits it."""
    main = edited_source(began)
    names = sorted(path.name for path in directory.runbook.glob("*.toml"))
    names.sort(key=lambda name: name != began.file)
    for name in names:
        now = main if name == began.file else main.with_name(name)
        yield directory.runbook / name, now
    for name in began.files or ():
        yield directory.files / name.rpartition("/")[2], main.parent / name


def _diff_lines(then: Path, now: Path) -> list[str]:
    before, after = _read(then), _read(now)
    if before is None or before == after:
        return []
    if after is None:
        return [f"--- {then.name}, as this run has it", f"+++ {now} is not there now"]
    old, new = _lines(before), _lines(after)
    if max(len(old), len(new)) > MAX_COMPARED_LINES:
        return [f"{now} differs: {len(old)} lines in this run, {len(new)} now"]
    names = (f"{then.name}, as this run has it", f"{now}, as it is now")
    return list(difflib.unified_diff(old, new, *names, lineterm=""))


def _read(path: Path) -> bytes | None:
    try:
        return read_bytes(path)
    except RefusedError:
        return None


def _lines(data: bytes) -> list[str]:
    return data.decode("utf-8", errors="replace").split("\n")
