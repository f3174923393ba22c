"""`mobius-tui verify`: whether a run is as it was written."""

from __future__ import annotations

from collections.abc import Iterator

from mobius_tui.errors import MobiusError, RunError
from mobius_tui.run.directory import RunDirectory
from mobius_tui.run.entry import Entry
from mobius_tui.run.events import HealthSealed, HostStopped, RunBegan
from mobius_tui.run.fold import fold
from mobius_tui.run.follow import runbook_of, sha256_of
from mobius_tui.run.journal import Tail, read
from mobius_tui.run.record import read_record
from mobius_tui.run.step_events import StepEnded, StepUnknown
from mobius_tui.run.traces import digest


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
    if head is not None and head not in tail.heads:
        yield (
            f"{directory.journal.name}: its head is {tail.head}, not {head}: "
            "lines were cut from its end"
        )
    if head is None:
        yield from _record(directory, tail)
    yield from _runbook(directory, tail)
    for entry in tail.entries:
        yield from _attempt(directory, entry)
    yield from _health(directory, tail)


def _record(directory: RunDirectory, tail: Tail) -> Iterator[str]:
    """Whether the journal still has the head that the record of its end names."""
    try:
        record = read_record(directory)
    except RunError as error:
        yield str(error)
        return
    if record and record.get("head") not in tail.heads:
        yield (
            f"{directory.journal.name}: it does not have the head that "
            f"{directory.record.name} names: its end was changed"
        )


def _runbook(directory: RunDirectory, tail: Tail) -> Iterator[str]:
    first = tail.entries[0].event if tail.entries else None
    if not isinstance(first, RunBegan):
        yield f"{directory.journal.name}: it does not begin with RunBegan"
        return
    try:
        fold(runbook_of(directory, first), tail.entries)
    except MobiusError as error:
        yield str(error)


def _attempt(directory: RunDirectory, entry: Entry) -> Iterator[str]:
    event = entry.event
    if not isinstance(event, StepEnded | StepUnknown):
        return
    attempt = directory.attempt(event.step, event.attempt)
    said = [(attempt.output, event.output_sha256)]
    if isinstance(event, StepEnded):
        said.append((attempt.spans, event.spans_sha256))
    for path, expected in said:
        if expected is None:
            continue
        _, found = digest(path)
        if found != expected:
            what = "is gone" if found is None else "was changed after the step ended"
            yield f"{path.parent.name}/{path.name} {what}"


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
