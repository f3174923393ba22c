"""The bar on top: what is run, where, in which mode, and how far it has come."""

from __future__ import annotations

from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.planning.rollback import rollback_phase
from mobius_tui.runbook.text.units import clock_duration
from mobius_tui.tui.commands.registry import first_key_name
from mobius_tui.tui.presenters.communication import delivery_problem
from mobius_tui.tui.presenters.run_view import RunView, shown_mode, watch_time_left
from mobius_tui.tui.presenters.styled_text import (
    BAR_MODES,
    ROLE_STYLES,
    BarMode,
    Role,
    assemble,
    badge,
)

FULL_HEADER_CELLS = 100
"""Cells of width from which the words at the right edge are given in full."""


def elapsed_text(elapsed: float) -> str:
    """`T+07:42`, `T+1:07:42`."""
    hours, rest = divmod(int(elapsed), 3600)
    minutes, secs = divmod(rest, 60)
    return f"T+{hours}:{minutes:02}:{secs:02}" if hours else f"T+{minutes:02}:{secs:02}"


def fit_parts(left: list[Content], right: list[Content], width: int) -> Content:
    """As many of the left parts as fit between the edges, and the right ones.

    Args:
        left: parts from the left, the most important first.
        right: parts at the right edge, the most important last.
        width: cells of the line.
    """
    gap = Content("  ")
    while len(right) > 1 and _cells(left[:3]) + _cells(right) + 2 > width:
        right = right[1:]
    while len(left) > 2 and _cells(left) + _cells(right) + 2 > width:
        left = left[:-1]
    if len(left) == 2 and _cells(left) + _cells(right) + 2 > width:
        # The title gives way to the badge: the mode is never out of sight.
        room = max(4, width - _cells(left[1:]) - _cells(right) - 4)
        left = [left[0].truncate(room, ellipsis=True), left[1]]
    ending = gap.join(right)
    beginning = gap.join(left).truncate(
        max(0, width - ending.cell_length - 2), ellipsis=True
    )
    space = max(1, width - beginning.cell_length - ending.cell_length)
    return beginning + Content(" " * space) + ending


def _cells(parts: list[Content]) -> int:
    return sum(part.cell_length + 2 for part in parts)


def _mode(view: RunView | None) -> Mode | BarMode | None:
    """The mode that the bar has the colour of."""
    if view is None:
        return None
    return shown_mode(view) if view.reviewed_duration is None else BarMode.REVIEW


def _verification_text(damage: tuple[str, ...] | None) -> tuple[str, Role]:
    """Whether the files of a run under review were verified, in words."""
    if damage is None:
        return "verifying …", "muted"
    return ("✖ damaged", "bad") if damage else ("✔ verified", "good")


class RunHeader(Widget):
    """The run's bar."""

    view: reactive[RunView | None] = reactive(None)
    edited: reactive[bool] = reactive(default=False)
    """Whether the runbook's source was edited since the run began."""

    def watch_view(self, view: RunView | None) -> None:
        """The whole bar has the colour of the mode."""
        for mode in BAR_MODES:
            self.set_class(_mode(view) is mode, f"-mode-{mode}")

    def render(self) -> RenderResult:
        """One line, fitted to the width."""
        view = self.view
        if view is None:
            return Content("")
        title = assemble((view.runbook.title, "strong"))
        if view.environment:
            role: Role = "bad" if view.is_protected else "accent"
            title += assemble((" ▸ ", "muted"), (view.environment, role))
        if view.others_account:
            title += assemble((f"  {view.others_account}'s run", "warn"))
        done, total = view.counts.progress
        place = f"step {min(done + 1, total)} of {total}"
        place = watch_time_left(view) or place
        if view.state.ended is not None:
            place = f"{done} of {total} done"
        left = [
            title,
            badge(shown_mode(view)),
            assemble((place, "muted")),
            Content.styled(elapsed_text(view.elapsed), ROLE_STYLES["plain"]),
        ]
        if view.reviewed_duration is not None:
            left[1] = badge(BarMode.REVIEW) + assemble(
                (f" {view.mode}  ", "muted"), _verification_text(view.damage)
            )
            left[3] += assemble(
                (f" of {clock_duration(view.reviewed_duration)}", "muted")
            )
        return fit_parts(left, self._right(view), self.size.width)

    def _right(self, view: RunView) -> list[Content]:
        ended = view.state.ended
        if ended is not None and not view.lost:
            good = ended.outcome is Outcome.COMPLETED
            word = f"{'✔' if good else '✖'} {ended.outcome}"
            return [assemble((word, "good" if good else "bad"))]
        if view.lost:
            return [assemble(("✖ not followed", "bad"))]
        if view.reviewed_duration is not None:
            return [assemble(("as it was then", "muted"))]
        parts = []
        if view.state.is_reopened:
            wide = self.size.width >= FULL_HEADER_CELLS
            words = "open again to undo" if wide else "open again"
            parts.append(assemble((words, "warn")))
        if view.state.auto is not None:
            parts.append(assemble(("auto", "warn")))
        if rollback_phase(view.plan) is not None and view.state.watch.rollback is None:
            if view.state.watch.armed:
                parts.append(assemble(("ARMED", "warn")))
            elif self.size.width >= FULL_HEADER_CELLS:
                parts.append(assemble(("not armed", "muted")))
        if self.edited:
            wide = self.size.width >= FULL_HEADER_CELLS
            more = f"; {first_key_name('changes')} shows" if wide else ""
            parts.append(assemble((f"runbook edited{more}", "warn")))
        messages = delivery_problem(view)
        if messages is not None:
            parts.append(assemble(messages))
        if view.host_pid is None:
            parts.append(assemble(("○ host gone", "bad")))
        elif view.stalled:
            parts.append(assemble(("✖ disk full", "bad")))
        elif view.host_silence:
            parts.append(assemble(("✖ host silent", "bad")))
        else:
            name = "host " if self.size.width >= FULL_HEADER_CELLS else ""
            parts.append(assemble((name, "muted"), ("●", "good"), (" alive", "muted")))
        return parts
