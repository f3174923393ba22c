"""`mobius-tui runs`: what was run, newest first."""

from __future__ import annotations

import argparse
import json
import time
from datetime import datetime
from typing import TYPE_CHECKING

from mobius_tui.commands.support.command_output import narrate, print_data
from mobius_tui.commands.support.site_sweeping import sweep_orphan_sites
from mobius_tui.errors import EXIT_OK, UsageError
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.records.run_summary import RunSummary, read_summary
from mobius_tui.run.storage.run_index import all_runs, runs_shared_by_others
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.text.units import age_in_seconds
from mobius_tui.sanitize import line

if TYPE_CHECKING:
    from mobius_tui.drill.drill_record import DrillRecord


def do(options: argparse.Namespace) -> int:
    """Print the runs, or the drills, that match the options."""
    since = None if options.since is None else _moment_of(options.since, time.time())
    sweep_orphan_sites()
    if options.drills:
        return _print_drills(options, since)
    listed = sorted(
        (*all_runs(runs_root()), *runs_shared_by_others()),
        key=lambda run: run.id,
        reverse=True,
    )
    every = [read_summary(directory) for directory in listed]
    matching = [
        each
        for each in every
        if options.mode in (None, each.mode) and _matches(options, each, since)
    ]
    if options.json:
        print_data(json.dumps([each.as_json() for each in matching], indent=2))
        return EXIT_OK
    for each in matching:
        print_data(line(each.row()))
    if not every:
        narrate("there are no runs yet; `mobius-tui demo` makes one")
    elif not matching:
        narrate(f"none of the {len(every)} runs is like that")
    return EXIT_OK


def _matches(
    options: argparse.Namespace, run: RunSummary | DrillRecord, since: float | None
) -> bool:
    """Whether a run is of the runbook, ended so, and began since."""
    return (
        options.runbook in (None, run.runbook)
        and options.outcome in (None, run.outcome)
        and options.by in (None, run.operator)
        and (since is None or (run.began is not None and run.began >= since))
    )


def _moment_of(text: str, now: float) -> float:
    """The moment that `--since` means, in seconds since 1970.

    Raises:
        UsageError: it means none.
    """
    try:
        return now - age_in_seconds(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"--since {text}: write an age (30d, 2w, 12h) or a date (2026-11-24)"
        ) from None


def _print_drills(options: argparse.Namespace, since: float | None) -> int:
    """List the drills that have a score, newest first."""
    # Only now: a list of the runs does not wait for what knows of drills.
    from mobius_tui.drill import past_drills

    every = tuple(past_drills.drills_with_score(runs_root()))
    matching = [
        each
        for each in every
        if options.mode in (None, Mode.DRILL) and _matches(options, each, since)
    ]
    if options.json:
        print_data(
            json.dumps([past_drills.score_as_json(each) for each in matching], indent=2)
        )
        return EXIT_OK
    if not every:
        narrate("no drill is over yet that has a score; `mobius-tui drill` makes one")
        return EXIT_OK
    if not matching:
        narrate(f"none of the {len(every)} drills with a score is like that")
        return EXIT_OK
    print_data(past_drills.SCORE_HEAD)
    for each in matching:
        print_data(line(past_drills.score_row(each)))
    return EXIT_OK
