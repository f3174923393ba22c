"""The keeper's end of a `tty` step: between the pseudo-terminal and who attends it.

Nothing that passes is recorded. With nobody there the program's output is taken in all
the same, so that it goes on; the last of it is shown to who comes next.
"""

import fcntl
import os
import select
import struct
import termios
import time

from mobius_tui.run.terminal import frames
from mobius_tui.run.terminal.frames import AttachHello
from mobius_tui.run.terminal.terminal_history import TerminalHistory
from mobius_tui.run.terminal.terminal_socket import ROOM, AttachedViewer, TerminalSocket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

REDRAW = 1.0
"""Seconds for which a program sees another size, so that it draws everything anew."""
DRAWN = 0.05
"""Seconds for which it sees that size after it has drawn something."""
DRAIN = 0.1
"""Seconds without output after the script's end: what is left may hold its terminal."""
LAST = 5.0
"""Seconds that what the script printed last may take to reach a slow viewer."""
SIZE = (24, 80)
"""Rows and columns of a terminal that nobody has come to."""


class PtyRelay:
    """A program's terminal, and the one viewer that is at it."""

    def __init__(self, folder: str) -> None:
        """Let viewers come.

        Args:
            folder: the attempt's directory.

        Raises:
            OSError: the socket cannot be made.
        """
        self.master: int | None = None
        """The terminal's other side, while the program has it."""
        self.attendant: AttachedViewer | None = None
        self.door = TerminalSocket(folder, self._meet)
        self._history = TerminalHistory()
        self._typed = b""
        self._size = SIZE
        self._true_size_at: float | None = None
        self._showed = 0.0

    def begin(self, master: int) -> None:
        """Relay a program's terminal from now on."""
        os.set_blocking(master, False)
        self.master = master
        self._set_size(self._size)

    def turn(self, waker: int, wait: float | None) -> None:
        """Wait until something happens, for some seconds at most, and see to it.

        Args:
            waker: has bytes to read after a signal.
            wait: seconds; `None` for as long as it takes.
        """
        reads = {waker: lambda: None, **self._reads()}
        writes = self._writes()
        limits = [each for each in (wait, *self._limits()) if each is not None]
        patience = max(0.0, min(limits)) if limits else None
        readable, writable, _ = select.select(list(reads), list(writes), [], patience)
        if waker in readable:
            os.read(waker, 512)
        for end in writable:
            writes[end]()
        for end in readable:
            reads[end]()
        self._look_after()

    def _reads(self) -> "dict[int, Callable[[], None]]":
        """Whoever is at the terminal comes first: it may have gone."""
        found: dict[int, Callable[[], None]] = {}
        at_it = self.attendant
        if at_it is not None and len(self._typed) < ROOM:
            found[at_it.fileno()] = self._obey
        if self.master is not None and (at_it is None or at_it.has_room):
            found[self.master] = self._show
        return {**found, **self.door.reads()}

    def _writes(self) -> "dict[int, Callable[[], None]]":
        found: dict[int, Callable[[], None]] = {}
        if self.attendant is not None and self.attendant.is_behind:
            found[self.attendant.fileno()] = self.attendant.flush
        if self.master is not None and self._typed:
            found[self.master] = self._type
        return found

    def _limits(self) -> "tuple[float | None, float | None]":
        now = time.monotonic()
        redraw = None if self._true_size_at is None else self._true_size_at - now
        at_it = self.attendant
        return redraw, at_it.patience(now) if at_it is not None else None

    def _look_after(self) -> None:
        """Let go who has gone, or takes nothing; end a redraw."""
        now = time.monotonic()
        if self._true_size_at is not None and now >= self._true_size_at:
            self._set_size(self._size)
        at_it = self.attendant
        patience = at_it.patience(now) if at_it is not None else None
        late = patience is not None and patience <= 0
        if at_it is not None and (at_it.gone or late):
            at_it.close()
            self.attendant = None

    def _meet(self, newcomer: AttachedViewer, hello: AttachHello) -> None:
        """Put a newcomer at the terminal, if it is free or is taken over."""
        before = self.attendant
        if before is not None and not before.gone:
            if not hello.takes_over:
                newcomer.send(frames.BUSY, before.in_words())
                newcomer.close()
                return
            words = f"it was taken over from {hello.who}"
            before.send(frames.LET_GO, words.encode("utf-8", "replace"))
            before.close()
        newcomer.hello = hello
        self.attendant = newcomer
        before_size, self._size = self._size, hello.size
        if self.master is not None:
            newcomer.send(frames.OUTPUT, self._history.shown())
            self._redraw(before_size)
        self._obey_all(newcomer.unread)

    def _redraw(self, before: "tuple[int, int]") -> None:
        """Give the program the new size; it draws anew only where one differs."""
        rows, columns = self._size
        if before == self._size:
            self._set_size((rows, columns - 1 or 2))
            self._true_size_at = time.monotonic() + REDRAW
        else:
            self._set_size(self._size)

    def _set_size(self, size: "tuple[int, int]") -> None:
        self._true_size_at = None
        if self.master is not None:
            wanted = struct.pack("HHHH", *size, 0, 0)
            fcntl.ioctl(self.master, termios.TIOCSWINSZ, wanted)

    def _obey(self) -> None:
        if self.attendant is not None:
            self._obey_all(self.attendant.receive())

    def _obey_all(self, said: "list[tuple[bytes, bytes]]") -> None:
        """What is typed at the terminal, and what size it has."""
        at_it = self.attendant
        assert at_it is not None
        for kind, data in said:
            if kind == frames.INPUT:
                at_it.typed = time.monotonic()
                self._typed += data
            elif kind == frames.SIZE:
                try:
                    self._size = frames.unpack_size(data)
                except ValueError:
                    at_it.gone = True
                    return
                self._set_size(self._size)
        self._type()

    def _type(self) -> None:
        if self.master is None:
            return
        try:
            while self._typed:
                self._typed = self._typed[os.write(self.master, self._typed) :]
        except BlockingIOError:
            return  # the program reads nothing now
        except OSError:
            self._typed = b""

    def is_done(self, ended: float, now: float) -> bool:
        """Whether all that the script printed has been taken in, or must have been.

        Args:
            ended: when the script ended, in monotonic seconds.
            now: the same for now.
        """
        if self.master is None or now >= ended + LAST:
            return True
        waits = self.attendant is not None and self.attendant.is_behind
        return not waits and now >= max(ended, self._showed) + DRAIN

    def _show(self) -> None:
        assert self.master is not None
        try:
            data = os.read(self.master, frames.LARGEST)
        except BlockingIOError:
            return
        except OSError:
            data = b""  # its session has ended
        if not data:
            self.master = None
            return
        self._showed = time.monotonic()
        if self._true_size_at is not None:
            self._true_size_at = min(self._true_size_at, self._showed + DRAWN)
        self._history.feed(data)
        if self.attendant is not None:
            self.attendant.send(frames.OUTPUT, data)

    def end(self) -> None:
        """Tell who is there that the step has ended, once all of it was taken."""
        at_it = self.attendant
        if at_it is None:
            return
        at_it.send(frames.ENDED)
        while at_it.is_behind and not at_it.gone:
            patience = at_it.patience(time.monotonic())
            if patience is None or patience <= 0:
                break
            select.select([], [at_it], [], patience)
            at_it.flush()
        at_it.close()
