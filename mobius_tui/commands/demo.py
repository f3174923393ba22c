"""`mobius-tui demo`: the drill that the README shows first."""

from __future__ import annotations

from mobius_tui.commands.support.command_options import run_options

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    import argparse


def add_options(demo: argparse.ArgumentParser) -> None:
    """Add what `demo` takes."""
    run_options(demo)
    demo.add_argument("--keep", action="store_true", help="keep the site afterwards")


def do(options: argparse.Namespace) -> int:
    """Rehearse a bad release, and say how to go on."""
    from mobius_tui.commands.drill import rehearse
    from mobius_tui.commands.support.command_output import narrate

    code = rehearse(options, "mobius-rollback", ["bad-release"], coaches=True)
    if not options.dry_run:
        narrate(
            "next: `mobius-tui drill --fault random` is another one; `mobius-tui new "
            "NAME` makes a runbook of your own, `mobius-tui run NAME.toml` runs it"
        )
    return code
