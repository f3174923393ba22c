"""From a viewer's files to what the screen shows: one look at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from mobius_tui.run.directory import RunDirectory
from mobius_tui.run.plan import kind_of
from mobius_tui.run.said import Said, said
from mobius_tui.run.state import RunState
from mobius_tui.run.steps import BAD, Status
from mobius_tui.run.viewer import Viewer
from mobius_tui.runbook.model import Run
from mobius_tui.tui import offers
from mobius_tui.tui.health_view import HealthView, look_at
from mobius_tui.tui.view import RunView, look

NOTHING = {
    "manual": "A person does this; it prints nothing.",
    "message": "A message; it prints nothing.",
    "choose": "A decision; it prints nothing.",
    "watch": "Watching prints nothing; see the health panel.",
    "check": "A check prints nothing; what it saw stands above.",
    "run": "It has not run yet.",
}
"""What an empty output pane says, by what the step does."""


class Sight:
    """Looks at a run; keeps what need not be looked up twice."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._said: dict[str, Said] = {}
        self._n = -1

    @property
    def state(self) -> RunState:
        """The run as the journal tells it."""
        return self._viewer.follower.state

    def run(self, now: float, before: RunView | None) -> RunView:
        """The run now.

        Args:
            now: seconds since 1970.
            before: the view before.
        """
        follower = self._viewer.follower
        if follower.state.n != self._n:
            self._n = follower.state.n
            self._read_last_words()
        health = {
            probe_id: window.status(now).state
            for probe_id, window in follower.health.windows.items()
        }
        view = look(
            follower.plan,
            follower.state,
            now=now,
            host=self._viewer.host(),
            said=self._said,
            health=health,
            before=before,
        )
        step_id = self._verifying(view)
        return view if step_id is None else replace(view, verifying=step_id)

    def _verifying(self, view: RunView) -> str | None:
        """The step whose script has ended while its checks are still being made."""
        step = view.step(view.proposal.step)
        if step is None or view.proposal.kind != "running" or not step.checks:
            return None
        last = view.own(step.id).last
        if not isinstance(step.action, Run) or last is None:
            return None
        attempt = self._viewer.directory.attempt(step.id, last.number)
        return step.id if attempt.exit.exists() else None

    def health(self, view: RunView) -> HealthView:
        """Health now."""
        follower = self._viewer.follower
        return look_at(
            follower.health,
            follower.runbook,
            view.values,
            now=view.now,
            is_watched=view.host is not None,
            has_ended=view.state.ended is not None,
        )

    def running(self) -> tuple[tuple[str, int], ...]:
        """The attempts at scripts that run now."""
        steps = self._viewer.follower.plan.steps
        return tuple(
            (step_id, own.last.number)
            for step_id, own in self.state.steps.items()
            if own.status is Status.RUNNING
            and own.last is not None
            and isinstance(steps[step_id].action, Run)
        )

    def _read_last_words(self) -> None:
        """What attempts that ended badly said last."""
        for step_id, own in self.state.steps.items():
            if own.status not in BAD or own.last is None:
                continue
            key = f"{step_id}.{own.last.number}"
            if key not in self._said:
                attempt = self._viewer.directory.attempt(step_id, own.last.number)
                self._said[key] = said(attempt)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """What the output pane shows."""

    path: Path | None
    spans: Path | None
    title: str
    running: bool
    placeholder: str


def output_of(view: RunView, key: str | None, directory: RunDirectory) -> Shown:
    """The output that belongs to the checklist's row under the cursor.

    Where the next step waits for its start, that of the script before it: what it
    printed is what the person decides by.
    """
    step = view.step(key)
    if step is None:
        return _nothing("Output", "")
    number = view.plan.numbers[step.id]
    if view.own(step.id).last is None and key == view.proposal.step:
        before = view.latest(scripts_only=True)
        if before is not None:
            return _attempt(view, before, directory, named=True)
    if view.own(step.id).last is None or not isinstance(step.action, Run):
        words = offers.by_hand(step) or NOTHING[kind_of(step)]
        return _nothing(f"Output · {number}", words)
    return _attempt(view, step.id, directory, named=False)


def _nothing(title: str, words: str) -> Shown:
    return Shown(path=None, spans=None, title=title, running=False, placeholder=words)


def _attempt(
    view: RunView, step_id: str, directory: RunDirectory, *, named: bool
) -> Shown:
    """The output of a script's last attempt."""
    own = view.own(step_id)
    assert own.last is not None
    attempt = directory.attempt(step_id, own.last.number)
    running = own.status is Status.RUNNING
    name = view.plan.name(step_id) if named else view.plan.numbers[step_id]
    return Shown(
        path=attempt.output,
        spans=attempt.spans,
        title=f"Output · {name} · attempt {own.last.number}",
        running=running,
        placeholder="It has printed nothing yet." if running else "It printed nothing.",
    )
