"""`mobius-tui verify`: proof that a run was not edited."""

from __future__ import annotations

import argparse

from mobius_tui.commands.support.command_output import print_data
from mobius_tui.errors import EXIT_FAILED, EXIT_OK
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.journal.journal import read_journal
from mobius_tui.run.records import record_file
from mobius_tui.run.records.host_places import host_places
from mobius_tui.run.records.record_file import read_record
from mobius_tui.run.records.verification import has_no_seals, run_problems
from mobius_tui.run.storage.run_index import run_by_name
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.sanitize import line


def _proved_text(follower: Follower, head: str | None) -> str:
    """What the absence of problems proves, in words.

    Whoever may write all of a run's files can make them anew so that they fit one
    another: only a head that was kept elsewhere tells that from the first writing.

    Args:
        follower: of the run.
        head: the head that was given; it is that of a line, or of the last seal.
    """
    heads = read_journal(follower.directory.journal).heads
    count = f"{len(heads)} events"
    if head is None:
        return (
            f"consistent in itself, {count}; that it is as it was written is proved "
            "only by a head that was kept elsewhere: --head HEAD"
        )
    if head not in heads or head == heads[-1]:
        return f"as it was written, {count}: it has the head that you gave"
    place = heads.index(head) + 1
    return (
        f"as it was written up to event {place}, whose head you gave; the "
        f"{len(heads) - place} after it are consistent with it"
    )


def do(options: argparse.Namespace) -> int:
    """Print what was edited, or the head of the journal."""
    directory = run_by_name(runs_root(), options.run)
    problems = tuple(run_problems(directory, options.head))
    for problem in problems:
        print_data(line(problem))
    if problems:
        return EXIT_FAILED
    follower = Follower(directory)
    record = read_record(directory)
    print_data(line(f"{directory.id}: {_proved_text(follower, options.head)}"))
    print_data(f"head {follower.head}")
    if words := record_file.entry_counts_text(
        record, older=has_no_seals(follower.state)
    ):
        print_data(line(words))
    if last := record_file.last_seal_digest(record):
        print_data(f"head of what was said {last}")
    for where in host_places(follower.initial_entries):
        print_data(line(where))
    return EXIT_OK
