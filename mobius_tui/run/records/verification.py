"""`mobius-tui verify`: whether a run's files are unchanged since they were written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from mobius_tui.errors import MobiusError, RunError
from mobius_tui.health.health_history import HealthHistory
from mobius_tui.run.attempts.attempt_files import (
    ScriptEndCause,
    file_digest,
    plays_digest,
    read_process_group,
    read_script_end,
)
from mobius_tui.run.events.fleet_events import FleetHostEnded, HostStatus
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import (
    HealthSealed,
    HostStopped,
    RunBegan,
)
from mobius_tui.run.events.step_events import StepEnded, StepUnknown
from mobius_tui.run.fleet.host_output import output_path, spans_path
from mobius_tui.run.journal.follower import (
    load_run_runbook,
    read_probe_results,
    sha256_of_start,
)
from mobius_tui.run.journal.journal import JournalContent, read_journal
from mobius_tui.run.journal.outage_times import track_milestones
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.records import past_run, record_file
from mobius_tui.run.records.record_file import cut_journal_text, read_record
from mobius_tui.run.records.run_record import (
    counts_of_record,
    outage_record,
    past_run_from_files,
    record_of_journal,
)
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.run.state.reducer import fold
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import PASSED_STATUSES, Attempt, Status
from mobius_tui.run.storage.run_directory import AttemptDirectory, RunDirectory
from mobius_tui.run.storage.run_index import is_run_id
from mobius_tui.run.storage.safe_open import open_regular
from mobius_tui.run.storage.table_of_contents import MAX_CONTENTS_BYTES, encode_contents
from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.runbook.text.shortening import shortened
from mobius_tui.sanitize import line

MAX_SHOWN_VALUE_CHARS = 80
"""Characters of a value that a problem's text shows."""


def run_problems(directory: RunDirectory, head: str | None = None) -> Iterator[str]:
    """What is wrong with a run's files, in words; none where nothing is.

    Args:
        directory: the run.
        head: the journal's head, or the digest of the record's last seal, as noted
            elsewhere; with it, an end that was cut off is detected, too.
    """
    try:
        journal_content = read_journal(directory.journal)
    except MobiusError as error:
        yield str(error)
        return
    if journal_content.torn_bytes:
        torn = f"the last line is torn ({journal_content.torn_bytes} bytes)"
        yield f"{directory.journal.name}: {torn}"
    if head is not None and head not in (
        *journal_content.heads,
        *_seal_digests(directory),
    ):
        yield (
            f"{directory.journal.name}: its head is {journal_content.head}, and no "
            f"line of it has the head {head}: lines were changed, or cut from its end"
        )
    yield from _journal_problems(directory, journal_content)
    for entry in journal_content.entries:
        yield from _attempt_problems(directory, entry)
    yield from _health_problems(directory, journal_content)


def damage_of_open_run(directory: RunDirectory) -> tuple[str, ...]:
    """What is wrong with the files of an open run.

    If something is, and a host runs it that may be writing, all is looked at again, and
    only what is found then counts.
    """
    try:
        wrong = tuple(run_problems(directory))
        again = bool(wrong) and directory.host_pid() is not None
        return tuple(run_problems(directory)) if again else wrong
    except (MobiusError, OSError, ValueError, TypeError, AttributeError) as error:
        return (f"it cannot be verified: {error}",)


def _journal_problems(
    directory: RunDirectory, journal_content: JournalContent
) -> Iterator[str]:
    """Where the runbook, the attempts and the record differ from the journal."""
    first = journal_content.entries[0].event if journal_content.entries else None
    if not isinstance(first, RunBegan):
        yield f"{directory.journal.name}: it does not begin with RunBegan"
        return
    try:
        if words := cut_journal_text(directory, journal_content):
            yield words
        if first.run != directory.id and is_run_id(directory.id):
            yield (
                f"this folder has the name of another run, {directory.id}: its journal "
                f"is of {first.run}"
            )
        runbook = load_run_runbook(directory, first)
        state = fold(runbook, journal_content.entries)
        yield from _record_problems(directory, journal_content, runbook, state)
        yield from _annotation_problems(directory, journal_content, state)
        kept = past_run.read_stats(directory)
        if kept is not None and kept != past_run_from_files(directory):
            yield f"{directory.stats.name}: it says other than the journal"
    except MobiusError as error:
        yield str(error)
        return
    plan = Plan(runbook)
    yield from _table_of_contents_problems(directory, first, plan)
    plan.catch_up(state)
    yield from _step_problems(directory, plan, journal_content, state)


