"""A program: runs another one until it ends, or until its caller has gone.

It is given the program and its arguments, and on stdin a pipe that nobody writes to:
when that ends, the caller has gone, killed or not, or wants no more, and the program's
process group is killed. It imports next to nothing.
"""

from __future__ import annotations

import os
import select
import signal
import sys
from types import FrameType

PROGRAM_NOT_FOUND_EXIT = 127
"""The exit code where there is no such program, as shells have it."""


def _start(argv: list[str]) -> int:
    """Start a program in a session of its own; its process id."""
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        os.execvp(argv[0], argv)
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(PROGRAM_NOT_FOUND_EXIT)


def _kill_group(pid: int) -> None:
    """Kill a program with its group; before it has one, the program alone."""
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except OSError:
            continue
        return


def _ended(pid: int) -> tuple[bool, int | None]:
    """Whether a child has ended, and its status where that cannot be seen unreaped."""
    if hasattr(os, "waitid"):
        flags = os.WEXITED | os.WNOWAIT | os.WNOHANG
        return os.waitid(os.P_PID, pid, flags) is not None, None
    reaped, status = os.waitpid(pid, os.WNOHANG)
    return bool(reaped), status if reaped else None


def _wake(_number: int, _frame: FrameType | None) -> None:
    """Only the wakeup descriptor is of use."""


def main(argv: list[str]) -> int:
    """Run a program.

    Returns:
        Its exit code; 128 and the number of the signal that ended it.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, _wake)
    pid = _start(argv)
    ended, status = False, None
    while not ended:
        ready, _, _ = select.select([0, reading], [], [])
        if reading in ready and signal.SIGTERM in os.read(reading, 64):
            ready.append(0)
        ended, status = (True, None) if 0 in ready else _ended(pid)
    # As long as it is not reaped, its number is nobody else's.
    if status is None:
        _kill_group(pid)
        status = os.waitpid(pid, 0)[1]
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
