"""`stats.json`: the results of a run, step by step, for statistics over many runs.

Written when the run ends, or when statistics first need it. It is a cache: all of it
can be made again from the run's other files. Its first line is a digest over the
version of this program, the files that it was made from, and its content; where any of
these has changed, it is made again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

from mobius_tui import __version__
from mobius_tui.errors import RunError
from mobius_tui.json_border import Integer, Moment, Number, json_as
from mobius_tui.run.events.journal_entry import without_garbage_collection
from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import (
    ENDED_STATUSES,
    GATE_OPENING_STATUSES,
    PASSED_STATUSES,
    Status,
)
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.safe_open import open_regular
from mobius_tui.run.storage.state_folders import file_mode

STATS_FORMAT = 2
"""Version of the file's format; raised when the format, or the way in which times are
calculated, changes."""
MAX_STATS_BYTES = 16 << 20
"""Bytes that are read of the file at most."""


class PastStep(NamedTuple):
    """The results of a step in one run. A tuple, since 100,000 are read at once."""

    results: tuple[Status, ...]
    """How each attempt ended."""
    passed_durations: tuple[Number, ...]
    """The seconds of each attempt that passed."""
    skipped: bool
    overridden: bool
    undone: bool = False
    """Whether it was undone at the end, or a row of it."""
    parts: Integer = 0
    """Its hosts, or its rows."""
    parts_not_passed: Integer = 0
    """Of those, how many were failed, unreachable, unknown, skipped or never begun."""


class PastRun(Struct, frozen=True, kw_only=True):
    """One run that came to an end."""

    id: str
    runbook: str
    """The runbook's id."""
    mode: Mode
    outcome: Outcome
    began: float
    """Seconds since 1970."""
    restored: float | None
    """Seconds from the trigger, or from its beginning, until it was restored. See
    `Milestones.restored`; `None` where it was not, or that is not known."""
    steps: Mapping[str, PastStep]
    """Those that were begun, skipped or vouched for."""


def past_run_from_state(run: str, state: RunState, restored: float | None) -> PastRun:
    """Sum up a run that has ended.

    Args:
        run: its id.
        state: of the run at its end.
        restored: seconds until the service was healthy again, from its milestones.
    """
    began, ended = state.began, state.ended
    assert began is not None
    assert ended is not None
    steps = {step_id: _past_step(state, step_id) for step_id in state.steps}
    return PastRun(
        id=run,
        runbook=began.runbook,
        mode=began.mode,
        outcome=ended.outcome,
        began=state.began_at,
        restored=restored,
        steps={
            step_id: step for step_id, step in steps.items() if step != _STEP_NOT_BEGUN
        },
    )


_STEP_NOT_BEGUN = PastStep(
    results=(), passed_durations=(), skipped=False, overridden=False
)


def _past_step(state: RunState, step_id: str) -> PastStep:
    own = state.steps[step_id]
    parts, not_passed = _parts(state, step_id)
    ended = [each for each in own.attempts if each.status is not Status.RUNNING]
    return PastStep(
        results=tuple(each.status for each in ended),
        passed_durations=tuple(
            each.duration
            for each in ended
            if each.status in PASSED_STATUSES and each.duration is not None
        ),
        skipped=own.status is Status.SKIPPED,
        overridden=own.status is Status.OVERRIDDEN,
        undone=own.status is Status.UNDONE,
        parts=parts,
        parts_not_passed=not_passed,
    )


def _parts(state: RunState, step_id: str) -> tuple[int, int]:
    """How many hosts or rows a step had, and how many of them did not pass."""
    if (fleet := state.fleets.get(step_id)) is not None:
        bad = fleet.not_passed()
        return len(fleet.newest_states()), sum(map(len, bad.values()))
    rows = state.rows_of.get(step_id, ())
    fine = GATE_OPENING_STATUSES | {Status.UNDONE}
    return len(rows), sum(state.steps[row].status not in fine for row in rows)


