"""`mobius-tui annotate`: a note on a run that is over."""

from __future__ import annotations

from mobius_tui.commands.support.command_options import run_argument
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

    from mobius_tui.commands.support.command_output import narrate
    from mobius_tui.review.run_annotations import annotate, annotation_target
    from mobius_tui.run.host.takeover import operator
    from mobius_tui.run.storage.run_index import run_by_name
    from mobius_tui.run.storage.state_home import runs_root

    directory = run_by_name(runs_root(), options.run)
    where = annotation_target(
        directory,
        at=options.at,
        step=options.step,
        since=options.since,
        until=options.until,
    )
    annotate(directory, options.text, where, by=operator(), now=time.time())
    narrate(f"kept beside the journal of {directory.id}; `mobius-tui report` tells it")
    return OK
