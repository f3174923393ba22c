"""`mobius-tui` alone: the library of runbooks and runs."""

from __future__ import annotations

import argparse

from mobius_tui.commands.support import screens
from mobius_tui.commands.support.command_options import is_plain
from mobius_tui.commands.support.site_sweeping import sweep_orphan_sites
from mobius_tui.errors import UsageError


def do(options: argparse.Namespace) -> int:
    """Open the library."""
    if is_plain(requested=False):
        raise UsageError(
            "the library is a screen, and there is no terminal to draw it on; "
            "`mobius-tui runs` lists the runs, `mobius-tui run RUNBOOK --auto` "
            "prints a run as lines, and `mobius-tui --help` says what else there is"
        )
    settings = screens.load_screen_settings(options)
    sweep_orphan_sites()
    return screens.open_library(settings)
