"""Runs in a line each: for `mobius-tui runs` and the library."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from operator import attrgetter
from pathlib import Path
from typing import BinaryIO, Literal

from msgspec import Struct

from mobius_tui.errors import RunError, UsageError
from mobius_tui.run.events.journal_entry import (
    Entry,
    EntryPicker,
    decode_entry,
    utc_timestamp,
)
from mobius_tui.run.events.mode_and_outcome import ListingState, Mode, Outcome
from mobius_tui.run.events.run_events import RunBegan, RunEnded, RunReopened
from mobius_tui.run.records.record_file import lost_end_text
from mobius_tui.run.storage.last_viewed import unwatched_since
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import all_runs, runs_shared_by_others
from mobius_tui.run.storage.safe_open import open_regular
from mobius_tui.run.storage.state_folders import runs_root, state_home
from mobius_tui.runbook.text.units import local_time, measured_duration
from mobius_tui.sanitize import line

JOURNAL_TAIL_BYTES = 1 << 16
"""Bytes of a journal's end that are searched first for how the run ended."""
_END_ENTRY_FILTER = EntryPicker((RunEnded, RunReopened))


class RunSummary(Struct, frozen=True, kw_only=True):
    """One run in a list of runs."""

    id: str
    title: str
    runbook: str
    mode: Mode | Literal[""]
    """Empty where its journal does not say."""
    environment: str
    outcome: Outcome | ListingState
    host: int | None
    """The process id of its living host, 0 until known; `None` without a host."""
    began: float | None
    """Seconds since 1970."""
    ended: float | None
    operator: str = ""
    """Who began it, and as whom its commands run."""
    home: str = ""
    """The HOME that it began with; in a drill, one of the site's."""
    sha256: str = ""
    """Of the runbook's files; see `runbook.runbook_digest`."""
    path: str = ""
    """Where the runbook's file lay."""
    reason: str = ""
    """Why it ended so."""
    open_seconds: float | None = None
    """For how long it was open in all, where it was opened again after it had ended."""
    unwatched_since: float | None = None
    """When health was last looked at, of an open run whose host is dead."""

    @property
    def is_open(self) -> bool:
        """Whether it began and has not ended."""
        return self.outcome is ListingState.OPEN

    @property
    def open_words(self) -> str:
        """How an open run stands."""
        return "still running" if self.host is not None else "open, no host"

    @property
    def came_to_end(self) -> bool:
        """Whether it ended, and so has an outcome."""
        return isinstance(self.outcome, Outcome)

    @property
    def is_drill(self) -> bool:
        """Whether it is a rehearsal."""
        return self.mode is Mode.DRILL

    @property
    def took(self) -> float | None:
        """Seconds from its beginning to its end, as far as it was open."""
        if self.began is None or self.ended is None:
            return None
        if self.open_seconds is not None:
            return self.open_seconds
        return self.ended - self.began

    def row(self) -> str:
        """The run in a line of text, for a list."""
        if self.began is None:
            return f"{'':16}  {'':11}  {self.outcome:13}  {'':7}  {self.id}"
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(self.began))
        took = "" if self.took is None else measured_duration(self.took)
        state = self.open_words if self.is_open else str(self.outcome)
        since = self.unwatched_text(time.time())
        note = f"{since}  " if since else ""
        return (
            f"{when}  {self.mode:11}  {state:13}  {took:>7}  {self.title}"
            f"  {self.environment}  by {self.operator}  {note}{self.id}"
        )

    def unwatched_text(self, now: float) -> str:
        """`unwatched since 03:12`, for an open run whose host is dead; else empty.

        Args:
            now: seconds since 1970.
        """
        if self.unwatched_since is None:
            return ""
        return f"unwatched since {local_time(self.unwatched_since, now)}"

    def as_json(self) -> Mapping[str, str | int | None]:
        """For programs; times as the journal writes them."""
        return {
            "run": self.id,
            "runbook": self.runbook,
            "by": self.operator,
            "mode": self.mode,
            "environment": self.environment,
            "outcome": self.outcome,
            "host": self.host,
            "began": None if self.began is None else utc_timestamp(self.began),
            "ended": None if self.ended is None else utc_timestamp(self.ended),
            "unwatched_since": None
            if self.unwatched_since is None
            else utc_timestamp(self.unwatched_since),
        }


