"""`mobius-tui runs`: what was run, newest first."""

from __future__ import annotations

from mobius_tui.commands.options import json_option
from mobius_tui.errors import OK, UsageError

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    import argparse

    from mobius_tui.drill.kept import Kept
    from mobius_tui.run.summary import Summary


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

    from mobius_tui.commands.sweeping import sweep

    since = None if options.since is None else _since(options.since, time.time())
    sweep()
    if options.drills:
        return _drills(options, since)
    import json

    from mobius_tui.commands.speaking import say, tell
    from mobius_tui.run.home import runs_root
    from mobius_tui.run.runs import all_runs, others_runs
    from mobius_tui.run.summary import summary
    from mobius_tui.sanitize import line

    listed = sorted(
        (*all_runs(runs_root()), *others_runs()), key=lambda run: run.id, reverse=True
    )
    every = [summary(directory) for directory in listed]
    found = [
        each
        for each in every
        if options.mode in (None, each.mode) and _is_wanted(options, each, since)
    ]
    if options.json:
        say(json.dumps([each.as_json() for each in found], indent=2))
        return OK
    for each in found:
        say(line(each.row()))
    if not every:
        tell("there are no runs yet; `mobius-tui demo` makes one")
    elif not found:
        tell(f"none of the {len(every)} runs is like that")
    return OK


def _is_wanted(
    options: argparse.Namespace, run: Summary | Kept, since: float | None
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

    from mobius_tui.runbook.units import age

    try:
        return now - age(text)
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

    from mobius_tui.commands.speaking import say, tell
    from mobius_tui.drill.history import history
    from mobius_tui.drill.score_words import HEAD, row
    from mobius_tui.drill.score_words import as_json as drill_json
    from mobius_tui.run.home import runs_root
    from mobius_tui.sanitize import line

    found = [
        each
        for each in history(runs_root())
        if options.mode != "incident" and _is_wanted(options, each, since)
    ]
    if options.json:
        say(json.dumps([drill_json(each) for each in found], indent=2))
        return OK
    if not found:
        tell("no drill is over yet that has a score; `mobius-tui drill` makes one")
        return OK
    say(HEAD)
    for each in found:
        say(line(row(each)))
    return OK
