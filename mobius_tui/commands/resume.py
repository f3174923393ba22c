"""`mobius-tui resume`: an open run, as it stands."""

from __future__ import annotations

from mobius_tui.commands.support.command_options import (
    auto_options,
    is_plain,
    run_argument,
    view_options,
)

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    import argparse


def add_options(resume: argparse.ArgumentParser) -> None:
    """Add what `resume` takes."""
    run_argument(resume, "the newest that is open")
    view_options(resume)
    auto_options(resume)


def do(options: argparse.Namespace) -> int:
    """Go on with an open run."""
    import asyncio

    from mobius_tui.commands.support.run_frontend import (
        auto_intent,
        interruptible,
        load_screen_settings,
        read_answers,
    )
    from mobius_tui.run.storage.run_index import run_by_name
    from mobius_tui.run.storage.state_home import runs_root

    directory = run_by_name(runs_root(), options.run) if options.run else None
    auto = auto_intent(options, read_answers(options.answers))
    if not (options.json or is_plain(asked=options.plain)):
        settings = load_screen_settings(options)
        from mobius_tui.tui.main import open_run

        return open_run(directory, settings, auto=auto)

    from mobius_tui.commands.support.run_frontend import print_until_end
    from mobius_tui.run.client.start_run import resume_run
    from mobius_tui.run.journal.follower import Follower
    from mobius_tui.run.planning.initial_values import refuse_unattended
    from mobius_tui.run.records.run_summary import newest_open

    directory = directory or newest_open(runs_root())
    follower = Follower(directory)
    if auto is not None:
        refuse_unattended(follower.runbook, "--auto")
    if follower.state.ended is None:
        asyncio.run(resume_run(directory, follower.runbook))
    return interruptible(
        lambda: print_until_end(directory, as_json=options.json, auto=auto)
    )
