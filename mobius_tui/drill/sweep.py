"""Taking down the drill sites that a crash left behind: those alone that are ours.

A site is ours where its folder stands among the sites, is no link, belongs to this
account and names an owner; it is left behind where that owner is dead, and no host
lives that works on it. Of its processes those are ended that run a program of the site
itself, and the keepers of its run are asked to stop their scripts.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from mobius_tui.drill import services
from mobius_tui.drill.site import remove
from mobius_tui.drill.stage import is_stage, settle
from mobius_tui.drill.usage import run_of
from mobius_tui.run.attempt import ask_to_stop
from mobius_tui.run.directory import RunDirectory, holder

PATIENCE = 10.0
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
        run = run_of(folder.resolve())
        if run is not None:
            if run.host() is not None:
                continue  # it is in use; the next start looks again
            _stop_scripts(run)
        if is_stage(folder):
            settle(folder)
        remove(folder, keep=(folder / "run" / "kept").exists())
        reaped.append(folder.name)
    return tuple(reaped)


def _orphans(root: Path) -> Iterator[Path]:
    for owner in sorted(root.glob("*/run/owner")):
        folder = owner.parents[1]
        if folder.is_symlink() or folder.lstat().st_uid != os.getuid():
            continue
        if services.read_mark(owner) is None:
            yield folder


def _stop_scripts(run: RunDirectory) -> None:
    """Stop what a run's keepers still run, and wait for them."""
    asked = []
    for path in sorted(run.steps.iterdir()):
        step, _, number = path.name.rpartition(".")
        attempt = run.attempt(step, int(number))
        if number.isdigit() and ask_to_stop(attempt):
            asked.append(attempt.lock)
    deadline = time.monotonic() + PATIENCE
    while any(holder(lock) for lock in asked) and time.monotonic() < deadline:
        time.sleep(0.02)
