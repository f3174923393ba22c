"""Which run uses a drill site, and taking down those that a crash left behind."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from mobius_tui.drill.own_staging import heal_remaining, is_staging
from mobius_tui.drill.site import site_services
from mobius_tui.drill.site.drill_site import remove_site
from mobius_tui.errors import MobiusError
from mobius_tui.run.attempts.launcher import ask_to_stop
from mobius_tui.run.events.run_events import RunBegan
from mobius_tui.run.journal.follower import JournalFollower
from mobius_tui.run.storage.run_directory import RunDirectory, lock_holder
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_home import runs_root


def run_on_site(root: Path) -> RunDirectory | None:
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
            entries = JournalFollower(run).read_new()
        except MobiusError:
            continue  # another run, and damaged
        first = entries[0].event if entries else None
        if isinstance(first, RunBegan) and first.site == str(root):
            return run
    return None


ORPHAN_PATIENCE = 10.0
"""Seconds in which a keeper must have stopped its script; it kills it after five."""


def reap_orphans(root: Path) -> tuple[str, ...]:
    """Take down the sites that nobody owns any more.

    Args:
        root: the folder of sites, as `sites_root` gives it.

    Returns:
        The names of the sites that were taken down.
    """
    reaped = []
    for folder in _orphans(root):
        run = run_on_site(folder.resolve())
        if run is not None:
            if run.host_pid() is not None:
                continue  # it is in use; the next start looks again
            _stop_scripts(run)
        if is_staging(folder):
            heal_remaining(folder)
        remove_site(folder, keep=(folder / "run" / "kept").exists())
        reaped.append(folder.name)
    return tuple(reaped)


def _orphans(root: Path) -> Iterator[Path]:
    for owner in sorted(root.glob("*/run/owner")):
        folder = owner.parents[1]
        if folder.is_symlink() or folder.lstat().st_uid != os.getuid():
            continue
        if site_services.read_mark(owner) is None:
            yield folder


def _stop_scripts(run: RunDirectory) -> None:
    """Stop what a run's keepers still run, and wait for them."""
    asked = []
    for path in sorted(run.steps.iterdir()):
        step, _, number = path.name.rpartition(".")
        attempt = run.attempt(step, int(number))
        if number.isdigit() and ask_to_stop(attempt):
            asked.append(attempt.lock)
    deadline = time.monotonic() + ORPHAN_PATIENCE
    while any(lock_holder(lock) for lock in asked) and time.monotonic() < deadline:
        time.sleep(0.02)
