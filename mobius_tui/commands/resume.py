"""`mobius-tui resume`: an open run, as it stands."""

from __future__ import annotations

from mobius_tui.commands.options import (
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

    from mobius_tui.commands.playing import (
        answers_in,
        auto_intent,
        interruptible,
        screen_settings,
    )
    from mobius_tui.run.home import runs_root
    from mobius_tui.run.runs import find

    directory = find(runs_root(), options.run) if options.run else None
    auto = auto_intent(options, answers_in(options.answers))
    if not (options.json or is_plain(asked=options.plain)):
        settings = screen_settings(options)
        from mobius_tui.tui.entry import open_run

        return open_run(directory, settings, auto=auto)

    from mobius_tui.commands.scoring import show_to_the_end
    from mobius_tui.run.follow import Follower
    from mobius_tui.run.preflight import refuse_unattended
    from mobius_tui.run.starter import resume
    from mobius_tui.run.summary import newest_open

    directory = directory or newest_open(runs_root())
    follower = Follower(directory)
    if auto is not None:
        refuse_unattended(follower.runbook, "--auto")
    if follower.state.ended is None:
        asyncio.run(resume(directory, follower.runbook))
    return interruptible(
        lambda: show_to_the_end(directory, as_json=options.json, auto=auto)
    )
