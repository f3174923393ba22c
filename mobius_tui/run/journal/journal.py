"""The journal: append-only, hash-chained, durable; its one writer, and its clock."""

from __future__ import annotations

import asyncio
import hashlib
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from msgspec import Struct

from mobius_tui.errors import RunError
from mobius_tui.health.ticker import boot_clock
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.journal_entry import (
    Entry,
    decode_entry,
    encode_entry,
    without_garbage_collection,
)
from mobius_tui.run.events.secret_rule import SecretRule
from mobius_tui.run.keeper.disk_full import DISK_FULL_ERRNOS, RETRY_INTERVAL
from mobius_tui.run.state.reducer import advance
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.storage.safe_open import open_regular

EMPTY_JOURNAL_HEAD = hashlib.sha256(b"").hexdigest()
"""The head of a journal without lines, and so the `prev` of the first line."""


def boot_id() -> str:
    """The id of this boot of the machine."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        import psutil

        return f"boot-{int(psutil.boot_time())}"


class Clock(Struct, frozen=True, kw_only=True):
    """Where times are read from: passed as an argument, so that tests can set them."""

    wall: Callable[[], float] = time.time
    """Seconds since 1970."""
    mono: Callable[[], float] = time.monotonic
    boot: str
    """The id of this boot of the machine, within which `mono` may be compared."""


class JournalContent(Struct, frozen=True, kw_only=True):
    """The decoded content of a whole journal.

    Its entries, their digests, and the size of a torn last line.
    """

    entries: tuple[Entry, ...]
    heads: tuple[str, ...]
    """SHA-256 of each whole line: the `prev` of the next."""
    size: int
    """Bytes of whole lines."""
    torn_bytes: int
    """Bytes after the whole lines: a line that was cut short."""

    @property
    def head(self) -> str:
        """The digest that the next line continues from."""
        return self.heads[-1] if self.heads else EMPTY_JOURNAL_HEAD


def decode_entries(
    data: bytes, prev: str, n: int, name: str
) -> Iterator[tuple[Entry, str]]:
    """The entries of whole lines, each with its own digest; the chain is verified.

    Args:
        data: whole lines.
        prev: the digest of the line before the first.
        n: the number of the first.
        name: the file's name, for the message.

    Raises:
        RunError: a line is no entry, or the chain does not hold; names the line.
    """
    sha256 = hashlib.sha256
    for number, line in enumerate(data.split(b"\n")[:-1], n):
        try:
            entry, line_prev = decode_entry(line)
        except RunError as error:
            raise RunError(f"{name}:{number}: {error}") from error
        if line_prev != prev:
            raise RunError(
                f"{name}:{number}: the chain breaks here: this line or the one before "
                "was changed after it was written"
            )
        if entry.n != number:
            raise RunError(f"{name}:{number}: this line says that it is {entry.n}")
        prev = sha256(line).hexdigest()
        yield entry, prev


def read_journal(path: Path) -> JournalContent:
    """Read a whole journal, and verify its chain.

    Raises:
        RunError: it cannot be read, or the chain does not hold.
    """
    try:
        with open_regular(path) as file:
            data = file.read()
    except OSError as error:
        raise RunError(f"{path}: {error.strerror}") from error
    whole = data.rfind(b"\n") + 1
    with without_garbage_collection():
        decoded = list(decode_entries(data[:whole], EMPTY_JOURNAL_HEAD, 1, path.name))
    return JournalContent(
        entries=tuple(entry for entry, _ in decoded),
        heads=tuple(digest for _, digest in decoded),
        size=whole,
        torn_bytes=len(data) - whole,
    )


class _WriteRequest(Struct):
    event: Event
    by: str
    intent: str | None
    done: asyncio.Future[Entry]
    loop: asyncio.AbstractEventLoop


class Journal:
    """Appends entries to the journal in a thread of its own.

    The host has the only one. Entries are written in the order of `append`; each call
    returns once its entry is synced. Once `wait_out_full_disk` was called, a write
    waits for space on a full disk, and continues the line where it broke off; before, a
    full disk is a failure as any other. After a failure of a write or a sync nothing is
    written again, as the content of the disk is not known any more: every later
    `append` fails for the same reason.
    """

    def __init__(
        self, path: Path, journal_content: JournalContent, clock: Clock
    ) -> None:
        """Open a journal at its end.

        Args:
            path: the file; it must exist.
            journal_content: what it holds; a torn end is cut off here.
            clock: the times of entries.
        """
        self._clock = clock
        self._n = len(journal_content.entries)
        self._prev = journal_content.head
        self._failed: str | None = None
        self._fails_when_full = threading.Event()
        self._fails_when_full.set()
        self.stall_reason = ""
        """Why the last line has to wait, in words; empty where none does."""
        self.on_stall: Callable[[str], None] = lambda _: None
        """Called in the event loop with the new `stall_reason` whenever that changes.
        """
        self.last_append_seconds = 0.0
        """Seconds that the last append took, in the journal's own thread."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            self._file = os.open(path, flags)
            if journal_content.torn_bytes:
                os.ftruncate(self._file, journal_content.size)
                os.fsync(self._file)
        except OSError as error:
            raise RunError(f"{path}: {error.strerror}") from error
        self._requests: queue.SimpleQueue[_WriteRequest | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
        self._thread.start()

    @property
    def head(self) -> str:
        """The digest of the last line that was written."""
        return self._prev

    async def append(
        self, event: Event, *, by: str, intent: str | None = None
    ) -> Entry:
        """Write an event; returns when it is durable.

        Raises:
            RunError: it could not be made durable; nothing more will be written.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Entry] = loop.create_future()
        self._requests.put(
            _WriteRequest(event=event, by=by, intent=intent, done=done, loop=loop)
        )
        return await asyncio.shield(done)

    def wait_out_full_disk(self) -> None:
        """From now on wait for space on a full disk, instead of failing."""
        self._fails_when_full.clear()

    def close(self) -> None:
        """Write what was requested, and end; what waits for a full disk fails."""
        self._fails_when_full.set()
        self._requests.put(None)
        self._thread.join()
        os.close(self._file)

    def _write(self) -> None:
        while (order := self._requests.get()) is not None:
            began = time.perf_counter()
            entry = Entry(
                n=self._n + 1,
                at=self._clock.wall(),
                mono=self._clock.mono(),
                boot=self._clock.boot,
                by=order.by,
                event=order.event,
                intent=order.intent,
            )
            line = encode_entry(entry, self._prev)
            if self._failed is None:
                self._failed = self._write_durably(line, order.loop)
            self.last_append_seconds = time.perf_counter() - began
            if self._failed is None:
                self._n += 1
                self._prev = hashlib.sha256(line[:-1]).hexdigest()
                order.loop.call_soon_threadsafe(_set_result, order.done, entry)
            else:
                error = RunError(
                    f"the journal cannot be written: {self._failed}; nothing new is "
                    "started. See to the disk, then resume the run, which verifies it"
                )
                order.loop.call_soon_threadsafe(_set_exception, order.done, error)

    def _write_durably(
        self, line: bytes, loop: asyncio.AbstractEventLoop
    ) -> str | None:
        """Write a line and sync it; returns why that failed."""
        rest = memoryview(line)
        try:
            while rest:
                try:
                    rest = rest[os.write(self._file, rest) :]
                except OSError as error:
                    if (
                        error.errno not in DISK_FULL_ERRNOS
                        or self._fails_when_full.is_set()
                    ):
                        raise
                    self._report_stall(error.strerror or str(error), loop)
                    self._fails_when_full.wait(RETRY_INTERVAL)
            _sync(self._file)
        except OSError as error:
            return error.strerror or str(error)
        finally:
            self._report_stall("", loop)
        return None

    def _report_stall(self, why: str, loop: asyncio.AbstractEventLoop) -> None:
        if why != self.stall_reason:
            self.stall_reason = why
            loop.call_soon_threadsafe(self.on_stall, why)


_sync = getattr(os, "fdatasync", os.fsync)


def _set_result(done: asyncio.Future[Entry], entry: Entry) -> None:
    if not done.done():
        done.set_result(entry)


def _set_exception(done: asyncio.Future[Entry], error: RunError) -> None:
    if not done.done():
        done.set_exception(error)


_this_boot = cache(boot_id)


def monotonic_run_clock(
    last: Entry | None,
    *,
    wall: Callable[[], float] = time.time,
    mono: Callable[[], float] = boot_clock,
    boot: str | None = None,
) -> Clock:
    """The clock of a host: it never goes back, nor before the last entry's time.

    Args:
        last: the last entry of the journal; the run's time goes on from there.
        wall: the system's clock, which is asked once.
        mono: monotonic seconds that also count while the machine sleeps.
        boot: this boot of the machine; looked up where it is not given.
    """
    boot = _this_boot() if boot is None else boot
    began, at = mono(), wall()
    if last is not None and last.boot == boot:
        at = last.at + max(0.0, began - last.mono)
    elif last is not None:
        at = max(at, last.at)
    return Clock(wall=lambda: at + mono() - began, mono=mono, boot=boot)


def run_time_now(state: RunState) -> float:
    """A run's clock as a reader has it, in seconds since 1970.

    Where the machine was restarted since, or is another, it is the system's clock.
    """
    if state.last_entry_boot != _this_boot():
        return time.time()
    return state.last_entry_at + max(0.0, boot_clock() - state.last_entry_mono)


_KEPT_FIELDS = frozenset(
    (
        *("value", "values", "items", "script", "answers", "hosts", "log"),
        # Of `RunBegan`, what a host goes by.
        *("workdir", "setting", "site", "path", "sink", "profile", "environment"),
        *("operator", "limit", "targets", "host_sites", "share", "playbooks"),
    )
)
"""Fields of events whose texts are values: redacted, they would be others."""


def secret_rule_of_event_field(name: str) -> SecretRule:
    """What becomes of a field of an event that holds a secret; redacted by default."""
    return SecretRule.KEPT if name in _KEPT_FIELDS else SecretRule.WORDS


class JournalWriter:
    """The one writer of a run's journal, and of its state.

    Whoever decides something holds `turn` from reading the state until the event that
    follows is durable, so no two decisions are based on the same state.
    """

    def __init__(
        self,
        journal: Journal,
        state: RunState,
        on_entry: Callable[[Entry], None],
        activity: asyncio.Event | None = None,
        *,
        harmless: Callable[[Event], Event],
    ) -> None:
        """Write nothing yet.

        Args:
            journal: open for appending.
            state: as the journal's entries made it; advanced by each entry.
            on_entry: called with each entry once it is durable and in the state.
            activity: set after each entry, and when the journal has failed.
            harmless: gives an event as it may be kept, without secrets; may raise a
                `RunError`.
        """
        self.journal = journal
        self.state = state
        self.turn = asyncio.Lock()
        self.changed = asyncio.Event()
        """Set after each entry; whoever waits for it clears it."""
        self.activity = activity or asyncio.Event()
        """Set whenever the host may have reason to end; the host clears it."""
        self.failure: str | None = None
        """Why nothing new is started, once the journal has failed."""
        self._on_entry, self._harmless = on_entry, harmless

    async def write(self, event: Event, by: str, intent_id: str | None = None) -> Entry:
        """Make an event durable, then apply it; the caller holds `turn`.

        Args:
            event: what happened.
            by: who caused it.
            intent_id: the id of the intent that it answers.

        Raises:
            StateError: it may not follow.
            RunError: it could not be made durable, or holds a secret in what is kept.
        """
        # Once begun it must not be cancelled: a line that is written and not applied
        # would leave the state behind the journal.
        return await asyncio.shield(self._write(event, by, intent_id))

    async def write_in_turn(self, event: Event, by: str = "host") -> Entry:
        """Take `turn`, and write one event.

        Raises:
            StateError: it may not follow.
            RunError: it could not be made durable.
        """
        async with self.turn:
            return await self.write(event, by)

    async def _write(self, event: Event, by: str, intent_id: str | None) -> Entry:
        event = self._harmless(event)
        self.state.validate_event(event)
        try:
            entry = await self.journal.append(event, by=by, intent=intent_id)
        except RunError as error:
            self.failure = str(error)
            self._wake()
            raise
        advance(self.state, entry)
        self._on_entry(entry)
        self._wake()
        return entry

    def _wake(self) -> None:
        self.changed.set()
        self.activity.set()
