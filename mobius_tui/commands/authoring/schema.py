"""`mobius-tui schema`: the schema of runbooks, which editors find beside a new one."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from mobius_tui.commands.support.command_output import narrate, write_output
from mobius_tui.errors import EXIT_OK, UsageError
from mobius_tui.runbook.library.runbook_schema import (
    SCHEMA_NAME,
    schema_text,
    write_schema_beside,
)


def write_schema_for_editors(runbook: Path) -> None:
    """Write the schema into the folder of a runbook whose first line names it.

    An existing file stays as it is. If the schema cannot be written, that is printed,
    and is no failure of the command.
    """
    path = runbook.with_name(SCHEMA_NAME)
    try:
        is_current = write_schema_beside(runbook)
    except (UsageError, OSError) as error:
        narrate(f"without help for editors: {error}")
        return
    if not is_current:
        remedy = f"`mobius-tui schema -o {shlex.quote(str(path))}` renews it"
        narrate(f"{path} is not what this version writes; {remedy}")


def do(options: argparse.Namespace) -> int:
    """Print the schema, or write it to a file."""
    write_output(schema_text(), options.output)
    return EXIT_OK
