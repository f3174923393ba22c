"""What is known of a run that is looked back on, as it was when it was asked for.

A run that goes on grows while its timeline is made in another thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mobius_tui.review import annotating
from mobius_tui.review.beats import Row
from mobius_tui.review.moment import moments_of
from mobius_tui.review.rewound import Rewound
from mobius_tui.review.timeline import Timeline, timeline
from mobius_tui.review.told import Happening
from mobius_tui.run.directory import RunDirectory
from mobius_tui.run.entry import Entry
from mobius_tui.run.plan import Plan
from mobius_tui.run.state import RunState


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """All that a timeline is made of; it grows no more."""

    directory: RunDirectory
    plan: Plan
    entries: tuple[Entry, ...]
    told: tuple[Happening, ...]
    state: RunState
    checks: Mapping[str, Row]
    until: float
    """The last moment of which anything is known, in seconds since 1970."""

    def timeline(self) -> Timeline:
        """The timeline of it, with what was said afterwards; takes a while."""
        said = annotating.read(self.directory)
        moments = moments_of(self.plan, self.entries, self.told, said)
        return timeline(self.plan, self.state, moments, self.checks, until=self.until)


def known(rewound: Rewound) -> Known:
    """What is known by now, from the thread in which the run is read."""
    rewind = rewound.rewind
    return Known(
        directory=rewound.directory,
        plan=rewound.plan,
        entries=tuple(rewind.entries),
        told=tuple(rewind.walker.timeline),
        state=rewound.newest.copy(),
        checks=dict(rewound.checks),
        until=rewind.until,
    )
