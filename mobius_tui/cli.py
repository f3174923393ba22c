"""The program from its first line to its exit code, whatever a command comes to.

Imports next to nothing, so that `--version` is quick: the rest is imported when a
command is given.
"""

from __future__ import annotations

import os
import sys

from mobius_tui import __version__
from mobius_tui.ascii_text import is_c_locale, says_ascii, write_ascii
from mobius_tui.errors import INTERRUPTED, OK, USAGE, MobiusError

TYPE_CHECKING = False  # `typing` itself would cost a quarter of `--version`
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: the words after the program's name; those of the process without it.

    Returns:
        The exit code.
    """
    if arguments is None:
        code = main(sys.argv[1:])
        _end_at_once(code)
        return code
    words = list(arguments)
    _ready_to_print(words)
    if words in (["--version"], ["-V"]):
        print(f"mobius-tui {__version__}")  # noqa: T201
        return OK
    try:
        from mobius_tui.commands.command_line import run_command

        return run_command(words)
    except MobiusError as error:
        _complain(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except (OSError, UnicodeError) as error:
        if isinstance(error, BrokenPipeError):
            # Whoever read our output has gone; what is left of it has no reader.
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - till exit
            return OK
        _complain(str(error))
        return USAGE
    except Exception as error:  # noqa: BLE001 - nobody is shown a traceback
        from mobius_tui.run.storage.crash_report import unforeseen_fault

        unforeseen = unforeseen_fault(error)
        _complain(str(unforeseen))
        return unforeseen.exit_code


def _end_at_once(code: int) -> None:
    """End the process where a screen was shown: nothing waits for its thread of keys.

    Whatever else had to come to its end has: what was begun is awaited by whoever
    began it, and the screen's own threads by its event loop.
    """
    if "textual" not in sys.modules:
        return
    from contextlib import suppress

    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # its reader may have gone
            stream.flush()
    os._exit(code)


def _ready_to_print(words: Sequence[str]) -> None:
    """Let no closed output and no narrow encoding end the program.

    A terminal is sent what its locale says that it shows, and so is whoever reads the
    lines of a run; another file or pipe is UTF-8.

    Args:
        words: of the command line.
    """
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - till exit
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123 - till exit
    is_ascii = says_ascii(os.environ, was_c=is_c_locale(os.environ))
    is_read = "--plain" in words and "--json" not in words
    is_read = is_read and (is_ascii or "--ascii" in words)
    for stream in (sys.stdout, sys.stderr):
        if is_read or (is_ascii and stream.isatty()):
            write_ascii(stream)
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _complain(text: str) -> None:
    from mobius_tui.sanitize import clean

    print(f"mobius-tui: {clean(text, newlines=True)}", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
