"""Reads a keeper's spec; writes who keeps an attempt, and how its script ended."""

import _signal
import marshal
import os
import sys
import time

from mobius_tui.run.keeper.disk_full import (
    DISK_FULL_ERRNOS,
    is_group_readable,
    retrying_when_full,
    run_waiting_for_space,
    write_at,
)
from mobius_tui.run.keeper.output_writer import OutputWriter
from mobius_tui.run.keeper.process_table import (
    become_subreaper,
    forbid_core_dumps,
    surviving_orphan_lines,
)
from mobius_tui.run.keeper.script_process import PROCESSES_RECORDED, ScriptProcess

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


NO_SPACE_EXIT = 75
"""The keeper's exit code if there was no space to begin, so nothing ran: EX_TEMPFAIL.
"""
RECORD_BYTES = 4096
"""Bytes reserved for the record of the script's end."""


def read_keeper_spec() -> "tuple[int, int, dict[str, Any], int]":
    """Read the keeper's spec from the pipe.

    The descriptors of `lock`, `tree` and the socket come from the command line. Where
    the host ends before it has sent the whole, this process ends, too: nothing has run.
    """
    forbid_core_dumps()
    lock, tree, source, told = (int(text) for text in sys.argv[1:5])
    with os.fdopen(source, "rb") as file:
        try:
            # It comes by a pipe from our own host, and from nobody else.
            return lock, tree, marshal.load(file), told  # nosec B302
        except (EOFError, ValueError, TypeError):
            sys.exit("the host ended before the keeper knew what to run")


def begin_attempt_record(
    lock: int, spec: "dict[str, Any]", stop_requests: "list[int]"
) -> "tuple[int, int, OutputWriter]":
    """Write who keeps the attempt, and reserve space for the record of its end.

    Where there is none, this process ends with `NO_SPACE_EXIT`: nothing has run, and
    the host tries again.

    Args:
        lock: the attempt's lock, held.
        spec: what the host wants of the keeper.
        stop_requests: gets an entry whenever SIGTERM comes.

    Returns:
        The descriptor of the reserved end record; a descriptor that is readable after
        a signal; and the writer of the output.
    """
    _signal.signal(_signal.SIGTERM, lambda *_: stop_requests.append(1))
    become_subreaper()
    try:
        os.write(lock, b"%d\n" % os.getpid())
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        record = os.open(spec["dir"] + "/exit.new", flags, 0o600)
        if is_group_readable(spec["dir"]):
            os.fchmod(record, 0o640)
        for number in write_at(record, b" " * (RECORD_BYTES - 1) + b"\n", 0):
            raise OSError(number, os.strerror(number))
        output = OutputWriter(
            spec["dir"], spec["max_output"], spec["rotate"], spec["ahead"]
        )
    except OSError as error:
        if error.errno in DISK_FULL_ERRNOS:
            sys.exit(NO_SPACE_EXIT)
        raise
    waker, wake = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(waker, False)
    _signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    _signal.signal(_signal.SIGCHLD, lambda *_: None)
    return record, waker, output


def _ended_process_lines(script: ScriptProcess) -> "tuple[str, ...]":
    """The processes that were killed with the script, as lines of a record.

    Their names are in hexadecimal, as they may hold anything.
    """
    names = [
        f"{pid}:{name.hex()}"
        for pid, name in script.killed_processes[:PROCESSES_RECORDED]
    ]
    more = len(script.killed_processes) - PROCESSES_RECORDED
    lines = [f"ended={' '.join(names)}"] if names else []
    return (*lines, f"more_ended={more}") if more > 0 else tuple(lines)


def finish_attempt_record(record: int, script: ScriptProcess, total: int) -> None:
    """Write how the script ended into the reserved record, and rename it to `exit`.

    Waits while the disk is full.

    Args:
        record: the descriptor of `exit.new`; closed here.
        script: the script, which has ended or was not started.
        total: bytes of output that were written.
    """
    status = script.reap() if script.pid else 0
    lines = [f"cause={script.cause}"]
    if script.start_failure is not None:
        what, number = script.start_failure
        lines = ["cause=not started", f"what={what}", f"errno={number}"]
    elif script.output_error:
        lines.append(f"errno={script.output_error}")
    lines += [f"code={os.waitstatus_to_exitcode(status)}", f"bytes={total}"]
    lines += [*_ended_process_lines(script), *surviving_orphan_lines()]
    lines += [f"ns={time.time_ns()}", "end"]
    run_waiting_for_space(write_at(record, "\n".join(lines).encode() + b"\n", 0))
    os.close(record)
    script.secrets.close()
    folder = script.spec["dir"]
    run_waiting_for_space(
        retrying_when_full(os.rename, folder + "/exit.new", folder + "/exit")
    )
