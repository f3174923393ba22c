"""Relays, in the keeper of a `tty` step, between pseudo-terminal and attached viewer.

Nothing that passes is recorded. Without a viewer, output is read all the same, so that
the program goes on; the last of it is shown to the next viewer.
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
from mobius_tui.run.terminal.terminal_socket import (
    SEND_BUFFER,
    AttachedViewer,
    TerminalSocket,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

REDRAW_TIME = 1.0
"""Seconds for which a program is given another size, so that it redraws everything."""
REDRAW_TIME_AFTER_OUTPUT = 0.05
"""Seconds for which it has that size after it has drawn something."""
DRAIN_TIME = 0.1
"""Seconds without output after the script's end until all of it counts as read: a
process that is left may hold the terminal open."""
LAST_OUTPUT_TIME = 5.0
"""Seconds that what the script printed last may take to reach a slow viewer."""
DEFAULT_SIZE = (24, 80)
"""Rows and columns of a terminal that nobody has attached to."""


def set_window_size(terminal: int, size: "tuple[int, int]") -> None:
    """Give a terminal its size, in rows and columns; another one signals SIGWINCH."""
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))


class PtyRelay:
    """Relays between a program's terminal and the one viewer attached to it."""

    def __init__(self, folder: str) -> None:
        """Listen for viewers.

        Args:
            folder: the attempt's directory.

        Raises:
            OSError: the socket cannot be made.
        """
        self.master: int | None = None
        """Descriptor of the pseudo-terminal's master; `None` before start and after
        hang-up."""
        self.viewer: AttachedViewer | None = None
        self.socket = TerminalSocket(folder, self._attach)
        self._history = TerminalHistory()
        self._unwritten_input = b""
        self.size = DEFAULT_SIZE
        """Rows and columns of the terminal of who came last."""
        self._restore_size_at: float | None = None
        self._last_output_at = 0.0

    def begin(self, master: int) -> None:
        """Relay a program's terminal from now on."""
        os.set_blocking(master, False)
        self.master = master

    def run_once(self, waker: int, wait: float | None) -> None:
        """Wait until something happens, for some seconds at most, and handle it.

        Args:
            waker: has bytes to read after a signal.
            wait: seconds; `None` for as long as it takes.
        """
        reads = {waker: lambda: None, **self._reads()}
        writes = self._writes()
        limits = [each for each in (wait, *self._timeouts()) if each is not None]
        patience = max(0.0, min(limits)) if limits else None
        readable, writable, _ = select.select(list(reads), list(writes), [], patience)
        if waker in readable:
            os.read(waker, 512)
        for end in writable:
            writes[end]()
        for end in readable:
            reads[end]()
        self._drop_stalled_viewer()

    def _reads(self) -> "dict[int, Callable[[], None]]":
        """Handlers by readable descriptor.

        The viewer's comes first, as it may have gone.
        """
        handlers: dict[int, Callable[[], None]] = {}
        viewer = self.viewer
        if viewer is not None and len(self._unwritten_input) < SEND_BUFFER:
            handlers[viewer.fileno()] = self._take_frames
        if self.master is not None and (viewer is None or viewer.accepts_more):
            handlers[self.master] = self._send_output
        return {**handlers, **self.socket.reads()}

    def _writes(self) -> "dict[int, Callable[[], None]]":
        handlers: dict[int, Callable[[], None]] = {}
        if self.viewer is not None and self.viewer.has_unsent:
            handlers[self.viewer.fileno()] = self.viewer.flush
        if self.master is not None and self._unwritten_input:
            handlers[self.master] = self._write_input
        return handlers

    def _timeouts(self) -> "tuple[float | None, float | None]":
        now = time.monotonic()
        redraw = None if self._restore_size_at is None else self._restore_size_at - now
        viewer = self.viewer
        return redraw, viewer.stall_time_left(now) if viewer is not None else None

    def _drop_stalled_viewer(self) -> None:
        """Detach a viewer that has gone, or receives nothing; end a redraw."""
        now = time.monotonic()
        if self._restore_size_at is not None and now >= self._restore_size_at:
            self._set_size(self.size)
        viewer = self.viewer
        patience = viewer.stall_time_left(now) if viewer is not None else None
        late = patience is not None and patience <= 0
        if viewer is not None and (viewer.gone or late):
            viewer.close()
            self.viewer = None

    def _attach(self, newcomer: AttachedViewer, hello: AttachHello) -> None:
        """Attach a newcomer, if the terminal is free or is taken over."""
        before = self.viewer
        if before is not None and not before.gone:
            if not hello.takes_over:
                newcomer.send(frames.BUSY, before.encode_busy())
                newcomer.close()
                return
            words = f"it was taken over from {hello.who}"
            before.send(frames.DETACHED, words.encode("utf-8", "replace"))
            before.close()
        newcomer.hello = hello
        self.viewer = newcomer
        before_size, self.size = self.size, hello.size
        if self.master is not None:
            newcomer.send(frames.OUTPUT, self._history.replay())
            self._redraw(before_size)
        self._apply_frames(newcomer.received_frames)

    def _redraw(self, before: "tuple[int, int]") -> None:
        """Give the program the new size; it draws anew only where one differs."""
        rows, columns = self.size
        if before == self.size:
            self._set_size((rows, columns - 1 or 2))
            self._restore_size_at = time.monotonic() + REDRAW_TIME
        else:
            self._set_size(self.size)

    def _set_size(self, size: "tuple[int, int]") -> None:
        self._restore_size_at = None
        if self.master is not None:
            set_window_size(self.master, size)

    def _take_frames(self) -> None:
        if self.viewer is not None:
            self._apply_frames(self.viewer.receive())

    def _apply_frames(self, received: "list[tuple[bytes, bytes]]") -> None:
        """Apply the viewer's frames: input, and sizes."""
        viewer = self.viewer
        assert viewer is not None
        for kind, data in received:
            if kind == frames.INPUT:
                viewer.last_typed_at = time.monotonic()
                self._unwritten_input += data
            elif kind == frames.SIZE:
                try:
                    self.size = frames.unpack_size(data)
                except ValueError:
                    viewer.gone = True
                    return
                self._set_size(self.size)
        self._write_input()

    def _write_input(self) -> None:
        if self.master is None:
            return
        try:
            while self._unwritten_input:
                self._unwritten_input = self._unwritten_input[
                    os.write(self.master, self._unwritten_input) :
                ]
        except BlockingIOError:
            return  # the program reads nothing now
        except OSError:
            self._unwritten_input = b""

    def is_done(self, ended: float, now: float) -> bool:
        """Whether all that the script printed has been relayed, or time for it is over.

        Args:
            ended: when the script ended, in monotonic seconds.
            now: the same for now.
        """
        if self.master is None or now >= ended + LAST_OUTPUT_TIME:
            return True
        waits = self.viewer is not None and self.viewer.has_unsent
        # Time alone tells nothing: a slow viewer, or a busy machine, may have kept us
        # from reading.
        waits = waits or bool(select.select([self.master], [], [], 0)[0])
        return not waits and now >= max(ended, self._last_output_at) + DRAIN_TIME

    def _send_output(self) -> None:
        assert self.master is not None
        try:
            data = os.read(self.master, frames.LARGEST_FRAME)
        except BlockingIOError:
            return
        except OSError:
            data = b""  # its session has ended
        if not data:
            self.master = None
            return
        self._last_output_at = time.monotonic()
        if self._restore_size_at is not None:
            self._restore_size_at = min(
                self._restore_size_at, self._last_output_at + REDRAW_TIME_AFTER_OUTPUT
            )
        self._history.feed(data)
        if self.viewer is not None:
            self.viewer.send(frames.OUTPUT, data)

    def end(self) -> None:
        """Tell the attached viewer that the step has ended, after all output."""
        viewer = self.viewer
        if viewer is None:
            return
        viewer.send(frames.ENDED)
        while viewer.has_unsent and not viewer.gone:
            patience = viewer.stall_time_left(time.monotonic())
            if patience is None or patience <= 0:
                break
            select.select([], [viewer], [], patience)
            viewer.flush()
        viewer.close()
