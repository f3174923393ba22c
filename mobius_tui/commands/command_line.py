"""Parses the command line, and runs the command that it names."""

from __future__ import annotations

import argparse
from importlib import import_module
from keyword import iskeyword

from mobius_tui.commands.command_arguments import COMMANDS
from mobius_tui.commands.support.command_options import ASCII
from mobius_tui.commands.support.command_parser import CommandParser
from mobius_tui.garbage_collection import collect_seldom

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    from collections.abc import Sequence

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


def run_command(words: Sequence[str]) -> int:
    """Run the command that a command line names; without one, open the library.

    Args:
        words: of the command line, without the program's name.

    Returns:
        The exit code.

    Raises:
        SystemExit: the command line is wrong, or asks for help.
        MobiusError: the command could not be done.
    """
    collect_seldom()
    options = build_parser(words).parse_args(words)
    module = import_module(command_module(options.command or "library"))
    code: int = module.do(options)
    return code


_IN_SUPPORT = ("undo",)
"""Commands whose module is `support/NAME_command.py`: a folder holds so many files."""


def command_module(command: str) -> str:
    """The full name of the module that executes a command.

    It has the name of the command, with `_` for `-`; a word that Python reserves has
    `_` at its end.
    """
    if command in _IN_SUPPORT:
        return f"mobius_tui.commands.support.{command}_command"
    name = f"{command}_" if iskeyword(command) else command.replace("-", "_")
    return f"mobius_tui.commands.{name}"


def build_parser(words: Sequence[str] = ()) -> argparse.ArgumentParser:
    """The parser of the command line.

    Args:
        words: what is to be parsed; only the command that it begins with is made, if it
            begins with one.
    """
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
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND")
    given = words[0] if words and words[0] in COMMANDS else None
    for name, command in COMMANDS.items():
        if given in (None, name):
            summary = command.summary
            description = f"{summary[0].upper()}{summary[1:]}."
            command.add_options(
                subparsers.add_parser(name, help=summary, description=description)
            )
    return parser
