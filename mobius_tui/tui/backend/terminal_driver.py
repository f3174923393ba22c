"""Textual's driver with our key parser, and output that never blocks the loop."""

from __future__ import annotations

import os
import select
import selectors
import signal
from asyncio import TimerHandle
from collections.abc import Iterable
from threading import RLock
from time import monotonic
from typing import Any, TextIO, cast

from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from mobius_tui.tui.backend.key_parser import KeyParser


class TerminalWriter:
    """The file that Textual's thread writes to, and a way past that thread.

    `write` and `flush` are for Textual's thread, all else is for the main one.
    """

    def __init__(self, file: TextIO) -> None:
        """Open a way of its own to the terminal, if that is what the file is.

        It is not the file's own descriptor that must not wait: the shell has that, too.
        """
        self._file = file
        self._descriptor: int | None = None
        self._given = self._written = self._shown = 0
        self.shown_at = monotonic()
        """When the terminal had taken all that was written, on the monotonic clock."""
        try:
            terminal = os.ttyname(file.fileno())
            flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
            self._descriptor = os.open(terminal, flags)
        except OSError:
            return  # no terminal, or another user's: the thread writes all of it

    @property
    def is_behind(self) -> bool:
        """Whether the terminal has yet to take what was given to the thread."""
        return self._shown != self._given

    def pass_by(self, text: str) -> bytes:
        """Write what the terminal takes now; returns what it does not.

        Nothing goes past what the thread still has.
        """
        data = self._encode(text)
        if self._descriptor is None or self.is_behind:
            return data
        try:
            rest = data[os.write(self._descriptor, data) :]
        except OSError:
            return data  # it takes nothing, or is gone: the thread finds that out
        self.shown_at = monotonic()
        return rest

    def give(self) -> None:
        """Something is given to the thread."""
        self._given += 1

    def write(self, data: bytes | str) -> None:
        """Write, however long it takes."""
        self._file.buffer.write(data if isinstance(data, bytes) else self._encode(data))
        self._written += 1

    def flush(self) -> None:
        """Let the terminal have what was written."""
        self._file.flush()
        self.shown_at = monotonic()
        self._shown = self._written

    def close(self) -> None:
        """Let go of the terminal; the thread has ended."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def fileno(self) -> int:
        """The file's descriptor."""
        return self._file.fileno()

    def _encode(self, text: str) -> bytes:
        return text.encode(self._file.encoding, "backslashreplace")


LOOK = 0.1
"""Seconds between looks whether a lone Esc has stood long enough to be the key."""
PIECE = 4096
"""Bytes that are read at once."""


class TerminalDriver(LinuxDriver):
    """Textual's own, which can be told not to wait, and asks the terminal its size."""

    is_last = False
    """Whether the process ends after this: then nobody reads keys any more."""
    was_continued = False
    """Whether it was stopped and continued before the app heard signals."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # What Textual's thread writes to; there is no public way past that thread.
        self._outlet = TerminalWriter(cast("Any", self._file))
        self._file = cast("Any", self._outlet)
        self._keyboard = KeyParser()
        self._writing = RLock()
        self._listens = False
        self._look: TimerHandle | None = None

    def _sigtstp_application(self, *_: object) -> None:
        """Stop: till the app hears signals itself, there are no screens to leave."""
        os.kill(os.getpid(), signal.SIGSTOP)

    def _sigcont_application(self, *_: object) -> None:
        """Let the app know; Textual would set up here what is being set up."""
        self.was_continued = True

    @property
    def is_behind(self) -> bool:
        """Whether the terminal has yet to take what was written."""
        return self._outlet.is_behind

    @property
    def shown_at(self) -> float:
        """When the terminal had taken all that was written, on the monotonic clock."""
        return self._outlet.shown_at

    def write(self, data: str) -> None:
        """Write, at once what the terminal takes now; what it does not, by a thread.

        A copy for the terminal's clipboard may come from any thread.
        """
        with self._writing:
            rest = self._outlet.pass_by(data)
            if rest:
                self._outlet.give()
                super().write(cast("str", rest))

    def start_application_mode(self) -> None:
        """Set the terminal up; its size is known from then on."""
        self._size = self._get_terminal_size()
        self._listen()
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def _get_terminal_size(self) -> tuple[int, int]:
        """The terminal's own size.

        Textual believes `COLUMNS` and `LINES` first: where they were exported, they
        hold of another terminal, or of this one before it was resized. There is no
        public way to say otherwise.
        """
        try:
            width, height = os.get_terminal_size(self.fileno)
        except OSError:
            width = height = 0
        return (width, height) if width and height else super()._get_terminal_size()

    def disable_input(self) -> None:
        """Read no more keys; wait until that is so, unless the process ends."""
        if self._listens:
            self._loop.remove_reader(self.fileno)
            self._listens = False
        if self.is_last and not self.exit_event.is_set():
            self._key_thread = None  # Textual has no public way not to join it
            super().disable_input()
            self.exit_event.set()
        else:
            super().disable_input()

    def close(self) -> None:
        """Let go of the terminal, once it has all that was written."""
        super().close()
        self._outlet.close()

    def _listen(self) -> None:
        """Have the event loop read what the terminal types, from its next turn on."""
        self._keyboard = KeyParser()
        try:
            self._loop.add_reader(self.fileno, self._read)
            self._listens = True
        except OSError:
            self._listens = False  # a kind of file that the loop cannot wait for

    def _read(self) -> None:
        """Read what was typed; the loop calls it, perhaps when it has been read."""
        try:
            if not select.select([self.fileno], [], [], 0)[0]:
                return
            data = os.read(self.fileno, PIECE)
        except OSError:
            data = b""
        if data:
            try:
                self._tell(self._keyboard.read(data))
            except Exception as error:  # noqa: BLE001 - the app ends by it, and says so
                self._app.call_later(_raise, error)
        else:  # the terminal is gone
            self._loop.remove_reader(self.fileno)
            self._listens = False

    def read_waiting(self) -> None:
        """Read what has been typed by now, without waiting for more."""
        if self._listens:
            self._read()

    def _tell(self, events: Iterable[Message]) -> None:
        """Tell the app of keys; look soon whether an Esc was one, where it may be."""
        for event in events:
            self.process_message(event)
        if self._keyboard.waits and self._look is None:
            self._look = self._loop.call_later(LOOK, self._tick)

    def _tick(self) -> None:
        self._look = None
        if self._listens:
            self._tell(self._keyboard.tick())

    def run_input_thread(self) -> None:
        """Read what is typed where the loop does not, until it is told to end."""
        if self._listens:
            return
        keyboard = KeyParser()
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(LOOK):
                    for event in keyboard.read(os.read(self.fileno, PIECE)):
                        self.process_message(event)
                for event in keyboard.tick():
                    self.process_message(event)


def _raise(error: Exception) -> None:
    raise error
