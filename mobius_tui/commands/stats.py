"""`mobius-tui stats`: what all runs of a runbook say of it."""

from __future__ import annotations

from mobius_tui.commands.support.command_options import is_plain, json_option
from mobius_tui.errors import OK

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    import argparse


def add_options(stats: argparse.ArgumentParser) -> None:
    """Add what `stats` takes."""
    stats.add_argument("runbook", metavar="RUNBOOK", help="its id, or a file")
    stats.add_argument("--plain", action="store_true", help="lines, not a screen")
    json_option(stats)


def do(options: argparse.Namespace) -> int:
    """Say it, step by step."""
    from mobius_tui.commands.support.command_output import print_data
    from mobius_tui.review.past_runs import runbook_named, stats_of
    from mobius_tui.review.statistics_text import statistics_json, statistics_lines
    from mobius_tui.run.storage.state_home import runs_root

    root = runs_root()
    runbook = runbook_named(options.runbook, root)
    if not (options.json or is_plain(asked=options.plain)):
        from mobius_tui.commands.support.run_frontend import load_screen_settings
        from mobius_tui.tui.main import open_stats

        return open_stats(options.runbook, runbook.title, load_screen_settings(options))
    found = stats_of(root, runbook)
    print_data(
        statistics_json(found) if options.json else "\n".join(statistics_lines(found))
    )
    return OK
