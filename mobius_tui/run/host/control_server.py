"""The control socket of a host: it takes intents, answers, and says who asked.

Process ids are reused, so what is read of the terminal of a process that connected is
checked to be of that very process; if it is not, nothing is said of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil
from msgspec import Struct

from mobius_tui import sanitize
from mobius_tui.errors import MobiusError, RunError
from mobius_tui.health.ticker import boot_clock
from mobius_tui.run.intents.action import Caller
from mobius_tui.run.intents.approval_intents import ApproveStep, DenyApproval
from mobius_tui.run.intents.control_protocol import (
    LIVENESS_REQUEST,
    MAX_LINE_BYTES,
    Envelope,
    InvalidIntentError,
    Reply,
    Stalled,
    VersionMismatchError,
    decode_envelope,
    encode_poke,
    encode_reply,
    encode_stalled,
    replace_host_remedy,
    version_mismatch_text,
)
from mobius_tui.run.intents.intent_actions import PROTOCOL_VERSION
from mobius_tui.run.intents.permissions import intent_refusal
from mobius_tui.run.keeper.peer import peer_pid, peer_pidfd, peer_uid
from mobius_tui.run.storage.state_folders import account_name
from mobius_tui.runbook.text.units import duration_in_words

MAX_TERMINAL_TEXT_CHARS = 128
"""Characters of a described terminal at most: a login's host may be any text."""


class CallerTerminal(Struct, frozen=True, kw_only=True):
    """The terminal of a process."""

    pid: int
    process_start: float
    """When the process began, in a unit of the system's: with the process id, this
    identifies one process."""
    terminal: str
    """`pts/3`; empty where it has none."""


NO_TERMINAL = CallerTerminal(pid=0, process_start=0.0, terminal="")


def terminal_of_caller(connection: socket.socket) -> CallerTerminal:
    """The terminal of the process that connected; none where the process has gone.

    Call it as soon as the connection is accepted: the process may end at any time.
    """
    pid = peer_pid(connection)
    try:
        handle = peer_pidfd(connection)
    except OSError:
        return NO_TERMINAL
    try:
        terminal = _terminal_of_process(pid) if pid else NO_TERMINAL
        return terminal if handle is None or _is_alive(handle) else NO_TERMINAL
    finally:
        if handle is not None:
            os.close(handle)


def describe_caller_terminal(terminal: CallerTerminal) -> str:
    """A terminal, and the host its login came from, where that is known.

    Returns:
        `pts/3`, or `pts/3 from 10.0.0.7`; empty without a terminal.
    """
    host = _login_host(terminal) if terminal.terminal else ""
    words = f"{terminal.terminal} from {host}" if host else terminal.terminal
    return sanitize.line(words)[:MAX_TERMINAL_TEXT_CHARS]


def _is_alive(handle: int) -> bool:
    """Whether the process of a pidfd has not ended: what was read was its own."""
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    return not poll.poll(0)


def _terminal_of_process(pid: int) -> CallerTerminal:
    """The terminal of a process, by /proc.

    psutil lists the terminals once in a program's life, and knows none that was opened
    later.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b") ")[2].split()
    except OSError:
        return _terminal_without_proc(pid)
    return CallerTerminal(
        pid=pid, process_start=float(stat[19]), terminal=_terminal_name(int(stat[4]))
    )


def _terminal_name(number: int) -> str:
    """The name of a terminal below `/dev`, by the number of its device."""
    if number:
        for folder, pattern in (("/dev/pts", "*"), ("/dev", "tty*")):
            for path in Path(folder).glob(pattern):
                with contextlib.suppress(OSError):
                    if path.stat().st_rdev == number:
                        return str(path.relative_to("/dev"))
    return ""


def _terminal_without_proc(pid: int) -> CallerTerminal:
    """The same where there is no /proc, or nothing of the process in it."""
    try:
        process = psutil.Process(pid)
        terminal = (process.terminal() or "").removeprefix("/dev/")
        return CallerTerminal(
            pid=pid, process_start=process.create_time(), terminal=terminal
        )
    except (psutil.Error, OSError):
        return NO_TERMINAL


def _login_host(terminal: CallerTerminal) -> str:
    """The host that the login of a process came from; empty where it is not known.

    A login that was never logged out of stays on the system's list, and its terminal is
    reused: only one that led to this process is returned.
    """
    try:
        parents = psutil.Process(terminal.pid).parents()
        logins = psutil.users()
    except (psutil.Error, OSError):
        return ""
    family = {terminal.pid, *(parent.pid for parent in parents)}
    hosts = [
        login.host
        for login in logins
        if login.terminal == terminal.terminal
        and login.host
        and int(login.pid or 0) in family
    ]
    return hosts[-1] if hosts and _terminal_of_process(terminal.pid) == terminal else ""


IN_ORDER_TIME = 0.25
"""Seconds to wait for an answer before the same viewer's next line is read."""
ANSWER_TIME_AT_END = 1.0
"""Seconds that pending answers may take when the host ends."""