def _record_problems(
    directory: RunDirectory,
    journal_content: JournalContent,
    runbook: Runbook,
    state: RunState,
) -> Iterator[str]:
    """Where the record of a run's end differs from the journal."""
    record, name = read_record(directory), directory.record.name
    head = record.get("head")
    if head not in journal_content.heads:
        return
    entries = journal_content.entries[: journal_content.heads.index(head) + 1]
    if head != journal_content.head:
        state = fold(runbook, entries)
    plan = Plan(runbook)
    plan.catch_up(state)
    if state.ended is None:
        yield f"{name}: it is of a run that ended; at its head this one had not"
        return
    expected = record_of_journal(state, head)
    counted = counts_of_record(plan, state)
    if Status.UNDONE not in counted["steps"]:  # older versions had no such word
        expected |= counted
    if "outage" in record:
        history = HealthHistory()
        sealed = state.health_seal.bytes if state.health_seal is not None else None
        for check in read_probe_results(directory, sealed):
            history.add(check)
        tracker = track_milestones(plan, entries)
        expected["outage"] = outage_record(tracker, history, record["outage"])
    for key, value in expected.items():
        if record.get(key) != value:
            yield (
                f"{name}: {key} is {_shortened_value(record.get(key))}, by the journal "
                + (_shortened_value(value))
            )


def _annotation_problems(
    directory: RunDirectory, journal_content: JournalContent, state: RunState
) -> Iterator[str]:
    """Where annotations and action items differ from their seals."""
    record = read_record(directory)
    for words in record_file.seal_problems(
        record, journal_content.heads[0], older=has_no_seals(state)
    ):
        yield f"{directory.record.name}: {words}"


def has_no_seals(state: RunState) -> bool:
    """Whether the version that ended a run did not seal annotations."""
    return state.last_end is None or not state.last_end.seals


def _seal_digests(directory: RunDirectory) -> Iterator[str]:
    """The digests of all seals on annotations and action items."""
    try:
        yield from map(
            record_file.canonical_digest, record_file.seals_of(read_record(directory))
        )
    except RunError:
        return  # `_record_problems` reports it


def _shortened_value(value: Any) -> str:
    """A value of a record in words: never as Python writes it."""
    match value:
        case None:
            words = "missing"
        case datetime():
            words = value.isoformat(" ")
        case _:
            words = json.dumps(value, default=str, ensure_ascii=False)
    return shortened(words, MAX_SHOWN_VALUE_CHARS)


def _table_of_contents_problems(
    directory: RunDirectory, began: RunBegan, plan: Plan
) -> Iterator[str]:
    expected = encode_contents(plan, mode=began.mode, environment=began.environment)
    yield from _content_problems(
        directory.table_of_contents, expected[:MAX_CONTENTS_BYTES], may_lack=True
    )


def _content_problems(path: Path, expected: bytes, *, may_lack: bool) -> Iterator[str]:
    """Whether a file has the expected content."""
    try:
        with open_regular(path) as file:
            content = file.read(len(expected) + 1)
    except FileNotFoundError:
        if not may_lack:
            yield f"{_name(path)} is gone"
        return
    except OSError as error:
        yield f"{_name(path)}: {error.strerror}"
        return
    if content != expected:
        yield f"{_name(path)} was changed after it was written"


def _is_cut_off(attempt: AttemptDirectory, script: bytes) -> bool:
    """Whether the host died while it wrote an attempt's script, which never began."""
    try:
        with open_regular(attempt.script) as file:
            written = file.read(len(script) + 1)
    except OSError:
        return False
    return script.startswith(written) and read_process_group(attempt) is None


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _step_problems(
    directory: RunDirectory,
    plan: Plan,
    journal_content: JournalContent,
    state: RunState,
) -> Iterator[str]:
    """Whether each attempt ran the runbook's script, and no other attempt is there."""
    ends = (entry.event for entry in journal_content.entries)
    ran = {
        AttemptId(end.step, end.attempt)
        for end in ends
        if isinstance(end, StepEnded | StepUnknown) and end.output_sha256 is not None
    }
    attempts_known = set()
    for step in plan.steps.values():
        for own in state.steps[step.id].attempts:
            attempt = directory.attempt(step.id, own.number)
            attempts_known.add(attempt.path.name)
            if isinstance(step.action, Run):
                script = step.action.script.encode("utf-8", "surrogateescape")
                may_lack = AttemptId(step.id, own.number) not in ran
                if may_lack and _is_cut_off(attempt, script):
                    continue
                yield from _content_problems(attempt.script, script, may_lack=may_lack)
                yield from _result_problems(attempt, step.action, own)
    try:
        names = sorted(path.name for path in directory.steps.iterdir())
    except OSError as error:
        yield f"{directory.steps.name}: {error.strerror}"
        return
    for name in names:
        if name not in attempts_known:
            yield f"{directory.steps.name}/{name}: the journal knows no such attempt"


