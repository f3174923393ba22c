"""Ends what is left of an `ansible-playbook` that was stopped or killed.

Its workers start sessions of their own (ansible-core 2.19), so they do not get signals
to its process group, and outlive it when it is killed. They are found by the attempt's
mark and by the play's file `tree`, which no other process has open. What they began on
this machine is in their sessions, and is ended as well; what left these on purpose (the
shared connection of ssh, a service) is not.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress

import psutil

from mobius_tui.run.attempts.survivors import ATTEMPT_MARK
from mobius_tui.run.storage.run_directory import AttemptDirectory

_LOOK = 0.02
"""Seconds between two polls whether a process has ended."""
_ROUNDS = 5
"""How often processes that are left are killed, at most."""


def workers_of(process: AttemptDirectory, mark: str) -> list[psutil.Process]:
    """`ansible-playbook` and its workers, as far as they live; blocking.

    Args:
        process: what the play's keeper writes.
        mark: the value of `ATTEMPT_MARK` in their environment.
    """
    tree = str(process.tree.resolve())
    found = []
    for each in _marked(mark):
        with suppress(psutil.Error, OSError):
            if any(opened.path == tree for opened in each.open_files()):
                found.append(each)
    return found


def is_ansible_alive(pid: int, mark: str) -> bool:
    """Whether a process of an attempt is still running.

    Args:
        pid: its process id, as the process itself wrote it down.
        mark: the value of `ATTEMPT_MARK` in its environment.
    """
    try:
        process = psutil.Process(pid)
        return _lives(process) and process.environ().get(ATTEMPT_MARK) == mark
    except (psutil.Error, OSError):
        return False


def end_workers(process: AttemptDirectory, mark: str, grace: float) -> None:
    """End the workers and what they began here; blocking, for as long as it takes.

    Args:
        process: what the play's keeper writes.
        mark: the value of `ATTEMPT_MARK` in their environment.
        grace: seconds between SIGTERM and SIGKILL.
    """
    sessions = {_session(each) for each in workers_of(process, mark)} - {0}
    members = _members(sessions, mark)
    for each in members:
        with suppress(psutil.Error):
            each.terminate()
    _wait_for_end(members, grace)
    for _ in range(_ROUNDS):  # one may have begun another just before it was ended
        members = _members(sessions, mark)
        for each in members:
            with suppress(psutil.Error):
                each.kill()
        _wait_for_end(members, grace)
        if not members:
            return


def _members(sessions: set[int], mark: str) -> list[psutil.Process]:
    """The living processes of some sessions of an attempt."""
    marked = _marked(mark) if sessions else ()
    return [each for each in marked if _session(each) in sessions and _lives(each)]


def _wait_for_end(processes: list[psutil.Process], seconds: float) -> None:
    """Wait until none of them lives, or for a while; blocking.

    Whoever adopts what a killed process leaves may not reap it: such a one is dead.
    """
    due = time.monotonic() + seconds
    while any(map(_lives, processes)) and time.monotonic() < due:
        time.sleep(_LOOK)


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _marked(mark: str) -> Iterator[psutil.Process]:
    """The living processes of an attempt that this user may look at."""
    for each in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if each.environ().get(ATTEMPT_MARK) == mark:
                yield each


def _session(process: psutil.Process) -> int:
    """The session of a process; 0 where it has gone."""
    try:
        return os.getsid(process.pid)
    except OSError:
        return 0
