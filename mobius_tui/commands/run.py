"""`mobius-tui run`: a runbook, from its briefing on."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.commands.support.command_options import (
    place_options,
    run_options,
    variables,
)
from mobius_tui.errors import UsageError

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    import argparse


def add_options(run: argparse.ArgumentParser) -> None:
    """Add what `run` takes."""
    run.add_argument("runbook", metavar="RUNBOOK", help="its id, or a file")
    run_options(run)
    place_options(run)
    run.add_argument(
        "--share", metavar="GROUP", help="a group that may read the run and approve"
    )
    run.add_argument(
        "--share-control", action="store_true", help="and act on it (with --share)"
    )


def do(options: argparse.Namespace) -> int:
    """Begin a run of a runbook."""
    from dataclasses import replace

    from mobius_tui.commands.support.run_frontend import read_answers, start_run
    from mobius_tui.run.client.run_briefing import prepare_briefing
    from mobius_tui.run.storage.sharing import shared_folder
    from mobius_tui.runbook.library.loader import load
    from mobius_tui.runbook.library.runbook_files import find_runbook

    runbook = load(find_runbook(options.runbook))
    briefing = prepare_briefing(
        runbook,
        given=variables(options.var),
        profile=options.profile,
        workdir=Path(options.workdir) if options.workdir else None,
    )
    if options.share_control and options.share is None:
        raise UsageError("--share-control: only with --share GROUP")
    if options.share is not None and not options.dry_run:
        shared_folder(options.share)  # what is wrong with it is said at once
    briefing = replace(
        briefing, share=options.share, share_control=options.share_control
    )
    answers = read_answers(options.answers)
    return start_run(options, briefing, answers)
