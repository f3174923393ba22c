"""The line above the footer of a review: what happened where the cursor is."""

from __future__ import annotations

import time

from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from mobius_tui.review.moment import Moment
from mobius_tui.tui.theme import assemble
from mobius_tui.tui.timeline_rows import mark_of
from mobius_tui.tui.view import RunView
from mobius_tui.tui.widgets.header import elapsed_in_words


class MomentLine(Widget):
    """A time of day, how far into the run, and what happened then."""

    moment: reactive[Moment | None] = reactive(None)
    view: reactive[RunView | None] = reactive(None)

    def render(self) -> RenderResult:
        """One line."""
        view, moment = self.view, self.moment
        if view is None:
            return Content("")
        at = view.now if moment is None else moment.at
        after = elapsed_in_words(max(0.0, at - view.state.began_at))
        when = time.strftime("%H:%M:%S", time.localtime(at))
        parts = [assemble((when, "key"), (f"  {after}  ", "muted"))]
        if moment is None:
            parts.append(assemble(("nothing happened just then", "muted")))
        else:
            glyph, role = mark_of(moment)
            parts.append(assemble((f"{glyph} ", role), (moment.text, "strong")))
            named = moment.by and f"by {moment.by}" not in moment.text
            parts.append(assemble((f"  {moment.by}" * bool(named), "muted")))
        line = Content("").join(parts)
        return line.truncate(self.size.width, ellipsis=True)
