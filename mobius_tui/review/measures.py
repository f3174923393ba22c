"""The times by which a run is judged, and the same of the drills before it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mobius_tui.review.told import Measure
from mobius_tui.run.milestones import Milestones

TITLES: Mapping[str, str] = {
    "detected": "Detected: the first sign on record",
    "acknowledged": "Acknowledged by a person",
    "decided": "Decided",
    "rollback": "Rollback begun",
    "restored": "Restored: healthy from then on",
    "steady": "Three healthy checks in a row",
    "total": "The whole run, from its beginning",
}


def beside(
    found: Milestones | None, began: float | None, drills: Sequence[Mapping[str, float]]
) -> tuple[Measure, ...]:
    """Each time of a run, beside those of the drills before it.

    Args:
        found: the run's own; `None` for one that never began.
        began: when it began, in seconds since 1970.
        drills: what each took for each time, in seconds, newest first.
    """
    if found is None:
        return ()
    measures = []
    for name, title in TITLES.items():
        known = [drill[name] for drill in drills if name in drill]
        if name == "total":
            at = found.ended
            after = at - began if at is not None and began is not None else None
        else:
            at, after = found.at(name), found.after(name)
        measures.append(
            Measure(
                name=name,
                title=title,
                at=at,
                after=after,
                last=known[0] if known else None,
                best=min(known, default=None),
            )
        )
    return tuple(measures)
