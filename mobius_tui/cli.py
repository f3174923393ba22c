"""The command line: what each command wants, and which module does it.

Everything heavy is imported by the command that needs it, so that `--version` and
`check` stay quick and work where no screen is.
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

FEW_COLLECTIONS = 1_000_000
"""New objects between two collections: a start makes many, and next to no garbage.
What goes on for long goes back to the usual number."""
USUAL_COLLECTIONS = gc.get_threshold()
_LAST = """\
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
        arguments: the words after the program's name; those of the process without it.

    Returns:
        The exit code.
    """
    if arguments is None:
        code = main(sys.argv[1:])
        _end_at_once(code)
        return code
    gc.set_threshold(FEW_COLLECTIONS)
    words = list(arguments)
    _ready_to_print(words)
    if words in (["--version"], ["-V"]):
        print(f"mobius-tui {__version__}")  # noqa: T201
        return OK
    parser = build_parser(words)
    try:
        return _do(parser.parse_args(words))
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


def build_parser(words: Sequence[str] = ()) -> argparse.ArgumentParser:
    """The command line's grammar.

    Args:
        words: what is to be parsed; only the command that it begins with is made, if it
            begins with one.
    """
    import argparse

    from mobius_tui.commands import COMMANDS
    from mobius_tui.commands.support.command_options import ASCII
    from mobius_tui.commands.support.command_parser import CommandParser

    parser = CommandParser(
        prog="mobius-tui",
        description="Run a rollback runbook as a checklist that watches and remembers.",
        epilog=_LAST,
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
    wanted = words[0] if words and words[0] in COMMANDS else None
    for name, what in COMMANDS.items():
        if wanted in (None, name):
            about = f"{what[0].upper()}{what[1:]}."
            command = commands.add_parser(name, help=what, description=about)
            _module(name).add_options(command)
    return parser


def _do(options: argparse.Namespace) -> int:
    """Do what a command line asks for; without a command, open the library."""
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
