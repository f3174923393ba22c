"""Textual's driver with our key parser, and output that never blocks the loop.

Textual 8.2 reads and writes in threads (`LinuxDriver`): it cannot be told whether a key
was typed before a frame was shown; it believes COLUMNS and LINES, waits for its thread
however the process ends, and stops by SIGTSTP without asking the app. Upstream needs: a
driver on the loop's own readers and writers, with the terminal's own size.
"""

from __future__ import annotations

import os
import select
import selectors
import signal
from asyncio import TimerHandle
from collections.abc import Iterable
from threading import get_ident
from time import monotonic
from typing import Any, TextIO, cast

from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from mobius_tui.tui.backend.key_parser import KeyParser


class TerminalWriter:
    """The file that Textual's thread writes to; also writes past that thread.

    `write` and `flush` are for Textual's thread, all else is for the main one.
    """

    def __init__(self, file: TextIO) -> None:
        """Open the terminal a second time, without blocking, if the file is one.

        The file's own descriptor must stay blocking: the shell shares it.
        """
        self._file = file
        self.descriptor: int | None = None
        """The terminal's; `None` where only the thread can write."""
        self._unsent = b""
        self._handed_over = self._written = self._flushed = 0
        self.shown_at = monotonic()
        """When the terminal had taken all that was written, on the monotonic clock."""
        try:
            terminal = os.ttyname(file.fileno())
            flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
            self.descriptor = os.open(terminal, flags)
        except OSError:
            return  # no terminal, or another user's: the thread writes all of it

    @property
    def is_behind(self) -> bool:
        """Whether the terminal has yet to take some of what was written."""
        return bool(self._unsent) or self._flushed != self._handed_over

    def write_available(self, text: str = "") -> bool:
        """Write what the terminal takes now, and keep the rest for the next call.

        Nothing goes past what the thread still has.

        Args:
            text: goes behind what was kept.

        Returns:
            Whether the terminal has taken all of it.
        """
        self._unsent += self._encode(text)
        if self.descriptor is None or self._flushed != self._handed_over:
            return not self._unsent
        try:
            self._unsent = self._unsent[os.write(self.descriptor, self._unsent) :]
        except BlockingIOError:
            return False
        except OSError:
            self.close()  # it is gone, which the thread finds out
            return False
        if not self._unsent:
            self.shown_at = monotonic()
        return not self._unsent

    def hand_over(self) -> bytes:
        """Give up what was kept, for the thread to write; empty if there is none."""
        rest, self._unsent = self._unsent, b""
        self._handed_over += bool(rest)
        return rest

    def write(self, data: bytes | str) -> None:
        """Write, however long it takes."""
        self._file.buffer.write(data if isinstance(data, bytes) else self._encode(data))
        self._written += 1

    def flush(self) -> None:
        """Let the terminal have what was written."""
        self._file.flush()
        self.shown_at = monotonic()
        self._flushed = self._written

    def close(self) -> None:
        """Let go of the terminal: only the thread writes from now on."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None

    def fileno(self) -> int:
        """The file's descriptor."""
        return self._file.fileno()

    def _encode(self, text: str) -> bytes:
        return text.encode(self._file.encoding, "backslashreplace")


TICK_INTERVAL = 0.1
"""Seconds between polls whether a lone Esc has waited long enough to be the Esc key."""
READ_SIZE = 4096
"""Bytes that are read at once."""


