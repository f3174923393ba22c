"""`mobius-tui watch`: health without a checklist."""

from __future__ import annotations

import argparse

from mobius_tui.commands.support.watch_replay import replay_file
from mobius_tui.errors import UsageError


def do(options: argparse.Namespace) -> int:
    """Watch, or replay recorded checks with other thresholds."""
    if options.replay is not None:
        if options.runbook is not None:
            raise UsageError("--replay watches nothing: leave the runbook out")
        return replay_file(options)
    # Only now: `--replay` does without a run, its host and its screens.
    from mobius_tui.commands.support.watch_begin import watch

    return watch(options)
