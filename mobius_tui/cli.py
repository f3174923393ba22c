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
    from collections.abc import Callable, Mapping, Sequence

FEW_COLLECTIONS = 1_000_000
"""New objects between two collections: a start makes many, and next to no garbage.
What goes on for long goes back to the usual number."""
USUAL_COLLECTIONS = gc.get_threshold()


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

    parser = build_parser(words)
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


def build_parser(words: Sequence[str] = ()) -> argparse.ArgumentParser:
    """The command line's grammar.

    Args:
        words: what is to be parsed; only the command that it begins with is made, if it
            begins with one.
    """
    import argparse

    parser = argparse.ArgumentParser(
        prog="mobius-tui",
        description="Run a rollback runbook as a checklist that watches and remembers.",
        epilog="Without a command: the library of runbooks and runs.",
    )
    parser.add_argument("-V", "--version", action="store_true", help="say which it is")
    parser.add_argument("--ascii", action="store_true", help=_ASCII)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    wanted = words[0] if words and words[0] in COMMANDS else None
    for name, (what, options) in COMMANDS.items():
        if wanted in (None, name):
            options(commands.add_parser(name, help=what))
    return parser


def _demo_options(demo: argparse.ArgumentParser) -> None:
    _run_options(demo)
    demo.add_argument("--keep", action="store_true", help="keep the site afterwards")


def _run_command(run: argparse.ArgumentParser) -> None:
    run.add_argument("runbook", help="a bundled runbook's id, or a file")
    _run_options(run)
    run.add_argument("--profile", metavar="P", help="values for an environment")
    run.add_argument("--workdir", metavar="DIR", help="where commands run")


def _watch_options(watch: argparse.ArgumentParser) -> None:
    from mobius_tui.watch_options import add_options

    add_options(watch)


def _resume_options(resume: argparse.ArgumentParser) -> None:
    resume.add_argument("run", nargs="?", help="its id; the newest open one without")
    _view_options(resume)
    _auto_options(resume)


def _drill_options(drill: argparse.ArgumentParser) -> None:
    drill.add_argument("runbook", nargs="?", default="mobius-rollback")
    drill.add_argument("--fault", default="bad-release", help="what breaks; or: list")
    drill.add_argument("--seed", type=int, default=0, help="equal seeds, equal sites")
    _demo_options(drill)


def _check_options(check: argparse.ArgumentParser) -> None:
    check.add_argument("files", nargs="+", metavar="RUNBOOK")
    _json_option(check)


def _json_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for programs")


def _verify_options(verify: argparse.ArgumentParser) -> None:
    verify.add_argument("run")
    verify.add_argument("--head", metavar="SHA256", help="the head you kept elsewhere")


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


COMMANDS: Mapping[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "demo": (
        "rehearse on a small MOBIUS of its own; touches nothing real",
        _demo_options,
    ),
    "run": ("run a runbook", _run_command),
    "resume": ("go on with an open run", _resume_options),
    "watch": ("watch a runbook's health, and roll back if armed", _watch_options),
    "drill": ("rehearse a runbook on a broken site", _drill_options),
    "check": ("find what is wrong with runbook files", _check_options),
    "runs": ("list runs, newest first", _json_option),
    "verify": ("prove that a run was not edited", _verify_options),
    "paths": ("say where files are kept", lambda _: None),
}
"""By name, what it is for, and what adds its options."""


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


def is_plain(*, asked: bool) -> bool:
    """Whether lines are wanted: asked for, or all that the terminal can show.

    The screens read standard input and draw on standard error: a file or a pipe at any
    of the three would get what only a terminal understands.
    """
    streams = (sys.stdin, sys.stdout, sys.stderr)
    a_terminal = all(stream is not None and stream.isatty() for stream in streams)
    return asked or not a_terminal or os.environ.get("TERM") in (None, "", "dumb")


if __name__ == "__main__":
    sys.exit(main())
