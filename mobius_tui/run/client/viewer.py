"""A viewer's end of a run: it follows the files and sends intents to the host."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic

from mobius_tui.errors import RunError
from mobius_tui.health.ticker import boot_clock
from mobius_tui.run.attempts.launcher import request_stop
from mobius_tui.run.intents.action import Action
from mobius_tui.run.intents.control_protocol import (
    LIVENESS_REQUEST,
    MAX_LINE_BYTES,
    Envelope,
    Reply,
    Stalled,
    decode_host_line,
    encode_envelope,
    new_id,
    replace_host_remedy,
    version_mismatch_text,
)
from mobius_tui.run.intents.intent_actions import PROTOCOL_VERSION
from mobius_tui.run.intents.permissions import NO_HOST_REPLY_TEXT
from mobius_tui.run.intents.step_intents import StopStep
from mobius_tui.run.journal.follower import Follower, RunChanges
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.socket_path import connect_socket, short_socket_path

LIVENESS_REQUEST_INTERVAL = 2.0
"""Seconds without a sign of the host after which a viewer asks for one."""
SILENCE_LIMIT = 6.0
"""Seconds without a sign after which a host counts as silent."""
MIN_VIEWER_SUSPENSION = 1.0
"""Seconds between two calls of `check` that mean the viewer was suspended."""


class HostLiveness:
    """Tracks when the host last sent anything. All times are monotonic seconds."""

    def __init__(self, now: float) -> None:
        self._signed_at = self._checked_at = now
        self._has_asked = False

    def note_sign(self, now: float) -> None:
        """Note that the host sent something, or that there is no host."""
        self._signed_at = max(self._signed_at, now)
        self._has_asked = False

    def check(self, now: float) -> bool:
        """Whether to ask the host for a sign of life; called several times a second."""
        if now - self._checked_at > MIN_VIEWER_SUSPENSION:
            self.note_sign(now)
        self._checked_at = now
        if self._has_asked or now - self._signed_at < LIVENESS_REQUEST_INTERVAL:
            return False
        self._has_asked = True
        return True

    @property
    def silence(self) -> float:
        """Seconds without a sign, by the last check; 0 below the limit."""
        quiet = self._checked_at - self._signed_at
        return quiet if quiet >= SILENCE_LIMIT else 0.0


CONNECT_TIMEOUT = 2.0
"""Seconds in which a host accepts a connection, unless it is suspended."""


@contextmanager
def counted_as_viewer(directory: RunDirectory) -> Iterator[None]:
    """Stay connected as a viewer for as long as the block lasts.

    A screen disconnects while a pager or an editor is open, or while its process is
    stopped; a watch must not take that for its viewer leaving.
    """
    try:
        connection = connect_socket(directory.socket)
    except OSError:
        yield  # the host is gone; other viewers report that
        return
    with connection:
        connection.settimeout(CONNECT_TIMEOUT)
        with suppress(OSError):
            connection.sendall(LIVENESS_REQUEST)
            connection.recv(1)  # the host counts the viewer once it has answered
        yield


POLL_INTERVAL = 0.25
"""Seconds between looks at the files, beside the host's pokes."""
KEEPER_ASKED_TEXT = "its keeper was asked to stop"
"""The text of the reply where the keeper was asked in place of the host."""


