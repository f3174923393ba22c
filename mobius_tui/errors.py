"""The exceptions of the program, and its exit codes.

Every message names the problem, its place and a remedy. The command line prints it on
stderr and exits with `exit_code`.
"""

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_ABANDONED = 3
EXIT_INCOMPLETE = 4
EXIT_INTERNAL_ERROR = 70  # as sysexits.h numbers a fault of the program's own
EXIT_INTERRUPTED = 130


class MobiusError(Exception):
    """Base of all expected errors; the text names problem, place and remedy."""

    exit_code = EXIT_FAILED


class UsageError(MobiusError):
    """The command line, or a file that it names, asks for something impossible."""

    exit_code = EXIT_USAGE


class RunbookError(MobiusError):
    """A runbook with errors; `str()` is the report of all of them."""

    exit_code = EXIT_USAGE


class RunError(MobiusError):
    """A run directory, a host or a journal is in an unexpected state."""

    exit_code = EXIT_INCOMPLETE


class StateError(MobiusError):
    """An event is not allowed in the state of a run; the text names both."""

    exit_code = EXIT_INCOMPLETE


class InternalError(MobiusError):
    """A fault of the program itself; the text says where the details are."""

    exit_code = EXIT_INTERNAL_ERROR
