"""Builds the report of a run from its directory and from the drills before it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from mobius_tui.review import (
    report_redaction,
    run_action_items,
    run_annotations,
    run_reader,
)
from mobius_tui.review.check_slices import CheckCollector
from mobius_tui.review.report_redaction import ReportRedactor
from mobius_tui.review.report_steps import StepReporter, report_messages, report_values
from mobius_tui.review.run_reader import ReadRun
from mobius_tui.review.run_report import (
    Deviation,
    Measure,
    ReportOutage,
    RunReport,
    TimelineEntry,
)
from mobius_tui.review.run_walk import WalkedRun, message_deviations, walk_run
from mobius_tui.run.events.mode_and_outcome import ListingState, Mode
from mobius_tui.run.journal.follower import read_probe_results
from mobius_tui.run.journal.outage_times import Milestones, OutageSpan
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.run_outcome import run_progress
from mobius_tui.run.planning.step_status import step_statuses
from mobius_tui.run.records import record_file
from mobius_tui.run.records.drill_history import (
    drill_result,
    last_and_best,
    times_of_earlier_drills,
)
from mobius_tui.run.records.host_places import host_places
from mobius_tui.run.records.record_file import read_record_or_empty
from mobius_tui.run.records.verification import damage_of_open_run
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.runbook.prose.prose_model import Prose

MILESTONE_TITLES: Mapping[str, str] = {
    "detected": "Detected: the first sign on record",
    "acknowledged": "Acknowledged by a person",
    "decided": "Decided",
    "rollback": "Rollback begun",
    "restored": "Restored: healthy again",
    "steady": "Three healthy checks in a row",
    "total": "The whole run, from its beginning",
}


def measures_with_drills(
    milestones: Milestones | None,
    began: float | None,
    drills: Sequence[Mapping[str, float]],
    mode: Mode = Mode.INCIDENT,
) -> tuple[Measure, ...]:
    """The milestones of a run as measures, with those of the drills before it.

    Args:
        milestones: the run's; `None` for a run that never began.
        began: when it began, in seconds since 1970.
        drills: the seconds until each milestone, by its name; newest drill first.
        mode: what the run was for. Of maintenance in which no trigger fired, and where
            all was well until a step changed something, only the total is a measure,
            since nothing was detected or restored.
    """
    if milestones is None:
        return ()
    measures = []
    planned = milestones.is_own_making or (
        mode is Mode.MAINTENANCE and not milestones.triggered
    )
    for name, title in MILESTONE_TITLES.items():
        if planned and name != "total":
            continue
        before = last_and_best(drill.get(name) for drill in drills)
        if name == "total":
            at = milestones.ended
            after = at - began if at is not None and began is not None else None
            after = after if milestones.took is None else milestones.took
        else:
            at, after = milestones.time_of(name), milestones.seconds_until(name)
        measures.append(
            Measure(
                name=name,
                title=title,
                at=at,
                after=after,
                last=before.last,
                best=before.best,
            )
        )
    return tuple(measures)


MAX_TIMELINE_LINES = 2000
"""The most lines of a timeline in a report; a longer one loses its middle."""


def build_report(directory: RunDirectory) -> RunReport:
    """Build the report of a run, even of one that is damaged or never began.

    The same run gives the same value, as long as nothing is added to it and the drills
    before it are kept.
    """
    run = run_reader.read_run(directory)
    plan = Plan(run.runbook)
    walked = walk_run(plan, run.entries)
    plan.catch_up(walked.state)
    if walked.problem:
        run = run_reader.truncate_before(run, walked.last_applied + 1, walked.problem)
    redactor = ReportRedactor(_secrets(run.runbook))
    check_collector = CheckCollector()
    for check in read_probe_results(directory):
        check_collector.add(check)
    return _assemble_report(run, plan, walked, check_collector, redactor)


class _Measured(NamedTuple):
    """How long what took, and how that compares with the drills before."""

    measures: tuple[Measure, ...]
    since_trigger: bool
    """Whether times count from a trigger, and not from the run's beginning."""
    drills: int
    """How many drills it is compared with."""
    outages: tuple[OutageSpan, ...]


def _measured(
    run: ReadRun, plan: Plan, state: RunState, check_collector: CheckCollector
) -> _Measured:
    began, found = run.began, None
    if began is not None:
        found = run_reader.milestones_of(
            run.directory, plan, run.entries, check_collector.health_history
        )
    drills = times_of_earlier_drills(run.directory, began, state.began_at)
    mode = began.mode if began is not None else Mode.INCIDENT
    return _Measured(
        measures=measures_with_drills(found, state.began_at, drills, mode=mode),
        since_trigger=found is not None and found.triggered,
        drills=len(drills),
        outages=found.outages if found is not None else (),
    )


