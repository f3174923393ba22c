"""The program's entry point: runs a command and turns its errors into exit codes.

Imports next to nothing, so that `--version` is quick: the rest is imported when a
command is given.
"""

from __future__ import annotations

import os
import sys

from mobius_tui import __version__
from mobius_tui.ascii_text import (
    is_c_locale,
    locale_requires_ascii,
    reconfigure_to_ascii,
)
from mobius_tui.errors import EXIT_INTERRUPTED, EXIT_OK, EXIT_USAGE, MobiusError

TYPE_CHECKING = False  # `typing` itself would cost a quarter of `--version`
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: the words after the program's name; those of the process if None.

    Returns:
        The exit code.
    """
    if arguments is None:
        code = main(sys.argv[1:])
        _exit_without_waiting(code)
        return code
    words = list(arguments)
    _prepare_streams(words)
    if words in (["--version"], ["-V"]):
        print(f"mobius-tui {__version__}")  # noqa: T201
        return EXIT_OK
    try:
        if words[:1] == ["names"]:
            from mobius_tui.commands.support.completed_names import print_names

            return print_names(words[1:])
        from mobius_tui.commands.command_line import run_command

        return run_command(words)
    except MobiusError as error:
        _print_error(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except (OSError, UnicodeError) as error:
        if isinstance(error, BrokenPipeError):
            # The reader of our output has closed the pipe.
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - till exit
            return EXIT_OK
        _print_error(str(error))
        return EXIT_USAGE
    except Exception as error:  # noqa: BLE001 - nobody is shown a traceback
        from mobius_tui.run.storage.crash_report import report_unexpected_error

        fault = report_unexpected_error(error)
        _print_error(str(fault))
        return fault.exit_code


def _exit_without_waiting(code: int) -> None:
    """Exit at once if a screen was shown, without waiting for its input thread.

    All other work has ended: it is awaited where it was begun, and the screen's other
    threads by its event loop.
    """
    if "textual" not in sys.modules:
        return
    for stream in (sys.stdout, sys.stderr):
        try:  # noqa: SIM105 - `contextlib` would be a seventh of `--version`
            stream.flush()
        except (OSError, ValueError):  # its reader may have gone
            pass
    os._exit(code)


def _prepare_streams(words: Sequence[str]) -> None:
    """Keep closed outputs and narrow encodings from ending the program.

    Terminals, and the lines of `--plain`, get ASCII alone where the locale requires it;
    those lines also with `--ascii`. Everything else keeps the encoding that Python
    chose, with backslash escapes for what that cannot write.

    Args:
        words: those of the command line.
    """
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - till exit
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123 - till exit
    is_ascii = locale_requires_ascii(os.environ, was_c=is_c_locale(os.environ))
    shows_lines = "--plain" in words and "--json" not in words
    shows_lines = shows_lines and (is_ascii or "--ascii" in words)
    for stream in (sys.stdout, sys.stderr):
        if shows_lines or (is_ascii and stream.isatty()):
            reconfigure_to_ascii(stream)
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _print_error(text: str) -> None:
    from mobius_tui.sanitize import clean

    print(f"mobius-tui: {clean(text, newlines=True)}", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
