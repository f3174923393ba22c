"""Processes that an attempt left alive, by their group and by their environment."""

from __future__ import annotations

import os

import psutil

from mobius_tui.run.attempts.attempt_files import read_pid, read_script_end
from mobius_tui.run.keeper.process_table import process_start_ticks
from mobius_tui.run.storage.run_directory import AttemptDirectory, RunDirectory

ATTEMPT_MARK = "MOBIUS_TUI_ATTEMPT"
"""The environment variable that every process of a step inherits: `RUN/STEP.N`."""


def attempt_mark(directory: RunDirectory, step: str, number: int) -> str:
    """What an attempt's processes carry in their environment."""
    return f"{directory.id}/{step}.{number}"


def find_survivors(directory: AttemptDirectory, mark: str) -> tuple[str, ...]:
    """Living processes of an attempt, named: its group, and those that left it.

    Those that left it carry the mark, or were taken in by the keeper.

    Args:
        directory: the attempt's.
        mark: the value of `MARK` in their environment.
    """
    group = read_pid(directory)
    if group and _is_reused_group(group, directory, mark):
        group = None
    end = read_script_end(directory)
    orphans = end.survivors if end is not None else {}
    names = []
    for process in psutil.process_iter():
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            is_its = bool(group) and os.getpgid(process.pid) == group
            if process.pid in orphans:
                is_its = (
                    is_its or process_start_ticks(process.pid) == orphans[process.pid]
                )
            if is_its or process.environ().get(ATTEMPT_MARK) == mark:
                name = " ".join(process.cmdline())[:80] or process.name()
                names.append(f"{process.pid} {name}")
        except (psutil.Error, OSError):
            continue
    if end is not None and end.unnamed_survivors:
        names.append(f"{end.unnamed_survivors} more")
    return tuple(names)


def _is_reused_group(group: int, directory: AttemptDirectory, mark: str) -> bool:
    """Whether the number of an attempt's group has been given to another since.

    Its leader then lacks the mark, and began after the script had written its number. A
    clock that was set in between decides nothing: both must be so. Where the leader is
    gone, what is left of its group keeps the number from being given away.
    """
    try:
        leader = psutil.Process(group)
        began, env = leader.create_time(), leader.environ()
        written = directory.pid.lstat().st_mtime
    except (psutil.Error, OSError):
        return False
    return env.get(ATTEMPT_MARK) != mark and began > written + 1.0
