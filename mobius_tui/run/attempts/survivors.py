"""Processes that an attempt left alive, by their group and by their environment."""

from __future__ import annotations

import os

import psutil

from mobius_tui.run.attempts.attempt_files import read_process_group, read_script_end
from mobius_tui.run.keeper.process_table import process_start_ticks
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.run.storage.run_directory import AttemptDirectory, RunDirectory

ATTEMPT_MARK = "MOBIUS_TUI_ATTEMPT"
"""The environment variable that every process of a step inherits: `RUN/STEP.N`."""


def attempt_mark(directory: RunDirectory, step: str, number: int) -> str:
    """The value of `ATTEMPT_MARK` for an attempt."""
    return f"{directory.id}/{AttemptId(step, number)}"


def find_survivors(directory: AttemptDirectory, mark: str) -> tuple[str, ...]:
    """Living processes of an attempt, as `PID NAME`; blocking.

    They are those of its group, and those that left it and carry the mark or were
    adopted by the keeper.

    Args:
        directory: the attempt's.
        mark: the value of `ATTEMPT_MARK` in their environment.
    """
    group = read_process_group(directory)
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
    """Whether the system has given the id of an attempt's process group to another one.

    The leader then lacks the mark, and began after the script's id was written; both
    must hold, since times alone mislead if the clock was set in between. While members
    of the group live, its id is not reused, even if the leader has ended.
    """
    try:
        leader = psutil.Process(group)
        began, env = leader.create_time(), leader.environ()
        written = directory.pid.lstat().st_mtime
    except (psutil.Error, OSError):
        return False
    return env.get(ATTEMPT_MARK) != mark and began > written + 1.0
