"""`mobius-tui run`: a runbook, from its briefing on."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.commands.options import run_options, variables

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    import argparse


def add_options(run: argparse.ArgumentParser) -> None:
    """Add what `run` takes."""
    run.add_argument("runbook", help="a bundled runbook's id, or a file")
    run_options(run)
    run.add_argument("--profile", metavar="P", help="values for an environment")
    run.add_argument("--workdir", metavar="DIR", help="where commands run")


def do(options: argparse.Namespace) -> int:
    """Begin a run of a runbook."""
    from mobius_tui.commands.playing import answers_in, go
    from mobius_tui.run.starter import prepare
    from mobius_tui.runbook.decode import load
    from mobius_tui.runbook.library import find

    runbook = load(find(options.runbook))
    briefing = prepare(
        runbook,
        given=variables(options.var),
        profile=options.profile,
        workdir=Path(options.workdir) if options.workdir else None,
    )
    answers = answers_in(options.answers)
    return go(options, briefing, answers)
