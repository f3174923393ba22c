"""`mobius-tui export`: a run in one file, for somebody else."""

from __future__ import annotations

from mobius_tui.commands.support.command_options import run_argument
from mobius_tui.errors import FAILED, OK

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    import argparse


def add_options(export: argparse.ArgumentParser) -> None:
    """Add what `export` takes."""
    run_argument(export)
    export.add_argument(
        "-o",
        metavar="FILE",
        dest="output",
        required=True,
        help="the file to write",
    )


def do(options: argparse.Namespace) -> int:
    """Write it, and say the head by which it can be held to."""
    from pathlib import Path

    from mobius_tui.commands.support.command_output import narrate, print_data
    from mobius_tui.review.run_export import export
    from mobius_tui.run.records.verification import run_problems
    from mobius_tui.run.storage.run_index import run_by_name
    from mobius_tui.run.storage.state_home import runs_root

    directory = run_by_name(runs_root(), options.run)
    head = export(directory, Path(options.output))
    print_data(f"head {head}")
    wrong = tuple(run_problems(directory))
    for each in wrong:
        narrate(f"{each}; `import-run` will refuse it")
    narrate(f"written to {options.output}; give its head by another way than the file")
    return FAILED if wrong else OK