def _result_problems(
    attempt: AttemptDirectory, action: Run, own: Attempt
) -> Iterator[str]:
    """Where an attempt passed by the journal, and its exit status says otherwise."""
    is_bad = own.exit is not None and own.exit not in action.success
    if own.status is Status.PASSED and is_bad and not action.follow:
        yield (
            f"{attempt.path.name}: the journal says that it passed, with exit "
            f"{own.exit}, which the runbook calls no success"
        )


def _attempt_problems(directory: RunDirectory, entry: Entry) -> Iterator[str]:
    """Where an attempt's files differ from the journal's digests."""
    event = entry.event
    if isinstance(event, FleetHostEnded):
        yield from _host_problems(directory, event)
    if not isinstance(event, StepEnded | StepUnknown):
        return
    attempt = directory.attempt(event.step, event.attempt)
    if event.plays_sha256 not in (None, plays_digest(attempt)):
        words = "what Ansible said was changed after the step ended, or is gone"
        yield f"{attempt.path.name}/plays: {words}"
    digests = [
        (attempt.output, event.output_sha256),
        (attempt.spans, event.spans_sha256),
        (attempt.outputs, event.outputs_sha256),
    ]
    if isinstance(event, StepEnded):
        digests.append((attempt.exit, event.exit_sha256))
        yield from _exit_problems(attempt, event)
    for path, expected in digests:
        if expected is None:
            continue
        _, sha256 = file_digest(path)
        if sha256 != expected:
            what = "is gone" if sha256 is None else "was changed after the step ended"
            yield f"{_name(path)} {what}"


def _host_problems(directory: RunDirectory, event: FleetHostEnded) -> Iterator[str]:
    """Where a host's output differs from the journal's digest."""
    if event.output_sha256 is None or event.status is HostStatus.PENDING:
        return  # it may be tried again, and then writes on
    folder = directory.attempt(event.step, event.attempt).path
    output = output_path(folder, event.host)
    digests = (
        ("the output", output, event.output_sha256),
        ("when the output came", spans_path(output), event.spans_sha256),
    )
    for of, path, expected in digests:
        _, sha256 = file_digest(path)
        if expected is not None and sha256 != expected:
            what = "is gone" if sha256 is None else "was changed after it ended there"
            yield f"{folder.name}: {of} of {line(event.host)} {what}"


def _exit_problems(attempt: AttemptDirectory, event: StepEnded) -> Iterator[str]:
    """Where the keeper's record contradicts what the journal says of its script.

    A digest of the record that fits does not rule that out: whoever makes a journal
    anew keeps it.
    """
    if event.exit_sha256 not in (None, file_digest(attempt.exit)[1]):
        return  # that it was changed is told already
    try:
        end = read_script_end(attempt)
    except RunError as error:
        yield str(error)
        return
    if end is None or end.cause is ScriptEndCause.NOT_STARTED:
        return
    is_claimed = event.exit is not None or event.result in PASSED_STATUSES
    if end.code == event.exit or not is_claimed:
        return
    if event.exit_sha256 is None:
        yield f"{_name(attempt.exit)} was changed after the step ended"
        return
    said = "nothing of that" if event.exit is None else f"exit {event.exit}"
    yield (
        f"{_name(attempt.exit)} says exit {end.code}, and the journal {said}: one of "
        "them was made anew"
    )


def _health_problems(
    directory: RunDirectory, journal_content: JournalContent
) -> Iterator[str]:
    sealed = 0
    try:
        size = directory.health.stat().st_size
        for entry in journal_content.entries:
            event = entry.event
            if not isinstance(event, HealthSealed):
                continue
            sealed = event.bytes
            if sha256_of_start(directory.health, event.bytes) != event.sha256:
                yield (
                    f"{directory.health.name}: the first {event.bytes} bytes were "
                    f"changed after they were sealed (entry {entry.n})"
                )
                return
    except OSError as error:
        yield f"{directory.health.name}: {error.strerror}"
        return
    let_go = journal_content.entries and isinstance(
        journal_content.entries[-1].event, HostStopped
    )
    if let_go and size > sealed:
        yield f"{directory.health.name}: bytes were added after the host let go"
