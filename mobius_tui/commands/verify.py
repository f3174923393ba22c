"""`mobius-tui verify`: proof that a run was not edited."""

from __future__ import annotations

from mobius_tui.commands.options import run_argument
from mobius_tui.errors import FAILED, OK

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    import argparse


def add_options(verify: argparse.ArgumentParser) -> None:
    """Add what `verify` takes."""
    run_argument(verify)
    verify.add_argument("--head", metavar="SHA256", help="the head you kept elsewhere")


def do(options: argparse.Namespace) -> int:
    """Say what was edited, or the head."""
    from mobius_tui.commands.speaking import say
    from mobius_tui.run.home import runs_root
    from mobius_tui.run.journal import read
    from mobius_tui.run.runs import find
    from mobius_tui.run.verify import verify
    from mobius_tui.sanitize import line

    directory = find(runs_root(), options.run)
    wrong = tuple(verify(directory, options.head))
    for each in wrong:
        say(line(each))
    if wrong:
        return FAILED
    tail = read(directory.journal)
    say(f"{directory.id}: as it was written, {len(tail.entries)} events")
    say(f"head {tail.head}")
    return OK
