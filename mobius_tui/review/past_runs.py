"""The runs of one runbook, each as far as statistics want it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mobius_tui.errors import UsageError
from mobius_tui.health.past import Past
from mobius_tui.review import reading
from mobius_tui.review.drills import times_of
from mobius_tui.review.stats import PastRun, PastStep
from mobius_tui.review.walk import walk
from mobius_tui.run.directory import RunDirectory
from mobius_tui.run.plan import Plan
from mobius_tui.run.runs import all_runs
from mobius_tui.run.state import RunState
from mobius_tui.run.steps import Status
from mobius_tui.run.summary import summary
from mobius_tui.runbook.decode import load
from mobius_tui.runbook.library import find
from mobius_tui.runbook.model import Runbook


def runbook_named(name: str, root: Path) -> Runbook:
    """The runbook of a name or a path, or as the newest run of that id had it.

    Raises:
        UsageError: nothing has that name, and no run had.
        RunbookError: its file cannot be read.
    """
    try:
        return load(find(name))
    except UsageError:
        for directory in all_runs(root):
            if name in directory.id:
                record = reading.read(directory)
                if record.runbook.id == name:
                    return record.runbook
        raise


def past_runs(root: Path, runbook: str) -> Iterator[PastRun]:
    """Every run of a runbook that came to an end and can be read, the oldest first.

    Args:
        root: the folder of all runs.
        runbook: its id.
    """
    for directory in reversed(all_runs(root)):
        if runbook in directory.id and summary(directory).runbook == runbook:
            found = _past_run(directory)
            if found is not None:
                yield found


def _past_run(directory: RunDirectory) -> PastRun | None:
    record = reading.read(directory)
    plan = Plan(record.runbook)
    walked = walk(plan, record.entries)
    state = walked.state
    if record.problems or walked.problem or record.began is None or state.ended is None:
        return None
    past = Past()
    for check in reading.checks(directory):
        past.add(check)
    found = times_of(directory, plan, record.entries, past)
    return PastRun(
        id=directory.id,
        mode=record.began.mode,
        outcome=state.ended.outcome,
        began=state.began_at,
        restored=found.after("restored"),
        steps={step_id: _step(state, step_id) for step_id in state.steps},
    )


def _step(state: RunState, step_id: str) -> PastStep:
    own = state.steps[step_id]
    ended = [each for each in own.attempts if each.status is not Status.RUNNING]
    return PastStep(
        results=tuple(str(each.status) for each in ended),
        took=tuple(
            each.took
            for each in ended
            if each.status in (Status.PASSED, Status.WARNED) and each.took is not None
        ),
        skipped=own.status is Status.SKIPPED,
        overridden=own.status is Status.OVERRIDDEN,
    )
