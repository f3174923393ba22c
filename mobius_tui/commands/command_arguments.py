"""The arguments, options and help text of each command.

Light, since `--help` needs all of it: a command's own module, which does the work, is
imported when the command is given. The options of the commands in `authoring` and
`past_runs` lie there.
"""

from __future__ import annotations

import argparse
from typing import NamedTuple

from mobius_tui.commands.authoring.authoring_options import (
    amend_options,
    check_options,
    diff_options,
    import_options,
    new_options,
    schema_options,
    upgrade_options,
)
from mobius_tui.commands.past_runs.past_run_options import (
    annotate_options,
    export_options,
    import_run_options,
    report_options,
    review_options,
    runs_options,
    stats_options,
    verify_options,
)
from mobius_tui.commands.support.command_options import (
    add_auto_options,
    add_json_option,
    add_place_options,
    add_run_argument,
    add_run_options,
    add_var_option,
    add_view_options,
    add_without_option,
)
from mobius_tui.run.events.mode_and_outcome import Mode

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class CommandSpec(NamedTuple):
    """A command as the command line shows it."""

    summary: str
    """What it is for, in a few words that begin in lower case."""
    add_options: Callable[[argparse.ArgumentParser], None]
    """Adds its arguments and options to a parser."""


_WATCH_EXIT_CODES = """\
exit codes:
  0  its time is over and no trigger fired
  1  a trigger fired, whatever became of the rollback
  2  the command line or the runbook asks for something that cannot be
  3  somebody ended it
  4  its host is gone, or nothing is known of a probe at the end
  130  this command was left; the watch, or the rollback that has begun, goes on
"""

SHELLS = ("bash", "zsh", "fish")
"""The shells that `completions` has something for."""


_DEFAULT_DRILL = "mobius-rollback"
"""The runbook that a drill is of, where none is named."""


def _demo_options(parser: argparse.ArgumentParser) -> None:
    _rehearsal_options(parser)
    # The other options of `drill` have fixed values.
    parser.set_defaults(runbook=None, fault=["bad-release"], seed=None, send=False)
    parser.set_defaults(try_checks=False, site=None, environment=None)
    parser.set_defaults(confined=False)


def _rehearsal_options(parser: argparse.ArgumentParser) -> None:
    add_run_options(parser)
    parser.add_argument("--keep", action="store_true", help="keep the site afterwards")
    parser.add_argument(
        "--hosts",
        type=_host_count,
        metavar="N",
        help="sites that play this many of the runbook's hosts, 2 to 20",
    )


def _host_count(text: str) -> int:
    """Parse a number of hosts.

    Raises:
        argparse.ArgumentTypeError: it is no such number.
    """
    if text.isascii() and text.isdecimal() and len(text) <= 2 <= int(text) <= 20:
        return int(text)
    raise argparse.ArgumentTypeError(f"from 2 to 20, not {text[:20]!r}")


def _run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runbook", metavar="RUNBOOK", help="its id, or a file")
    add_run_options(parser)
    add_place_options(parser)
    parser.add_argument(
        "--mode",
        choices=(Mode.INCIDENT.value, Mode.MAINTENANCE.value),
        help="what the run is for (as the runbook says, else incident)",
    )
    parser.add_argument(
        "--limit", metavar="PATTERN", help="only these of the hosts of its steps"
    )
    parser.add_argument(
        "--although-running",
        action="store_true",
        help="with --auto: also beside a run at the same hosts or in the same folder",
    )
    parser.add_argument(
        "--check-playbooks",
        action="store_true",
        help="with --dry-run: play them on their hosts by --check --diff",
    )
    parser.add_argument(
        "--share", metavar="GROUP", help="a group that may read the run and approve"
    )
    parser.add_argument(
        "--share-control", action="store_true", help="and act on it (with --share)"
    )


def _resume_options(parser: argparse.ArgumentParser) -> None:
    add_run_argument(parser, "the newest that is open")
    add_without_option(parser)
    add_view_options(parser)
    add_auto_options(parser)


def _takeover_options(parser: argparse.ArgumentParser) -> None:
    add_run_argument(parser)
    parser.add_argument(
        "--from",
        dest="taken_from",
        metavar="NAME",
        help="from where: the machine's name, or on this machine the old folder's; "
        "else it is asked for",
    )