LINE_TIMEOUT = 10.0
"""Seconds from a line's first byte to its last; a viewer sends them at once."""

MAX_CONNECTIONS = 200
"""Connections at most: each takes a descriptor, which steps and probes need."""

IntentHandler = Callable[[Envelope, Caller], Awaitable[Reply]]
"""Handles one intent for one caller, and returns the reply."""


class ControlServer:
    """The listening socket and the viewers on it."""

    def __init__(
        self,
        handle_intent: IntentHandler,
        *,
        shared: bool = False,
        share_control: bool = False,
        line_timeout: float = LINE_TIMEOUT,
    ) -> None:
        """Make the server.

        Args:
            handle_intent: acts on an intent, and answers it.
            shared: whether the group of the run's folder may connect, to read along and
                to approve.
            share_control: whether that group may act on the run, too.
            line_timeout: seconds from a line's first byte to its last.
        """
        self._line_timeout = line_timeout
        self._handle_intent = handle_intent
        self._shared, self._control = shared, share_control
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._stalled = Stalled(why="")
        self._answering = 0
        self._answered = asyncio.Event()
        self._answered.set()
        self.no_viewer_since: float | None = asyncio.get_running_loop().time()
        """Loop time since which no viewer is connected; `None` while one is."""

    @property
    def viewer_count(self) -> int:
        """How many viewers are connected."""
        return len(self._writers)

    async def listen(self, path: Path) -> None:
        """Bind and serve.

        The host's working directory is the run's, so that the socket is bound by its
        name alone: a whole path may be too long for a socket's address, and lead to
        another folder by the time that the socket is taken away.

        Raises:
            RunError: the socket cannot be made.
        """
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path.name)  # noqa: PTH108 - a moment's call
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        old = os.umask(0o117 if self._shared else 0o177)
        try:
            listener.bind(path.name)
        except OSError as error:
            raise RunError(f"{path}: {error.strerror}") from error
        finally:
            os.umask(old)
        # Not `start_unix_server`: whether that one takes the socket's file away at its
        # end depends on the version of Python. Here its end is `stop_listening`.
        self._server = await asyncio.start_server(
            self._serve, sock=listener, limit=MAX_LINE_BYTES
        )

    def stop_listening(self) -> None:
        """Accept no more: who comes now is to wait for the next host.

        The socket's file is left: a host that dies leaves it, too, so that whoever
        connects must know what a socket without a host is in any case.
        """
        if self._server is not None:
            self._server.close()

    async def close(self) -> None:
        """Accept no more, answer what was received, and close every connection.

        Whoever asked for the run's end must get an answer.
        """
        self.stop_listening()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._answered.wait(), ANSWER_TIME_AT_END)
        for writer in tuple(self._writers):
            writer.close()

    def poke(self, n: int) -> None:
        """Tell every viewer that the journal has grown to entry `n`.

        It waits for none: one with too much unread gets no poke.
        """
        line = encode_poke(n)
        for writer in self._writers:
            if writer.transport.get_write_buffer_size() < 65536:
                writer.write(line)

    def report_stall(self, why: str) -> None:
        """Tell every viewer, and those that connect later, why nothing can be written.

        Args:
            why: in words; empty once it can be again.
        """
        self._stalled = Stalled(why=why)
        for writer in self._writers:
            writer.write(encode_stalled(self._stalled))

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        connection = writer.get_extra_info("socket")
        uid = peer_uid(connection)
        is_stranger = uid not in (os.getuid(), 0) and not self._shared
        if is_stranger or len(self._writers) >= MAX_CONNECTIONS:
            writer.close()
            return
        self._writers.add(writer)
        self.no_viewer_since = None
        terminal = terminal_of_caller(
            connection
        )  # now: whoever it is may go once they have asked
        if self._stalled.why:
            writer.write(encode_stalled(self._stalled))
        slow: set[asyncio.Task[None]] = set()
        try:
            while line := await self._line(reader):
                if line == LIVENESS_REQUEST:
                    writer.write(encode_poke(0))
                    await writer.drain()
                    continue
                answer = asyncio.create_task(
                    self._answer_line(line, uid, terminal, writer)
                )
                # A step whose secret takes its time holds nothing up that comes after.
                await asyncio.wait({answer}, timeout=IN_ORDER_TIME)
                if answer.done():
                    answer.result()
                else:
                    slow.add(answer)
                    answer.add_done_callback(slow.discard)
        except (ConnectionError, ValueError, TimeoutError, asyncio.CancelledError):
            return  # a viewer that is gone, or one that sent a line without an end
        finally:
            self._writers.discard(writer)
            if not self._writers:
                self.no_viewer_since = asyncio.get_running_loop().time()
            writer.close()

    async def _answer_line(
        self,
        line: bytes,
        uid: int,
        terminal: CallerTerminal,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Act on a line, and write the answer, if anybody is there to read it."""
        self._answering += 1
        self._answered.clear()
        try:
            writer.write(encode_reply(await self._answer(line, uid, terminal)))
            with contextlib.suppress(ConnectionError):
                await writer.drain()
        finally:
            self._answering -= 1
            if not self._answering:
                self._answered.set()

    async def _line(self, reader: asyncio.StreamReader) -> bytes:
        """The next line; empty at the end. There is no time limit for its first byte.

        Raises:
            TimeoutError: the line has begun, but does not end within the time limit.
            ValueError: it is too long.
        """
        first = await reader.read(1)
        if first in (b"", b"\n"):
            return first
        async with asyncio.timeout(self._line_timeout):
            return first + await reader.readline()

    async def _answer(self, line: bytes, uid: int, terminal: CallerTerminal) -> Reply:
        try:
            envelope = decode_envelope(line)
        except VersionMismatchError as error:
            remedy = replace_host_remedy(os.getpid(), Path.cwd().name)
            text = version_mismatch_text(
                viewer=error.version, host=PROTOCOL_VERSION, remedy=remedy
            )
            return Reply(id=error.intent_id, ok=False, text=text)
        except InvalidIntentError as error:
            return Reply(id=error.intent_id, ok=False, text=str(error))
        refused = self._refusal(envelope, uid)
        if refused:
            return Reply(id=envelope.id, ok=False, text=refused)
        asks = isinstance(envelope.action, ApproveStep | DenyApproval)
        place = describe_caller_terminal(terminal) if asks else ""
        try:
            return await self._handle_intent(
                envelope, Caller(name=account_name(uid), uid=uid, place=place)
            )
        except MobiusError as error:
            return Reply(id=envelope.id, ok=False, text=str(error))

    def _refusal(self, envelope: Envelope, uid: int) -> str | None:
        """Why an intent is refused before it is handled; None if it is not.

        Its sender may not ask for it, or it was sent too long ago.
        """
        if uid not in (os.getuid(), 0):
            refused = intent_refusal(envelope.action, share_control=self._control)
            if refused:
                return refused
        if late := envelope.lateness(boot_clock()):
            return (
                f"this was asked for {duration_in_words(late)} ago, and not heard "
                "until now: nothing was done; look at the run, and ask again"
            )
        return None
