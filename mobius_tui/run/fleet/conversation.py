"""One conversation with one host: a child process, to its end.

Whatever the host says is bounded and is held to the protocol; what is not of it is
noise, of which the last lines may be the reason why nothing came.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from mobius_tui.errors import RunError
from mobius_tui.run.fleet.child_process import END_TIME, ChildProcess
from mobius_tui.run.fleet.claim_request import ClaimRequest
from mobius_tui.run.fleet.host_output import HostOutput
from mobius_tui.run.fleet.transport import CONNECT_TIMEOUT, Transport
from mobius_tui.run.fleet.unreached import unreached_reason
from mobius_tui.sanitize import decode, line

SILENCE = 30.0
"""Seconds without a word after which a conversation is given up: there is one each
five."""
LOGIN_BYTES = 1 << 16
"""Bytes that a login may print before the host's shell says anything."""
NOISE_BYTES_PER_SECOND = 1 << 10
"""Bytes of words and noise that are allowed on top of that."""
LONGEST_LINE = 4096
READ_BYTES = 1 << 16
LAST_LINES = 20
"""Lines of noise that the reason is looked for in."""
LEFT_IN_PIPES = 1.0
"""Seconds without a byte after which a child that has ended has left none in its pipes.
"""

_END = re.compile(
    r"exit (?P<status>[0-9]{1,3}) (?P<bytes>[0-9]{1,15}) "
    r"(?P<cause>exited|stopped|timed out|output full|output lost)"
)

_BOOT = re.compile(r"[ -~]{1,200}")


@dataclass(slots=True)
class Answer:
    """What a conversation came to."""

    spoke: bool = False
    """Whether the host's shell ran what was sent."""
    stopping: bool = False
    cleaned: bool = False
    of_attempt: int = 0
    """The earlier attempt whose end this is; 0 for none."""
    status: int | None = None
    """Of the script, if it ended."""
    cause: str = ""
    bytes: int = 0
    """Of output that the host has."""
    verdict: str = ""
    """`exit`, `void`, `unknown` or `refused`; empty where none came."""
    last_word: float = 0.0
    """When something of the protocol came last, by the clock of `time.monotonic`."""
    reason: str = ""
    """Why none came, or what the host gave as one."""


@dataclass(slots=True)
class Conversation:
    """Asks once, and takes down what comes back."""

    transport: Transport
    request: ClaimRequest
    output: HostOutput | None
    """Gets the output; `None` where none is asked for."""
    on_claim: Callable[[str], None] = lambda _boot: None
    """Is told when the host says that the attempt is claimed, or runs: with what it
    calls its boot if it was claimed now, or else nothing."""
    answer: Answer = field(default_factory=Answer)
    _nonce: str = field(default_factory=lambda: secrets.token_hex(16))
    _noise: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_LINES))
    _began: float = field(default_factory=time.monotonic)
    _noise_bytes: int = 0
    _pipes_ended: bool = False
    _distrusted: bool = False

    async def hold(self) -> Answer:
        """Hold it to its end.

        Raises:
            OSError: no process could be started, or the output cannot be written.
        """
        text = self.request.text(self._nonce)
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
            code = child.code or 0
            self.answer.reason = unreached_reason(self._noise, code, self.transport)
        return self.answer

    async def _listen(self, child: ChildProcess, text: bytes) -> None:
        """Send, and read until both pipes end, the child ends, or it falls silent."""
        work = [
            asyncio.ensure_future(self._send(child, text)),
            asyncio.ensure_future(self._read_output(child)),
            asyncio.ensure_future(self._read_words(child)),
        ]
        try:
            while waits := [each for each in work if not each.done()]:
                left = (
                    max(self.answer.last_word, self._began) + SILENCE - time.monotonic()
                )
                if left <= 0:
                    self.answer.reason = f"it said nothing for {SILENCE:.0f} seconds"
                    return
                had_ended = child.code is not None
                done, _ = await asyncio.wait(
                    waits,
                    timeout=min(left, LEFT_IN_PIPES),
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

    async def _send(self, child: ChildProcess, text: bytes) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            child.stdin.write(text)
            await child.stdin.drain()
        child.stdin.close()

    async def _read_output(self, child: ChildProcess) -> None:
        mark, before = f"\n{self._nonce}\n".encode(), b""
        while mark not in before:
            if len(before) > LOGIN_BYTES:
                raise RunError("its login prints too much before a shell begins")
            data = await child.stdout.read(READ_BYTES)
            if not data:
                return
            before += data
        data = before.partition(mark)[2]
        while True:
            self.answer.last_word = time.monotonic()
            if data and self.output is not None:
                self.output.write(data)
            data = await child.stdout.read(READ_BYTES)
            if not data:
                return

    async def _read_words(self, child: ChildProcess) -> None:
        rest = b""
        while data := await child.stderr.read(READ_BYTES):
            self._noise_bytes += len(data)
            age = time.monotonic() - self._began
            if self._noise_bytes > LOGIN_BYTES + NOISE_BYTES_PER_SECOND * age:
                raise RunError("it says too much that is no output")
            *lines, rest = (rest + data).split(b"\n")
            for each in lines:
                self._take_line(each[:LONGEST_LINE].rstrip(b"\r"))
            rest = rest[:LONGEST_LINE]
        if rest:
            self._take_line(rest)

    def _take_line(self, data: bytes) -> None:
        text = decode(data)
        word, _, rest = text.partition(" ")
        if secrets.compare_digest(word.encode(), self._nonce.encode()):
            self.answer.last_word = time.monotonic()
            self._take_word(rest)
        elif text.strip():
            self._noise.append(text)

    def _take_word(self, text: str) -> None:
        """Take a word of the host's shell; the first verdict is the one that counts."""
        answer = self.answer
        word, _, rest = text.partition(" ")
        if answer.verdict:
            return
        if found := _END.fullmatch(text):
            if int(found["status"]) > 255:
                return
            answer.verdict, answer.status = "exit", int(found["status"])
            answer.bytes, answer.cause = int(found["bytes"]), found["cause"]
        elif word in ("void", "unknown") and not rest:
            answer.verdict = word
        elif word == "refused":
            answer.verdict, answer.reason = word, line(rest)[:200]
        elif word == "earlier" and rest in map(str, self.request.earlier):
            answer.of_attempt = int(rest)
            self.on_claim("")
        elif word == "claimed" and _BOOT.fullmatch(rest):
            self.on_claim(rest)
        elif text == "running":
            self.on_claim("")
        answer.spoke |= text == "here"
        answer.stopping |= text == "stopping"
        answer.cleaned |= text == "clean"

    def _distrust(self, reason: str) -> None:
        """Believe nothing more that this host says."""
        self._distrusted = True
        self.answer.verdict, self.answer.reason = "", reason

    def _patience(self) -> float:
        """Seconds that the child process has to end by itself.

        An sshd holds it against us when a connection breaks off before it is let in.
        """
        patience = END_TIME if self._pipes_ended else 0.0
        if not self.answer.spoke and not self._distrusted:
            patience = max(patience, CONNECT_TIMEOUT + self._began - time.monotonic())
        return patience
