"""What a person who looks elsewhere should hear of: the title, and when to ring.

The title of the terminal says what is wrong as long as it is, and the bell rings once
for each step that ends badly and once for the end of the run.
"""

from __future__ import annotations

from mobius_tui import sanitize
from mobius_tui.run.deliveries import WANTS_A_PERSON
from mobius_tui.run.steps import BAD
from mobius_tui.tui.glyphs import MARKS
from mobius_tui.tui.sending import open_deliveries
from mobius_tui.tui.tidings import Tidings
from mobius_tui.tui.view import RunView
from mobius_tui.tui.watching import shown_mode, watch_left

TITLE_CELLS = 80
"""Characters of a title that windows and tabs have room for, and more."""


class Watcher:
    """Knows what has been told of a run."""

    def __init__(self) -> None:
        self._bad: dict[str, int] | None = None
        self._has_ended = False

    def look(self, view: RunView) -> Tidings:
        """What to tell now; nothing rings for what was so when one came."""
        bad = {
            step_id: len(view.own(step_id).attempts)
            for step_id, standing in view.standings.items()
            if standing.status in BAD
        }
        ended = view.state.ended is not None
        for own in open_deliveries(view):
            if own.stand in WANTS_A_PERSON:
                bad[f"delivery {own.number}"] = own.tries
        latest = view.state.watch.latest
        if latest is not None:
            bad[f"trigger of {latest.probe}"] = int(latest.at * 1000)
        before = self._bad
        ring = before is not None and (
            any(before.get(step_id) != count for step_id, count in bad.items())
            or (ended and not self._has_ended)
        )
        self._bad, self._has_ended = bad, ended
        return Tidings(title(view), ring=ring)


def title(view: RunView) -> str:
    """The terminal's title: what is wrong, or what is run in which mode."""
    ended = view.state.ended
    runbook = view.state.began.title if view.state.began else view.runbook.title
    words = f"{runbook} · {shown_mode(view).upper()}"
    step = view.step(view.proposal.step)
    if ended is not None:
        mark = "✔" if ended.outcome == "completed" else "✖"
        words = f"{mark} {ended.outcome}: {runbook}"
    elif view.state.watch.alarms and view.state.watch.begun is None:
        words = f"✖ {view.state.watch.alarms[-1].reason}"
    elif watch_left(view):
        words += f", {watch_left(view)}"
    elif step is not None and view.standings[step.id].status in BAD:
        mark = MARKS[view.standings[step.id].status].glyph
        words = f"{mark} {view.plan.name(step.id)}"
    return sanitize.line(words)[:TITLE_CELLS]
