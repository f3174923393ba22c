"""Marks the drills of `demo`: their screens show a first-time user what to press.

The mark is a file in the site, so it is still there when a person leaves the demo and
goes on with `resume`; it is removed with the site, when the drill is over.
"""

from __future__ import annotations

from pathlib import Path

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
