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
    verify.add_argument(
        "--head",
        metavar="SHA256",
        help="a head that you kept elsewhere: the journal's, or that of what was said",
    )


def do(options: argparse.Namespace) -> int:
    """Say what was edited, or the head."""
    from mobius_tui.commands.speaking import say
    from mobius_tui.run import seals
    from mobius_tui.run.follow import Follower
    from mobius_tui.run.home import runs_root
    from mobius_tui.run.record import read_record
    from mobius_tui.run.runs import find
    from mobius_tui.run.verify import seals_none, verify
    from mobius_tui.sanitize import line

    directory = find(runs_root(), options.run)
    wrong = tuple(verify(directory, options.head))
    for each in wrong:
        say(line(each))
    if wrong:
        return FAILED
    follower = Follower(directory)
    record = read_record(directory)
    say(f"{directory.id}: as it was written, {follower.state.n} events")
    say(f"head {follower.head}")
    if words := seals.told(record, older=seals_none(follower.state)):
        say(line(words))
    if last := seals.head(record):
        say(f"head of what was said {last}")
    return OK
