"""`mobius-tui annotate`: a note on a run that is over."""

from __future__ import annotations

import argparse
import time

from mobius_tui.commands.support.command_output import narrate
from mobius_tui.errors import EXIT_OK
from mobius_tui.review.run_annotations import annotate, annotation_target
from mobius_tui.run.host.host_setup import current_operator
from mobius_tui.run.storage.run_index import run_by_name
from mobius_tui.run.storage.state_folders import runs_root


def do(options: argparse.Namespace) -> int:
    """Add the note beside the journal of the run."""
    directory = run_by_name(runs_root(), options.run)
    target = annotation_target(
        directory,
        at=options.at,
        step=options.step,
        since=options.since,
        until=options.until,
    )
    annotate(directory, options.text, target, by=current_operator(), now=time.time())
    narrate(f"kept beside the journal of {directory.id}; `mobius-tui report` tells it")
    return EXIT_OK
