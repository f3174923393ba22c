"""One request to a host, over ssh: its answer and output, or why there was none."""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
import signal
import time
from asyncio.subprocess import PIPE, SubprocessStreamProtocol
from collections import deque
from collections.abc import Awaitable, Callable, Mapping

from msgspec import Struct, field

from mobius_tui.errors import RunError
from mobius_tui.run.fleet.claim_request import ClaimRequest, ClaimVerb
from mobius_tui.run.fleet.host_output import HostOutput
from mobius_tui.run.fleet.transport import Transport
from mobius_tui.run.fleet.unreached import (
    MAX_UNREACHED_REASON_LENGTH,
    Unreached,
    unreached,
)
from mobius_tui.run.keeper.child_signals import signal_child
from mobius_tui.sanitize import decode, line

CHILD_POLL_INTERVAL = 0.02
"""Seconds between two polls whether it has ended."""
CHILD_GRACE = 5.0
"""Seconds between SIGTERM and SIGKILL."""


class ChildProcess:
    """The child process that a transport starts (ssh, as a rule), with its pipes."""

    def __init__(
        self,
        transport: asyncio.SubprocessTransport,
        protocol: SubprocessStreamProtocol,
    ) -> None:
        assert protocol.stdin is not None
        assert protocol.stdout is not None
        assert protocol.stderr is not None
        self._transport = transport
        self.stdin = protocol.stdin
        self.stdout, self.stderr = protocol.stdout, protocol.stderr

    @classmethod
    async def start(cls, argv: tuple[str, ...]) -> ChildProcess:
        """Start it, in a session of its own, so that nothing asks a terminal.

        Raises:
            OSError: it cannot be started.
        """
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.subprocess_exec(
            lambda: SubprocessStreamProtocol(limit=1 << 16, loop=loop),
            *argv,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            start_new_session=True,
        )
        return cls(transport, protocol)

    @property
    def code(self) -> int | None:
        """Its exit status, negative for a signal; `None` while it lives."""
        return self._transport.get_returncode()

    async def end(self, patience: float) -> None:
        """Wait for its end, then SIGTERM, then SIGKILL; close its pipes.

        Signals go to the process alone, not to its group: in a local transport,
        keepers are in that.

        Args:
            patience: seconds before SIGTERM.
        """
        # Not `terminate`: that may reap what the event loop is to reap.
        for number in (signal.SIGTERM, signal.SIGKILL):
            if await self._wait(patience):
                break
            signal_child(self._transport.get_pid(), number)
            patience = CHILD_GRACE
        await self._wait(CHILD_GRACE)
        self._transport.close()

    async def _wait(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.code is None:
            if time.monotonic() >= deadline:
                return False
            await asyncio.sleep(CHILD_POLL_INTERVAL)
        return True


CONVERSATION_SILENCE_LIMIT = 30.0
"""Seconds without a protocol line or output until a conversation is given up.

A host that is well sends a protocol line every five seconds.
"""
LOGIN_LIMIT = 25.0
"""Seconds from when a connection must be there until the host's shell says anything."""
MAX_LOGIN_BYTES = 1 << 16
"""Bytes that a login may print before the host's shell says anything."""
NOISE_BYTES_PER_SECOND = 1 << 10
"""Bytes of protocol lines and noise that are allowed on top of that, per second."""
MAX_PROTOCOL_LINE_BYTES = 4096
READ_BYTES = 1 << 16
NOISE_LINES_KEPT = 20
"""Lines of noise that are kept, to find the reason for a missing answer in."""
PIPE_DRAIN_TIME = 1.0
"""Seconds without a byte after which the pipes of an ended child count as empty."""

_END_LINE = re.compile(
    r"exit (?P<status>[0-9]{1,3}) (?P<bytes>[0-9]{1,15}) "
    r"(?P<cause>exited|stopped|timed out|output full|output lost)"
)
"""The last two causes are told of by claims of earlier versions alone."""
_DROPPED_LINE = re.compile(r"dropped (?P<bytes>[0-9]{1,15}) (?P<why>.+)")
_UNKNOWN_LINE = re.compile(r"unknown(?: (?P<knows>gone|restarted|runs [0-9]{1,10}))?")
_BOOT_ID = re.compile(r"[ -~]{1,200}")


class ConversationEnd(Struct):
    """What a host answered to one request."""

    spoke: bool = False
    """Whether the host's shell ran what was sent."""
    stopping: bool = False
    """Whether the host took the request to stop; also where nothing ran by then."""
    cleaned: bool = False
    of_attempt: int = 0
    """The number of the earlier claim whose end this is; 0 for none."""
    status: int | None = None
    """Of the script, if it ended."""
    cause: str = ""
    bytes: int = 0
    """Of output that the host has."""
    dropped: int = 0
    """Bytes of output beyond that, which the host did not keep."""
    dropped_why: str = ""
    """`limit`, or in the host's words what kept it from keeping them."""
    place: str = ""
    """Of `ClaimRequest.claims_in` the folder that has the claim."""
    knows: str = ""
    """What the host still knows of an unknown attempt: `gone` (there is no claim any
    more), `restarted` (it was another boot), `runs PID` (the script); or nothing."""
    verdict: str = ""
    """What the host says of the attempt; empty where no verdict came.

    `exit`: it ended, see `status`. `void`: it did not run, and never will under this
    number. `unknown`: how far it got is not known. `refused`: the host cannot run it or
    hold claims, see `reason`. `can`: a run would be possible; to a probe alone.
    """
    last_heard_at: float = 0.0
    """When a protocol line or output last came; 0 where none did.

    By the clock of `time.monotonic`.
    """
    reason: str = ""
    """Why no verdict came, or the reason that the host gave with it."""
    unreached: Unreached | None = None
    """Why the host's shell was not reached, as far as ssh says it."""


async def _forget_claim(_boot: str, _place: str) -> None:
    """Take note of no claim."""


class HostConversation(Struct):
    """Sends one request to a host, and collects the answer and the output."""

    transport: Transport
    request: ClaimRequest
    output: HostOutput | None
    """Where the script's output goes; `None` where none is requested."""
    on_claim: Callable[[str, str], Awaitable[None]] = _forget_claim
    """Called when the host reports a claim, with its boot id and its folder if it is
    made now: the host lets it begin once this has returned.

    Both are empty if the attempt runs already, or if an earlier one had begun.
    """
    answer: ConversationEnd = field(default_factory=ConversationEnd)
    _nonce: str = field(default_factory=lambda: secrets.token_hex(16))
    _noise: deque[str] = field(default_factory=lambda: deque(maxlen=NOISE_LINES_KEPT))
    _began: float = field(default_factory=time.monotonic)
    _login_lines: list[str] = field(default_factory=list)
    """What was printed on standard output where no shell came."""
    _noise_bytes: int = 0
    _pipes_ended: bool = False
    _distrusted: bool = False
    _has_claimed: bool = False

    async def exchange(self) -> ConversationEnd:
        """Send the request, and wait for the answer.

        Raises:
            OSError: no process could be started, or the output cannot be written.
        """
        text = self.request.shell_input(self._nonce)
        try:
            child = await ChildProcess.start(self.transport.argv)
        except FileNotFoundError:
            program = self.transport.argv[0]
            self.answer.reason = f"there is no program {program!r} on PATH"
            return self.answer
        try:
            await self._listen(child, text)
            output, answer = self.output, self.answer
            if output is not None and output.received == answer.bytes:
                output.finish()
        except RunError as error:
            self._distrust(str(error))
        finally:
            await child.end(self._patience())
        if not self.answer.verdict and not self.answer.reason:
            why = unreached(
                self._noise or self._login_lines,
                child.code or 0,
                self.transport.description,
            )
            self.answer.reason = why.words
            if not self.answer.spoke:
                self.answer.unreached = why
        return self.answer

    async def _listen(self, child: ChildProcess, text: bytes) -> None:
        """Send, and read until both pipes end, the child ends, or it falls silent."""
        work = [
            asyncio.ensure_future(self._send(child, text)),
            asyncio.ensure_future(self._read_output(child)),
            asyncio.ensure_future(self._read_protocol_lines(child)),
        ]
        try:
            while waits := [each for each in work if not each.done()]:
                since, limit = self._began, self._first_word_limit
                if self.answer.last_heard_at:
                    since, limit = self.answer.last_heard_at, CONVERSATION_SILENCE_LIMIT
                left = since + limit - time.monotonic()
                if left <= 0:
                    self.answer.reason = f"it said nothing for {limit:.0f} seconds"
                    return
                had_ended = child.code is not None
                done, _ = await asyncio.wait(
                    waits,
                    timeout=min(left, PIPE_DRAIN_TIME),
                    return_when=asyncio.FIRST_COMPLETED,
                )
                for each in done:
                    each.result()
                if had_ended and not done:
                    return
            self._pipes_ended = True
        finally:
            for each in work:
                each.cancel()
            await asyncio.gather(*work, return_exceptions=True)

    @property
    def _first_word_limit(self) -> float:
        """Seconds in which a host must be reached, and its shell must say something."""
        return self.transport.connect_timeout + LOGIN_LIMIT

    async def _send(self, child: ChildProcess, text: bytes) -> None:
        """Send the request; a start stays open, as its claim is to be let begin."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            child.stdin.write(text)
            await child.stdin.drain()
        if self.request.verb is not ClaimVerb.START:
            child.stdin.close()

    async def _let_begin(self, child: ChildProcess, boot: str) -> None:
        """Let the host begin what it has claimed, once that is durable here."""
        await self.on_claim(boot, self.answer.place)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            child.stdin.write(f"go {self._nonce}\n".encode())
            await child.stdin.drain()
        child.stdin.close()

    async def _read_output(self, child: ChildProcess) -> None:
        mark, before = f"\n{self._nonce}\n".encode(), b""
        while mark not in before:
            if len(before) > MAX_LOGIN_BYTES:
                raise RunError("its login prints too much before a shell begins")
            data = await child.stdout.read(READ_BYTES)
            if (
                not data
            ):  # nologin, for one, says on standard output why there is no shell
                self._login_lines += decode(before[-MAX_PROTOCOL_LINE_BYTES:]).split(
                    "\n"
                )
                return
            before += data
        data = before.partition(mark)[2]
        while True:
            self.answer.last_heard_at = time.monotonic()
            if data and self.output is not None:
                self.output.write(data)
            data = await child.stdout.read(READ_BYTES)
            if not data:
                return

    async def _read_protocol_lines(self, child: ChildProcess) -> None:
        rest = b""
        while data := await child.stderr.read(READ_BYTES):
            self._noise_bytes += len(data)
            age = time.monotonic() - self._began
            if self._noise_bytes > MAX_LOGIN_BYTES + NOISE_BYTES_PER_SECOND * age:
                raise RunError("it says too much that is no output")
            *lines, rest = (rest + data).split(b"\n")
            for each in lines:
                line_of_it = each[:MAX_PROTOCOL_LINE_BYTES].rstrip(b"\r")
                await self._take_line(child, line_of_it)
            rest = rest[:MAX_PROTOCOL_LINE_BYTES]
        if rest:
            await self._take_line(child, rest)

    async def _take_line(self, child: ChildProcess, data: bytes) -> None:
        text = decode(data)
        word, _, rest = text.partition(" ")
        if secrets.compare_digest(word.encode(), self._nonce.encode()):
            self.answer.last_heard_at = time.monotonic()
            await self._apply_protocol_line(child, rest)
        elif text.strip():
            self._noise.append(text)

    async def _apply_protocol_line(self, child: ChildProcess, text: str) -> None:
        """Apply a protocol line, without its nonce; only the first verdict counts."""
        answer = self.answer
        word, _, rest = text.partition(" ")
        if answer.verdict:
            return
        if found := _END_LINE.fullmatch(text):
            if int(found["status"]) > 255:
                return
            answer.verdict, answer.status = "exit", int(found["status"])
            answer.bytes, answer.cause = int(found["bytes"]), found["cause"]
        elif word in ("void", "can") and not rest:
            answer.verdict = word
        elif found := _UNKNOWN_LINE.fullmatch(text):
            answer.verdict, answer.knows = word, found["knows"] or ""
        elif found := _DROPPED_LINE.fullmatch(text):
            answer.dropped = int(found["bytes"])
            answer.dropped_why = line(found["why"])[:MAX_UNREACHED_REASON_LENGTH]
        elif word == "place" and rest in self._places:
            answer.place = self._places[rest]
        elif word == "refused":
            reason = line(rest)[:MAX_UNREACHED_REASON_LENGTH]
            answer.verdict, answer.reason = word, reason
        elif word == "earlier" and rest in map(str, self.request.earlier):
            answer.of_attempt = int(rest)
            await self.on_claim("", "")
        elif word == "claimed" and self._may_claim(rest):
            self._has_claimed = True
            await self._let_begin(child, rest)
        elif text == "running":
            await self.on_claim("", "")
        answer.spoke |= text == "here"
        answer.stopping |= text == "stopping"
        answer.cleaned |= text == "clean"

    @property
    def _places(self) -> Mapping[str, str]:
        """The folders in which claims may be, by what the host calls them."""
        places = enumerate(self.request.claims_in, 1)
        return {str(number): place for number, place in places}

    def _may_claim(self, boot: str) -> bool:
        """Whether the host may say now that it has claimed the attempt."""
        is_start = self.request.verb is ClaimVerb.START
        return is_start and not self._has_claimed and bool(_BOOT_ID.fullmatch(boot))

    def _distrust(self, reason: str) -> None:
        """Discard the answer: what the host sent breaks the protocol."""
        self._distrusted = True
        self.answer.verdict, self.answer.reason = "", reason

    def _patience(self) -> float:
        """Seconds that the child process has to end by itself.

        An sshd may refuse later connections for a while (PerSourcePenalties) if one
        breaks off before it is authenticated.
        """
        patience = CHILD_GRACE if self._pipes_ended else 0.0
        if not self.answer.spoke and not self._distrusted:
            connecting = self._began + self.transport.connect_timeout
            patience = max(patience, connecting - time.monotonic())
        return patience
