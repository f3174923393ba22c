"""Leaving without the wait for the thread that reads keys.

Textual joins it, and it looks only every 100 ms whether it should end: a quarter of a
second between `q` and the shell's prompt. At the end of the program it may as well end
with the process, once the terminal is as it was.
"""

from __future__ import annotations

from textual.drivers.linux_driver import LinuxDriver


class Driver(LinuxDriver):
    """Textual's own, which can be told not to wait."""

    is_last = False
    """Whether the process ends after this: then nobody reads keys any more."""

    def disable_input(self) -> None:
        """Read no more keys; wait until that is so, unless the process ends."""
        if self.is_last and not self.exit_event.is_set():
            self._key_thread = None  # Textual has no public way not to join it
            super().disable_input()
            self.exit_event.set()
        else:
            super().disable_input()
