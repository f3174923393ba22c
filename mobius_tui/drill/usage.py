"""Which run uses a drill site."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.errors import MobiusError
from mobius_tui.run.directory import RunDirectory
from mobius_tui.run.events import RunBegan
from mobius_tui.run.follow import JournalFollower
from mobius_tui.run.home import runs_root
from mobius_tui.run.runs import all_runs


def run_of(root: Path) -> RunDirectory | None:
    """The run that uses a site; `None` while there is none.

    Args:
        root: the site's folder, whose name begins with the second in which it was
            built: no run from before is looked at.
    """
    begun = root.name[:19]
    for run in all_runs(runs_root()):
        if run.id < begun:
            return None
        try:
            entries = JournalFollower(run).more()
        except MobiusError:
            continue  # another run, and damaged
        first = entries[0].event if entries else None
        if isinstance(first, RunBegan) and first.site == str(root):
            return run
    return None
