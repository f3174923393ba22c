"""The task of attaching to a running step's own terminal."""

from __future__ import annotations

from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.terminal.attach import attach_terminal
from mobius_tui.tui.backend.full_screens import ForegroundTask


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
