"""`mobius-tui verify`: whether a run is as it was written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from mobius_tui.errors import MobiusError, RunError
from mobius_tui.run.attempts.attempt_files import file_digest, read_script_end
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import (
    HealthSealed,
    HostStopped,
    RunBegan,
    RunEnded,
)
from mobius_tui.run.events.step_events import StepEnded, StepUnknown
from mobius_tui.run.journal.follower import runbook_of, sha256_of
from mobius_tui.run.journal.journal import Tail, read
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.records import seals
from mobius_tui.run.records.run_record import of_journal, outage, read_record
from mobius_tui.run.state.reducer import fold
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.storage.run_directory import AttemptDirectory, RunDirectory
from mobius_tui.run.storage.safe_open import open_regular
from mobius_tui.run.storage.table_of_contents import LIMIT, written
from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.runbook import Runbook

SHOWN = 80
"""Characters of a value that a complaint shows."""


def verify(directory: RunDirectory, head: str | None = None) -> Iterator[str]:
    """What is wrong with a run, in words; nothing where all is as it was written.

    Args:
        directory: the run.
        head: the journal's head as someone kept it elsewhere; with it, a journal whose
            end was cut off is found out too.
    """
    try:
        tail = read(directory.journal)
    except MobiusError as error:
        yield str(error)
        return
    if tail.torn:
        yield f"{directory.journal.name}: the last line is torn ({tail.torn} bytes)"
    if head is not None and head not in (*tail.heads, *_seals(directory)):
        yield (
            f"{directory.journal.name}: its head is {tail.head}, not {head}: "
            "lines were cut from its end"
        )
    yield from _told(directory, tail)
    for entry in tail.entries:
        yield from _attempt(directory, entry)
    yield from _health(directory, tail)


def damage(directory: RunDirectory) -> tuple[str, ...]:
    """What is not as it was written of a run that may go on, and may be made up.

    Its host may write just then: what is wrong for good is so again.
    """
    try:
        wrong = tuple(verify(directory))
        again = bool(wrong) and directory.host() is not None
        return tuple(verify(directory)) if again else wrong
    except (MobiusError, OSError, ValueError, TypeError, AttributeError) as error:
        return (f"it cannot be verified: {error}",)


def cut(directory: RunDirectory, tail: Tail) -> str:
    """How a journal lacks what the record of its end names; empty where it does not.

    Raises:
        RunError: the record cannot be read.
    """
    record, name = read_record(directory), directory.journal.name
    if not record or record.get("head") in tail.heads:
        return ""
    said, has = record.get("events"), len(tail.entries)
    if isinstance(said, int) and said > has:
        return (
            f"{name}: lines were cut from its end: {directory.record.name} names a "
            f"later head, of line {said}, and it ends with line {has}"
        )
    return (
        f"{name}: it does not have the head that {directory.record.name} names: "
        "its end was changed"
    )


def lost_its_end(directory: RunDirectory) -> str:
    """How a run that had ended lost its end, in words; empty where it did not.

    Raises:
        RunError: its journal or its record cannot be read.
    """
    if not directory.record.exists():
        return ""
    tail = read(directory.journal)
    if why := cut(directory, tail):
        return why
    if any(isinstance(entry.event, RunEnded) for entry in tail.entries):
        return ""
    return (
        f"{directory.record.name} is of a run that ended, and "
        f"{directory.journal.name} has no end"
    )


def refuse_cut(directory: RunDirectory) -> None:
    """Let nobody go on with a run that had ended, and whose journal lost its end.

    Raises:
        RunError: it is such a run, or its journal or record cannot be read.
    """
    if why := lost_its_end(directory):
        raise RunError(
            f"{directory.id} is damaged: {why}. It can be read, and not gone on with: "
            f"`mobius-tui report {directory.id}`"
        )


def _told(directory: RunDirectory, tail: Tail) -> Iterator[str]:
    """What the runbook, the attempts and the record are, by the journal."""
    first = tail.entries[0].event if tail.entries else None
    if not isinstance(first, RunBegan):
        yield f"{directory.journal.name}: it does not begin with RunBegan"
        return
    try:
        if words := cut(directory, tail):
            yield words
        runbook = runbook_of(directory, first)
        state = fold(runbook, tail.entries)
        yield from _record(directory, tail, runbook, state)
        yield from _said_afterwards(directory, tail, state)
    except MobiusError as error:
        yield str(error)
        return
    yield from _contents(directory, first, Plan(runbook))
    yield from _steps(directory, runbook, tail, state)


def _record(
    directory: RunDirectory, tail: Tail, runbook: Runbook, state: RunState
) -> Iterator[str]:
    """Whether the record of a run's end says what the journal says."""
    record, name = read_record(directory), directory.record.name
    head = record.get("head")
    if head not in tail.heads:
        return
    if head != tail.head:
        state = fold(runbook, tail.entries[: tail.heads.index(head) + 1])
    if state.ended is None:
        yield f"{name}: it is of a run that ended; at its head this one had not"
        return
    expected = of_journal(state, head)
    if "outage" in record:
        told = record["outage"]
        older = not isinstance(told, dict) or "since" not in told
        expected["outage"] = outage(directory, older=older)
    for key, value in expected.items():
        if record.get(key) != value:
            yield f"{name}: {key} is {_shown(record.get(key))}, by the journal " + (
                _shown(value)
            )


