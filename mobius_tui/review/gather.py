"""Gathering what is told of a run, from its directory and from the drills beside it."""

from __future__ import annotations

import os
from collections.abc import Iterator

from mobius_tui.review import action_items, annotating, harmless, reading
from mobius_tui.review.beats import Beats
from mobius_tui.review.drills import drills_before, record_of, times_of
from mobius_tui.review.measures import beside
from mobius_tui.review.messages import messages
from mobius_tui.review.reading import Record
from mobius_tui.review.redact import Redactor
from mobius_tui.review.steps import Teller, told_values
from mobius_tui.review.told import Happening, Told
from mobius_tui.review.walk import Walk, walk
from mobius_tui.run import seals
from mobius_tui.run.directory import RunDirectory
from mobius_tui.run.plan import Plan
from mobius_tui.run.state import RunState
from mobius_tui.run.verify import damage
from mobius_tui.runbook.model import Runbook
from mobius_tui.runbook.prose.model import Prose

MOST = 2000
"""Lines of a timeline that are told; of a longer one, its beginning and its end."""


def gather(directory: RunDirectory) -> Told:
    """All that is told of a run; whatever has become of it, it is told.

    The same run gives the same value, as long as nothing is added to it and the drills
    before it are kept.
    """
    record = reading.read(directory)
    plan = Plan(record.runbook)
    walked = walk(plan, record.entries)
    if walked.problem:
        record = reading.without(record, walked.told + 1, walked.problem)
    redactor = Redactor(_secrets(record.runbook))
    beats = Beats()
    for check in reading.checks(directory):
        beats.add(check)
    return _told(record, plan, walked, beats, redactor)


def _told(
    record: Record, plan: Plan, walked: Walk, beats: Beats, redactor: Redactor
) -> Told:
    state, began, one = walked.state, record.began, redactor.line
    until = _until(state, beats)
    found = None
    if began is not None:
        found = times_of(record.directory, plan, record.entries, beats.past)
    drills = drills_before(record.directory, began, state.began_at)
    done, applicable = plan.progress(state, plan.standings(state))
    ended = state.ended
    outcome = "open" if ended is None else ended.outcome
    timeline, left_out = _shortened(walked.timeline)
    phases = Teller(record, plan, walked, redactor).phases()
    steps = tuple(step for phase in phases for step in phase.steps)
    health = beats.probes(record.runbook.health, state, state.began_at, until)
    return Told(
        run=one(record.directory.id),
        runbook=one(record.runbook.id),
        title=one(began.title if began is not None else ""),
        summary=redactor.prose(Prose(record.runbook.summary)),
        sha256=one(began.sha256 if began is not None else ""),
        mode=began.mode if began is not None else "",
        environment=one((began.environment or "") if began is not None else ""),
        protected=began is not None and began.protected,
        profile=one((began.profile or "") if began is not None else ""),
        workdir=one(began.workdir if began is not None else ""),
        operator=one(began.operator if began is not None else ""),
        began=state.began_at if began is not None else None,
        ended=state.ended_at,
        until=until if began is not None else None,
        outcome=outcome if began is not None else "never began",
        reason=one(ended.reason if ended is not None else ""),
        done=done,
        applicable=applicable,
        events=len(record.entries),
        head=record.head,
        damage=tuple(one(each) for each in _damage(record)),
        deviations=tuple(harmless.told(walked.deviations, one)),
        measures=beside(found, state.began_at, drills),
        since_trigger=found is not None and found.triggered,
        drills=len(drills),
        timeline=tuple(harmless.timeline(timeline, one)),
        left_out=left_out,
        phases=phases,
        variables=tuple(told_values(state.variables.items(), redactor)),
        health=tuple(harmless.probes(health, one)),
        messages=tuple(messages(plan, walked, steps, redactor, hosted=record.hosted)),
        decisions=tuple(harmless.decisions(walked.decisions, one)),
        notes=tuple(harmless.told(walked.notes, one)),
        annotations=tuple(harmless.annotated(annotating.read(record.directory), one)),
        action_items=tuple(
            harmless.action_items(action_items.read(record.directory), one)
        ),
        said_head=seals.head(record_of(record.directory)),
    )


def _secrets(runbook: Runbook) -> Iterator[str]:
    """The values of secrets that whoever reads the run has in the environment."""
    for variable in runbook.variables.values():
        if variable.secret and variable.from_env is not None:
            yield os.environ.get(variable.from_env, "")


def _damage(record: Record) -> tuple[str, ...]:
    """What of a run is not as it was written."""
    if record.problems or record.began is None:
        return record.problems
    return damage(record.directory)


def _until(state: RunState, beats: Beats) -> float:
    """The last that is known of a run, in seconds since 1970."""
    if state.ended_at is not None:
        return state.ended_at
    return max(state.at, beats.last or 0.0)


def _shortened(
    timeline: tuple[Happening, ...],
) -> tuple[tuple[Happening, ...], int]:
    if len(timeline) <= MOST:
        return timeline, 0
    half = MOST // 2
    return (*timeline[:half], *timeline[-half:]), len(timeline) - MOST
