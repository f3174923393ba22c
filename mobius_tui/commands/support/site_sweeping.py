"""Takes down drill sites that a crash left behind, before a command lists runs."""

from __future__ import annotations

from mobius_tui.commands.support.command_output import narrate
from mobius_tui.run.storage.state_folders import state_home


def sweep_orphan_sites() -> None:
    """Take down the drill sites that nobody owns any more, and say which."""
    sites = state_home() / "sites"
    if not any(sites.glob("*/run/owner")):
        return  # as nearly always: nothing more is imported for it
    from mobius_tui.drill.site_guard import take_down_orphan_sites

    for name in take_down_orphan_sites(sites):
        narrate(f"a drill site that a crash had left behind was taken down: {name}")
