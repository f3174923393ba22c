"""The one key that is not passed to the program: it detaches the person's terminal."""

from __future__ import annotations

import re

DETACH_KEY = "Ctrl+]"
"""Its name for people; it is telnet's own, which few programs use."""
DETACH_HINT = f"{DETACH_KEY} comes back and leaves it running"
"""Shown to whoever attaches to a terminal."""
REPEAT_LIMIT = 0.4
"""Seconds within which a second press sends the key itself to the program."""

_DETACH_SEQUENCE = re.compile(rb"\x1d|\x1b\[93;5(?::1)?u|\x1b\[27;5;93~")
"""The key as terminals send it: as one byte, or by kitty's or xterm's key protocol."""


class DetachKeyFilter:
    """Filters what is typed, on its way to a program."""

    def __init__(self) -> None:
        self.is_detached = False
        """Whether the person has pressed the key to detach."""
        self.repeat_deadline: float | None = None
        """Monotonic seconds until which a second press counts; `None` if none is
        awaited."""

    def feed(self, data: bytes, now: float) -> bytes:
        """The part of the input that the program gets.

        Args:
            data: what was typed.
            now: monotonic seconds.
        """
        passed = b""
        while data and not self.is_detached:
            match = _DETACH_SEQUENCE.search(data)
            if self.repeat_deadline is not None:
                if match is None or match.start() > 0:
                    self.is_detached = True
                    break
                passed += match[0]
                self.repeat_deadline = None
                data = data[match.end() :]
            elif match is None:
                passed += data
                break
            else:
                passed += data[: match.start()]
                self.repeat_deadline = now + REPEAT_LIMIT
                data = data[match.end() :]
        return passed

    def check_time(self, now: float) -> None:
        """Detach if the key was pressed once, and not again within `REPEAT_LIMIT`."""
        if self.repeat_deadline is not None and now >= self.repeat_deadline:
            self.is_detached = True
