"""The one key that is not for the program: it takes its person back to the screens."""

from __future__ import annotations

import re

DETACH_KEY = "Ctrl+]"
"""As a person calls it; telnet's own, which few programs want."""
DETACH_HINT = f"{DETACH_KEY} comes back and leaves it running"
"""What whoever goes to a terminal must know."""
REPEAT_LIMIT = 0.4
"""Seconds within which the key is pressed again where the program is to get it."""

_DETACH_SEQUENCE = re.compile(rb"\x1d|\x1b\[93;5(?::1)?u|\x1b\[27;5;93~")
"""As terminals send it: plainly, or in the two ways of telling every key in full."""


class DetachKeyFilter:
    """What is typed, on its way to a program."""

    def __init__(self) -> None:
        self.is_detached = False
        """Whether its person wants to go."""
        self.until: float | None = None
        """When that is decided, after the key was pressed once."""

    def feed(self, data: bytes, now: float) -> bytes:
        """What of it the program gets.

        Args:
            data: what was typed.
            now: monotonic seconds.
        """
        passed = b""
        while data and not self.is_detached:
            match = _DETACH_SEQUENCE.search(data)
            if self.until is not None:
                if match is None or match.start() > 0:
                    self.is_detached = True
                    break
                passed += match[0]
                self.until = None
                data = data[match.end() :]
            elif match is None:
                passed += data
                break
            else:
                passed += data[: match.start()]
                self.until = now + REPEAT_LIMIT
                data = data[match.end() :]
        return passed

    def check_time(self, now: float) -> None:
        """Decide, where the key was pressed once and not again."""
        if self.until is not None and now >= self.until:
            self.is_detached = True
