"""Which output is shown, and which others there are: pure choice over a view."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mobius_tui.run.directory import RunDirectory
from mobius_tui.run.plan import follows, has_terminal, kind_of
from mobius_tui.run.steps import Attempt, Status
from mobius_tui.runbook.model_action import Run
from mobius_tui.tui.commands import key_of
from mobius_tui.tui.glyphs import MARKS
from mobius_tui.tui.output.tabs import Tab
from mobius_tui.tui.view import RunView

NOTHING = {
    "manual": "A person does this; it prints nothing.",
    "message": "A message; it prints nothing.",
    "choose": "A decision; it prints nothing.",
    "watch": "Watching prints nothing; see the health panel.",
    "check": "A check prints nothing; what it saw stands above.",
    "run": "It has not run yet.",
}
"""What an empty output pane says, by what the step does."""
TABS = 100
"""Attempts at a step that have a tab: the newest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """What the output pane shows."""

    path: Path | None = None
    spans: Path | None = None
    title: str
    running: bool = False
    limit: int | None = None
    """Bytes that had been printed by the moment that is shown; `None` for all."""
    placeholder: str
    tabs: tuple[Tab, ...] = ()
    """The outputs that can be shown."""
    tab: str = ""
    """The key of the one that is."""


def output_of(
    view: RunView, key: str | None, directory: RunDirectory, tab: str | None = None
) -> Shown:
    """The output that belongs to the checklist's row under the cursor.

    Where the next step waits for its start, that of the script before it: what it
    printed is what the person decides by.

    Args:
        view: the run.
        key: the checklist's.
        directory: where the outputs are.
        tab: what the person wants to see in its place, where that can be had.
    """
    step_id = _printed(view, key)
    tabs = _tabs(view, step_id)
    keys = [each.key for each in tabs]
    if tab not in keys and step_id is None:
        return _nothing(view, key, tabs)
    if tab not in keys:
        last = view.own(step_id or "").last
        assert last is not None
        tab = f"{step_id}.{last.number}"
    assert tab is not None
    return _attempt(view, key, directory, tabs, tab)


def split(tab: str) -> tuple[str, int]:
    """The step and the attempt of a tab's key."""
    step_id, _, number = tab.rpartition(".")
    return step_id, int(number)


def _printed(view: RunView, key: str | None) -> str | None:
    """The step whose output belongs to a row; `None` where there is none."""
    step = view.step(key)
    if step is None:
        return None
    if view.own(step.id).last is None:
        is_next = key == view.proposal.step
        return view.latest(scripts_only=True) if is_next else None
    return step.id if isinstance(step.action, Run) else None


def _tabs(view: RunView, step_id: str | None) -> tuple[Tab, ...]:
    """A step's attempts, and what runs beside the run."""
    found = []
    if step_id is not None:
        own = view.own(step_id).attempts[-TABS:]
        found = [_tab(view, step_id, attempt, str(attempt.number)) for attempt in own]
    for other in view.counts.running:
        last = view.own(other).last
        is_live = last is not None and follows(view.plan.steps[other])
        if is_live and last is not None and other != step_id:
            found.append(_tab(view, other, last, view.plan.name(other)))
    return tuple(found)


def _tab(view: RunView, step_id: str, attempt: Attempt, name: str) -> Tab:
    mark = MARKS[attempt.status]
    is_live = attempt.status is Status.RUNNING and follows(view.plan.steps[step_id])
    return Tab(
        key=f"{step_id}.{attempt.number}",
        name=name,
        glyph=mark.glyph,
        word="live" if is_live else mark.word,
        role=mark.role,
        stops=is_live,
    )


def _nothing(view: RunView, key: str | None, tabs: tuple[Tab, ...]) -> Shown:
    """What stands there while there is no output."""
    step = view.step(key)
    if step is None:
        return Shown(title="Output", placeholder="", tabs=tabs)
    words = NOTHING[kind_of(step)]
    if has_terminal(step):
        words = "It has not run yet. It gets a terminal, which is not recorded."
    title = f"Output · {view.plan.numbers[step.id]}"
    return Shown(title=title, placeholder=words, tabs=tabs)


def _attempt(
    view: RunView,
    key: str | None,
    directory: RunDirectory,
    tabs: tuple[Tab, ...],
    tab: str,
) -> Shown:
    """The output of one attempt."""
    step_id, number = split(tab)
    attempt = directory.attempt(step_id, number)
    running = view.own(step_id).attempts[number - 1].status is Status.RUNNING
    numbered = view.plan.numbers[step_id]
    name = numbered if step_id == key else view.plan.name(step_id)
    return Shown(
        path=attempt.output,
        spans=attempt.spans,
        title=f"Output · {name} · attempt {number}",
        running=running,
        placeholder=_while_empty(view, step_id, running=running),
        tabs=tabs,
        tab=tab,
    )


def _while_empty(view: RunView, step_id: str, *, running: bool) -> str:
    """What stands there while an attempt has no output."""
    if not has_terminal(view.plan.steps[step_id]):
        return "It has printed nothing yet." if running else "It printed nothing."
    if running:
        return f"It has a terminal to itself: {key_of('terminal')} goes there."
    return "It had a terminal to itself; nothing of that is recorded."
