"""A page that follows a run: it hears of news, and looks as often as the line bears."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing, suppress
from pathlib import Path

from textual import on
from textual.worker import Worker, WorkerError

from mobius_tui.run.client.viewer import Viewer
from mobius_tui.tui.messages import OutputGrew, RunChanged, RunLost
from mobius_tui.tui.presenters.run_presenter import RunPresenter
from mobius_tui.tui.screens.output_page import OutputPage

OUTPUT_BEAT = 0.05
"""Seconds between looks at the output of a running step."""


class FollowingPage(OutputPage):
    """Has the run's viewer, and the workers that wait for its news."""

    def __init__(
        self,
        viewer: Viewer,
        *,
        repaints: int = 20,
        wall: Callable[[], float] | None = None,
    ) -> None:
        """Make the page of a run.

        Args:
            viewer: the run; the page closes it.
            repaints: the most repaints in a second that news may cause.
            wall: gives seconds since 1970; the run's own clock without it.
        """
        super().__init__(repaints=repaints)
        self._viewer = viewer
        self._repaints = repaints
        self._wall = wall or viewer.follower.now
        self._sight = RunPresenter(viewer)
        self._followed: set[tuple[str, int]] = set()
        self._follower: Worker[None] | None = None
        self._updated = 0.0
        self._is_due = False

    def show_run(self) -> None:
        """Look at the run, and show what there is to see."""

    def on_mount(self) -> None:
        """Follow the run."""
        follow = self._follow_run()
        self._follower = self.run_worker(follow, name="follow run", exit_on_error=False)

    async def on_unmount(self) -> None:
        """Let go of the host; the run goes on."""
        if self._follower is not None:
            self._follower.cancel()
            with suppress(WorkerError):
                await self._follower.wait()
        await self._viewer.close()

    async def _follow_run(self) -> None:
        """A worker: tells the screen whenever the run's files were looked at."""
        async with aclosing(self._sight.news()) as news:
            async for message in news:
                self.post_message(message)

    async def _follow_output(self, step_id: str, attempt: int) -> None:
        """A worker: tells of a running step's output, and ends when the step does."""
        path = self._viewer.directory.attempt(step_id, attempt).output
        seen = -1
        while self._sight.is_running(step_id, attempt):
            size = _size(path)
            if size != seen:
                seen = size
                self.post_message(OutputGrew(step_id, attempt))
            await asyncio.sleep(OUTPUT_BEAT)
        self.post_message(OutputGrew(step_id, attempt))

    @on(RunChanged)
    def _run_changed(self, event: RunChanged) -> None:
        """Show the news, but not more often than the line bears."""
        event.stop()
        wait = self._updated + 1 / self._repaints - self.mono()
        if wait <= 0:
            self.look()
        elif not self._is_due:
            self._is_due = True
            self.set_timer(wait, self.look)

    @on(RunLost)
    def _run_lost(self, event: RunLost) -> None:
        """What is shown grows old from here on: say so as long as it is shown."""
        event.stop()
        self.tell(event.why, is_problem=True)
        self.look()

    @on(OutputGrew)
    def _output_grew(self, event: OutputGrew) -> None:
        event.stop()
        path = self._viewer.directory.attempt(event.step, event.attempt).output
        if self.shown is not None and self.shown.path == path:
            self.output.refresh_from_file()

    def look(self) -> None:
        """Look at once; the next look for news has to wait."""
        self._is_due = False
        self._updated = self.mono()
        self.show_run()

    def follow_outputs(self) -> None:
        """Follow the output of every attempt that runs."""
        running = set(self._sight.running())
        for step_id, attempt in running - self._followed:
            name = f"follow {step_id}.{attempt}"
            work = self._follow_output(step_id, attempt)
            self.run_worker(work, name=name, group="output", exit_on_error=False)
        self._followed = running


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
