"""`mobius-tui schema`: the JSON schema of runbooks, for an editor."""

from __future__ import annotations

import argparse

from mobius_tui.commands.support.command_output import write_output
from mobius_tui.errors import OK
from mobius_tui.runbook.library.runbook_schema import schema_text


def do(options: argparse.Namespace) -> int:
    """Print the schema, or write it to a file."""
    write_output(schema_text(), options.output)
    return OK
