"""The first picture of a run: its name and steps, before the run has been read.

What reads and shows a run takes longer to load than a person waits gladly. So its
table of contents is drawn at once, in the place where the checklist will be, and says
that the rest is coming. It takes no keys but those that leave: what is pressed before
the run is seen is not meant.
"""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from mobius_tui.run.contents import Contents
from mobius_tui.tui.theme import assemble
from mobius_tui.tui.widgets.badge import MODE_STYLES, badge


def first_light(contents: Contents | None) -> Iterable[Widget]:
    """The widgets of the first picture; their ids give them their places.

    Args:
        contents: the run's table of contents, if it has one.
    """
    if contents is None:
        yield Static(" Reading the run …", classes="bar", markup=False)
        return
    title = assemble((contents.title, "strong"))
    if contents.environment:
        title += assemble((" ▸ ", "muted"), (contents.environment, "plain"))
    mode = contents.mode if contents.mode in MODE_STYLES else "incident"
    bar = title + Content("  ") + badge(mode)
    bar += assemble(("  reading the run …", "muted"))
    yield Static(bar, classes=f"bar -mode-{mode}", markup=False)
    checklist = Static(_checklist(contents), id="checklist", markup=False)
    checklist.border_title = "Checklist"
    yield checklist


def _checklist(contents: Contents) -> Content:
    """The rows where the checklist will have them, without any state."""
    lines = [
        assemble((f"   ▾ {title}" if is_phase else f"     {title}", "muted"))
        for is_phase, title in contents.rows
    ]
    return Content("\n").join(lines)
