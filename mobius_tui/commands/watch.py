"""`mobius-tui watch`: health without a checklist."""

from __future__ import annotations

from mobius_tui.commands.support.command_options import (
    place_options,
    var_option,
    view_options,
)

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    import argparse

_CODES = """\
exit codes:
  0  its time is over and no trigger fired
  1  a trigger fired, whatever became of the rollback
  2  the command line or the runbook asks for something that cannot be
  3  somebody ended it
  4  its host is gone, or nothing is known of a probe at the end
  130  this command was left; the watch, or the rollback that has begun, goes on
"""


def add_options(watch: argparse.ArgumentParser) -> None:
    """Add them, and what the exit codes mean."""
    import argparse

    watch.formatter_class = argparse.RawDescriptionHelpFormatter
    watch.epilog = _CODES
    watch.add_argument(
        "runbook",
        nargs="?",
        metavar="RUNBOOK",
        help="its id, or a file",
    )
    var_option(watch)
    place_options(watch)
    watch.add_argument(
        "--duration",
        metavar="30m",
        help='how long; a number alone is seconds; 0 or "forever" for no end '
        "($MONITOR_DURATION, else 30m)",
    )
    watch.add_argument(
        "--auto-rollback",
        action="store_true",
        help="armed: a trigger that fires begins the rollback by itself",
    )
    watch.add_argument(
        "--yes",
        action="store_true",
        help="confirm --auto-rollback in a protected environment",
    )
    watch.add_argument(
        "--keep-watching",
        action="store_true",
        help="go on when a trigger has fired, until the time is over",
    )
    watch.add_argument(
        "--detach",
        action="store_true",
        help="go on when this terminal, or this command, has gone",
    )
    watch.add_argument(
        "--log-dir",
        metavar="DIR",
        help="where the log of the checks goes (monitor_logs, where commands run)",
    )
    watch.add_argument(
        "--replay",
        metavar="FILE",
        help="watch nothing: say when the checks of a health.jsonl would have fired "
        "which trigger",
    )
    watch.add_argument(
        "--trigger",
        action="append",
        default=[],
        metavar="RULE=SPEC",
        help="with --replay, another threshold: consecutive_failures=4, "
        "success_rate=0.8/10, p95_latency=3s/5 or error_rate=0.1/5; may be given again",
    )
    view_options(watch, "lines and summary for programs")


def do(options: argparse.Namespace) -> int:
    """Watch, or run what was recorded through other thresholds."""
    if options.replay is None:
        from mobius_tui.commands.support.watch_begin import watch

        return watch(options)
    from mobius_tui.commands.support.watch_replay import replay_file
    from mobius_tui.errors import UsageError

    if options.runbook is not None:
        raise UsageError("--replay watches nothing: leave the runbook out")
    return replay_file(options)
