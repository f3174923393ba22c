"""What a run's end proposes: the runbook that looks back on it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mobius_tui.errors import MobiusError
from mobius_tui.run.plan import Plan, effect_of
from mobius_tui.run.state import RunState
from mobius_tui.runbook.decode import load
from mobius_tui.runbook.library import find
from mobius_tui.runbook.model import Runbook


@dataclass(frozen=True, kw_only=True, slots=True)
class FollowUp:
    """A runbook that is due now."""

    runbook: Runbook
    name: str
    """As the command line takes it."""
    cycle: str
    """When it is due, in the words of the runbook that has ended."""
    given: Mapping[str, str]
    """The variable that names the run that has ended."""

    @property
    def command(self) -> str:
        """The command that begins it."""
        words = ["mobius-tui", "run", self.name]
        for name, value in self.given.items():
            words += ["--var", f"{name}={value}"]
        return shlex.join(words)

    @property
    def words(self) -> str:
        """What is due, and how to begin it."""
        cycle = self.cycle or "When a run has ended"
        return f"{cycle}: {self.runbook.title}, by {self.command}"


def follow_up(plan: Plan, state: RunState) -> FollowUp | None:
    """What is due after a run; `None` after a drill, and where nothing was changed.

    A runbook that cannot be read is not proposed: the end of an incident is no time to
    complain of it.
    """
    began, review = state.began, plan.runbook.review
    if review is None or began is None or state.ended is None:
        return None
    if began.mode != "incident" or not _has_changed(plan, state):
        return None
    try:
        path = path_of(review, began.path)
        runbook = load(path)
    except (MobiusError, ValueError):
        return None
    names = [name for name, each in runbook.variables.items() if each.run]
    return FollowUp(
        runbook=runbook,
        name=str(path) if review.endswith(".toml") else review,
        cycle=plan.runbook.review_cycle,
        given=dict.fromkeys(names[:1], began.run),
    )


def path_of(review: str, beside: str) -> Path:
    """Where the runbook lies that looks back.

    Args:
        review: as `review` of another runbook names it.
        beside: where that one lay when its run began.

    Raises:
        UsageError: there is none of that name.
        ValueError: the other one lay nowhere.
    """
    if review.endswith(".toml"):
        return Path(beside).with_name(review)
    return find(review)


def _has_changed(plan: Plan, state: RunState) -> bool:
    """Whether a step was begun that changes or destroys."""
    return any(
        step.attempts and effect_of(plan.steps[step_id]) != "read"
        for step_id, step in state.steps.items()
    )
