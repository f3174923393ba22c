"""`mobius-tui runs`: what was run, newest first."""

from __future__ import annotations

from mobius_tui.commands.options import json_option
from mobius_tui.errors import OK

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    import argparse


def add_options(runs: argparse.ArgumentParser) -> None:
    """Add what `runs` takes."""
    json_option(runs)
    runs.add_argument(
        "--drills", action="store_true", help="drills that are over, with their scores"
    )


def do(options: argparse.Namespace) -> int:
    """List them."""
    from mobius_tui.commands.sweeping import sweep

    sweep()
    if options.drills:
        return _drills(as_json=options.json)
    import json

    from mobius_tui.commands.speaking import say, tell
    from mobius_tui.run.directory import all_runs, runs_root
    from mobius_tui.run.summary import summary
    from mobius_tui.sanitize import line

    found = [summary(directory) for directory in all_runs(runs_root())]
    if options.json:
        say(json.dumps([each.as_json() for each in found], indent=2))
        return OK
    for each in found:
        say(line(each.row()))
    if not found:
        tell("there are no runs yet; `mobius-tui demo` makes one")
    return OK


def _drills(*, as_json: bool) -> int:
    """List the drills that have a score, newest first."""
    import json

    from mobius_tui.commands.speaking import say, tell
    from mobius_tui.drill.history import history
    from mobius_tui.drill.score_words import HEAD, row
    from mobius_tui.drill.score_words import as_json as drill_json
    from mobius_tui.run.directory import runs_root
    from mobius_tui.sanitize import line

    found = tuple(history(runs_root()))
    if as_json:
        say(json.dumps([drill_json(each) for each in found], indent=2))
        return OK
    if not found:
        tell("no drill is over yet that has a score; `mobius-tui drill` makes one")
        return OK
    say(HEAD)
    for each in found:
        say(line(row(each)))
    return OK