def _assemble_report(
    run: ReadRun,
    plan: Plan,
    walked: WalkedRun,
    check_collector: CheckCollector,
    redactor: ReportRedactor,
) -> RunReport:
    state, began, sanitize = walked.state, run.began, redactor.line
    until = _until(state, check_collector)
    measured = _measured(run, plan, state, check_collector)
    done, applicable = run_progress(plan, state, step_statuses(plan, state))
    record = read_record_or_empty(run.directory)
    ended = state.ended
    outcome = ListingState.OPEN if ended is None else ended.outcome
    timeline, left_out = _shortened(walked.timeline)
    phases = StepReporter(run, plan, walked, redactor).phases()
    steps = tuple(step for phase in phases for step in phase.steps)
    health = check_collector.probes(run.runbook.health, state, state.began_at, until)
    return RunReport(
        run=sanitize(run.directory.id),
        runbook=sanitize(run.runbook.id),
        title=sanitize(began.title if began is not None else ""),
        summary=redactor.prose(Prose(run.runbook.summary)),
        sha256=sanitize(began.sha256 if began is not None else ""),
        files={
            sanitize(name): sanitize(digest)
            for name, digest in (
                (began.files if began is not None else None) or {}
            ).items()
        },
        mode=began.mode if began is not None else "",
        environment=sanitize((began.environment or "") if began is not None else ""),
        protected=began is not None and began.protected,
        profile=sanitize((began.profile or "") if began is not None else ""),
        workdir=sanitize(began.workdir if began is not None else ""),
        operator=sanitize(began.operator if began is not None else ""),
        began=state.began_at if began is not None else None,
        ended=state.ended_at,
        until=until if began is not None else None,
        outcome=outcome if began is not None else ListingState.NEVER_BEGAN,
        reason=sanitize(_reason(run, state)),
        drill=tuple(sanitize(each) for each in drill_result(record)),
        done=done,
        applicable=applicable,
        events=len(run.entries),
        head=run.head,
        places=tuple(map(sanitize, host_places(run.entries))),
        damage=tuple(sanitize(each) for each in _damage(run)),
        deviations=tuple(
            report_redaction.sanitize_statements(
                _deviations(plan, walked, is_hosted=run.hosted), sanitize
            )
        ),
        measures=measured.measures,
        since_trigger=measured.since_trigger,
        drills=measured.drills,
        outages=tuple(
            ReportOutage(
                probe=sanitize(own.probe),
                reason=sanitize(own.reason),
                fired=own.fired,
                restored=own.restored,
                during=sanitize(plan.name(own.during) if own.during else ""),
            )
            for own in measured.outages
        ),
        timeline=tuple(report_redaction.sanitize_timeline(timeline, sanitize)),
        left_out=left_out,
        phases=phases,
        variables=tuple(report_values(state.variables.items(), redactor)),
        health=tuple(report_redaction.sanitize_probes(health, sanitize)),
        messages=tuple(
            report_messages(plan, walked, steps, redactor, is_hosted=run.hosted)
        ),
        decisions=tuple(
            report_redaction.sanitize_decisions(walked.decisions, sanitize)
        ),
        notes=tuple(report_redaction.sanitize_statements(walked.notes, sanitize)),
        annotations=tuple(
            report_redaction.sanitize_annotations(
                run_annotations.read_annotations(run.directory), sanitize
            )
        ),
        action_items=tuple(
            report_redaction.sanitize_action_items(
                run_action_items.read_action_items(run.directory), sanitize
            )
        ),
        said_head=record_file.last_seal_digest(record),
    )


def _reason(run: ReadRun, state: RunState) -> str:
    """Why the run ended as it did; of one that is open, that no host runs it."""
    if state.ended is not None:
        return state.ended.reason
    if run.hosted:
        return ""
    is_running = any(own.status is Status.RUNNING for own in state.steps.values())
    stale = "; what is called running here may have ended since" if is_running else ""
    return f"no host runs it{stale}"


def _deviations(
    plan: Plan, walked: WalkedRun, *, is_hosted: bool
) -> tuple[Deviation, ...]:
    """All that deviated, by time."""
    unsent = message_deviations(plan, walked.state, is_hosted=is_hosted)
    return tuple(sorted((*walked.deviations, *unsent), key=lambda each: each.at))


def _secrets(runbook: Runbook) -> Iterator[str]:
    """The secrets of the runbook that are in this process's environment."""
    for variable in runbook.variables.values():
        if variable.secret and variable.from_env is not None:
            yield os.environ.get(variable.from_env, "")


def _damage(run: ReadRun) -> tuple[str, ...]:
    """How a run's files differ from what was written, in words."""
    if run.problems or run.began is None:
        return run.problems
    return damage_of_open_run(run.directory)


def _until(state: RunState, check_collector: CheckCollector) -> float:
    """The end of a run, or its last entry or check, in seconds since 1970."""
    if state.ended_at is not None:
        return state.ended_at
    return max(state.last_entry_at, check_collector.last_check_at or 0.0)


def _shortened(
    timeline: tuple[TimelineEntry, ...],
) -> tuple[tuple[TimelineEntry, ...], int]:
    if len(timeline) <= MAX_TIMELINE_LINES:
        return timeline, 0
    half = MAX_TIMELINE_LINES // 2
    return (*timeline[:half], *timeline[-half:]), len(timeline) - MAX_TIMELINE_LINES
