"""Attaches a person's terminal to a step's: raw while it lasts, restored afterwards."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import termios
import time
import tty
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from mobius_tui.errors import EXIT_INTERRUPTED
from mobius_tui.run.attempts import exit_status
from mobius_tui.run.attempts.attempt_files import ScriptEndCause, read_script_end
from mobius_tui.run.storage.run_directory import (
    AttemptDirectory,
    RunDirectory,
    lock_holder,
)
from mobius_tui.run.storage.socket_path import connect_socket
from mobius_tui.run.terminal import frames
from mobius_tui.run.terminal.detach_key import DETACH_HINT, DetachKeyFilter
from mobius_tui.run.terminal.frames import AttachHello
from mobius_tui.run.terminal.terminal_history import TerminalModes
from mobius_tui.runbook.text.units import duration_in_words
from mobius_tui.sanitize import line

STATUS_QUERY = b"\x1b[5n"
STATUS_REPLY = b"\x1b[0n"
"""A query that terminals answer, after their answers to all earlier queries."""
STATUS_REPLY_TIMEOUT = 0.5
"""Seconds to wait for that reply: a slow line takes less; a few terminals never reply.
"""
SAVE_TITLE, RESTORE_TITLE = b"\x1b[22;0t", b"\x1b[23;0t"


class TerminalGoneError(Exception):
    """The terminal has ended, or the viewer was asked to exit."""


class RawTerminal:
    """A terminal that passes every byte on, while the block lasts."""

    def __init__(self, source: int = 0, sink: int = 1) -> None:
        """Take a terminal.

        Args:
            source: where keys come from.
            sink: where the screen is.
        """
        self.source, self._sink = source, sink
        self._modes = TerminalModes()
        self._is_gone = False
        self._old: list[int | list[bytes | int]] = []

    def __enter__(self) -> Self:
        self._old = termios.tcgetattr(self.source)
        tty.setraw(self.source)
        self.write(SAVE_TITLE)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Restore the terminal, and discard what it still had to answer."""
        try:
            if self._is_gone:
                return
            self._write_if_room(self._modes.reset_sequence() + RESTORE_TITLE)
            if not isinstance(error, TerminalGoneError):
                self._discard_answers()
        except OSError:
            self._is_gone = True
        finally:
            self._restore()

    def _restore(self) -> None:
        try:
            termios.tcsetattr(self.source, termios.TCSANOW, self._old)
            termios.tcflush(self.source, termios.TCIFLUSH)
        except termios.error:
            self._is_gone = True

    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        size = os.get_terminal_size(self._sink)
        return size.lines, size.columns

    def read(self) -> bytes:
        """Read what was typed; waits until there is something.

        Raises:
            TerminalGoneError: the terminal has ended.
        """
        try:
            data = os.read(self.source, 65536)
        except OSError:
            data = b""
        if not data:
            self._is_gone = True
            raise TerminalGoneError
        return data

    def write(self, data: bytes) -> None:
        """Show output, and track the modes that it sets.

        Raises:
            TerminalGoneError: the terminal has ended.
        """
        self._modes.track_output(data)
        try:
            while data:
                data = data[os.write(self._sink, data) :]
        except OSError as error:
            self._is_gone = True
            raise TerminalGoneError from error

    def write_line(self, words: str) -> None:
        """Write a line of ours, which is not the program's output."""
        self.write(f"\r\n{words}\r\n".encode("utf-8", "replace"))

    def _write_if_room(self, data: bytes) -> None:
        """Write to a terminal that may have stopped reading; then give up."""
        _, ready, _ = select.select([], [self._sink], [], STATUS_REPLY_TIMEOUT)
        if ready:
            os.write(self._sink, data)

    def _discard_answers(self) -> None:
        """Read the terminal's pending answers, which would come back as keys."""
        self._write_if_room(STATUS_QUERY)
        until = time.monotonic() + STATUS_REPLY_TIMEOUT
        answers = b""
        while STATUS_REPLY not in answers and (left := until - time.monotonic()) > 0:
            ready, _, _ = select.select([self.source], [], [], left)
            data = os.read(self.source, 65536) if ready else b""
            if ready and not data:
                return
            answers = answers[-16:] + data


KEEPER_START_LIMIT = 10.0
"""Seconds that a keeper may take until its socket accepts connections."""
POLL_INTERVAL = 0.02
"""Seconds between two tries to connect to the keeper."""


