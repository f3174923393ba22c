"""Which drills are the demo's: their screens tell a first-time user what to press.

The site says so, which goes when the drill is over: who leaves a demo and comes back by
`resume` is told the rest.
"""

from __future__ import annotations

from pathlib import Path

from mobius_tui.drill.scored_drills import drills_with_score
from mobius_tui.run.storage.run_directory import RunDirectory

NAME = "run/coached"
"""The file in the site that says it."""


def coach(site: Path) -> None:
    """Mark a site as the demo's, so that the screens of its run show hints."""
    (site / NAME).touch()


def is_coached(site: str | None) -> bool:
    """Whether the screens of a run on this site show hints.

    Args:
        site: the folder of the run's site; none where it is no drill.
    """
    return site is not None and (Path(site) / NAME).exists()


def is_first(directory: RunDirectory) -> bool:
    """Whether no earlier drill on this machine has a score."""
    made = drills_with_score(directory.path.parent)
    return all(each.run == directory.id for each in made)
