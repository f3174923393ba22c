"""Which output is shown, the other outputs, and the row of tabs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from mobius_tui import sanitize
from mobius_tui.run.planning.plan import has_terminal, is_live_output, kind_of
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.run.state.step_state import Attempt, Status
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.step_text import ITS_TERMINAL
from mobius_tui.tui.commands.registry import first_key_name
from mobius_tui.tui.commands.run_commands import RunCommand
from mobius_tui.tui.presenters.glyphs import STATUS_MARKS
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.styled_text import Role
from mobius_tui.tui.screen_state import RowKey, StepRow

TAB_SEPARATOR = "│"


class OutputTab(Struct, frozen=True, kw_only=True):
    """One output that can be shown."""

    attempt: AttemptId
    name: str
    """The attempt's number; or the step, where it is another one."""
    glyph: str
    word: str
    role: Role
    is_stoppable: bool = False
    """Whether it runs beside the run, until it is stopped."""


class TabTarget(NamedTuple):
    """Cells of the row that can be clicked."""

    left: int
    right: int
    attempt: AttemptId
    is_stop_button: bool
    """Whether a click stops that one, and doesn't show it."""


def tab_row(
    tabs: Sequence[OutputTab],
    chosen: AttemptId | None,
    width: int,
    style: Callable[[str], Style],
    *,
    stop_key: str,
) -> tuple[Strip, list[TabTarget]]:
    """Lay the tabs out; those that don't fit are left out at either end.

    Args:
        tabs: All of them.
        chosen: The attempt of the one that is shown; `None` for none.
        width: Cells.
        style: Gives the style of a role; of `chosen` for the one that is shown.
        stop_key: What stops the one that is shown, for a person.
    """
    parts = [_parts(tab, chosen, style, stop_key) for tab in tabs]
    widths = [sum(cell_len(text) for text, _, _ in part) + 1 for part in parts]
    place = next((n for n, tab in enumerate(tabs) if tab.attempt == chosen), 0)
    first = place
    room = width - 4 - widths[place]
    while first > 0 and room >= widths[first - 1]:
        first -= 1
        room -= widths[first]
    last = place + 1
    while last < len(tabs) and room >= widths[last]:
        room -= widths[last]
        last += 1
    segments = [Segment("« ", style("muted"))] if first else []
    targets: list[TabTarget] = []
    left = cell_len("« ") if first else 0
    for number in range(first, last):
        for text, part_style, stops in parts[number]:
            segments.append(Segment(text, part_style))
            right = left + cell_len(text)
            targets.append(TabTarget(left, right, tabs[number].attempt, stops))
            left = right
        if number + 1 < len(tabs):
            more = number + 1 == last
            segments.append(Segment(" »" if more else TAB_SEPARATOR, style("muted")))
            left += 1
    return Strip(segments).crop(0, width), targets


def _parts(
    tab: OutputTab,
    chosen: AttemptId | None,
    style: Callable[[str], Style],
    stop_key: str,
) -> list[tuple[str, Style, bool]]:
    """Return a tab's texts, their styles, and whether a click on them stops it."""
    name = sanitize.line(tab.name)
    if tab.attempt != chosen:
        state = f" {tab.glyph} {tab.word} "
        return [(f" {name}", style("plain"), False), (state, style(tab.role), False)]
    parts = [(f" {name} {tab.glyph} {tab.word} ", style("chosen"), False)]
    if tab.is_stoppable:
        parts.append(
            (f" ■ {stop_key} stops it ".replace("  ", " "), style("bad"), True)
        )
    return parts


EMPTY_OUTPUT_TEXTS = {
    "manual": "A person does this; it prints nothing.",
    "message": "A message; it prints nothing.",
    "choose": "A decision; it prints nothing.",
    "watch": "Watching prints nothing; see the health panel.",
    "check": "A check prints nothing; what it saw stands above.",
    "run": "It has not run yet.",
}
"""What an empty output pane says, by what the step does."""
MAX_TABS = 100
"""Attempts at a step that have a tab: the newest."""


class OutputChoice(Struct, frozen=True, kw_only=True):
    """What the output pane shows."""

    path: Path | None = None
    spans: Path | None = None
    """The file that says when which bytes came; `None` if that was not kept."""
    title: str
    running: bool = False
    limit: int | None = None
    """Bytes that had been printed by the moment that is shown; `None` for all."""
    placeholder: str
    tabs: tuple[OutputTab, ...] = ()
    """The outputs that can be shown."""
    tab: AttemptId | None = None
    """The attempt of the one that is; `None` for none."""
    hosts_of: str = ""
    """The step whose hosts have outputs of their own; empty where it is no such."""


