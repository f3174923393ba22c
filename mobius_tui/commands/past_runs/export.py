"""`mobius-tui export`: a run in one file, for somebody else."""

from __future__ import annotations

import argparse
from pathlib import Path

from mobius_tui.commands.support.command_output import narrate, print_data
from mobius_tui.errors import EXIT_FAILED, EXIT_OK
from mobius_tui.review.run_export import export_run
from mobius_tui.run.records.verification import run_problems
from mobius_tui.run.storage.run_index import run_by_name
from mobius_tui.run.storage.state_folders import runs_root


def do(options: argparse.Namespace) -> int:
    """Write the file, and print the head of its journal, which proves it."""
    directory = run_by_name(runs_root(), options.run)
    head = export_run(directory, Path(options.output))
    print_data(f"head {head}")
    problems = tuple(run_problems(directory))
    for problem in problems:
        narrate(f"{problem}; `import-run` will refuse it")
    narrate(f"written to {options.output}; give its head by another way than the file")
    return EXIT_FAILED if problems else EXIT_OK
