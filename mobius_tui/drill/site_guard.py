"""The guard of a drill site: a small process that takes the site down after its use.

It owns the site. While the process that built it lives, or the run that uses it is
open, the site stays; then the guard takes it down. A run whose host died may be
resumed: its site stays for `HOST_GRACE_SECONDS`. The guard records the score of a run
that has ended before it takes the site down. A site whose guard died is taken down by
the next drill.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from mobius_tui.drill.drill_record import is_own_staging
from mobius_tui.drill.drill_verdict import judge_drill
from mobius_tui.drill.own_staging import heal_remaining
from mobius_tui.drill.site import site_services
from mobius_tui.drill.site.drill_site import remove_site
from mobius_tui.drill.site.fleet_site import stop_claims
from mobius_tui.drill.site.site_services import identity
from mobius_tui.errors import MobiusError
from mobius_tui.run.attempts.launcher import request_stop
from mobius_tui.run.events.run_events import RunBegan, RunEnded
from mobius_tui.run.journal.follower import JournalFollower
from mobius_tui.run.storage.run_directory import RunDirectory, lock_holder
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_folders import runs_root

HOST_GRACE_SECONDS = 600.0
"""Seconds for which a site stays after the host of its run died: it may be resumed."""
POLL_SECONDS = 0.5
"""Seconds between two checks whether it is needed."""
STOP_SECONDS = 10.0
"""Seconds to wait for keepers to stop their scripts; each kills its own after 5."""


class SiteNeed:
    """Whether a site is needed still: by its starter, or by the run that uses it."""

    def __init__(self, root: Path, starter: int) -> None:
        self._root = root
        self._starter = (starter, identity(starter))
        self._run: RunDirectory | None = None
        self._journal: JournalFollower | None = None
        self._ended = False
        self._unhosted_since: float | None = None

    @property
    def ended_run(self) -> RunDirectory | None:
        """The run that used the site and has ended, if there is one."""
        return self._run if self._ended else None

    def is_needed(self, now: float) -> bool:
        """Whether the site is needed.

        Args:
            now: monotonic seconds.
        """
        self._follow_run()
        pid, mark = self._starter
        if self._run is None:
            return bool(mark) and identity(pid) == mark
        hosted = self._run.host_pid() is not None
        if self._ended:
            return hosted
        if hosted:
            self._unhosted_since = None
            return True
        self._unhosted_since = self._unhosted_since or now
        return now - self._unhosted_since < HOST_GRACE_SECONDS

    def _follow_run(self) -> None:
        """Find the run that uses the site, and note whether it has ended."""
        if self._journal is None:
            self._run = run_on_site(self._root)
            if self._run is None:
                return
            self._journal = JournalFollower(self._run)
        if any(isinstance(e.event, RunEnded) for e in self._journal.read_new()):
            self._ended = True


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


def take_down_orphan_sites(root: Path) -> tuple[str, ...]:
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
        stop_claims(folder)
        if is_own_staging(folder):
            heal_remaining(folder)
        remove_site(folder, keep=(folder / "run" / "kept").exists())
        reaped.append(folder.name)
    return tuple(reaped)


def _orphans(root: Path) -> Iterator[Path]:
    for owner in sorted(root.glob("*/run/owner")):
        folder = owner.parents[1]
        if folder.is_symlink() or folder.lstat().st_uid != os.getuid():
            continue
        if site_services.read_pid_file(owner) is None:
            yield folder


def _stop_scripts(run: RunDirectory) -> None:
    """Stop what a run's keepers still run, and wait for them."""
    stopping = []
    for attempt_id in run.attempts():
        attempt = run.attempt(*attempt_id)
        if request_stop(attempt):
            stopping.append(attempt.lock)
    deadline = time.monotonic() + STOP_SECONDS
    while any(lock_holder(lock) for lock in stopping) and time.monotonic() < deadline:
        time.sleep(0.02)


def main(arguments: list[str]) -> int:
    """Guard a site until nobody needs it, and take it down.

    Args:
        arguments: the site's folder, the starter's pid, and `keep` or `remove`.
    """
    root, starter = Path(arguments[0]), int(arguments[1])
    keep = arguments[2] == "keep"
    need = SiteNeed(root, starter)
    was_built = False
    try:
        while need.is_needed(time.monotonic()):
            if was_built and not root.is_dir():
                return 0  # someone else took it down
            was_built = was_built or root.is_dir()
            time.sleep(POLL_SECONDS)
    except (MobiusError, OSError):
        pass  # its run cannot be read any more: the site is of no use to it
    if root.is_dir():
        try:
            if need.ended_run is not None:
                judge_drill(need.ended_run, root, is_last=not keep)
        except (MobiusError, OSError):
            pass  # whoever waits for the score is told that there is none
        finally:
            if is_own_staging(root):
                heal_remaining(root)
            stop_claims(root)
            remove_site(root, keep=keep)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
