"""The task of attaching to a running step's own terminal."""

from __future__ import annotations

from mobius_tui.run.planning.plan import has_terminal
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.terminal.attach import attach_terminal
from mobius_tui.tui.backend.base_page import ForegroundTask
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.row_key import RowKey


def attach_task(run: RunDirectory, step: str, number: int, name: str) -> ForegroundTask:
    """A task that attaches to the terminal of a running step.

    Args:
        run: the run's directory.
        step: the step's id.
        number: the attempt's.
        name: what the step is called.
    """

    def go() -> str:
        return attach_terminal(run, step, number, name)

    return ForegroundTask(run=go)


def why_no_terminal(view: RunView, key: RowKey | None) -> str:
    """Why there is no terminal to go to now, in words."""
    step = view.step(key)
    if step is not None and has_terminal(step):
        return f"{view.plan.name(step.id)} does not run now: it has no terminal."
    return "No step that has a terminal to itself runs now."
