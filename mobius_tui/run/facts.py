"""What a finished run tells to the one that looks back on it."""

from __future__ import annotations

import time
from collections.abc import Mapping

from mobius_tui.errors import MobiusError, UsageError
from mobius_tui.run.directory import RunDirectory
from mobius_tui.run.follow import Follower
from mobius_tui.run.home import runs_root
from mobius_tui.run.plan import follows
from mobius_tui.run.runs import find
from mobius_tui.run.steps import BAD
from mobius_tui.runbook.model import Runbook
from mobius_tui.runbook.units import in_words

NONE = "none"
"""Stands where there is nothing to tell: a value that is empty would be asked for."""


def with_facts(runbook: Runbook, given: Mapping[str, str]) -> dict[str, str]:
    """Values, and the facts of the runs that some of them name.

    Args:
        runbook: says which variables name a run.
        given: by variable.

    Raises:
        UsageError: there is no such run, it is damaged, or it has not ended.
    """
    found = dict(given)
    for name, variable in runbook.variables.items():
        if variable.run and given.get(name):
            directory, facts = facts_of(given[name])
            found[name] = directory.id
            for fact, value in facts.items():
                found.setdefault(f"{name}_{fact}", value)
    return found


def facts_of(run: str) -> tuple[RunDirectory, Mapping[str, str]]:
    """A run by its id, and what it tells, by the names of `RUN_FACTS`.

    Raises:
        UsageError: there is no such run, it is damaged, or it has not ended.
    """
    try:
        directory = find(runs_root(), run)
        follower = Follower(directory)
    except MobiusError as error:
        raise UsageError(str(error)) from error
    state = follower.state
    began, ended = state.began, state.ended
    if began is None or ended is None:
        raise UsageError(f"run {directory.id} has not ended; look back on it then")
    ended_at = state.ended_at or state.at
    bad = [
        follower.plan.name(step_id)
        for step_id, step in state.steps.items()
        if not follows(follower.plan.steps[step_id])
        and any(attempt.status in BAD for attempt in step.attempts)
    ]
    return directory, {
        "runbook": began.title,
        "environment": began.environment or NONE,
        "operator": began.operator,
        "outcome": ended.outcome,
        "reason": ended.reason or NONE,
        "began": _moment(state.began_at),
        "ended": _moment(ended_at),
        "took": in_words(ended_at - state.began_at),
        "failed": ", ".join(bad) or NONE,
        "outage": _outage(follower),
    }


def _outage(follower: Follower) -> str:
    """Why a trigger fired, and how long it was until three checks were healthy."""
    found = follower.course.milestones(follower.past)
    outage = found.outage
    if outage is None:
        return NONE
    since = f"{outage.reason}, from {_moment(outage.fired)} on"
    if found.steady is None:
        return f"{since}; at the end not healthy for three checks in a row"
    lasted = in_words(max(0.0, found.steady - outage.fired))
    return f"{since}; three healthy checks in a row after {lasted}"


def _moment(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at))
