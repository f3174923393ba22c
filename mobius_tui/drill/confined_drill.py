"""A confined drill: what is made for it beforehand, and what it was refused.

The run's folder and the site's are made outside, since nothing else can be written
inside; site, host and scripts, and whoever looks at them first, are within.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from mobius_tui.confinement.call_filter import can_filter
from mobius_tui.confinement.launch import run_enclosed
from mobius_tui.confinement.refusals import read_refusals, refusals_in_words
from mobius_tui.drill.rehearsal import new_site_folder
from mobius_tui.drill.site.drill_site import remove_site
from mobius_tui.drill.site.site_services import read_pid_file
from mobius_tui.folders import make_folders
from mobius_tui.run.events.run_events import RunEnded
from mobius_tui.run.journal.follower import JournalFollower
from mobius_tui.run.storage.run_directory import RunDirectory, make_run_directory
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.sanitize import line

END_SECONDS = 15.0
"""Seconds for which the processes of a drill that is over are waited for."""
_POLL_SECONDS = 0.05


def start_confined_drill(words: Sequence[str], runbook: Runbook, *, keep: bool) -> int:
    """Run a command line of `drill` in an enclosure; returns its exit code.

    Args:
        words: the command line, without the program's name.
        runbook: what is drilled.
        keep: whether the site's files stay.

    Raises:
        RunError: this system confines nobody, or a folder cannot be made.
    """
    started = datetime.now(UTC)
    run = make_run_directory(runs_root(), runbook, started.timestamp())
    folder = new_site_folder(started)
    owner = folder / "run" / "owner"
    make_folders(owner.parent)
    site = folder / folder.name  # its name says when it was built
    program = (sys.executable, "-P", "-m", "mobius_tui", "confined")
    try:
        return run_enclosed(
            (*program, str(run.path), str(site), *words),
            writable=(run.path, folder),
            refusals=run.refused,
            owner=owner,
        )
    finally:
        _tidy(run, folder, keep=keep)


def _tidy(run: RunDirectory, folder: Path, *, keep: bool) -> None:
    """Remove what a drill that is over, or never began, has left."""
    events = [entry.event for entry in JournalFollower(run).read_new()]
    if events and not any(isinstance(event, RunEnded) for event in events):
        return  # it goes on in there; the next drill tidies up
    owner = folder / "run" / "owner"
    deadline = time.monotonic() + END_SECONDS
    while read_pid_file(owner) is not None and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    if not events:
        shutil.rmtree(run.path, ignore_errors=True)
    if read_pid_file(owner) is None:
        remove_site(folder, keep=keep)


def refusal_lines(run: RunDirectory) -> Iterator[str]:
    """What a confined drill would have touched, for a person."""
    if not can_filter():
        yield "what it was refused is not known: this processor's calls are not read"
        return
    found = tuple(refusals_in_words(read_refusals(run.refused)))
    if not found:
        yield "confined: no call to write or connect beyond its site was refused"
        return
    yield "confined; what it would have touched, by the system calls that were refused:"
    yield from (line(f"would have {each}") for each in found)
