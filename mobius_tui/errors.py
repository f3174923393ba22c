"""The one error of the program, and its exit codes.

Every message says what is wrong, where, and what to do about it. The command line
prints it on stderr and exits with `exit_code`; nothing else decides exit codes.
"""

OK = 0
FAILED = 1
USAGE = 2
STOPPED = 3
INCOMPLETE = 4
FAULT = 70  # as sysexits.h numbers a fault of the program's own
INTERRUPTED = 130

OUTCOMES = {
    "completed": OK,
    "failed": FAILED,
    "abandoned": STOPPED,
    "incomplete": INCOMPLETE,
}
"""What each outcome of a run exits with."""


class MobiusError(Exception):
    """What went wrong, where, and the remedy, in words for the person at the keys."""

    exit_code = FAILED


class UsageError(MobiusError):
    """The command line asks for something that cannot be."""

    exit_code = USAGE


class RunbookError(MobiusError):
    """A runbook that cannot be read; `str()` is the whole report, all errors of it."""

    exit_code = USAGE


class RunError(MobiusError):
    """A run directory, host or journal that is not what it should be."""

    exit_code = INCOMPLETE


class StateError(MobiusError):
    """An event that may not follow in the state that a run is in; names both."""

    exit_code = INCOMPLETE


class FaultError(MobiusError):
    """The program's own fault; the text says where the details are."""

    exit_code = FAULT
