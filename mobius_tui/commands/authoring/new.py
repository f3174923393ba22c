"""`mobius-tui new`: a runbook to begin with."""

from __future__ import annotations

import argparse
from pathlib import Path

from mobius_tui.commands.authoring.schema import write_schema_for_editors
from mobius_tui.commands.support.command_output import print_data
from mobius_tui.errors import EXIT_OK
from mobius_tui.runbook.library.own_runbooks import checked_name, new_runbook_text
from mobius_tui.runbook.library.runbook_schema import SCHEMA_LINE
from mobius_tui.runbook.toml.runbook_source import write_source


def do(options: argparse.Namespace) -> int:
    """Write it to the current folder, and print what to try."""
    name = checked_name(options.name)
    file = f"{name}.toml"
    text = SCHEMA_LINE + new_runbook_text(name)
    write_source(Path(file), text.encode(), replace=False)
    write_schema_for_editors(Path(file))
    print_data(f"{file} is there, and works as it stands. Try, in this order:")
    print_data(f"  mobius-tui check ./{file}")
    print_data(f"  mobius-tui run ./{file} --dry-run")
    print_data(f"  mobius-tui run ./{file}")
    return EXIT_OK
