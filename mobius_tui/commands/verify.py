"""`mobius-tui verify`: proof that a run was not edited."""

from __future__ import annotations

from mobius_tui.commands.support.command_options import run_argument
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
    from mobius_tui.commands.support.command_output import print_data
    from mobius_tui.run.journal.follower import Follower
    from mobius_tui.run.records import seals
    from mobius_tui.run.records.run_record import read_record
    from mobius_tui.run.records.verification import has_no_seals, run_problems
    from mobius_tui.run.storage.run_index import run_by_name
    from mobius_tui.run.storage.state_home import runs_root
    from mobius_tui.sanitize import line

    directory = run_by_name(runs_root(), options.run)
    wrong = tuple(run_problems(directory, options.head))
    for each in wrong:
        print_data(line(each))
    if wrong:
        return FAILED
    follower = Follower(directory)
    record = read_record(directory)
    print_data(f"{directory.id}: as it was written, {follower.state.n} events")
    print_data(f"head {follower.head}")
    if words := seals.sealed_counts(record, older=has_no_seals(follower.state)):
        print_data(line(words))
    if last := seals.last_seal_digest(record):
        print_data(f"head of what was said {last}")
    return OK
