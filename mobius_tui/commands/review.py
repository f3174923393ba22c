"""`mobius-tui review`: a run as it was at any of its moments."""

from __future__ import annotations

from mobius_tui.commands.options import run_argument

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    import argparse


def add_options(review: argparse.ArgumentParser) -> None:
    """Add what `review` takes."""
    run_argument(review, "the newest")


def do(options: argparse.Namespace) -> int:
    """Show it."""
    from mobius_tui.commands.options import is_plain
    from mobius_tui.commands.playing import screen_settings
    from mobius_tui.errors import UsageError
    from mobius_tui.run.home import runs_root
    from mobius_tui.run.runs import find, newest

    root = runs_root()
    directory = find(root, options.run) if options.run else newest(root)
    if is_plain(asked=False):
        raise UsageError(
            "a review is a screen, and this is no terminal; "
            f"`mobius-tui report {directory.id}` writes it down"
        )
    from mobius_tui.tui.entry import open_review

    return open_review(directory, screen_settings(options))