class TerminalDriver(LinuxDriver):
    """Textual's driver, reading keys in the event loop and never blocking on output."""

    ends_process = False
    """Whether the app closes for good: then nobody reads keys any more."""
    was_continued = False
    """Whether it was stopped and continued before the app heard signals."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # What Textual's thread writes to; there is no public way past that thread.
        self._writer = TerminalWriter(cast("Any", self._file))
        self._file = cast("Any", self._writer)
        self._key_parser = KeyParser()
        self._thread = get_ident()
        self._is_reading = False
        self._waits_for: int | None = None
        """The descriptor that the loop watches for room, while something is unsent."""
        self._is_application = False
        """Whether the loop turns, and the screens are on the terminal."""
        self._tick_timer: TimerHandle | None = None

    def _sigtstp_application(self, *_: object) -> None:
        """Stop at once: before the app handles signals there are no screens."""
        os.kill(os.getpid(), signal.SIGSTOP)

    def _sigcont_application(self, *_: object) -> None:
        """Note that the process was continued; the app sets the terminal up again."""
        self.was_continued = True

    @property
    def is_behind(self) -> bool:
        """Whether the terminal has yet to take what was written."""
        return self._writer.is_behind

    @property
    def shown_at(self) -> float:
        """When the terminal had taken all that was written, on the monotonic clock."""
        return self._writer.shown_at

    def write(self, data: str) -> None:
        """Write at once what the terminal takes now, and the rest when it takes more.

        It is the loop that writes: what is typed is read by the loop too, so it is
        certain which came first. A copy for the clipboard may come from any thread.
        """
        if get_ident() != self._thread:
            self._loop.call_soon_threadsafe(self.write, data)
        elif not self._writer.write_available(data) and not self._watch_for_room():
            self._hand_over()

    def _watch_for_room(self) -> bool:
        """Have the loop write the rest; `False` where a thread has to do it."""
        descriptor = self._writer.descriptor
        if descriptor is None or not self._is_application:
            return False
        if self._waits_for is None:
            try:
                self._loop.add_writer(descriptor, self._write_more)
            except OSError:
                return False  # a kind of file that the loop cannot wait for
            self._waits_for = descriptor
        return True

    def _write_more(self) -> None:
        """Write on; what was typed before the terminal has all of it is read first."""
        self.read_available()
        if self._writer.write_available() or self._writer.descriptor is None:
            self._hand_over()

    def _hand_over(self) -> None:
        """Watch for room no more; what is unsent is written by the thread."""
        if self._waits_for is not None:
            self._loop.remove_writer(self._waits_for)
            self._waits_for = None
        if rest := self._writer.hand_over():
            super().write(cast("str", rest))

    def start_application_mode(self) -> None:
        """Set the terminal up; its size is known from then on."""
        self._size = self._get_terminal_size()
        self._start_reading()
        self._is_application = True
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def stop_application_mode(self) -> None:
        """Leave the terminal as it was; it gets all that was written."""
        self._is_application = False
        self._hand_over()
        super().stop_application_mode()

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
        if self._is_reading:
            self._loop.remove_reader(self.fileno)
            self._is_reading = False
        if self.ends_process and not self.exit_event.is_set():
            self._key_thread = None  # Textual has no public way not to join it
            super().disable_input()
            self.exit_event.set()
        else:
            super().disable_input()

    def close(self) -> None:
        """Let go of the terminal, once it has all that was written."""
        super().close()
        self._writer.close()

    def _start_reading(self) -> None:
        """Have the event loop read what the terminal types, from its next turn on."""
        self._key_parser = KeyParser()
        try:
            self._loop.add_reader(self.fileno, self._read)
            self._is_reading = True
        except OSError:
            self._is_reading = False  # a kind of file that the loop cannot wait for

    def _read(self) -> None:
        """Read what was typed; the loop calls it, perhaps when it has been read."""
        try:
            if not select.select([self.fileno], [], [], 0)[0]:
                return
            data = os.read(self.fileno, READ_SIZE)
        except OSError:
            data = b""
        if data:
            try:
                self._post(self._key_parser.read(data))
            except Exception as error:  # noqa: BLE001 - the app ends by it, and says so
                self._app.call_later(_raise, error)
        else:  # the terminal is gone
            self._loop.remove_reader(self.fileno)
            self._is_reading = False

    def read_available(self) -> None:
        """Read what has been typed by now, without waiting for more."""
        if self._is_reading:
            self._read()

    def _post(self, events: Iterable[Message]) -> None:
        """Post events to the app; check soon whether a lone Esc was the key."""
        for event in events:
            self.process_message(event)
        if self._key_parser.is_waiting and self._tick_timer is None:
            self._tick_timer = self._loop.call_later(TICK_INTERVAL, self._tick)

    def _tick(self) -> None:
        self._tick_timer = None
        if self._is_reading:
            self._post(self._key_parser.tick())

    def run_input_thread(self) -> None:
        """Read keys in a thread, where the event loop cannot, until the driver ends."""
        if self._is_reading:
            return
        key_parser = KeyParser()
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(TICK_INTERVAL):
                    for event in key_parser.read(os.read(self.fileno, READ_SIZE)):
                        self.process_message(event)
                for event in key_parser.tick():
                    self.process_message(event)


def _raise(error: Exception) -> None:
    raise error
