"""Attaching a person's own terminal to a `tty` step, until it ends or they detach."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from mobius_tui.errors import INTERRUPTED
from mobius_tui.run.attempts import exit_status
from mobius_tui.run.attempts.attempt_files import read_script_end
from mobius_tui.run.storage.run_directory import AttemptDirectory, RunDirectory, holder
from mobius_tui.run.storage.socket_path import connect_socket
from mobius_tui.run.terminal import frames
from mobius_tui.run.terminal.detach_key import HINT, DetachKeyFilter
from mobius_tui.run.terminal.frames import AttachHello
from mobius_tui.run.terminal.raw_terminal import GoneError, RawTerminal
from mobius_tui.runbook.text.units import duration_in_words
from mobius_tui.sanitize import line

COMING = 10.0
"""Seconds that a keeper may take until it listens."""
BEAT = 0.02
"""Seconds between looks for it."""


class AttachSession:
    """A person's time at a step's terminal."""

    def __init__(
        self, attempt: AttemptDirectory, terminal: RawTerminal, waker: int
    ) -> None:
        self._attempt = attempt
        self._terminal = terminal
        self._waker = waker
        self._keys = DetachKeyFilter()
        self._takes_over = False
        self._said: tuple[bytes, bytes] | None = None

    def pay(self) -> str:
        """Come, stay and go; returns what became of the step, in words."""
        while True:
            connection = self._connect()
            if connection is None:
                return self._without_keeper()
            with connection:
                kind, words = self._stay(connection)
            if kind == frames.BUSY and self._may_take_over(words):
                self._takes_over = True
                continue
            return self._in_words(kind, words)

    def _connect(self) -> socket.socket | None:
        """The keeper's socket, once it is there; `None` where it never will be."""
        until = time.monotonic() + COMING
        while True:
            with contextlib.suppress(OSError):
                return connect_socket(self._attempt.path / frames.SOCKET)
            is_over = self._attempt.exit.exists() or time.monotonic() > until
            if is_over or self._keys.is_away:
                return None
            ready, _, _ = select.select([self._terminal.source], [], [], BEAT)
            if ready and {3, 29} & set(self._terminal.read()):
                self._keys.is_away = True

    def _stay(self, connection: socket.socket) -> tuple[bytes, bytes]:
        """Pass on what comes, both ways; returns the keeper's last word, if any."""
        reader = frames.FrameReader()
        hello = AttachHello(
            self._terminal.size(),
            term=os.environ.get("TERM", ""),
            colour=os.environ.get("COLORTERM", ""),
            who=_terminal_name(),
            takes_over=self._takes_over,
        )
        sending = frames.encode_frames(frames.HELLO, hello.encode())
        connection.settimeout(0)
        while True:
            ends: list[socket.socket | int] = [
                connection,
                self._terminal.source,
                self._waker,
            ]
            wait = self._patience()
            writes = [connection] if sending else []
            readable, writable, _ = select.select(ends, writes, [], wait)
            if self._waker in readable:
                os.read(self._waker, 512)
                size = frames.pack_size(*self._terminal.size())
                sending += frames.encode_frames(frames.SIZE, size)
            if self._terminal.source in readable:
                typed = self._keys.feed(self._terminal.read(), time.monotonic())
                if typed and len(sending) < 1 << 20:
                    sending += frames.encode_frames(frames.INPUT, typed)
            self._keys.look(time.monotonic())
            if self._keys.is_away:
                return b"", b""
            try:
                if connection in writable:
                    sending = sending[connection.send(sending) :]
                data = connection.recv(8192) if connection in readable else None
            except BlockingIOError:
                continue
            except OSError:
                return b"", b""
            if data == b"":
                return b"", b""
            for kind, part in reader.feed(data or b""):
                if kind != frames.OUTPUT:
                    return kind, part
                self._terminal.write(part)

    def _patience(self) -> float | None:
        if self._keys.until is None:
            return None
        return max(0.0, self._keys.until - time.monotonic())

    def _may_take_over(self, words: bytes) -> bool:
        """Ask whether whoever is at the terminal must go."""
        who, since, typed = words.decode("utf-8", "replace").split("\0")
        self._terminal.say(
            f"mobius-tui: {line(who)} is at it already, "
            f"for {duration_in_words(float(since))}; "
            f"the last key came {duration_in_words(float(typed))} ago. "
            "y takes it over; any other key comes back."
        )
        return self._terminal.read() in (b"y", b"Y")

    def _in_words(self, kind: bytes, words: bytes) -> str:
        if kind == frames.LET_GO:
            return f"goes on without you: {line(words.decode('utf-8', 'replace'))}"
        if kind == frames.BUSY:
            return "goes on with whoever is at its terminal"
        if kind == frames.ENDED:
            return self._end()
        if not self._keys.is_away and not holder(self._attempt.lock):
            return self._without_keeper()
        return "goes on without you"

    def _without_keeper(self) -> str:
        if self._attempt.exit.exists():
            return self._end()
        if self._keys.is_away:
            return "goes on without you"
        return "has no keeper that could show its terminal"

    def _end(self) -> str:
        end = read_script_end(self._attempt)
        if end is None:
            return "has ended"
        if end.cause == "not started":
            return (
                f"did not start: {exit_status.script_end_text(end, 'of the run', 'it')}"
            )
        if end.cause != "exited":
            return f"has {'' if end.cause == 'timed out' else 'been '}{end.cause}"
        if end.code == 0:
            return "has ended, exit 0"
        return f"has ended: {exit_status.exit_code_text(end.code)}"


