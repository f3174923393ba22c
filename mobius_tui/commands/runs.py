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


def do(options: argparse.Namespace) -> int:
    """List them."""
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
