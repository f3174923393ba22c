"""`mobius-tui review`: a run as it was at any of its moments."""

from __future__ import annotations

import argparse

from mobius_tui.commands.support import screens
from mobius_tui.commands.support.command_options import is_plain
from mobius_tui.errors import UsageError
from mobius_tui.run.storage.run_index import newest_run, run_by_name
from mobius_tui.run.storage.state_folders import runs_root


def do(options: argparse.Namespace) -> int:
    """Open the screen of the review."""
    root = runs_root()
    directory = (
        newest_run(root) if options.run is None else run_by_name(root, options.run)
    )
    if is_plain(requested=False):
        raise UsageError(
            "a review is a screen, and this is no terminal; "
            f"`mobius-tui report {directory.id}` writes it down"
        )
    return screens.open_review(directory, screens.load_screen_settings(options))