def _terminal_name() -> str:
    """Which terminal this is, for another who wants the step's."""
    try:
        return Path(os.ttyname(0)).relative_to("/dev").as_posix()
    except (OSError, ValueError):
        return "another terminal"


def attach_terminal(run: RunDirectory, step: str, number: int, name: str) -> str:
    """Be at a step's terminal until it ends, or its person goes.

    Args:
        run: the run's directory.
        step: the step's id.
        number: the attempt's.
        name: what the step is called.

    Returns:
        What became of it, in words.

    Raises:
        SystemExit: this terminal has ended, or this process was told to go. The step
            goes on.
    """
    name = line(name)
    if not (os.isatty(0) and os.isatty(1)):
        return f"{name} wants a terminal, and there is none here"
    try:
        with _signals() as waker, RawTerminal() as terminal, _watching(run):
            terminal.say(f"mobius-tui: {name} has this terminal now. {HINT}.")
            visit = AttachSession(run.attempt(step, number), terminal, waker)
            words = f"{name} {visit.pay()}"
    except GoneError:
        raise SystemExit(INTERRUPTED) from None
    left = "what it left on this screen is in no record"
    os.write(1, f"\nmobius-tui: {words}; {left}\n".encode("utf-8", "replace"))
    return words


@contextlib.contextmanager
def _watching(run: RunDirectory) -> Iterator[None]:
    """Be counted among the run's viewers: a drill that nobody watches is ended."""
    try:
        connection = connect_socket(run.socket)
    except OSError:
        yield  # no host listens; the keeper needs none
        return
    with connection:
        yield


@contextlib.contextmanager
def _signals() -> Iterator[int]:
    """Hear of a new size by a descriptor, and of being told to go by `GoneError`."""
    told: list[int] = []

    def go(number: int, _frame: FrameType | None) -> None:
        told.append(number)
        if len(told) == 1:  # the terminal is being given back since then
            raise GoneError

    waker, wake = os.pipe()
    os.set_blocking(wake, False)
    before = {
        signal.SIGWINCH: signal.signal(signal.SIGWINCH, lambda *_: None),
        signal.SIGTERM: signal.signal(signal.SIGTERM, go),
        signal.SIGHUP: signal.signal(signal.SIGHUP, go),
        signal.SIGQUIT: signal.signal(signal.SIGQUIT, go),
    }
    old = signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    try:
        yield waker
    finally:
        signal.set_wakeup_fd(old)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(waker)
        os.close(wake)
