"""`mobius-tui demo`: the drill that the README shows first."""

from __future__ import annotations

from mobius_tui.commands.options import run_options

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    import argparse


def add_options(demo: argparse.ArgumentParser) -> None:
    """Add what `demo` takes."""
    run_options(demo)
    demo.add_argument("--keep", action="store_true", help="keep the site afterwards")


def do(options: argparse.Namespace) -> int:
    """Rehearse a bad release."""
    from mobius_tui.commands.drill import rehearse

    return rehearse(options, "mobius-rollback", ["bad-release"])
