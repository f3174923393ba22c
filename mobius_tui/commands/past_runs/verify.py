"""`mobius-tui verify`: proof that a run was not edited."""

from __future__ import annotations

import argparse

from mobius_tui.commands.support.command_output import print_data
from mobius_tui.errors import EXIT_FAILED, EXIT_OK
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.records import record_file
from mobius_tui.run.records.host_places import host_places
from mobius_tui.run.records.record_file import read_record
from mobius_tui.run.records.verification import has_no_seals, run_problems
from mobius_tui.run.storage.run_index import run_by_name
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.sanitize import line


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
    print_data(
        f"{directory.id}: as it was written, {follower.state.last_entry_number} events"
    )
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
