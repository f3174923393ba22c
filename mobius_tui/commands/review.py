"""`mobius-tui review`: a run as it was at any of its moments."""

from __future__ import annotations

from mobius_tui.commands.support.command_options import run_argument

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    import argparse


def add_options(review: argparse.ArgumentParser) -> None:
    """Add what `review` takes."""
    run_argument(review, "the newest")


def do(options: argparse.Namespace) -> int:
    """Show it."""
    from mobius_tui.commands.support.command_options import is_plain
    from mobius_tui.commands.support.run_frontend import load_screen_settings
    from mobius_tui.errors import UsageError
    from mobius_tui.run.storage.run_index import newest_run, run_by_name
    from mobius_tui.run.storage.state_home import runs_root

    root = runs_root()
    directory = run_by_name(root, options.run) if options.run else newest_run(root)
    if is_plain(asked=False):
        raise UsageError(
            "a review is a screen, and this is no terminal; "
            f"`mobius-tui report {directory.id}` writes it down"
        )
    from mobius_tui.tui.main import open_review

    return open_review(directory, load_screen_settings(options))
