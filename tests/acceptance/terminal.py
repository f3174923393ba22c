"""The real program in a real pseudo-terminal, and the screen that it draws."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pexpect
import pyte

from tests.run.running import end_child
from tests.waiting import PATIENCE

PROGRAM = str(Path(sys.executable).with_name("mobius-tui"))


ALTERNATE = 1049
"""The mode of the second screen."""
ASKS_FOR_WHOLE_FRAMES = b"\x1b[?2026$p"
"""What a program writes to know whether the terminal can show whole frames only."""
FRAME_BEGINS, FRAME_ENDS = b"\x1b[?2026h", b"\x1b[?2026l"


class Screen(pyte.Screen):
    """A screen with a second one, which pyte itself does not know."""

    _first: tuple[dict[int, dict[int, pyte.screens.Char]], int, int] | None = None

    def set_mode(self, *modes: int, **kind: bool) -> None:
        if ALTERNATE in modes and self._first is None:
            rows = {y: dict(row) for y, row in self.buffer.items()}
            self._first = rows, self.cursor.y, self.cursor.x
            self.erase_in_display(2)
        super().set_mode(*modes, **kind)

    def reset_mode(self, *modes: int, **kind: bool) -> None:
        super().reset_mode(*modes, **kind)
        if ALTERNATE in modes and self._first is not None:
            rows, self.cursor.y, self.cursor.x = self._first
            self._first = None
            self.erase_in_display(2)
            for y, row in rows.items():
                self.buffer[y].update(row)

    def select_graphic_rendition(self, *attrs: int, private: bool = False) -> None:
        if not private:  # vim asks by one how keys are told
            super().select_graphic_rendition(*attrs)


class Terminal:
    """A program and its screen."""

    def __init__(
        self,
        *words: str,
        columns: int,
        rows: int,
        env: dict[str, str] | None = None,
        program: str = PROGRAM,
        whole_frames: bool = False,
    ) -> None:
        """Start the program.

        Args:
            words: its arguments.
            columns: of the terminal.
            rows: of the terminal.
            env: variables beyond those of the tests.
            program: another one.
            whole_frames: whether the terminal shows a frame when it has all of it.
        """
        self._whole_frames = whole_frames
        self._part = b""
        """What came of a frame that is not whole."""
        self.screen = Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = bytearray()
        """Every byte that the program wrote."""
        self._text: str | None = None
        """The screen as it stands, until something comes."""
        settings = {
            **os.environ,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            **(env or {}),
        }
        for name in ("NO_COLOR", "COLUMNS", "LINES"):
            settings.pop(name, None)
        self.child = pexpect.spawn(
            program,
            list(words),
            dimensions=(rows, columns),
            env=settings,
            timeout=PATIENCE,
        )
        self.child.delaybeforesend = None

    def read(self, seconds: float = 0.05) -> bool:
        """Take in what the program wrote; whether it wrote anything."""
        try:
            data = self.child.read_nonblocking(1 << 16, timeout=seconds)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return False
        self.raw += data
        if self._whole_frames:
            data = self._whole(data)
        self._stream.feed(data)
        self._text = None
        return True

    def _whole(self, data: bytes) -> bytes:
        """What may be shown, now that this has come too."""
        if ASKS_FOR_WHOLE_FRAMES in data:
            self.child.send("\x1b[?2026;2$y")
        data = self._part + data
        begins, ends = data.rfind(FRAME_BEGINS), data.rfind(FRAME_ENDS)
        size = begins if begins > ends else len(data)
        last = data.rfind(b"\x1b", 0, size)
        if last >= 0 and FRAME_BEGINS.startswith(data[last:size]):
            size = last  # a frame may begin here
        self._part = data[size:]
        return data[:size]

    def text(self) -> str:
        """The screen as it stands."""
        if self._text is None:
            # As `display` has it, but without asking for the width of each character.
            rows, columns = range(self.screen.lines), range(self.screen.columns)
            buffer = self.screen.buffer
            self._text = "\n".join(
                "".join([buffer[y][x].data for x in columns]) for y in rows
            )
        return self._text

    def until(
        self, what: str | Callable[[str], object], limit: float = PATIENCE
    ) -> str:
        """Wait until the screen shows a text, or satisfies a condition."""
        deadline = time.monotonic() + limit
        while True:
            self.read()
            text = self.text()
            if (what in text) if isinstance(what, str) else what(text):
                return text
            if time.monotonic() > deadline:
                raise AssertionError(f"the screen never showed {what!r}:\n{text}")

    def press(self, keys: str) -> None:
        """Type."""
        self.child.send(keys)

    def place(self, what: str) -> tuple[int, int] | None:
        """The column and row, from 0, at which the screen shows a text."""
        for y in range(self.screen.lines):
            row = self.screen.buffer[y]
            cells = [row[x].data for x in range(self.screen.columns)]
            for x in range(len(cells)):
                if cells[x] and "".join(cells[x:]).startswith(what):
                    return x, y
        return None

    def click(self, what: str) -> bool:
        """Click on the middle of a text; `False` if it is not there."""
        place = self.place(what)
        if place is not None:
            self.click_at(place[0] + len(what) // 2, place[1])
        return place is not None

    def click_at(self, x: int, y: int) -> None:
        """Press and let go of the left button."""
        for end in "Mm":
            self.child.send(f"\x1b[<0;{x + 1};{y + 1}{end}")

    def paste(self, text: str) -> None:
        """What the middle button does: the terminal types the text in one piece."""
        self.child.send(f"\x1b[200~{text}\x1b[201~")

    def resize(self, columns: int, rows: int) -> None:
        """Make the terminal larger or smaller."""
        self.screen.resize(rows, columns)
        self._text = None
        self.child.setwinsize(rows, columns)

    def over(self, limit: float = PATIENCE) -> int:
        """Wait for the program's end and its last words; its exit code."""
        deadline = time.monotonic() + limit
        while self.child.isalive():
            self.read()
            assert time.monotonic() < deadline, f"it did not end:\n{self.text()}"
        while self.read():
            pass
        self.child.close()
        if self.child.exitstatus is None:
            return -int(self.child.signalstatus or 0)
        return int(self.child.exitstatus)

    def vanish(self) -> None:
        """What a lost line does: the terminal is gone, whatever the program does."""
        self.child.ptyproc.fileobj.close()  # which may be closed again by `close`

    def close(self) -> None:
        """End the program, if it has not ended."""
        if self.child.isalive():
            end_child(self.child)


LEAVES_ALTERNATE_SCREEN = b"\x1b[?1049l"
