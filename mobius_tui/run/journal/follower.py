"""Reads a run as it grows: the base of every viewer, and of review."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from mobius_tui.errors import MobiusError, RunError
from mobius_tui.health.health_history import HealthHistory
from mobius_tui.health.health_record import MachineSample, ProbeResult
from mobius_tui.health.health_record import decode_record as decode_health
from mobius_tui.health.probe_window import CurrentHealth
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import RunBegan
from mobius_tui.run.journal.journal import (
    EMPTY_JOURNAL_HEAD,
    decode_entries,
    run_time_now,
)
from mobius_tui.run.journal.outage_times import MilestoneTracker
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.situation import Situation
from mobius_tui.run.planning.trigger_rules import RunTriggerRules
from mobius_tui.run.state.reducer import advance, initial_state
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.safe_open import open_regular, regular_descriptor
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.model.runbook import Runbook, runbook_digest
from mobius_tui.runbook.text.units import local_time

READ_BYTES = 4 << 20
"""Bytes of a file that are read at once."""
MAX_HEALTH_LINE_BYTES = 1 << 20
"""Bytes of a line of `health.jsonl` at most; longer ones are no records."""


class LineFollower:
    """Reads the whole lines of a growing file, each once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.offset = 0

    def read_new(self) -> bytes:
        """The next whole lines, `READ_BYTES` at most; empty when there are none.

        Call it until it is empty to have all lines that are there.

        Raises:
            RunError: it cannot be read, or what was read of it is no longer there.
        """
        try:
            handle = regular_descriptor(self._path)
        except FileNotFoundError as error:
            if self.offset == 0:
                return b""
            raise RunError(f"{self._path.name} was removed") from error
        except OSError as error:
            raise RunError(f"{self._path}: {error.strerror}") from error
        try:
            new = os.fstat(handle).st_size - self.offset
            if new < 0:
                raise RunError(f"{self._path.name} was cut off after it was read")
            # Read only what is there: a buffer of full size would stay in memory.
            data = os.pread(handle, min(new, READ_BYTES), self.offset) if new else b""
        finally:
            os.close(handle)
        whole = data[: data.rfind(b"\n") + 1]
        self.offset += len(whole)
        return whole


class JournalFollower:
    """Reads the entries of a growing journal, and verifies its chain."""

    def __init__(self, directory: RunDirectory) -> None:
        self._lines = LineFollower(directory.journal)
        self._name = directory.journal.name
        self.head = EMPTY_JOURNAL_HEAD
        """The digest of the last line seen."""
        self.last_entry_number = 0
        """Its number."""

    def read_new(self) -> tuple[Entry, ...]:
        """The entries since the last call.

        Raises:
            RunError: a line is no entry, or the chain does not hold.
        """
        entries: list[Entry] = []
        while data := self._lines.read_new():
            for entry, digest in decode_entries(
                data, self.head, self.last_entry_number + 1, self._name
            ):
                self.head, self.last_entry_number = digest, entry.n
                entries.append(entry)
        return tuple(entries)


def read_run_began(directory: RunDirectory) -> RunBegan:
    """How a run began.

    Raises:
        RunError: it never did, or its journal cannot be read.
    """
    entries = JournalFollower(directory).read_new()
    began = entries[0].event if entries else None
    if not isinstance(began, RunBegan):
        raise RunError(f"{directory.id} never began")
    return began


def load_run_runbook(directory: RunDirectory, began: RunBegan) -> Runbook:
    """The runbook of a run, from its own copy.

    Raises:
        RunError: the copy is not what the run began with.
    """
    try:
        runbook = load(directory.runbook / began.file, directory.files)
    except MobiusError as error:
        raise RunError(
            f"{directory.id}: its runbook cannot be read: {error}"
        ) from error
    if problem := changed_runbook_text(runbook, began):
        raise RunError(f"{directory.path}: {problem}; put the files back as they were")
    return runbook


def changed_runbook_text(runbook: Runbook, began: RunBegan) -> str:
    """What of a run's own copy of its runbook is not what the run began with.

    Returns:
        That, in words; empty where it is the same.
    """
    if runbook_digest(runbook.sources) == began.sha256:
        return ""
    then = began.files or {}
    changed = [
        each.name for each in runbook.files if then.get(each.name) != each.sha256
    ]
    what = ", ".join(changed) if changed else "its runbook"
    return f"{what} was changed after the run began"


class RunChanges(Struct, frozen=True, kw_only=True):
    """What was added since the last call."""

    entries: tuple[Entry, ...] = ()
    has_new_health: bool = False
    """Whether there are new health records."""

    def __bool__(self) -> bool:
        return bool(self.entries) or self.has_new_health