def read_summary(directory: RunDirectory) -> RunSummary:
    """A run's summary, from both ends of its journal; bad content never raises."""
    try:
        first, last, ended_at = _beginning_and_end(directory.journal)
        host = directory.host_pid()
    except RunError:
        return _bare_summary(directory, ListingState.DAMAGED)
    if first is None:
        return _bare_summary(directory, ListingState.NEVER_BEGAN)
    began, at = first
    is_imported = directory.imported.exists()
    unended = ListingState.IMPORTED if is_imported else ListingState.OPEN
    if last is None and _is_end_missing_in_journal(directory):
        unended = ListingState.DAMAGED
    dead = last is None and host is None and unended is ListingState.OPEN
    return RunSummary(
        id=directory.id,
        title=began.title,
        runbook=began.runbook,
        mode=began.mode,
        environment=began.environment or "",
        outcome=last.outcome if last is not None else unended,
        host=host,
        began=at,
        ended=ended_at,
        operator=began.operator,
        home=began.setting.get("HOME", ""),
        sha256=began.sha256,
        path=began.path,
        reason=last.reason if last is not None else "",
        open_seconds=last.took if last is not None else None,
        unwatched_since=unwatched_since(directory.health) if dead else None,
    )


def _is_end_missing_in_journal(directory: RunDirectory) -> bool:
    """Whether the journal lacks its end: the record says that the run had ended."""
    if not directory.record.exists():
        return False
    try:
        return bool(lost_end_text(directory))
    except RunError:
        return True


def _bare_summary(directory: RunDirectory, state: ListingState) -> RunSummary:
    return RunSummary(
        id=directory.id,
        title="",
        runbook="",
        mode="",
        environment="",
        outcome=state,
        host=None,
        began=None,
        ended=None,
    )


def is_open(directory: RunDirectory) -> bool:
    """Whether a run began and has not ended."""
    return read_summary(directory).is_open


MAX_RUNS_NAMED = 5
"""Runs that a message names; of the others it gives the number."""


def newest_open_run(root: Path) -> RunDirectory:
    """The newest of this person's runs that has not ended.

    Raises:
        UsageError: there is none; its words name the open ones of others that are
            shared, here.
    """
    others: list[RunSummary] = []
    for run in all_runs(root):
        summary = read_summary(run)
        if summary.is_open and _is_of_this_home(run, summary, root):
            return run
        others += [summary] if summary.is_open else []
    if root == runs_root():
        others += filter(_IS_OPEN, map(read_summary, runs_shared_by_others()))
    if not others:
        raise UsageError("there is no open run; `mobius-tui runs` lists all")
    named = ", ".join(
        f"{each.id} by {each.operator} ({each.open_words})"
        for each in others[:MAX_RUNS_NAMED]
    )
    left = len(others) - MAX_RUNS_NAMED
    more = f" and {left} more" if left > 0 else ""
    raise UsageError(
        "there is no open run of yours; shared with you, and to be named if you mean "
        f"one (`mobius-tui resume RUN`): {line(named)}{more}"
    )


_IS_OPEN = attrgetter("is_open")


def _is_of_this_home(run: RunDirectory, summary: RunSummary, root: Path) -> bool:
    """Whether a run of this account's is this person's: several may share a login.

    A run that is shared lies beside those of others; it is told from theirs by the
    home that it began in.
    """
    if run.path.parent == root:
        return True
    home = Path(summary.home)
    return home == Path.home() or home.is_relative_to(state_home())


def _beginning_and_end(
    journal: Path,
) -> tuple[tuple[RunBegan, float] | None, RunEnded | None, float | None]:
    """How a run began and ended, as far as its journal says."""
    try:
        with open_regular(journal) as file:
            head = file.readline(JOURNAL_TAIL_BYTES * 16)
            last = _newest_end_entry(file)
    except OSError as error:
        raise RunError(f"{journal}: {error.strerror}") from error
    if not head.endswith(b"\n"):
        return None, None, None
    entry, _ = decode_entry(head[:-1])
    if not isinstance(entry.event, RunBegan):
        raise RunError(f"{journal}: it does not begin with RunBegan")
    if last is None or not isinstance(last.event, RunEnded):
        return (entry.event, entry.at), None, None
    return (entry.event, entry.at), last.event, last.at


def _newest_end_entry(journal: BinaryIO) -> Entry | None:
    """The last entry by which the run ended or was opened again; `None` without one.

    Ever more of the journal is read, as long notes may follow the end.
    """
    size, searched = journal.seek(0, os.SEEK_END), 0
    while searched < size:
        searched = min(size, searched * 16 or JOURNAL_TAIL_BYTES)
        journal.seek(size - searched)
        tail = journal.read(searched)
        if not _END_ENTRY_FILTER.may_pick(tail):
            continue
        for text in reversed(tail.split(b"\n")[:-1]):
            with suppress(RunError):
                entry = _END_ENTRY_FILTER.pick(text)
                if entry is not None:
                    return entry
    return None
