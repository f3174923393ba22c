"""`mobius-tui stats`: what all runs of a runbook say of it."""

from __future__ import annotations

import argparse

from mobius_tui.commands.support import screens
from mobius_tui.commands.support.command_options import is_plain
from mobius_tui.commands.support.command_output import print_data
from mobius_tui.errors import EXIT_OK
from mobius_tui.review.run_statistics import (
    runbook_named,
    statistics_json,
    statistics_lines,
    statistics_of_runbook,
)
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.text.template_text import title_of_unknown_run


def do(options: argparse.Namespace) -> int:
    """Print the statistics, or open their screen."""
    root = runs_root()
    runbook = runbook_named(options.runbook, root)
    if not (options.json or is_plain(requested=options.plain)):
        settings = screens.load_screen_settings(options)
        return screens.open_stats(
            options.runbook, title_of_unknown_run(runbook.title), settings
        )
    statistics = statistics_of_runbook(root, runbook)
    print_data(
        statistics_json(statistics)
        if options.json
        else "\n".join(statistics_lines(statistics))
    )
    return EXIT_OK
