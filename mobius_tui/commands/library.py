"""`mobius-tui` alone: the library of runbooks and runs."""

from __future__ import annotations

from mobius_tui.commands.support.command_options import is_plain
from mobius_tui.errors import UsageError

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    import argparse


def do(options: argparse.Namespace) -> int:
    """Open it."""
    from mobius_tui.commands.support.run_frontend import load_screen_settings
    from mobius_tui.commands.support.site_sweeping import sweep_sites

    if is_plain(asked=False):
        raise UsageError(
            "the library is a screen, and there is no terminal to draw it on; "
            "`mobius-tui runs` lists the runs, `mobius-tui run RUNBOOK --auto` "
            "prints a run as lines, and `mobius-tui --help` says what else there is"
        )
    settings = load_screen_settings(options)
    sweep_sites()
    from mobius_tui.tui.main import open_library

    return open_library(settings)