def _said_afterwards(
    directory: RunDirectory, tail: Tail, state: RunState
) -> Iterator[str]:
    """Whether annotations and action items are as they were sealed."""
    record = read_record(directory)
    for words in seals.seal_problems(record, tail.heads[0], older=seals_none(state)):
        yield f"{directory.record.name}: {words}"


def seals_none(state: RunState) -> bool:
    """Whether the version that ended a run sealed nothing of what is said of it."""
    return state.ended is None or not state.ended.seals


def _seals(directory: RunDirectory) -> Iterator[str]:
    """The digests of all seals of what was said afterwards."""
    try:
        yield from map(seals.seal_digest, seals.seals_of(read_record(directory)))
    except RunError:
        return  # it is said elsewhere


def _shown(value: Any) -> str:
    words = value.isoformat(" ") if isinstance(value, datetime) else repr(value)
    return words if len(words) <= SHOWN else f"{words[:SHOWN]}…"


def _contents(directory: RunDirectory, began: RunBegan, plan: Plan) -> Iterator[str]:
    expected = written(plan, mode=began.mode, environment=began.environment)
    yield from _holds(directory.contents, expected[:LIMIT], may_lack=True)


def _holds(path: Path, expected: bytes, *, may_lack: bool) -> Iterator[str]:
    """Whether a file holds what it must."""
    try:
        with open_regular(path) as file:
            found = file.read(len(expected) + 1)
    except FileNotFoundError:
        if not may_lack:
            yield f"{_name(path)} is gone"
        return
    except OSError as error:
        yield f"{_name(path)}: {error.strerror}"
        return
    if found != expected:
        yield f"{_name(path)} was changed after it was written"


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _steps(
    directory: RunDirectory, runbook: Runbook, tail: Tail, state: RunState
) -> Iterator[str]:
    """Whether each attempt ran what the runbook has, and there are no others."""
    ends = (entry.event for entry in tail.entries)
    ran = {
        (end.step, end.attempt)
        for end in ends
        if isinstance(end, StepEnded | StepUnknown) and end.output_sha256 is not None
    }
    known = set()
    for step in runbook.steps():
        for own in state.steps[step.id].attempts:
            attempt = directory.attempt(step.id, own.number)
            known.add(attempt.path.name)
            if isinstance(step.action, Run):
                script = step.action.script.encode("utf-8", "surrogateescape")
                may_lack = (step.id, own.number) not in ran
                yield from _holds(attempt.script, script, may_lack=may_lack)
    try:
        names = sorted(path.name for path in directory.steps.iterdir())
    except OSError as error:
        yield f"{directory.steps.name}: {error.strerror}"
        return
    for name in names:
        if name not in known:
            yield f"{directory.steps.name}/{name}: the journal knows no such attempt"


def _attempt(directory: RunDirectory, entry: Entry) -> Iterator[str]:
    """Whether what an attempt left is what the journal says of it."""
    event = entry.event
    if not isinstance(event, StepEnded | StepUnknown):
        return
    attempt = directory.attempt(event.step, event.attempt)
    said = [
        (attempt.output, event.output_sha256),
        (attempt.spans, event.spans_sha256),
        (attempt.outputs, event.outputs_sha256),
    ]
    if isinstance(event, StepEnded):
        said.append((attempt.exit, event.exit_sha256))
        yield from _old_exit(attempt, event)
    for path, expected in said:
        if expected is None:
            continue
        _, found = file_digest(path)
        if found != expected:
            what = "is gone" if found is None else "was changed after the step ended"
            yield f"{_name(path)} {what}"


def _old_exit(attempt: AttemptDirectory, event: StepEnded) -> Iterator[str]:
    """Whether the keeper's record is what a journal says that has no digest of it."""
    if event.exit_sha256 is not None or event.exit is None:
        return
    try:
        end = read_script_end(attempt)
    except RunError as error:
        yield str(error)
        return
    if end is not None and end.code != event.exit:
        yield f"{_name(attempt.exit)} was changed after the step ended"


def _health(directory: RunDirectory, tail: Tail) -> Iterator[str]:
    sealed = 0
    try:
        size = directory.health.stat().st_size
        for entry in tail.entries:
            event = entry.event
            if not isinstance(event, HealthSealed):
                continue
            sealed = event.bytes
            if sha256_of(directory.health, event.bytes) != event.sha256:
                yield (
                    f"{directory.health.name}: the first {event.bytes} bytes were "
                    f"changed after they were sealed (entry {entry.n})"
                )
                return
    except OSError as error:
        yield f"{directory.health.name}: {error.strerror}"
        return
    let_go = tail.entries and isinstance(tail.entries[-1].event, HostStopped)
    if let_go and size > sealed:
        yield f"{directory.health.name}: bytes were added after the host let go"
