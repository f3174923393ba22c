"""How an attempt ended: what its exit status means, or else what it left behind.

An attempt whose start is journaled and whose end is not, since its host has died or the
machine, is judged by one table, `recovery_verdict`.
"""

from __future__ import annotations

import errno
import os
import signal
from typing import Literal

from msgspec import Struct

from mobius_tui.run.attempts.attempt_files import ScriptEnd, ScriptEndCause
from mobius_tui.run.keeper.disk_full import DISK_FULL_ERRNOS


def script_end_text(
    end: ScriptEnd, cwd: str = "", program: str = "", limit: str = ""
) -> str:
    """Why a script ended, here or on a host, as one line for a person.

    Args:
        end: how it ended.
        cwd: the directory that it was to be in, if it may not have started.
        program: what was to run it, if it may not have started.
        limit: its time limit, as the step has it.
    """
    if end.cause is ScriptEndCause.TIMED_OUT:
        return f"it took longer than {limit}, so it was stopped"
    if end.cause is ScriptEndCause.STOPPED:
        return "stopped"
    if end.cause is ScriptEndCause.NOT_STARTED:
        if end.stage == "chdir":
            return f"the directory {cwd} cannot be entered: {os.strerror(end.errno)}"
        if end.stage == "stopped":
            return "it was stopped before it began"
        if end.stage == "terminal":
            return f"it could not be given a terminal: {os.strerror(end.errno)}"
        if end.stage == "exec" and end.errno == errno.ENOENT:
            return f"there is no program {program!r} on PATH"
        return f"{program} could not be started: {start_error_text(end.errno)}"
    if end.cause is ScriptEndCause.OUTPUT_FULL:
        return "its output reached max_output, so it was stopped"
    if end.cause is ScriptEndCause.OUTPUT_LOST and end.errno in DISK_FULL_ERRNOS:
        return "it was stopped while the disk was full: the end of its output is lost"
    if end.cause is ScriptEndCause.OUTPUT_LOST:
        words = os.strerror(end.errno) if end.errno else "is the disk full?"
        return f"its output could not be written ({words}), so it was stopped"
    return exit_code_text(end.code)


def start_error_text(number: int | None) -> str:
    """Why a process could not be started, with the remedy where it is known.

    Args:
        number: the system's number of the error.
    """
    words = os.strerror(number or 0)
    if number in (errno.EMFILE, errno.ENFILE):
        limit = os.sysconf("SC_OPEN_MAX")
        return f"{words} (`ulimit -n` is {limit}); raise that limit, then resume"
    if number == errno.E2BIG:
        return f"{words}: its variables together are too large for a process"
    return words


def keeper_end_text(code: int | None) -> str:
    """How a keeper that recorded no end ended: `was ended by SIGKILL (killed; …)`.

    Args:
        code: its exit status; `None` where it is not known.
    """
    if not code:
        return "died"
    return (
        f"was ended by {_signal_text(-code)}" if code < 0 else f"failed (exit {code})"
    )


def exit_code_text(code: int) -> str:
    """What an exit status means: `exit 127: a command was not found`."""
    if code < 0:
        return f"ended by {_signal_text(-code)}"
    if code > 128 and code - 128 < signal.NSIG:
        return f"exit {code}: a command was ended by {_signal_text(code - 128)}"
    failed = "the command says that it failed"
    meanings = {
        0: "the command says that it worked",
        2: f"{failed}, often for wrong arguments",
        124: f"{failed}, as `timeout` does when time is up",
        126: "a file was found but is not executable",
        127: "a command was not found",
        255: f"{failed}, as `ssh` does without a connection",
    }
    return f"exit {code}: {meanings.get(code, failed)}"


_SIGNAL_MEANINGS = {
    "SIGHUP": "its terminal went away",
    "SIGINT": "interrupted",
    "SIGQUIT": "it was told to quit",
    "SIGILL": "it crashed",
    "SIGABRT": "it gave itself up",
    "SIGBUS": "it crashed",
    "SIGFPE": "it crashed",
    "SIGKILL": "killed; perhaps memory ran out",
    "SIGSEGV": "it crashed",
    "SIGPIPE": "who read its output went away",
    "SIGTERM": "it was told to end",
    "SIGXCPU": "it reached a limit of processor time",
    "SIGXFSZ": "it reached a limit of file size",
}
"""By signal, what it usually means."""


def _signal_text(number: int) -> str:
    """A signal's name, and what it means: `SIGSEGV (it crashed)`."""
    try:
        name = signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
    return f"{name} ({_SIGNAL_MEANINGS[name]})" if name in _SIGNAL_MEANINGS else name


def restart_text(*, is_machine_known: bool) -> str:
    """What happened where another boot is found than was on record, in words.

    Args:
        is_machine_known: whether it is the same machine; earlier versions did not say.
    """
    if is_machine_known:
        return "the machine was restarted"
    return "the machine was restarted, or it was another one,"


RecoveryVerdict = Literal["running", "as exit says", "not started", "unknown"]
"""What an attempt without a journaled end is."""


class RecoveryEvidence(Struct, frozen=True, kw_only=True):
    """What an attempt left behind whose start is journaled and whose end is not."""

    is_lock_held: bool
    is_same_boot: bool
    """Whether it was started in this boot of the machine."""
    has_valid_exit: bool
    has_pid: bool
    is_taken_over: bool = False
    """Whether the run was taken over since: what it left is a copy of some moment."""
    is_machine_known: bool = True
    """Whether it is known to have been started on this machine."""


def recovery_verdict(evidence: RecoveryEvidence) -> RecoveryVerdict:
    """Decide what the attempt is; each row of the recovery table is one line here."""
    if evidence.is_taken_over:
        return "unknown"
    if evidence.is_lock_held and evidence.is_same_boot:
        return "running"
    if evidence.has_valid_exit:
        return "as exit says"
    if not evidence.is_same_boot:
        return "unknown"
    return "unknown" if evidence.has_pid else "not started"


def recovery_reason(evidence: RecoveryEvidence, keeper_code: int | None = None) -> str:
    """The verdict's reason, for a person.

    Args:
        evidence: what the attempt left.
        keeper_code: its keeper's exit status; `None` where an earlier host started it.
    """
    keeper_end = keeper_end_text(keeper_code)
    match recovery_verdict(evidence):
        case "running":
            return "its keeper lives"
        case "as exit says":
            return "its keeper recorded the end"
        case "not started":
            who = "the host died" if keeper_code is None else f"its keeper {keeper_end}"
            return f"{who} before the script began; nothing of it ran"
        case "unknown" if evidence.is_taken_over:
            return "the run was taken over while it ran; how far it got is not known"
        case "unknown" if not evidence.is_same_boot:
            words = restart_text(is_machine_known=evidence.is_machine_known)
            return f"{words} while it ran; how far it got is not known"
        case _:
            return f"its keeper {keeper_end} while it ran; how far it got is not known"
