"""The feed of a run: follows its files, and has its screen show what has changed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing, suppress
from typing import Any

from textual.screen import Screen
from textual.worker import Worker, WorkerError

from mobius_tui.errors import MobiusError
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.tui.dialogs.question import Notifier
from mobius_tui.tui.presenters.health_view import HealthView
from mobius_tui.tui.presenters.run_presenter import RunPresenter
from mobius_tui.tui.presenters.run_view import RunView


class RunFeed:
    """Turns the journal of one run into views, and has its screen show them.

    A worker follows the files and posts `RunChanged` and `RunLost` to the screen. The
    screen answers by `show_throttled`, at most `repaints` times a second, or by
    `show_now`; both call `show`.
    """

    def __init__(
        self,
        viewer: Viewer,
        presenter: RunPresenter,
        screen: Screen[Any],
        *,
        repaints: int,
        wall: Callable[[], float],
        mono: Callable[[], float],
        show: Callable[[], None],
        tell: Notifier,
    ) -> None:
        """Make the feed; it begins to follow when it is told to.

        Args:
            viewer: the run; the feed closes it.
            presenter: makes views of it.
            screen: is told what there is, and has the workers and timers.
            repaints: the most repaints in a second that changes of the run may cause.
            wall: gives seconds since 1970.
            mono: gives seconds of a clock that only goes forward.
            show: has the screen look at the run, and show it.
            tell: says why it cannot be followed.
        """
        self._viewer = viewer
        self._presenter = presenter
        self._screen = screen
        self.repaints = repaints
        """The most repaints in a second that changes of the run may cause."""
        self._wall, self._mono = wall, mono
        self._show = show
        self._tell = tell
        self._follow_worker: Worker[None] | None = None
        self._updated = 0.0
        self._is_show_scheduled = False

    # Following

    def begin(self) -> None:
        """Follow the run's files, in a worker."""
        run = self._screen.run_worker
        self._follow_worker = run(
            self._follow(), name="follow run", exit_on_error=False
        )

    async def _follow(self) -> None:
        async with aclosing(self._presenter.news()) as news:
            async for message in news:
                self._screen.post_message(message)

    async def end(self) -> None:
        """Let go of the run and of its host; the run goes on."""
        if self._follow_worker is not None:
            self._follow_worker.cancel()
            with suppress(WorkerError):
                await self._follow_worker.wait()
        await self._viewer.close()

    # Showing what there is

    def show_throttled(self) -> None:
        """Show what has changed, at most `repaints` times a second."""
        wait = self._updated + 1 / self.repaints - self._mono()
        if wait <= 0:
            self.show_now()
        elif not self._is_show_scheduled:
            self._is_show_scheduled = True
            self._screen.set_timer(wait, self.show_now)

    def show_now(self) -> None:
        """Have the screen redraw now, and restart the interval between redraws."""
        self._is_show_scheduled = False
        self._updated = self._mono()
        self._show()

    def refresh(self) -> bool:
        """Read what the host has written, and show it at once; says why it cannot.

        The one way on after whatever was asked of a host: what it did is in the journal
        before it answers.

        Returns:
            Whether what is shown is how the run stands.
        """
        try:
            self._viewer.follower.poll()
        except MobiusError as error:
            self._tell(str(error), is_problem=True)
            return False
        self.show_now()
        return True

    # What is known

    @property
    def directory(self) -> RunDirectory:
        """Where the run is."""
        return self._viewer.directory

    @property
    def plan(self) -> Plan:
        """The run's copy of its runbook, read."""
        return self._viewer.follower.plan

    @property
    def state(self) -> RunState:
        """The run as the journal tells it."""
        return self._presenter.state

    @property
    def head(self) -> str:
        """The digest of the journal's last line that was read."""
        return self._viewer.follower.head

    def now(self) -> float:
        """Seconds since 1970, by the clock that the run is shown by."""
        return self._wall()

    def view(self, before: RunView | None) -> RunView:
        """The run as it is now.

        Args:
            before: the view before, of which what has not changed is taken over.
        """
        return self._presenter.run_view_at(self._wall(), before)

    def health(self, view: RunView) -> HealthView:
        """Health as it is in a view."""
        return self._presenter.health(view)

    def running_attempts(self) -> tuple[AttemptId, ...]:
        """The attempts at scripts that run now."""
        return self._presenter.running_attempts()

    def is_running(self, attempt: AttemptId) -> bool:
        """Whether this attempt is at a script that runs now."""
        return self._presenter.is_running(attempt)
