"""`mobius-tui runs`: what was run, newest first."""

from __future__ import annotations

from mobius_tui.commands.support.command_options import json_option
from mobius_tui.errors import OK, UsageError

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    import argparse

    from mobius_tui.drill.drill_record import DrillRecord
    from mobius_tui.run.records.run_summary import Summary


OUTCOMES = (
    *("completed", "failed", "abandoned", "incomplete"),
    *("open", "imported", "damaged", "never began"),
)


def add_options(runs: argparse.ArgumentParser) -> None:
    """Add what `runs` takes."""
    json_option(runs)
    runs.add_argument(
        "--drills", action="store_true", help="drills that are over, with their scores"
    )
    runs.add_argument("--runbook", metavar="ID", help="only those of this runbook")
    runs.add_argument(
        "--mode",
        choices=("incident", "drill"),
        help="only those of this kind",
    )
    runs.add_argument(
        "--outcome",
        choices=OUTCOMES,
        metavar="HOW",
        help=f"one of: {', '.join(OUTCOMES)}",
    )
    runs.add_argument(
        "--since", metavar="WHEN", help="begun since then: 30d, 2w, 12h or 2026-11-24"
    )


def do(options: argparse.Namespace) -> int:
    """List them."""
    import time

    from mobius_tui.commands.support.site_sweeping import sweep_sites

    since = None if options.since is None else _since(options.since, time.time())
    sweep_sites()
    if options.drills:
        return _drills(options, since)
    import json

    from mobius_tui.commands.support.command_output import narrate, print_data
    from mobius_tui.run.records.run_summary import summary
    from mobius_tui.run.storage.run_index import all_runs, runs_shared_by_others
    from mobius_tui.run.storage.state_home import runs_root
    from mobius_tui.sanitize import line

    listed = sorted(
        (*all_runs(runs_root()), *runs_shared_by_others()),
        key=lambda run: run.id,
        reverse=True,
    )
    every = [summary(directory) for directory in listed]
    found = [
        each
        for each in every
        if options.mode in (None, each.mode) and _is_wanted(options, each, since)
    ]
    if options.json:
        print_data(json.dumps([each.as_json() for each in found], indent=2))
        return OK
    for each in found:
        print_data(line(each.row()))
    if not every:
        narrate("there are no runs yet; `mobius-tui demo` makes one")
    elif not found:
        narrate(f"none of the {len(every)} runs is like that")
    return OK


def _is_wanted(
    options: argparse.Namespace, run: Summary | DrillRecord, since: float | None
) -> bool:
    """Whether a run is of the runbook, ended so, and began since."""
    return (
        options.runbook in (None, run.runbook)
        and options.outcome in (None, run.outcome)
        and (since is None or (run.began is not None and run.began >= since))
    )


def _since(text: str, now: float) -> float:
    """The moment that `--since` means, in seconds since 1970.

    Raises:
        UsageError: it means none.
    """
    from datetime import datetime

    from mobius_tui.runbook.text.units import age_in_seconds

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


def _drills(options: argparse.Namespace, since: float | None) -> int:
    """List the drills that have a score, newest first."""
    import json

    from mobius_tui.commands.support.command_output import narrate, print_data
    from mobius_tui.drill.drill_history import history
    from mobius_tui.drill.score_text import HEAD, row
    from mobius_tui.drill.score_text import as_json as drill_json
    from mobius_tui.run.storage.state_home import runs_root
    from mobius_tui.sanitize import line

    found = [
        each
        for each in history(runs_root())
        if options.mode != "incident" and _is_wanted(options, each, since)
    ]
    if options.json:
        print_data(json.dumps([drill_json(each) for each in found], indent=2))
        return OK
    if not found:
        narrate("no drill is over yet that has a score; `mobius-tui drill` makes one")
        return OK
    print_data(HEAD)
    for each in found:
        print_data(line(row(each)))
    return OK
