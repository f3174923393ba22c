"""Marks the drills of `demo`: their screens show a first-time user what to press.

The mark is a file in the site, so it is still there when a person leaves the demo and
goes on with `resume`; it is removed with the site, when the drill is over.
"""

from __future__ import annotations

from pathlib import Path

from mobius_tui.drill.scored_drills import drills_with_score
from mobius_tui.run.storage.run_directory import RunDirectory

COACHED_MARKER = "run/coached"
"""The file that marks a site as the demo's, relative to the site's folder."""


def mark_as_coached(site: Path) -> None:
    """Mark a site as the demo's, so that the screens of its run show hints."""
    (site / COACHED_MARKER).touch()


def is_coached(site: str | None) -> bool:
    """Whether the screens of a run on this site show hints.

    Args:
        site: the folder of the run's site; `None` if the run is no drill.
    """
    return site is not None and (Path(site) / COACHED_MARKER).exists()


def is_first_drill(directory: RunDirectory) -> bool:
    """Whether no earlier drill on this machine has a score."""
    made = drills_with_score(directory.path.parent)
    return all(each.run == directory.id for each in made)
