"""The runs of one runbook, each as far as statistics want it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mobius_tui.errors import UsageError
from mobius_tui.health.health_history import HealthHistory
from mobius_tui.review import run_reader
from mobius_tui.review.earlier_drills import run_times
from mobius_tui.review.run_statistics import PastRun, PastStep
from mobius_tui.review.run_walk import walk_run
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.records.run_summary import summary
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import find_runbook
from mobius_tui.runbook.model.runbook import Runbook


def runbook_named(name: str, root: Path) -> Runbook:
    """The runbook of a name or a path, or as the newest run of that id had it.

    Raises:
        UsageError: nothing has that name, and no run had.
        RunbookError: its file cannot be read.
    """
    try:
        return load(find_runbook(name))
    except UsageError:
        for directory in all_runs(root):
            if name in directory.id:
                record = run_reader.read_run(directory)
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
    record = run_reader.read_run(directory)
    plan = Plan(record.runbook)
    walked = walk_run(plan, record.entries)
    state = walked.state
    if record.problems or walked.problem or record.began is None or state.ended is None:
        return None
    past = HealthHistory()
    for check in run_reader.read_checks(directory):
        past.add(check)
    found = run_times(directory, plan, record.entries, past)
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
            each.duration
            for each in ended
            if each.status in (Status.PASSED, Status.WARNED)
            and each.duration is not None
        ),
        skipped=own.status is Status.SKIPPED,
        overridden=own.status is Status.OVERRIDDEN,
    )