def _approve_options(parser: argparse.ArgumentParser) -> None:
    add_run_argument(parser)
    parser.add_argument("--step", metavar="ID", help="which, where several wait")
    parser.add_argument(
        "--as",
        dest="name",
        metavar="NAME",
        help="who approves, in the login that asked; counts as weaker",
    )
    parser.add_argument("--deny", metavar="REASON", help="say no, and why")


def _undo_options(parser: argparse.ArgumentParser) -> None:
    add_run_argument(parser)
    parser.add_argument(
        "--to", metavar="ID", help="back to this step, which is undone, too"
    )
    parser.add_argument(
        "--yes",
        action="store_true",
        help="undo it, and confirm what destroys and what stays; else it is only "
        "shown. A run that has ended is opened again for it",
    )
    parser.add_argument(
        "--plain", action="store_true", help="lines, as it is without it, too"
    )
    add_without_option(parser)


def _watch_options(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _WATCH_EXIT_CODES
    parser.add_argument(
        "runbook",
        nargs="?",
        metavar="RUNBOOK",
        help="its id, or a file",
    )
    add_var_option(parser)
    add_place_options(parser)
    parser.add_argument(
        "--duration",
        metavar="30m",
        help='how long; a number alone is seconds; 0 or "forever" for no end '
        "($MONITOR_DURATION, else 30m)",
    )
    parser.add_argument(
        "--auto-rollback",
        action="store_true",
        help="armed: a trigger that fires begins the rollback by itself",
    )
    parser.add_argument(
        "--yes",
        action="store_true",
        help="confirm --auto-rollback in a protected environment",
    )
    parser.add_argument(
        "--keep-watching",
        action="store_true",
        help="go on when a trigger has fired, until the time is over",
    )
    parser.add_argument(
        "--detach",
        action="store_true",
        help="go on when this terminal, or this command, has gone",
    )
    parser.add_argument(
        "--log-dir",
        metavar="DIR",
        help="where the log of the checks goes (monitor_logs, where commands run)",
    )
    parser.add_argument(
        "--replay",
        metavar="FILE",
        help="watch nothing: say when the checks of a health.jsonl would have fired "
        "which trigger",
    )
    parser.add_argument(
        "--trigger",
        action="append",
        default=[],
        metavar="RULE=SPEC",
        help="with --replay, another threshold: consecutive_failures=4, "
        "success_rate=0.8/10, p95_latency=3s/5 or error_rate=0.1/5; may be given again",
    )
    add_view_options(parser, "lines and summary for programs")


def _drill_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "runbook",
        nargs="?",
        metavar="RUNBOOK",
        help=f"its id, or a file ({_DEFAULT_DRILL}; with --hosts, fleet-rollback)",
    )
    parser.add_argument(
        "--send",
        action="store_true",
        help="send its messages to the real channels, marked [DRILL]",
    )
    parser.add_argument(
        "--fault",
        action="append",
        metavar="NAME",
        help="what breaks, such as bad-release; may be given again; list: what there "
        "is; random: you are not told which",
    )
    parser.add_argument(
        "--seed", type=int, metavar="N", help="equal seeds make equal sites (0)"
    )
    parser.add_argument(
        "--try-checks",
        action="store_true",
        help="look at every check before the run, and on a wreck of the site after it",
    )
    parser.add_argument(
        "--rehearse-undo",
        action="store_true",
        help="undo each step that says how, and do it again (--auto)",
    )
    parser.add_argument(
        "--matrix",
        action="store_true",
        help="drill every fault, or those named; print which check saw which",
    )
    parser.add_argument(
        "--site",
        choices=("real", "rich", "kind"),
        help="what the site is like: as the real deployment scripts are (the default); "
        "rich: /health tells figures, too; kind: scripts that restart, full backups",
    )
    parser.add_argument(
        "--environment",
        metavar="NAME",
        help="which of its environments breaks, production or staging beside it; asks "
        "by name for the protected one of a runbook that runs as it is written",
    )
    parser.add_argument(
        "--confined",
        action="store_true",
        help="where it can write to its site alone and reach no machine; the end says "
        "what it would have touched (Linux; `doctor` says whether it works)",
    )
    _facilitator_options(parser)
    _own_staging_options(parser)
    _rehearsal_options(parser)