class Viewer:
    """One viewer of one run."""

    def __init__(
        self, directory: RunDirectory, follower: Follower | None = None
    ) -> None:
        """Read the run.

        Args:
            directory: the run's.
            follower: one that has read the run already; the caller must not use it any
                more.

        Raises:
            RunError: it never began, or is damaged.
        """
        self.directory = directory
        self.follower = Follower(directory) if follower is None else follower
        self.stall_reason = ""
        """Why the host can write nothing for now, in its words; empty if it can."""
        self.is_hostless = False
        """Whether no host lived when the last look of `changes` began, which then found
        nothing new: so whatever a host has written has been seen."""
        self._liveness = HostLiveness(monotonic())
        self._pending_replies: dict[str, asyncio.Future[Reply]] = {}
        self._poked = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None
        self._reader_task: asyncio.Task[None] | None = None
        self._connecting = asyncio.Lock()

    def host_pid(self) -> int | None:
        """The living host's pid, 0 if it is not written yet; `None` without a host."""
        return self.directory.host_pid()

    @property
    def host_silence(self) -> float:
        """Seconds for which a living host has given no sign; 0 while that is not long.

        By the last look of `changes`, which asks for signs.
        """
        return self._liveness.silence

    async def changes(
        self, idle_interval: float = 0.0
    ) -> AsyncGenerator[RunChanges, None]:
        """Yield changes of the run: looks at each poke, and every quarter second.

        Empty changes are yielded too, so that a viewer can check the host and the
        clock.

        Args:
            idle_interval: seconds between two yields of empty changes.
        """
        await self.connect()
        told_at = float("-inf")
        while True:
            is_poked = self._poked.is_set()
            self._poked.clear()
            had_host = self.host_pid() is not None
            changes = self.follower.poll()
            self.is_hostless = not had_host and not changes
            self._check_liveness()
            if changes or is_poked or monotonic() - told_at >= idle_interval:
                told_at = monotonic()
                yield changes
            if changes:
                continue
            # Not `wait_for`: before Python 3.12 it forgets that it was cancelled where
            # what it waits for comes in the same moment.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_INTERVAL):
                    await self._poked.wait()
            if self._writer is None:
                await self.connect()

    def _check_liveness(self) -> None:
        now = monotonic()
        if self._writer is None:
            self._liveness.note_sign(now)
        if self._liveness.check(now) and self._writer is not None:
            self._writer.write(LIVENESS_REQUEST)

    async def connect(self) -> bool:
        """Connect to the host, if one listens; returns whether one does."""
        async with self._connecting:
            if self._writer is not None:
                return True
            if self.host_pid() is None:
                return False
            try:
                reader, writer = await open_socket(self.directory.socket)
            except OSError:
                return False
            self._writer = writer
            self._reader_task = asyncio.create_task(self._read(reader))
            return True

    async def send_intent(self, action: Action, intent_id: str = "") -> Reply:
        """Ask the host for an action and wait for its answer.

        A `stop` that names its attempt goes to the attempt's keeper instead where no
        host lives, where the host gives no sign, or where it speaks another version.
        Any other action is refused where no host lives or it speaks another version,
        with words that say how to go on. With a host that gives no sign it waits for an
        answer; if the host hears it too late, it refuses it, unless the action is
        `never_late`.

        Args:
            action: what is wanted.
            intent_id: the id that it has; a new one if empty.
        """
        intent_id = intent_id or new_id()
        stops = isinstance(action, StopStep)
        if not await self.connect() or (self.host_silence and stops):
            return self._without_host(action, intent_id)
        writer = self._writer
        if writer is None:
            return self._without_host(action, intent_id)
        if self.stall_reason and stops:
            return await self._send_past_stall(action, intent_id)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Reply] = loop.create_future()
        self._pending_replies[intent_id] = answer
        try:
            writer.write(_intent_line(action, intent_id))
            await writer.drain()
            return self._translate_reply(await answer, action, intent_id)
        except (ConnectionError, RunError):
            return Reply(
                id=intent_id,
                ok=False,
                text="the host died before it answered; resume the run to go on",
            )
        finally:
            self._pending_replies.pop(intent_id, None)

    async def _send_past_stall(self, action: Action, intent_id: str) -> Reply:
        """Ask by a second connection, past intents that wait for space on a full disk.

        On the first one a host may read the next intent only once these are answered,
        or after `control_server.IN_ORDER_TIME`.
        """
        try:
            reader, writer = await open_socket(self.directory.socket)
        except OSError:
            return self._without_host(action, intent_id)
        try:
            writer.write(_intent_line(action, intent_id))
            while line := await reader.readline():
                message = decode_host_line(line)
                if isinstance(message, Reply) and message.id in (intent_id, ""):
                    return self._translate_reply(message, action, intent_id)
        except (ConnectionError, ValueError, RunError):
            pass  # the host is gone, as at the end of file
        finally:
            writer.close()
        return self._without_host(action, intent_id)

    def _without_host(self, action: Action, intent_id: str) -> Reply:
        if self._ask_keeper(action):
            return Reply(id=intent_id, ok=True, text=KEEPER_ASKED_TEXT)
        return Reply(id=intent_id, ok=False, text=NO_HOST_REPLY_TEXT)

    def _ask_keeper(self, action: Action) -> bool:
        """Ask the keeper of an attempt to stop it; whether there is one to ask."""
        if not isinstance(action, StopStep) or not action.attempt:
            return False
        return request_stop(self.directory.attempt(action.step, action.attempt))

    def _translate_reply(self, reply: Reply, action: Action, intent_id: str) -> Reply:
        """Return a reply, or another one where the host of another version refused.

        A stop is then asked of the keeper. A host of version 1 replies without the
        intent's id and with words of its own: its reply becomes one that explains the
        versions, or one that says to resume where the host's pid is not known.
        """
        if reply.version == PROTOCOL_VERSION:
            return reply
        if self._ask_keeper(action):
            return Reply(id=intent_id, ok=True, text=KEEPER_ASKED_TEXT)
        if reply.version != 1:
            return reply
        pid = self.host_pid()
        if not pid:
            return Reply(id=intent_id, ok=False, text=NO_HOST_REPLY_TEXT)
        remedy = replace_host_remedy(pid, self.directory.id)
        words = version_mismatch_text(viewer=PROTOCOL_VERSION, host=1, remedy=remedy)
        return Reply(id=intent_id, ok=False, text=words)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while line := await reader.readline():
                message = decode_host_line(line)
                self._liveness.note_sign(monotonic())
                if isinstance(message, int):
                    if message:
                        self._poked.set()
                elif isinstance(message, Stalled):
                    self.stall_reason = message.why
                    self._poked.set()
                elif (
                    pending := self._find_pending_reply(message.id)
                ) and not pending.done():
                    pending.set_result(message)
        except (ConnectionError, ValueError, RunError):
            pass  # treated as the end of file that follows
        self._disconnected()

    def _find_pending_reply(self, intent_id: str) -> asyncio.Future[Reply] | None:
        """Who waits for an answer; for one without an id, whoever asked first.

        Answers without an id come from hosts of version 1, which answer in the order in
        which they were asked; newer hosts may answer a slow intent after a later one.
        """
        if intent_id:
            return self._pending_replies.get(intent_id)
        return next(
            (one for one in self._pending_replies.values() if not one.done()), None
        )

    def _disconnected(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer = None
        self.stall_reason = ""
        self._poked.set()
        for pending in self._pending_replies.values():
            if not pending.done():
                pending.set_exception(RunError("the host died"))

    async def close(self) -> None:
        """Disconnect from the host; the run goes on."""
        if self._reader_task is not None:
            self._reader_task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader_task
        self._disconnected()


def _intent_line(action: Action, intent_id: str) -> bytes:
    return encode_envelope(Envelope(action=action, id=intent_id, sent=boot_clock()))


async def open_socket(path: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to a socket whose path may be longer than the system takes."""
    with short_socket_path(path) as way:
        return await asyncio.open_unix_connection(way, limit=MAX_LINE_BYTES)
