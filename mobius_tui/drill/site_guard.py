"""The guard of a drill site: a small process that outlives whoever needed the site.

It owns the site. While the process that built it lives, or the run that uses it is
open, the site stays; then it is taken down. A run that lost its host may be resumed,
so its site stays for a while. Of a run that has ended, the guard keeps the score before
the site goes.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from mobius_tui.drill import own_staging
from mobius_tui.drill.drill_verdict import judge_drill
from mobius_tui.drill.orphaned_sites import run_on_site
from mobius_tui.drill.site.drill_site import remove_site
from mobius_tui.drill.site.site_services import identity
from mobius_tui.errors import MobiusError
from mobius_tui.run.events.run_events import RunEnded
from mobius_tui.run.journal.follower import JournalFollower
from mobius_tui.run.storage.run_directory import RunDirectory

PATIENCE = 600.0
"""Seconds that a site waits for a host that died: as long as a drill nobody watches."""
PAUSE = 0.5
"""Seconds between looks."""


class SiteNeed:
    """Who still needs a site."""

    def __init__(self, root: Path, starter: int) -> None:
        self._root = root
        self._starter = (starter, identity(starter))
        self._run: RunDirectory | None = None
        self._journal: JournalFollower | None = None
        self._ended = False
        self._lonely: float | None = None

    @property
    def over(self) -> RunDirectory | None:
        """The run that used the site and has ended, if there is one."""
        return self._run if self._ended else None

    def is_there(self, now: float) -> bool:
        """Whether the site is needed.

        Args:
            now: monotonic seconds.
        """
        self._look()
        pid, mark = self._starter
        if self._run is None:
            return bool(mark) and identity(pid) == mark
        hosted = self._run.host_pid() is not None
        if self._ended:
            return hosted
        if hosted:
            self._lonely = None
            return True
        self._lonely = self._lonely or now
        return now - self._lonely < PATIENCE

    def _look(self) -> None:
        """Find the run that uses the site, and whether it has ended."""
        if self._journal is None:
            self._run = run_on_site(self._root)
            if self._run is None:
                return
            self._journal = JournalFollower(self._run)
        if any(isinstance(e.event, RunEnded) for e in self._journal.read_new()):
            self._ended = True


def main(arguments: list[str]) -> int:
    """Guard a site until nobody needs it, and take it down.

    Args:
        arguments: the site's folder, the starter's pid, and `keep` or `remove`.
    """
    root, starter, then = Path(arguments[0]), int(arguments[1]), arguments[2]
    need = SiteNeed(root, starter)
    built = False
    try:
        while need.is_there(time.monotonic()):
            if built and not root.is_dir():
                return 0  # someone else took it down
            built = built or root.is_dir()
            time.sleep(PAUSE)
    except (MobiusError, OSError):
        pass  # its run cannot be read any more: the site is of no use to it
    if root.is_dir():
        try:
            if need.over is not None:
                judge_drill(need.over, root, is_last=then != "keep")
        except (MobiusError, OSError):
            pass  # whoever waits for the score is told that there is none
        finally:
            if own_staging.is_staging(root):
                own_staging.heal_remaining(root)
            remove_site(root, keep=then == "keep")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
