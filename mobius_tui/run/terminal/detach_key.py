"""The one key that is not for the program: it takes its person back to the screens."""

from __future__ import annotations

import re

AWAY_KEY = "Ctrl+]"
"""As a person calls it; telnet's own, which few programs want."""
HINT = f"{AWAY_KEY} comes back and leaves it running"
"""What whoever goes to a terminal must know."""
AGAIN = 0.4
"""Seconds within which the key is pressed again where the program is to get it."""

_AWAY = re.compile(rb"\x1d|\x1b\[93;5(?::1)?u|\x1b\[27;5;93~")
"""As terminals send it: plainly, or in the two ways of telling every key in full."""


class DetachKeyFilter:
    """What is typed, on its way to a program."""

    def __init__(self) -> None:
        self.is_away = False
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
        while data and not self.is_away:
            found = _AWAY.search(data)
            if self.until is not None:
                if found is None or found.start() > 0:
                    self.is_away = True
                    break
                passed += found[0]
                self.until = None
                data = data[found.end() :]
            elif found is None:
                passed += data
                break
            else:
                passed += data[: found.start()]
                self.until = now + AGAIN
                data = data[found.end() :]
        return passed

    def look(self, now: float) -> None:
        """Decide, where the key was pressed once and not again."""
        if self.until is not None and now >= self.until:
            self.is_away = True
