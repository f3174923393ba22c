"""`mobius-tui demo`: the drill that the README shows first."""

from __future__ import annotations

import argparse

from mobius_tui.commands.support.command_output import narrate
from mobius_tui.commands.support.drill_start import rehearse


def do(options: argparse.Namespace) -> int:
    """Rehearse a bad release, and say how to go on."""
    code = rehearse(options, coaches=True)
    if not options.dry_run:
        narrate(
            "next: `mobius-tui drill --fault random` is another one; `mobius-tui new "
            "NAME` makes a runbook of your own, `mobius-tui run NAME.toml` runs it"
        )
    return code
