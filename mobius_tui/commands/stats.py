"""`mobius-tui stats`: what all runs of a runbook say of it."""

from __future__ import annotations

from mobius_tui.commands.options import is_plain, json_option
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
    from mobius_tui.commands.speaking import say
    from mobius_tui.review.past_runs import past_runs, runbook_named
    from mobius_tui.review.stats import stats
    from mobius_tui.review.stats_words import as_json, in_lines
    from mobius_tui.run.home import runs_root
    from mobius_tui.run.plan import Plan

    root = runs_root()
    runbook = runbook_named(options.runbook, root)
    if not (options.json or is_plain(asked=options.plain)):
        from mobius_tui.commands.playing import screen_settings
        from mobius_tui.tui.entry import open_stats

        return open_stats(options.runbook, runbook.title, screen_settings(options))
    found = stats(Plan(runbook), tuple(past_runs(root, runbook.id)))
    say(as_json(found) if options.json else "\n".join(in_lines(found)))
    return OK
