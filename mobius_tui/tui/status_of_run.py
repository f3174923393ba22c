"""The status of a run that no screen shows, read from its files."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.run.directory import RunDirectory
from mobius_tui.run.viewer import Viewer
from mobius_tui.tui.sight import Sight
from mobius_tui.tui.status_text import status_text


def status_of(path: Path, now: float) -> str:
    """Where a run stands, to paste where people read.

    Args:
        path: its folder.
        now: seconds since 1970.

    Raises:
        RunError: it never began, or is damaged.
    """
    directory = RunDirectory(path)
    viewer = Viewer(directory)
    sight = Sight(viewer)
    view = sight.run(now, None)
    head = viewer.follower.head
    return status_text(view, sight.health(view), run=directory.id, head=head)