class Follower:
    """The state and the health of a run, folded from its files as they grow."""

    def __init__(self, directory: RunDirectory) -> None:
        """Read what is there.

        Raises:
            RunError: the run never began, or its files are not what they should be.
        """
        self.directory = directory
        self._journal = JournalFollower(directory)
        entries = self._journal.read_new()
        began = entries[0].event if entries else None
        if not isinstance(began, RunBegan):
            raise RunError(
                f"{directory.id} never began: its journal is empty; "
                f"remove {directory.path}"
            )
        self.began = began
        runbook = load_run_runbook(directory, began)
        self.plan = Plan(runbook)
        """It grows with the state."""
        self.state: RunState = initial_state(runbook)
        self.health = CurrentHealth()
        self.health_history = HealthHistory()
        """What health was at any moment."""
        self.milestone_tracker = MilestoneTracker(self.plan)
        """Collects the milestones from the entries; `health_history` gives it the rest.
        """
        self.trigger_rules = RunTriggerRules(self.plan, self.state)
        """The triggers' rules, evaluated over the health records read so far."""
        self._health = LineFollower(directory.health)
        self.invalid_health_lines = 0
        """Lines of `health.jsonl` that could not be decoded: a full disk can tear one.
        They are left out; nothing in the run depends on them.
        """
        for entry in entries:
            advance(self.state, entry)
        self.plan.catch_up(self.state)
        for entry in entries:
            self.milestone_tracker.apply_entry(entry)
        epochs = (e.at for e in entries if self.trigger_rules.begins_epoch(e.event))
        self._epoch_began_at = max(epochs, default=0.0)
        self._read_new_health()
        self.initial_entries = entries
        """What the journal held at the first look."""

    @property
    def runbook(self) -> Runbook:
        """The run's runbook, with the steps that joined the run."""
        return self.plan.runbook

    @property
    def head(self) -> str:
        """The journal's head, to be noted elsewhere."""
        return self._journal.head

    def now(self) -> float:
        """What the run's own clock shows now, in seconds since 1970."""
        return run_time_now(self.state)

    def situation(self) -> Situation:
        """What decides whether this process's user may do something now."""
        return Situation(
            plan=self.plan, state=self.state, now=self.now(), uid=os.getuid()
        )

    def unwatched_note(self, now: float) -> str:
        """`, unwatched since 03:12`, to say of a run whose host is dead.

        Args:
            now: seconds since 1970.

        Returns:
            Empty where the run has no probes, or none was ever asked.
        """
        at = self.health.last_at
        if at is None or not self.health.windows:
            return ""
        return f", unwatched since {local_time(at, now)}"

    def poll(self, on_entry: Callable[[Entry], None] | None = None) -> RunChanges:
        """Read what was added.

        Raises:
            RunError: a file is invalid.
        """
        entries = self._journal.read_new()
        for entry in entries:
            advance(self.state, entry)
            self.plan.catch_up(self.state)
            self.trigger_rules.apply_event(entry.event)
            self.milestone_tracker.apply_entry(entry)
            if on_entry is not None:
                on_entry(entry)
        return RunChanges(entries=entries, has_new_health=self._read_new_health())

    def _read_new_health(self) -> bool:
        news = False
        while data := self._health_lines():
            for line in data.split(b"\n")[:-1]:
                try:
                    self.apply_health(decode_health(line))
                except RunError:
                    self.invalid_health_lines += 1
                news = True
        return news

    def apply_health(self, record: ProbeResult | MachineSample) -> None:
        """Apply the next health record."""
        self.health.apply(record)
        if isinstance(record, ProbeResult):
            self.health_history.add(record)
        if record.at >= self._epoch_began_at:
            self.trigger_rules.apply_probe_result(record)

    def _health_lines(self) -> bytes:
        try:
            return self._health.read_new()
        except RunError:
            return b""  # the health panel says how old what it shows is


def read_probe_results(
    directory: RunDirectory, end: int | None = None
) -> Iterator[ProbeResult]:
    """Every probe result in `health.jsonl`, but for lines that cannot be decoded.

    Args:
        directory: the run's.
        end: the offset at which to stop; `None` for the file's end.
    """
    try:
        with open_regular(directory.health) as file:
            while (end is None or file.tell() < end) and (
                row := file.readline(MAX_HEALTH_LINE_BYTES)
            ):
                with suppress(RunError):
                    record = decode_health(row)
                    if isinstance(record, ProbeResult):
                        yield record
    except OSError:
        return


def sha256_of_start(path: Path, size: int) -> str:
    """SHA-256 of the first `size` bytes of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with open_regular(path) as file:
        while size > 0 and (data := file.read(min(size, 1 << 20))):
            digest.update(data)
            size -= len(data)
    return digest.hexdigest()
