"""The command line: parsing it, and calling the module of the command.

Each command imports what it needs, so that `--version` and `check` are quick, and work
without a screen.
"""

from __future__ import annotations

import gc
import os
import sys

from mobius_tui import __version__
from mobius_tui.ascii_text import is_c_locale, says_ascii, write_ascii
from mobius_tui.errors import INTERRUPTED, OK, USAGE, MobiusError

TYPE_CHECKING = False  # `typing` itself would cost a quarter of `--version`
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from typing import Any

STARTUP_GC_THRESHOLD = 1_000_000
"""New objects between two garbage collections during start-up, which makes many objects
and little garbage. Long-running code sets it back to the default."""
DEFAULT_GC_THRESHOLD = gc.get_threshold()
_EPILOG = """\
Without a command: the library of runbooks and runs.
`mobius-tui COMMAND --help` says what a command takes.

exit codes:
  0  completed            1  failed
  2  the command line or the runbook asks for something that cannot be
  3  abandoned            4  unknown or incomplete: someone must look
  70 a fault of this program's own; it says where it wrote it down
  130 interrupted
"""


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
    gc.set_threshold(STARTUP_GC_THRESHOLD)
    words = list(arguments)
    _prepare_streams(words)
    if words in (["--version"], ["-V"]):
        print(f"mobius-tui {__version__}")  # noqa: T201
        return OK
    parser = build_parser(words)
    try:
        return _run_command(parser.parse_args(words))
    except MobiusError as error:
        _print_error(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except (OSError, UnicodeError) as error:
        if isinstance(error, BrokenPipeError):
            # The reader of our output has closed the pipe.
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - till exit
            return OK
        _print_error(str(error))
        return USAGE
    except Exception as error:  # noqa: BLE001 - nobody is shown a traceback
        from mobius_tui.run.storage.crash_report import unforeseen_fault

        fault = unforeseen_fault(error)
        _print_error(str(fault))
        return fault.exit_code


def _exit_without_waiting(code: int) -> None:
    """Exit at once if a screen was shown, without waiting for its input thread.

    All other work has ended: it is awaited where it was begun, and the screen's other
    threads by its event loop.
    """
    if "textual" not in sys.modules:
        return
    from contextlib import suppress

    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # its reader may have gone
            stream.flush()
    os._exit(code)


def _prepare_streams(words: Sequence[str]) -> None:
    """Keep closed outputs and narrow encodings from ending the program.

    Terminals, and the lines of `--plain`, get the encoding of the locale; other files
    and pipes get UTF-8.

    Args:
        words: those of the command line.
    """
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - till exit
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123 - till exit
    is_ascii = says_ascii(os.environ, was_c=is_c_locale(os.environ))
    shows_lines = "--plain" in words and "--json" not in words
    shows_lines = shows_lines and (is_ascii or "--ascii" in words)
    for stream in (sys.stdout, sys.stderr):
        if shows_lines or (is_ascii and stream.isatty()):
            write_ascii(stream)
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _print_error(text: str) -> None:
    from mobius_tui.sanitize import clean

    print(f"mobius-tui: {clean(text, newlines=True)}", file=sys.stderr)  # noqa: T201


def build_parser(words: Sequence[str] = ()) -> argparse.ArgumentParser:
    """The parser of the command line.

    Args:
        words: the words to be parsed. If they begin with a command, only that one is
            added to the parser.
    """
    import argparse

    from mobius_tui.commands import COMMANDS
    from mobius_tui.commands.support.command_options import ASCII
    from mobius_tui.commands.support.command_parser import CommandParser

    parser = CommandParser(
        prog="mobius-tui",
        description="Run a rollback runbook as a checklist that watches and remembers.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "-V",
        "--version",
        action="store_true",
        help="say which version this is",
    )
    parser.add_argument("--ascii", action="store_true", help=ASCII)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    selected = words[0] if words and words[0] in COMMANDS else None
    for name, what in COMMANDS.items():
        if selected in (None, name):
            about = f"{what[0].upper()}{what[1:]}."
            command = commands.add_parser(name, help=what, description=about)
            _module(name).add_options(command)
    return parser


def _run_command(options: argparse.Namespace) -> int:
    """Run the command of a parsed command line; without one, open the library."""
    code: int = _module(options.command or "library").do(options)
    return code


def _module(command: str) -> Any:
    """The module of a command; see `mobius_tui.commands`."""
    from importlib import import_module
    from keyword import iskeyword

    name = f"{command}_" if iskeyword(command) else command.replace("-", "_")
    return import_module(f"mobius_tui.commands.{name}")


if __name__ == "__main__":
    sys.exit(main())
