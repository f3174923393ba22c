"""What several commands ask for alike: their options, and what the words mean."""

from __future__ import annotations

import argparse
import os
import sys

from mobius_tui.errors import UsageError

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ASCII = "draw with letters and signs of ASCII alone"


def run_options(parser: argparse.ArgumentParser) -> None:
    """What shapes a run that begins."""
    var_option(parser)
    auto_options(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="show the whole plan; execute nothing"
    )
    view_options(parser)


def run_argument(parser: argparse.ArgumentParser, without: str = "") -> None:
    """Which run.

    Args:
        parser: of the command.
        without: which it is where none is named; empty where one must be.
    """
    words = "its id, a part of it that no other run has, or its folder"
    parser.add_argument(
        "run",
        nargs="?" if without else None,
        metavar="RUN",
        help=f"{words}; without it, {without}" if without else words,
    )


def var_option(parser: argparse.ArgumentParser) -> None:
    """What a variable is to be."""
    parser.add_argument(
        "--var",
        action="append",
        default=[],
        metavar="K=V",
        help="a variable's value; may be given again",
    )


def place_options(parser: argparse.ArgumentParser) -> None:
    """For which environment, and where."""
    parser.add_argument("--profile", metavar="P", help="values for an environment")
    parser.add_argument("--workdir", metavar="DIR", help="where commands run")


def auto_options(parser: argparse.ArgumentParser) -> None:
    """What shapes a run that goes by itself."""
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


def view_options(parser: argparse.ArgumentParser, lines: str = "") -> None:
    """How a run is shown.

    Args:
        parser: of the command.
        lines: what `--json` prints, where it is not the journal alone.
    """
    parser.add_argument("--plain", action="store_true", help="lines, not a screen")
    parser.add_argument(
        "--ascii", action="store_true", default=argparse.SUPPRESS, help=ASCII
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help=lines or "the journal's lines as they come",
    )


def json_option(parser: argparse.ArgumentParser) -> None:
    """That a program reads it."""
    parser.add_argument("--json", action="store_true", help="for programs")


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
