"""`mobius-tui export`: a run in one file, for somebody else."""

from __future__ import annotations

from mobius_tui.commands.options import run_argument
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

    from mobius_tui.commands.speaking import say, tell
    from mobius_tui.review.export import export
    from mobius_tui.run.home import runs_root
    from mobius_tui.run.runs import find
    from mobius_tui.run.verify import verify

    directory = find(runs_root(), options.run)
    head = export(directory, Path(options.output))
    say(f"head {head}")
    wrong = tuple(verify(directory))
    for each in wrong:
        tell(f"{each}; `import-run` will refuse it")
    tell(f"written to {options.output}; give its head by another way than the file")
    return FAILED if wrong else OK
