"""Proposes a review runbook at a run's end, and gives it the run's facts."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from mobius_tui.errors import MobiusError, UsageError
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.planning.plan import Plan, effect_of, is_live_output
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import STATUSES_NEEDING_DECISION
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import run_by_name
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import find_runbook
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.runbook.text.template_text import title_of_unknown_run
from mobius_tui.runbook.text.units import duration_in_words

UNKNOWN_FACT_TEXT = "none"
"""The value of an unknown fact. It is not empty, as a person would be asked for
that."""


def add_run_facts(runbook: Runbook, given: Mapping[str, str]) -> dict[str, str]:
    """Values, and the facts of the runs that some of them name.

    Args:
        runbook: says which variables name a run.
        given: by variable.

    Raises:
        UsageError: there is no such run, it is damaged, or it has not ended.
    """
    values = dict(given)
    for name, variable in runbook.variables.items():
        if variable.run and given.get(name):
            directory, facts = run_facts(given[name])
            values[name] = directory.id
            for fact, value in facts.items():
                values.setdefault(f"{name}_{fact}", value)
    return values


def run_facts(run: str) -> tuple[RunDirectory, Mapping[str, str]]:
    """A run by its name, and its facts, by the names of `RUN_FACTS`.

    Args:
        run: its id, a part of it that only one has, or its folder's path.

    Raises:
        UsageError: there is no such run, it is damaged, or it has not ended.
    """
    try:
        directory = run_by_name(runs_root(), run)
        follower = Follower(directory)
    except MobiusError as error:
        raise UsageError(str(error)) from error
    state = follower.state
    began, ended = state.began, state.ended
    if began is None or ended is None:
        raise UsageError(f"run {directory.id} has not ended; look back on it then")
    ended_at = state.ended_at or state.last_entry_at
    bad = [
        follower.plan.name(step_id)
        for step_id, step in state.steps.items()
        if not is_live_output(follower.plan.steps[step_id])
        and any(
            attempt.status in STATUSES_NEEDING_DECISION for attempt in step.attempts
        )
    ]
    return directory, {
        "runbook": began.title,
        "environment": began.environment or UNKNOWN_FACT_TEXT,
        "operator": began.operator,
        "outcome": ended.outcome,
        "reason": ended.reason or UNKNOWN_FACT_TEXT,
        "began": _time_text(state.began_at),
        "ended": _time_text(ended_at),
        "took": duration_in_words(ended_at - state.began_at),
        "failed": ", ".join(bad) or UNKNOWN_FACT_TEXT,
        "outage": _outage_facts(follower),
    }


def _outage_facts(follower: Follower) -> str:
    """Why a trigger fired, and how long it was until three checks were healthy."""
    milestones = follower.milestone_tracker.milestones(follower.health_history)
    outage = milestones.outage
    if outage is None:
        return UNKNOWN_FACT_TEXT
    since = f"{outage.reason}, from {_time_text(outage.fired)} on"
    if milestones.is_own_making:
        return f"{since}, while a step of the run changed something"
    if milestones.steady is None:
        return f"{since}; at the end not healthy for three checks in a row"
    lasted = duration_in_words(max(0.0, milestones.steady - outage.fired))
    return f"{since}; three healthy checks in a row after {lasted}"


def _time_text(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at))


class FollowUp(Struct, frozen=True, kw_only=True):
    """A runbook that is due after a run."""

    runbook: Runbook
    name: str
    """Its argument on the command line."""
    when_due: str
    """When it is due, in the words of the runbook that has ended."""
    given: Mapping[str, str]
    """The variable that names the run that has ended, and its value."""

    @property
    def title(self) -> str:
        """The title of the runbook that looks back, which has no run yet."""
        return title_of_unknown_run(self.runbook.title)

    @property
    def command(self) -> str:
        """The command line that begins the follow-up."""
        words = ["mobius-tui", "run", self.name]
        for name, value in self.given.items():
            words += ["--var", f"{name}={value}"]
        return shlex.join(words)

    @property
    def text(self) -> str:
        """What is due, and how to begin it."""
        cycle = self.when_due or "When a run has ended"
        return f"{cycle}: {self.title}, by {self.command}"


def due_follow_up(plan: Plan, state: RunState) -> FollowUp | None:
    """What is due after an incident; `None` where nothing is.

    Nothing is due where the run has not ended, is no incident, or has changed nothing,
    and where its runbook names no `review`. A runbook that cannot be read is not
    proposed: the end of an incident is no time to complain of it.
    """
    began, review = state.began, plan.runbook.review
    if review is None or began is None or state.ended is None:
        return None
    if began.mode is not Mode.INCIDENT or not _has_changed(plan, state):
        return None
    try:
        path = review_path(review, began.path)
        runbook = load(path)
    except (MobiusError, ValueError):
        return None
    names = [name for name, each in runbook.variables.items() if each.run]
    return FollowUp(
        runbook=runbook,
        name=str(path) if review.endswith(".toml") else review,
        when_due=plan.runbook.review_cycle,
        given=dict.fromkeys(names[:1], began.run),
    )


def review_path(review: str, beside: str) -> Path:
    """The path of the runbook that reviews a run.

    Args:
        review: as `review` of another runbook names it.
        beside: the path of that one when its run began.
    """
    if review.endswith(".toml"):
        return Path(beside).with_name(review)
    return find_runbook(review)


def _has_changed(plan: Plan, state: RunState) -> bool:
    """Whether a step was begun that changes or destroys something."""
    return any(
        step.attempts and effect_of(plan.steps[step_id]) != "read"
        for step_id, step in state.steps.items()
    )