def choose_output(
    view: RunView,
    key: RowKey | None,
    directory: RunDirectory,
    tab: AttemptId | None = None,
) -> OutputChoice:
    """The output that belongs to the checklist's row under the cursor.

    Where the next step waits for its start, that of the script before it: what it
    printed is what the person decides by.

    Args:
        view: the run.
        key: the checklist's.
        directory: where the outputs are.
        tab: what the person wants to see in its place, where that can be had.
    """
    step_id = _step_with_output(view, key)
    tabs = _tabs(view, step_id)
    if tab in [each.attempt for each in tabs]:
        return _attempt(view, key, directory, tabs, tab)
    if step_id is None:
        return _placeholder(view, key, tabs)
    last = view.step_state(step_id).last_attempt
    assert last is not None
    return _attempt(view, key, directory, tabs, AttemptId(step_id, last.number))


def _step_with_output(view: RunView, key: RowKey | None) -> str | None:
    """The step whose output belongs to a row; `None` where there is none."""
    step = view.step(key)
    if step is None:
        return None
    if view.step_state(step.id).last_attempt is None:
        is_next = key == view.proposed_row
        return view.latest(scripts_only=True) if is_next else None
    return step.id if isinstance(step.action, Run) else None


def _tabs(view: RunView, step_id: str | None) -> tuple[OutputTab, ...]:
    """A step's attempts, and what runs beside the run."""
    found = []
    if step_id is not None:
        own = view.step_state(step_id).attempts[-MAX_TABS:]
        found = [_tab(view, step_id, attempt, str(attempt.number)) for attempt in own]
    for other in view.counts.running:
        last = view.step_state(other).last_attempt
        is_live = last is not None and is_live_output(view.plan.steps[other])
        if is_live and last is not None and other != step_id:
            found.append(_tab(view, other, last, view.plan.name(other)))
    return tuple(found)


def _tab(view: RunView, step_id: str, attempt: Attempt, name: str) -> OutputTab:
    mark = STATUS_MARKS[attempt.status]
    is_live = attempt.status is Status.RUNNING and is_live_output(
        view.plan.steps[step_id]
    )
    return OutputTab(
        attempt=AttemptId(step_id, attempt.number),
        name=name,
        glyph=mark.glyph,
        word="live" if is_live else mark.word,
        role=mark.role,
        is_stoppable=is_live,
    )


def _placeholder(
    view: RunView, key: RowKey | None, tabs: tuple[OutputTab, ...]
) -> OutputChoice:
    """The text in place of an output that does not exist."""
    step = view.step(key)
    if step is None:
        return OutputChoice(title="Output", placeholder="", tabs=tabs)
    words = EMPTY_OUTPUT_TEXTS[kind_of(step)]
    if has_terminal(step):
        words = f"It has not run yet. It gets {ITS_TERMINAL}."
    title = f"Output · {view.plan.numbers[step.id]}"
    return OutputChoice(title=title, placeholder=words, tabs=tabs)


def _attempt(
    view: RunView,
    key: RowKey | None,
    directory: RunDirectory,
    tabs: tuple[OutputTab, ...],
    tab: AttemptId,
) -> OutputChoice:
    """The output of one attempt."""
    step_id, number = tab
    attempt = directory.attempt(*tab)
    running = view.step_state(step_id).attempts[number - 1].status is Status.RUNNING
    numbered = view.plan.numbers[step_id]
    name = numbered if key == StepRow(step_id) else view.plan.name(step_id)
    return OutputChoice(
        path=attempt.output,
        spans=attempt.spans,
        title=f"Output · {name} · attempt {number}",
        running=running,
        placeholder=_empty_output_text(view, step_id, running=running),
        tabs=tabs,
        tab=tab,
        hosts_of=step_id if view.hosts(step_id) is not None else "",
    )


def nothing_printed_text(*, running: bool) -> str:
    """The text in place of an output without a line."""
    return "It has printed nothing yet." if running else "It printed nothing."


def _empty_output_text(view: RunView, step_id: str, *, running: bool) -> str:
    """The text in place of the output of an attempt that printed nothing."""
    if not has_terminal(view.plan.steps[step_id]):
        return nothing_printed_text(running=running)
    if running:
        key = first_key_name(RunCommand.TERMINAL)
        return f"It has a terminal to itself: {key} goes there."
    return f"It had {ITS_TERMINAL}."
