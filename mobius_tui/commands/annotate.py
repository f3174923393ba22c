"""`mobius-tui annotate`: a note on a run that is over."""

from __future__ import annotations

from mobius_tui.commands.options import run_argument
from mobius_tui.errors import OK

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    import argparse


def add_options(annotate: argparse.ArgumentParser) -> None:
    """Add what `annotate` takes."""
    run_argument(annotate)
    annotate.add_argument("text", metavar="TEXT", help="the note")
    annotate.add_argument(
        "--at",
        metavar="TIME",
        help="the moment: 2026-11-24T13:45:05Z, 13:45:05, or +1:20 from its beginning",
    )
    annotate.add_argument("--step", metavar="ID", help="the step that it is on")
    annotate.add_argument(
        "--from",
        metavar="TIME",
        dest="since",
        help="where a range begins (with --to)",
    )
    annotate.add_argument("--to", metavar="TIME", dest="until", help="where it ends")


def do(options: argparse.Namespace) -> int:
    """Keep it beside the journal."""
    import time

    from mobius_tui.commands.speaking import tell
    from mobius_tui.review.annotating import annotate, place
    from mobius_tui.run.home import runs_root
    from mobius_tui.run.runs import find
    from mobius_tui.run.takeover import operator

    directory = find(runs_root(), options.run)
    where = place(
        directory,
        at=options.at,
        step=options.step,
        since=options.since,
        until=options.until,
    )
    annotate(directory, options.text, where, by=operator(), now=time.time())
    tell(f"kept beside the journal of {directory.id}; `mobius-tui report` tells it")
    return OK
