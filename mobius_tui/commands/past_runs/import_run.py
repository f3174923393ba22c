"""`mobius-tui import-run`: a run that was exported elsewhere, to be read here."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from mobius_tui.commands.support.command_output import narrate, print_data
from mobius_tui.errors import EXIT_OK
from mobius_tui.review.run_import import import_run
from mobius_tui.run.storage.state_folders import runs_root


def do(options: argparse.Namespace) -> int:
    """Verify the file and take the run in."""
    file = Path(options.file)
    run = import_run(file, runs_root(), head=options.head, now=time.time())
    print_data(run.id)
    if options.head is None:
        narrate("it is as whoever exported it had it; --head proves that it is the one")
    narrate(f"it is read here and never run: `mobius-tui report {run.id}`")
    return EXIT_OK
