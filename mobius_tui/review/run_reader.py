"""Reading a run as far as it can be read, even if it is damaged or incomplete."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile
from pathlib import Path

from msgspec import Struct

from mobius_tui.errors import MobiusError, RunError
from mobius_tui.health.health_history import HealthHistory
from mobius_tui.run.events.journal_entry import Entry, without_garbage_collection
from mobius_tui.run.events.run_events import (
    PhaseEntered,
    PhaseLeft,
    RunBegan,
    VariableSet,
)
from mobius_tui.run.events.step_events import RowsAdded, StepImprovised
from mobius_tui.run.journal.follower import (
    JournalFollower,
    changed_runbook_text,
    load_run_runbook,
)
from mobius_tui.run.journal.journal import EMPTY_JOURNAL_HEAD, decode_entries
from mobius_tui.run.journal.outage_times import Milestones, track_milestones
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.rollback import rollback_stop_texts
from mobius_tui.run.records.record_file import read_record_or_empty
from mobius_tui.run.state.reducer import fold
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.safe_open import open_regular
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.model.runbook import Phase, Runbook, Step
from mobius_tui.structs import replace

_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")
"""An id that names a folder, and nothing beside it."""


class ReadRun(Struct, frozen=True, kw_only=True):
    """What could be read of a run."""

    directory: RunDirectory
    began: RunBegan | None
    entries: tuple[Entry, ...]
    head: str
    """The digest of the last line that could be read."""
    runbook: Runbook
    """The run's own copy; one with bare ids where that cannot be read."""
    problems: tuple[str, ...]
    """What could not be read, in words."""
    hosted: bool
    """Whether a host runs it now."""


def read_run(directory: RunDirectory) -> ReadRun:
    """Read a run's journal and its runbook, as far as they go."""
    hosted = _hosted(directory)
    entries, head, problems = _entries(directory.journal, whole=not hosted)
    began = entries[0].event if entries else None
    if not entries and not problems:
        problems.append(f"{directory.journal.name}: it is empty: the run never began")
    if not isinstance(began, RunBegan):
        began = None
        if entries:
            problems.append(
                f"{directory.journal.name}: it does not begin with RunBegan"
            )
    runbook, problem = _runbook(directory, began, entries)
    return ReadRun(
        directory=directory,
        began=began,
        entries=entries if began is not None else (),
        head=head,
        runbook=runbook,
        problems=(*problems, *((problem,) if problem else ())),
        hosted=hosted,
    )


def _hosted(directory: RunDirectory) -> bool:
    try:
        return directory.host_pid() is not None
    except RunError:
        return False


def _entries(path: Path, *, whole: bool) -> tuple[tuple[Entry, ...], str, list[str]]:
    """The entries up to the first that cannot be read, the head there, and why."""
    try:
        with open_regular(path) as file:
            data = file.read()
    except OSError as error:
        return (), EMPTY_JOURNAL_HEAD, [f"{path.name}: {error.strerror}"]
    end = data.rfind(b"\n") + 1
    found: list[Entry] = []
    head = EMPTY_JOURNAL_HEAD
    problems = []
    if whole and end < len(data):
        problems.append(f"{path.name}: its last line is torn")
    with without_garbage_collection():
        try:
            for entry, digest in decode_entries(
                data[:end], EMPTY_JOURNAL_HEAD, 1, path.name
            ):
                found.append(entry)
                head = digest
        except RunError as error:
            problems.append(f"{error}; nothing after it is told")
    return tuple(found), head, problems


def _runbook(
    directory: RunDirectory, began: RunBegan | None, entries: Iterable[Entry]
) -> tuple[Runbook, str]:
    """The run's runbook, and what is wrong with it."""
    if began is None:
        return _placeholder_runbook(directory, began, ()), ""
    if Path(began.file).name != began.file:
        return _placeholder_runbook(
            directory, began, entries
        ), "its runbook's name is no file's name"
    try:
        runbook = load(directory.runbook / began.file, directory.files)
    except MobiusError as error:
        words = str(error).splitlines()[0]
        return _placeholder_runbook(
            directory, began, entries
        ), f"its runbook cannot be read: {words}"
    return runbook, changed_runbook_text(runbook, began)


def _placeholder_runbook(
    directory: RunDirectory, began: RunBegan | None, entries: Iterable[Entry]
) -> Runbook:
    """A runbook of the bare ids that a journal names."""
    steps: dict[str, None] = {}
    asides: dict[str, None] = {}
    joined: set[str] = set()
    for entry in entries:
        event = entry.event
        if isinstance(event, PhaseEntered | PhaseLeft):
            asides[event.phase] = None
        step = getattr(event, "step", None)
        if isinstance(event, RowsAdded):
            joined.update(event.rows)
        elif isinstance(event, StepImprovised):
            joined.add(event.step)
        if isinstance(step, str) and _ID.fullmatch(step):
            steps[step] = None
    named = tuple(Step(id=each, title=each) for each in steps if each not in joined)
    phases = [Phase(id="", title="Steps", steps=named)] if named else []
    phases += [Phase(id=e, title=e, steps=(), aside=True) for e in asides if e]
    return Runbook(
        id=began.runbook if began is not None else "",
        title=began.title if began is not None else "",
        phases=tuple(phases),
        path=directory.runbook,
    )


def truncate_before(run: ReadRun, n: int, why: str) -> ReadRun:
    """What was read of a run, without an entry that may not follow and all after it.

    Args:
        run: what was read.
        n: the number of the first entry that is left out.
        why: why it may not follow, in words.
    """
    kept = tuple(entry for entry in run.entries if entry.n < n)
    problem = f"{run.directory.journal.name}:{n}: {why}; nothing after it is told"
    return replace(run, entries=kept, problems=(*run.problems, problem))


def milestones_of(
    directory: RunDirectory,
    plan: Plan,
    entries: Sequence[Entry],
    health_history: HealthHistory,
) -> Milestones:
    """The times of a run; of a drill that is over, as its score has them.

    Args:
        directory: the run's; its `record.toml` has the score of a drill.
        plan: its plan.
        entries: all of its entries.
        health_history: the checks on record.
    """
    score = read_record_or_empty(directory).get("score")
    return track_milestones(plan, entries).as_scored(health_history, score)


def rollback_stops(directory: RunDirectory) -> tuple[str, ...]:
    """The steps at which a run's rollback would have stopped, had a trigger begun it.

    Computed for the beginning of the run, with the variables that were set then, since
    it is not known when the rollback would have been armed.

    Args:
        directory: the run's.

    Returns:
        Each step with its reason; none for a damaged run.
    """
    try:
        entries = JournalFollower(directory).read_new()
        head = tuple(
            takewhile(lambda e: isinstance(e.event, RunBegan | VariableSet), entries)
        )
        began = head[0].event if head else None
        if not isinstance(began, RunBegan):
            return ()
        runbook = load_run_runbook(directory, began)
        plan, state = Plan(runbook), fold(runbook, head)
        plan.catch_up(state)
        return rollback_stop_texts(plan, state)
    except MobiusError:
        return ()  # the record can be tried all the same