class AttachSession:
    """A person's terminal, attached to a step's terminal."""

    def __init__(
        self, attempt: AttemptDirectory, terminal: RawTerminal, waker: int
    ) -> None:
        self._attempt = attempt
        self._terminal = terminal
        self._waker = waker
        self._keys = DetachKeyFilter()
        self._takes_over = False

    def run(self) -> str:
        """Attach, relay and detach; returns what became of the step, in words."""
        while True:
            connection = self._connect()
            if connection is None:
                return self._result_without_keeper()
            with connection:
                kind, words = self._relay(connection)
            if kind == frames.BUSY and self._may_take_over(words):
                self._takes_over = True
                continue
            return self._result_text(kind, words)

    def _connect(self) -> socket.socket | None:
        """Connect to the keeper once it listens; `None` where it has ended."""
        until = time.monotonic() + KEEPER_START_LIMIT
        while True:
            with contextlib.suppress(OSError):
                return connect_socket(self._attempt.path / frames.TERMINAL_SOCKET_NAME)
            is_over = self._attempt.exit.exists() or time.monotonic() > until
            if is_over or self._keys.is_detached:
                return None
            ready, _, _ = select.select([self._terminal.source], [], [], POLL_INTERVAL)
            if ready and {3, 29} & set(self._terminal.read()):
                self._keys.is_detached = True

    def _relay(self, connection: socket.socket) -> tuple[bytes, bytes]:
        """Relay both ways; returns the keeper's last frame, if any."""
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
            wait = self._wait_limit()
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
            self._keys.check_time(time.monotonic())
            if self._keys.is_detached:
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

    def _wait_limit(self) -> float | None:
        if self._keys.repeat_deadline is None:
            return None
        return max(0.0, self._keys.repeat_deadline - time.monotonic())

    def _may_take_over(self, words: bytes) -> bool:
        """Ask the person whether to detach the viewer that is attached already."""
        who, since, typed = words.decode("utf-8", "replace").split("\0")
        self._terminal.write_line(
            f"mobius-tui: {line(who)} is at it already, "
            f"for {duration_in_words(float(since))}; "
            f"the last key came {duration_in_words(float(typed))} ago. "
            "y takes it over; any other key comes back."
        )
        return self._terminal.read() in (b"y", b"Y")

    def _result_text(self, kind: bytes, words: bytes) -> str:
        if kind == frames.DETACHED:
            return f"goes on without you: {line(words.decode('utf-8', 'replace'))}"
        if kind == frames.BUSY:
            return "goes on with whoever is at its terminal"
        if kind == frames.ENDED:
            return self._end_text()
        if not self._keys.is_detached and not lock_holder(self._attempt.lock):
            return self._result_without_keeper()
        return "goes on without you"

    def _result_without_keeper(self) -> str:
        if self._attempt.exit.exists():
            return self._end_text()
        if self._keys.is_detached:
            return "goes on without you"
        return "has no keeper that could show its terminal"

    def _end_text(self) -> str:
        end = read_script_end(self._attempt)
        if end is None:
            return "has ended"
        if end.cause is ScriptEndCause.NOT_STARTED:
            return (
                f"did not start: {exit_status.script_end_text(end, 'of the run', 'it')}"
            )
        if end.cause is not ScriptEndCause.EXITED:
            been = "" if end.cause is ScriptEndCause.TIMED_OUT else "been "
            return f"has {been}{end.cause}"
        if end.code == 0:
            return "has ended, exit 0"
        return f"has ended: {exit_status.exit_code_text(end.code)}"


def _terminal_name() -> str:
    """The name of this terminal, shown to another person who wants the step's."""
    try:
        return Path(os.ttyname(0)).relative_to("/dev").as_posix()
    except (OSError, ValueError):
        return "another terminal"


def attach_terminal(run: RunDirectory, step: str, number: int, name: str) -> str:
    """Attach to a step's terminal until the step ends, or the person detaches.

    Args:
        run: the run's directory.
        step: the step's id.
        number: the attempt.
        name: of the step, for people.

    Returns:
        What became of the step, or why nothing was attached, in words for a person.

    Raises:
        SystemExit: the person's terminal has ended, or this process was told to end.
    """
    name = line(name)
    if not (os.isatty(0) and os.isatty(1)):
        return f"{name} wants a terminal, and there is none here"
    try:
        with (
            _signal_pipe() as waker,
            RawTerminal() as terminal,
            _connected_as_viewer(run),
        ):
            terminal.write_line(
                f"mobius-tui: {name} has this terminal now. {DETACH_HINT}."
            )
            visit = AttachSession(run.attempt(step, number), terminal, waker)
            words = f"{name} {visit.run()}"
    except TerminalGoneError:
        raise SystemExit(EXIT_INTERRUPTED) from None
    left = "what it left on this screen is in no record"
    os.write(1, f"\nmobius-tui: {words}; {left}\n".encode("utf-8", "replace"))
    return words


@contextlib.contextmanager
def _connected_as_viewer(run: RunDirectory) -> Iterator[None]:
    """Count among the run's viewers: a drill that nobody views is ended."""
    try:
        connection = connect_socket(run.socket)
    except OSError:
        yield  # no host listens; the keeper needs none
        return
    with connection:
        yield


@contextlib.contextmanager
def _signal_pipe() -> Iterator[int]:
    """A descriptor that is readable after a change of size; SIGTERM raises instead."""
    signals: list[int] = []

    def go(number: int, _frame: FrameType | None) -> None:
        signals.append(number)
        if len(signals) == 1:  # the terminal is being given back since then
            raise TerminalGoneError

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
