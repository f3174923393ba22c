"""From the files of a run to what the screen shows of one of its moments."""

from __future__ import annotations

from dataclasses import replace

from mobius_tui.review.rewound import ReviewViewer
from mobius_tui.tui.sight import Sight
from mobius_tui.tui.view import RunView


class PastSight(Sight):
    """Looks at a run as it was."""

    def __init__(self, viewer: ReviewViewer) -> None:
        """Look back.

        Args:
            viewer: of the run.
        """
        super().__init__(viewer)
        self._rewound = viewer.rewound
        self.damage: tuple[str, ...] | None = None
        """What of the run is not as it was written; `None` while that is not known."""

    def run(self, now: float, before: RunView | None) -> RunView:
        """The run then.

        Args:
            now: the moment, in seconds since 1970.
            before: the view before.
        """
        whole = self._rewound.rewind.until - self._rewound.newest.began_at
        view = super().run(now, before)
        return replace(view, reviewed=whole, damage=self.damage)

    def verifying(self, view: RunView) -> str | None:
        """The step whose checks had been looked at by then, while it ran."""
        step = view.proposal.step
        if step is None or view.proposal.kind != "running":
            return None
        last = view.own(step).last
        return step if last is not None and last.looks else None
