"""From a run's files to what the screen shows, now or at a past moment."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from contextlib import aclosing
from operator import attrgetter
from typing import TYPE_CHECKING

from mobius_tui import sanitize
from mobius_tui.errors import RunError
from mobius_tui.run.attempts.attempt_files import LastOutput, last_output
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.planning.plan import effect_of
from mobius_tui.run.planning.rollback import rollback_phase
from mobius_tui.run.planning.trigger_rules import reported_figures
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import STATUSES_NEEDING_DECISION, Status
from mobius_tui.run.storage.state_folders import is_of_another_user
from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.structs import replace
from mobius_tui.tui.messages import RunChanged, RunLost
from mobius_tui.tui.presenters.health_view import (
    HealthView,
    StepSpan,
    build_health_view,
)
from mobius_tui.tui.presenters.run_view import RunView, build_run_view

if TYPE_CHECKING:  # who follows a run needs none of its review
    from mobius_tui.review.reviewed_run import ReviewViewer

REFRESH_INTERVAL = 0.45
"""Least seconds between refreshes for the clock alone; files are polled more often.

On an idle screen these refreshes are most of the processor's work.
"""


def _armed(view: RunView) -> bool | None:
    watch = view.state.watch
    if rollback_phase(view.plan) is None or watch.rollback is not None:
        return None
    return watch.armed


class RunPresenter:
    """Builds views of a run from its files, and caches what does not change."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._last_outputs: dict[AttemptId, LastOutput] = {}
        self._attempted: tuple[Step, ...] = ()
        self._journal_entry = -1
        self._is_others = is_of_another_user(viewer.directory.path)
        self.lost = ""
        """Why the run's files are followed no longer; empty while they are."""

    async def news(self) -> AsyncGenerator[RunChanged | RunLost, None]:
        """Messages for the screen: of what has changed, and idle ones for the clock.

        One without changes comes at each poke of the host, and else after
        `REFRESH_INTERVAL`. Where the files cannot be followed any more, the last is
        `RunLost`.
        """
        try:
            async with aclosing(self._viewer.changes(REFRESH_INTERVAL)) as changes:
                async for change in changes:
                    yield RunChanged(change)
        except RunError as error:
            self.lost = sanitize.line(str(error))
            yield RunLost(str(error))

    @property
    def state(self) -> RunState:
        """The state of the run by its journal."""
        return self._viewer.follower.state

    def run_view_at(self, now: float, before: RunView | None) -> RunView:
        """The view of the run at a moment.

        Args:
            now: seconds since 1970.
            before: the view before.
        """
        follower = self._viewer.follower
        if follower.state.last_entry_number != self._journal_entry:
            self._journal_entry = follower.state.last_entry_number
            self._read_last_outputs()
            states = self.state.steps
            self._attempted = tuple(
                step
                for step in follower.plan.steps.values()
                if states[step.id].attempts and effect_of(step) != "read"
            )
        health = {
            probe_id: window.status(now).state
            for probe_id, window in follower.health.windows.items()
        }
        view = build_run_view(
            follower.plan,
            follower.state,
            now=now,
            host=self._viewer.host_pid(),
            uid=os.getuid(),
            last_outputs=self._last_outputs,
            health=health,
            before=before,
        )
        return replace(
            view,
            is_others=self._is_others,
            verifying=self.verifying(view),
            reported_figures=reported_figures(follower.health.windows),
            meters=follower.trigger_rules.evaluator.meters()
            if follower.trigger_rules.evaluator
            else (),
            health_history=follower.health_history,
            milestone_tracker=follower.milestone_tracker,
            lost=self.lost,
            stalled=sanitize.line(self._viewer.stall_reason),
            host_silence=self._viewer.host_silence,
        )

    def verifying(self, view: RunView) -> str | None:
        """The step whose script has ended while its checks are still being made."""
        step = view.step(view.proposed_row)
        if step is None or view.proposal.kind != "running" or not step.checks:
            return None
        last = view.step_state(step.id).last_attempt
        if not isinstance(step.action, Run) or last is None:
            return None
        attempt = self._viewer.directory.attempt(step.id, last.number)
        return step.id if attempt.exit.exists() else None

    def health(self, view: RunView) -> HealthView:
        """Health now."""
        follower = self._viewer.follower
        return build_health_view(
            follower.health,
            follower.runbook,
            view.values,
            now=view.now,
            is_watched=view.host_pid is not None,
            has_ended=view.state.ended is not None,
            meters=view.meters,
            armed=_armed(view),
            spans=self._spans(),
        )

    def _spans(self) -> tuple[StepSpan, ...]:
        """The spans of steps that change something, as far as charts go."""
        follower = self._viewer.follower
        numbers = follower.plan.numbers
        points = [w.points[0].at for w in follower.health.windows.values() if w.points]
        oldest = min(points, default=0.0)
        found = []
        for step in self._attempted:
            for attempt in reversed(self.state.steps[step.id].attempts):
                if attempt.ended is not None and attempt.ended < oldest:
                    break  # those before it ended earlier
                found.append(
                    StepSpan(
                        number=numbers[step.id],
                        title=sanitize.line(step.title),
                        began=attempt.started,
                        ended=attempt.ended,
                    )
                )
        return tuple(sorted(found, key=attrgetter("began")))

    def running_attempts(self) -> tuple[AttemptId, ...]:
        """The attempts at scripts that run now."""
        lasts = (
            AttemptId(step_id, own.last_attempt.number)
            for step_id, own in self.state.steps.items()
            if own.status is Status.RUNNING and own.last_attempt is not None
        )
        return tuple(attempt for attempt in lasts if self.is_running(attempt))

    def is_running(self, attempt: AttemptId) -> bool:
        """Whether this attempt is at a script that runs now."""
        own = self.state.steps[attempt.step]
        if own.status is not Status.RUNNING or own.last_attempt is None:
            return False
        step = self._viewer.follower.plan.steps[attempt.step]
        is_last = own.last_attempt.number == attempt.number
        return is_last and isinstance(step.action, Run)

    def _read_last_outputs(self) -> None:
        """Read the last output of attempts that ended badly."""
        for step_id, own in self.state.steps.items():
            if own.status not in STATUSES_NEEDING_DECISION or own.last_attempt is None:
                continue
            last = AttemptId(step_id, own.last_attempt.number)
            if last not in self._last_outputs:
                attempt = self._viewer.directory.attempt(*last)
                self._last_outputs.pop(last._replace(number=last.number - 1), None)
                self._last_outputs[last] = last_output(attempt)


class PastRunPresenter(RunPresenter):
    """Builds the views of a run at a past moment, for its review."""

    def __init__(self, viewer: ReviewViewer) -> None:
        """Look back.

        Args:
            viewer: of the run.
        """
        super().__init__(viewer)
        self._reviewed_run = viewer.reviewed
        self.damage: tuple[str, ...] | None = None
        """What of the run is not as it was written; `None` while that is not known."""

    def run_view_at(self, now: float, before: RunView | None) -> RunView:
        """The view of the run at the moment that is reviewed.

        Args:
            now: the moment, in seconds since 1970.
            before: the view before.
        """
        whole = (
            self._reviewed_run.run_history.until
            - self._reviewed_run.newest_state.began_at
        )
        view = super().run_view_at(now, before)
        return replace(view, reviewed_duration=whole, damage=self.damage)

    def verifying(self, view: RunView) -> str | None:
        """The step whose checks had been looked at by then, while it ran."""
        step = view.proposal.step
        if step is None or view.proposal.kind != "running":
            return None
        last = view.step_state(step).last_attempt
        return step if last is not None and last.check_tries else None
