"""Gathering what is told of a run, from its directory and from the drills beside it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

from mobius_tui.review import action_items, annotating, reading
from mobius_tui.review.beats import Beats
from mobius_tui.review.drills import drills_before
from mobius_tui.review.measures import beside, times
from mobius_tui.review.messages import messages
from mobius_tui.review.reading import Record
from mobius_tui.review.redact import Redactor
from mobius_tui.review.steps import Teller, told_values
from mobius_tui.review.told import Happening, Told
from mobius_tui.review.walk import Walk, walk
from mobius_tui.run.directory import RunDirectory
from mobius_tui.run.plan import Plan
from mobius_tui.run.state import RunState
from mobius_tui.run.verify import verify
from mobius_tui.runbook.model import Runbook

MOST = 2000
"""Lines of a timeline that are told; of a longer one, its beginning and its end."""
WIDTH = 240
"""Characters of one of them."""


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
        found = times(
            plan,
            record.entries,
            beats.past,
            began=state.began_at,
            ended=state.ended_at,
        )
    drills = drills_before(record.directory, began, state.began_at)
    done, applicable = plan.progress(state, plan.standings(state))
    ended = state.ended
    outcome = "open" if ended is None else ended.outcome
    timeline, left_out = _shortened(walked.timeline)
    phases = Teller(record, plan, walked, redactor).phases()
    steps = tuple(step for phase in phases for step in phase.steps)
    return Told(
        run=one(record.directory.id),
        runbook=one(record.runbook.id),
        title=one(began.title if began is not None else ""),
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
        deviations=tuple(
            replace(d, name=one(d.name), by=one(d.by), text=one(d.text))
            for d in walked.deviations
        ),
        measures=beside(found, state.began_at, drills),
        since_trigger=found is not None and found.triggered,
        drills=len(drills),
        timeline=tuple(
            replace(h, by=one(h.by), text=_short(one(h.text))) for h in timeline
        ),
        left_out=left_out,
        phases=phases,
        variables=tuple(told_values(state.variables.items(), redactor)),
        health=tuple(
            replace(p, id=one(p.id), title=one(p.title))
            for p in beats.probes(record.runbook.health, state, state.began_at, until)
        ),
        messages=tuple(messages(plan, walked, steps, redactor, hosted=record.hosted)),
        decisions=tuple(
            replace(
                d,
                by=one(d.by),
                name=one(d.name),
                chosen=tuple(map(one, d.chosen)),
                reason=one(d.reason),
            )
            for d in walked.decisions
        ),
        notes=tuple(
            replace(n, by=one(n.by), name=one(n.name), text=one(n.text))
            for n in walked.notes
        ),
        annotations=tuple(
            replace(a, by=one(a.by), text=one(a.text), step=one(a.step))
            for a in annotating.read(record.directory)
        ),
        action_items=tuple(
            replace(
                each,
                title=one(each.title),
                owner=one(each.owner),
                due=one(each.due),
                note=one(each.note),
                by=one(each.by),
            )
            for each in action_items.read(record.directory)
        ),
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
    wrong = tuple(verify(record.directory))
    # A host may have been writing just then: what is wrong for good is so again.
    return tuple(verify(record.directory)) if wrong and record.hosted else wrong


def _until(state: RunState, beats: Beats) -> float:
    """The last that is known of a run, in seconds since 1970."""
    if state.ended_at is not None:
        return state.ended_at
    return max(state.at, beats.last or 0.0)


def _short(text: str) -> str:
    """A line of the timeline; the whole of it stands with its step, or its note."""
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"


def _shortened(
    timeline: tuple[Happening, ...],
) -> tuple[tuple[Happening, ...], int]:
    if len(timeline) <= MOST:
        return timeline, 0
    half = MOST // 2
    return (*timeline[:half], *timeline[-half:]), len(timeline) - MOST
