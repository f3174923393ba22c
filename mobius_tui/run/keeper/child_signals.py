"""Signals to a child of ours and to its group: never to whoever has its number now."""

import os
from contextlib import suppress


def is_unreaped_child(pid: int) -> bool:
    """Whether a number is still that of a child of this process.

    It is, until the child is reaped, also where it has ended. Where a system cannot say
    so, the number is taken for the child's.
    """
    if not hasattr(os, "waitid"):
        return True
    try:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)
    except ChildProcessError:
        return False
    return True


def signal_child(pid: int, number: int) -> None:
    """Send a signal to a child, unless it was reaped."""
    if is_unreaped_child(pid):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def signal_group(leader: int, number: int) -> None:
    """Send a signal to the group of a child that leads one, or has led it.

    While a group has a member, its number is given to nobody new. So where the child
    was reaped, and somebody has its number, the group has ended.

    Args:
        leader: the number of the child, and so of its group.
        number: of the signal.
    """
    if is_unreaped_child(leader) or not _is_there(leader):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, number)


def _is_there(pid: int) -> bool:
    """Whether any process has a number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