def _facilitator_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--inject",
        nargs="?",
        const="",
        metavar="RUN",
        help="lead a drill that is under way, the newest without RUN: a screen beside "
        "the team's own; with --fault, --worsen, --heal or --hint that at once",
    )
    parser.add_argument(
        "--worsen", metavar="FAULT", help="with --inject: make a fault worse"
    )
    parser.add_argument(
        "--heal", metavar="FAULT", help="with --inject: put right what it broke"
    )
    parser.add_argument(
        "--hint", metavar="TEXT", help="with --inject: tell the team something"
    )


def _own_staging_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--inject-cmd",
        metavar="FILE.toml",
        help="break a staging of your own, by your own commands, in place of the site",
    )
    parser.add_argument(
        "--profile", metavar="P", help="with --inject-cmd: values for the staging"
    )
    parser.add_argument(
        "--workdir", metavar="DIR", help="with --inject-cmd: where commands run"
    )


def _hosts_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runbook", metavar="RUNBOOK", help="its id, or a file")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--step", metavar="ID", help="the hosts of that step")
    which.add_argument("--target", metavar="NAME", help="the hosts of that target")
    parser.add_argument(
        "--limit",
        metavar="PATTERN",
        help="those of them that it names: hosts, groups, `*`, `!` and `&`",
    )
    parser.add_argument(
        "--probe-hosts",
        action="store_true",
        help="ask each for all that a run needs; no unknown key is accepted",
    )
    add_json_option(parser)


def _completions_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "shell",
        nargs="?",
        choices=SHELLS,
        help="bash, zsh or fish; without it, the one that $SHELL names",
    )
    parser.add_argument(
        "--install",
        action="store_true",
        help="write them where the shell looks for yours, and say what is left to do",
    )


def _paths_options(_parser: argparse.ArgumentParser) -> None:
    """Add nothing: `paths` takes no options."""


COMMANDS: Mapping[str, CommandSpec] = {
    "demo": CommandSpec(
        "rehearse on a small MOBIUS of its own; touches nothing real", _demo_options
    ),
    "run": CommandSpec("run a runbook", _run_options),
    "resume": CommandSpec("go on with an open run", _resume_options),
    "takeover": CommandSpec(
        "go on with a run in a copy of it, in place of where it was", _takeover_options
    ),
    "undo": CommandSpec(
        "show what could be undone in a run, newest first; with --yes, undo it",
        _undo_options,
    ),
    "approve": CommandSpec(
        "say as a second person that a step may begin, or may not", _approve_options
    ),
    "watch": CommandSpec(
        "watch a runbook's health, and roll back if armed", _watch_options
    ),
    "drill": CommandSpec("rehearse a runbook on a broken site", _drill_options),
    "new": CommandSpec("write a small runbook that works, to begin with", new_options),
    "import": CommandSpec(
        "make a runbook of a Markdown page, or say where they have parted",
        import_options,
    ),
    "check": CommandSpec("find what is wrong with runbook files", check_options),
    "hosts": CommandSpec(
        "list the hosts that steps run on, and ask who answers", _hosts_options
    ),
    "schema": CommandSpec(
        "print the JSON schema of runbooks, for an editor", schema_options
    ),
    "upgrade": CommandSpec(
        "rewrite a runbook of an older format in the newest one", upgrade_options
    ),
    "runs": CommandSpec("list runs, newest first", runs_options),
    "review": CommandSpec(
        "look back on a run: what happened when, and how it was then", review_options
    ),
    "report": CommandSpec(
        "write what happened in a run: Markdown, HTML, JSON or JUnit", report_options
    ),
    "annotate": CommandSpec(
        "add a note to a run that is over, beside its journal", annotate_options
    ),
    "diff": CommandSpec("say what changed in a runbook since a run", diff_options),
    "amend": CommandSpec(
        "write what was improvised in a run into its runbook", amend_options
    ),
    "stats": CommandSpec(
        "say what all runs of a runbook say of it, step by step", stats_options
    ),
    "export": CommandSpec(
        "write a run into one file, for somebody else", export_options
    ),
    "import-run": CommandSpec(
        "take in a run that was exported elsewhere", import_run_options
    ),
    "verify": CommandSpec("prove that a run was not edited", verify_options),
    "doctor": CommandSpec(
        "say whether this machine and login are fit for a run", add_json_option
    ),
    "completions": CommandSpec(
        "print what lets a shell complete commands, options and names",
        _completions_options,
    ),
    "paths": CommandSpec("say where files are kept", _paths_options),
}
"""The commands by name, as `--help` lists them; `command_line.command_module` says
which module does each."""
