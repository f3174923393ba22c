"""`mobius-tui paths`: where files are kept."""

from __future__ import annotations

from mobius_tui.errors import OK
from mobius_tui.runbook.config import config_file

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    import argparse


def add_options(_parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def do(_options: argparse.Namespace) -> int:
    """Print each folder and file by its name."""
    from mobius_tui.commands.speaking import say
    from mobius_tui.drill.site import sites_root
    from mobius_tui.run.home import runs_root
    from mobius_tui.runbook.library import folder, own_folder
    from mobius_tui.sanitize import line

    config = config_file()
    there = "" if config.exists() else "  (not there: all is as it comes)"
    for name, path in (
        ("config", f"{config}{there}"),
        ("runs", runs_root()),
        ("sites", sites_root()),
        ("runbooks", folder()),
        ("own", own_folder()),
    ):
        say(f"{name:9} {line(str(path))}")
    return OK
