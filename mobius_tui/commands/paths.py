"""`mobius-tui paths`: where files are kept."""

from __future__ import annotations

import argparse

from mobius_tui.commands.support.command_output import print_data
from mobius_tui.drill.site.drill_site import sites_root
from mobius_tui.errors import EXIT_OK
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.runbook_files import bundled_folder, own_folder
from mobius_tui.runbook.toml.runbook_source import config_file
from mobius_tui.sanitize import line


def do(_options: argparse.Namespace) -> int:
    """Print each folder and file by its name."""
    config = config_file()
    there = "" if config.exists() else "  (not there: all is as it comes)"
    for name, path in (
        ("config", f"{config}{there}"),
        ("runs", runs_root()),
        ("sites", sites_root()),
        ("runbooks", bundled_folder()),
        ("own", own_folder()),
    ):
        print_data(f"{name:9} {line(str(path))}")
    return EXIT_OK
