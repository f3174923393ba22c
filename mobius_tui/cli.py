"""The command line: what each command wants, and which module does it.

Everything heavy is imported by the command that needs it, so that `--version` and
`check` stay quick and work where no screen is.
"""

from __future__ import annotations

import gc
import os
import sys

from mobius_tui import __version__
from mobius_tui.errors import INTERRUPTED, OK, USAGE, MobiusError, UsageError

TYPE_CHECKING = False  # `typing` itself would cost a quarter of `--version`
if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

FEW_COLLECTIONS = 50_000
"""New objects between two collections: a start makes many, and next to no garbage."""


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
    _ready_to_print()
    if words in (["--version"], ["-V"]):
        print(f"mobius-tui {__version__}")  # noqa: T201
        return OK
    from mobius_tui.commands import run

    parser = build_parser()
    try:
        return run(parser.parse_args(words))
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
        from mobius_tui.run.fault import fault

        unforeseen = fault(error)
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


def _ready_to_print() -> None:
    """Let no closed output and no narrow encoding end the program."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - till exit
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123 - till exit
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _complain(text: str) -> None:
    from mobius_tui.sanitize import clean

    print(f"mobius-tui: {clean(text, newlines=True)}", file=sys.stderr)  # noqa: T201


_ASCII = "draw with letters and signs of ASCII alone"


def build_parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    import argparse

    parser = argparse.ArgumentParser(
        prog="mobius-tui",
        description="Run a rollback runbook as a checklist that watches and remembers.",
        epilog="Without a command: the library of runbooks and runs.",
    )
    parser.add_argument("-V", "--version", action="store_true", help="say which it is")
    parser.add_argument("--ascii", action="store_true", help=_ASCII)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    demo = commands.add_parser(
        "demo", help="rehearse on a small MOBIUS of its own; touches nothing real"
    )
    _run_options(demo)
    demo.add_argument("--keep", action="store_true", help="keep the site afterwards")

    run = commands.add_parser("run", help="run a runbook")
    run.add_argument("runbook", help="a bundled runbook's id, or a file")
    _run_options(run)
    run.add_argument("--profile", metavar="P", help="values for an environment")
    run.add_argument("--workdir", metavar="DIR", help="where commands run")

    resume = commands.add_parser("resume", help="go on with an open run")
    resume.add_argument("run", nargs="?", help="its id; the newest open one without")
    _view_options(resume)
    _auto_options(resume)

    drill = commands.add_parser("drill", help="rehearse a runbook on a broken site")
    drill.add_argument("runbook", nargs="?", default="mobius-rollback")
    drill.add_argument("--fault", default="bad-release", help="what breaks; or: list")
    drill.add_argument("--seed", type=int, default=0, help="equal seeds, equal sites")
    _run_options(drill)
    drill.add_argument("--keep", action="store_true", help="keep the site afterwards")

    check = commands.add_parser("check", help="find what is wrong with runbook files")
    check.add_argument("files", nargs="+", metavar="RUNBOOK")
    check.add_argument("--json", action="store_true", help="for programs")

    runs = commands.add_parser("runs", help="list runs, newest first")
    runs.add_argument("--json", action="store_true", help="for programs")

    verify = commands.add_parser("verify", help="prove that a run was not edited")
    verify.add_argument("run")
    verify.add_argument("--head", metavar="SHA256", help="the head you kept elsewhere")

    commands.add_parser("paths", help="say where files are kept")
    return parser


def _run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--var",
        action="append",
        default=[],
        metavar="K=V",
        help="a variable's value; may be given again",
    )
    _auto_options(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="show the whole plan; execute nothing"
    )
    _view_options(parser)


def _auto_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--auto", action="store_true", help="run the main line by itself"
    )
    parser.add_argument(
        "--manual",
        choices=("stop", "skip", "tick"),
        help="what --auto does with manual steps (stop; in a drill, tick)",
    )
    parser.add_argument(
        "--answers", metavar="FILE.toml", help="what --auto answers to questions"
    )
    parser.add_argument(
        "--yes", action="store_true", help="confirm destroy steps beforehand (--auto)"
    )


def _view_options(parser: argparse.ArgumentParser) -> None:
    import argparse

    parser.add_argument("--plain", action="store_true", help="lines, not a screen")
    parser.add_argument(
        "--ascii", action="store_true", default=argparse.SUPPRESS, help=_ASCII
    )
    parser.add_argument(
        "--json", action="store_true", help="the journal's lines as they come"
    )


def variables(words: Sequence[str]) -> Mapping[str, str]:
    """The values of `--var K=V`.

    Raises:
        UsageError: a word is not K=V.
    """
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise UsageError(f"--var {word}: write --var NAME=VALUE")
        found[name] = value
    return found


if __name__ == "__main__":
    sys.exit(main())