def stats_source_digest(directory: RunDirectory) -> bytes:
    """The digest of every file that a run is summed up from.

    Raises:
        RunError: one cannot be read, or the journal's last line is torn.
    """
    digest = hashlib.sha256()
    try:
        with open_regular(directory.journal) as file:
            journal = file.read()
        if not journal.endswith(b"\n"):
            raise RunError(f"{directory.journal.name}: its last line is torn")
        digest.update(hashlib.sha256(journal).digest())
        for path in (directory.health, directory.record):
            digest.update(_digest_of(path) if path.exists() else bytes(32))
        for path in directory.source_files():
            digest.update(os.fsencode(path.name) + b"\0" + _digest_of(path))
    except OSError as error:
        raise RunError(f"{error.filename}: {error.strerror}") from error
    return digest.digest()


def _digest_of(path: Path) -> bytes:
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").digest()


def read_stats(directory: RunDirectory) -> PastRun | None:
    """The stored results of a run; `None` where they are missing or out of date."""
    try:
        with open_regular(directory.stats) as file:
            seal, _, payload = file.read(MAX_STATS_BYTES).partition(b"\n")
        if seal != _stats_seal(stats_source_digest(directory), payload):
            return None
        with without_garbage_collection():
            return _decoded(directory.id, payload)
    except (OSError, RunError, ValueError):
        return None


def write_stats(directory: RunDirectory, run: PastRun, source_digest: bytes) -> None:
    """Store the results of a run; ignores failures, as they can be made again.

    Args:
        directory: the run's.
        run: what it came to.
        source_digest: `stats_source_digest` of the files, before they were read.
    """
    new = directory.stats.with_suffix(f".{os.getpid()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    payload = _encoded(run)
    with suppress(OSError, RunError):
        if stats_source_digest(directory) != source_digest:
            return  # the run has changed since
        try:
            # Not synced: a file that a power loss damaged fails its digest.
            with os.fdopen(os.open(new, flags, 0o600), "wb") as file:
                os.fchmod(file.fileno(), file_mode(directory.path))
                file.write(_stats_seal(source_digest, payload) + b"\n" + payload)
            new.replace(directory.stats)
        finally:
            new.unlink(missing_ok=True)


def _stats_seal(source_digest: bytes, payload: bytes) -> bytes:
    version = f"mobius-tui {__version__} stats {STATS_FORMAT}\n".encode()
    return hashlib.sha256(version + source_digest + payload).hexdigest().encode()


def _encoded(run: PastRun) -> bytes:
    """One line; a step that passed at once stands there as its seconds alone."""
    said = {
        "runbook": run.runbook,
        "mode": run.mode,
        "outcome": run.outcome,
        "began": run.began,
        "restored": run.restored,
        "steps": {
            step_id: each.passed_durations[0]
            if each == _step_passed_at_once(*each.passed_durations[:1])
            else tuple(each)
            for step_id, each in run.steps.items()
        },
    }
    return json.dumps(said, separators=(",", ":")).encode() + b"\n"


class _Stats(Struct, frozen=True, kw_only=True):
    """The content; anyone can make a file with a valid digest."""

    runbook: str
    mode: Mode
    outcome: Outcome
    began: Moment
    restored: Number | None
    steps: dict[str, Number | PastStep]


def _decoded(run: str, payload: bytes) -> PastRun:
    """Decode the content.

    Raises:
        ValueError: it is none.
    """
    said = json_as(_Stats, payload)
    steps = {
        step_id: own if isinstance(own, PastStep) else _step_passed_at_once(own)
        for step_id, own in said.steps.items()
    }
    if not all(ENDED_STATUSES.issuperset(each.results) for each in steps.values()):
        raise ValueError("an attempt that goes on is no result")
    return PastRun(
        id=run,
        runbook=said.runbook,
        mode=said.mode,
        outcome=said.outcome,
        began=said.began,
        restored=said.restored,
        steps=steps,
    )


def _step_passed_at_once(*took: float) -> PastStep:
    return PastStep(_PASSED, took, skipped=False, overridden=False)


_PASSED = (Status.PASSED,)
