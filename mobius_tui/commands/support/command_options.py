"""Options that several commands share, and the values that they stand for.

What reads answers is imported when there are any: the screen of a guided run opens
without it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from mobius_tui.errors import UsageError
from mobius_tui.sanitize import line

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mobius_tui.run.intents.run_intents import StartAutomatic
    from mobius_tui.run.intents.unattended_answers import UnattendedAnswers
    from mobius_tui.runbook.model.runbook import Runbook


def auto_action(
    options: argparse.Namespace, answers: UnattendedAnswers | None
) -> StartAutomatic | None:
    """The action that makes a run automatic; `None` for a guided one."""
    if options.auto:
        from mobius_tui.run.intents.unattended_answers import (
            UnattendedAnswers,
            automatic_action,
        )

        return automatic_action(
            answers or UnattendedAnswers(),
            manual=options.manual or "stop",
            yes=options.yes,
            rehearse_undo=options.rehearse_undo,
        )
    given = {
        "--yes": options.yes,
        "--manual": options.manual,
        "--answers": options.answers,
        "--rehearse-undo": options.rehearse_undo,
    }
    wrong = [name for name, value in given.items() if value]
    if wrong:
        raise UsageError(f"{', '.join(wrong)}: only with --auto")
    return None


def read_answers(
    path: str | None, runbook: Callable[[], Runbook]
) -> UnattendedAnswers | None:
    """Read the answers in a file; `None` without a file, or where it has none.

    Args:
        path: the file.
        runbook: gives the runbook whose questions they answer.

    Raises:
        UsageError: it cannot be read, or answers what nobody asks.
    """
    if path is None:
        return None
    from mobius_tui.run.intents.unattended_answers import (
        UnattendedAnswers,
        read_answers_file,
        refuse_unknown_answers,
    )

    found = read_answers_file(Path(path))
    refuse_unknown_answers(runbook(), found, path)
    return None if found == UnattendedAnswers() else found


ASCII_HELP = "draw with letters and signs of ASCII alone"


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a run that starts."""
    add_var_option(parser)
    add_auto_options(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="show the whole plan; execute nothing"
    )
    add_view_options(parser)


def add_run_argument(parser: argparse.ArgumentParser, without: str = "") -> None:
    """Add the argument that names a run.

    Args:
        parser: the parser of the command.
        without: the run that is taken where none is named; empty if one is required.
    """
    words = "its id, a part of it that no other run has, or its folder"
    parser.add_argument(
        "run",
        nargs="?" if without else None,
        metavar="RUN",
        help=f"{words}; without it, {without}" if without else words,
    )


def add_var_option(parser: argparse.ArgumentParser) -> None:
    """Add `--var`: the values of variables."""
    parser.add_argument(
        "--var",
        action="append",
        default=[],
        metavar="K=V",
        help="a variable's value; may be given again",
    )


def add_without_option(parser: argparse.ArgumentParser) -> None:
    """Add `--without`: lost secrets that the run goes on without."""
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="NAME",
        help="go on without a secret that is not known any more, on record: what is "
        "printed is not searched for it; may be given again",
    )


def secrets_to_go_without(
    names: Sequence[str], runbook: Callable[[], Runbook]
) -> tuple[str, ...]:
    """The secrets that `--without` names.

    Args:
        names: as they were given.
        runbook: gives the run's runbook.

    Raises:
        UsageError: one is no secret of the runbook.
    """
    if not names:
        return ()
    secrets = [each.name for each in runbook().variables.values() if each.secret]
    for name in names:
        if name not in secrets:
            known = ", ".join(secrets) or "none"
            words = f"this run has no such secret; it has: {known}"
            raise UsageError(f"--without {line(name)!r}: {words}")
    return tuple(dict.fromkeys(names))


def add_place_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for the environment and the folder of a run."""
    parser.add_argument("--profile", metavar="P", help="values for an environment")
    parser.add_argument("--workdir", metavar="DIR", help="where commands run")


def add_auto_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a run that goes on by itself."""
    parser.add_argument(
        "--auto", action="store_true", help="run the main line by itself"
    )
    parser.add_argument(
        "--manual",
        choices=("stop", "skip", "tick"),
        help="what --auto does with manual steps (stop; in a drill of one that is "
        "bundled, tick); a protected environment refuses tick",
    )
    parser.add_argument(
        "--answers",
        metavar="FILE.toml",
        help='what --auto answers to questions: lines of VARIABLE = "text"',
    )
    parser.add_argument(
        "--yes", action="store_true", help="confirm destroy steps beforehand (--auto)"
    )
    parser.set_defaults(rehearse_undo=False)  # `drill` alone has it


def add_view_options(parser: argparse.ArgumentParser, lines: str = "") -> None:
    """Add the options for how a run is shown.

    Args:
        parser: the parser of the command.
        lines: the help of `--json`, where it prints more than the journal.
    """
    parser.add_argument("--plain", action="store_true", help="lines, not a screen")
    parser.add_argument(
        "--ascii", action="store_true", default=argparse.SUPPRESS, help=ASCII_HELP
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help=lines or "the journal's lines as they come",
    )


def add_json_option(parser: argparse.ArgumentParser) -> None:
    """Add `--json`."""
    parser.add_argument("--json", action="store_true", help="for programs")


def parse_variables(words: Sequence[str]) -> Mapping[str, str]:
    """Parse the values of `--var K=V`.

    Raises:
        UsageError: a word is not K=V.
    """
    values: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise UsageError(f"--var {word}: write --var NAME=VALUE")
        values[name] = value
    return values


def is_plain(*, requested: bool) -> bool:
    """Whether to print lines: on request, or where the terminal shows no screens.

    The screens read standard input and draw on standard error: a file or a pipe at any
    of the three would get what only a terminal understands.
    """
    streams = (sys.stdin, sys.stdout, sys.stderr)
    a_terminal = all(stream is not None and stream.isatty() for stream in streams)
    return requested or not a_terminal or os.environ.get("TERM") in (None, "", "dumb")
