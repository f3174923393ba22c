"""Textual's driver: leaving without a wait, the size by the terminal, our own keys.

Textual joins the thread that reads keys, which looks only every 100 ms whether it
should end: a quarter of a second between `q` and the shell's prompt. At the end of the
program it may as well end with the process, once the terminal is as it was.
"""

from __future__ import annotations

import os
import selectors

from textual.drivers.linux_driver import LinuxDriver

from mobius_tui.tui.keyboard import Keyboard

LOOK = 0.1
"""Seconds between looks whether a lone Esc has stood long enough to be the key."""
PIECE = 4096
"""Bytes that are read at once."""


class Driver(LinuxDriver):
    """Textual's own, which can be told not to wait, and asks the terminal its size."""

    is_last = False
    """Whether the process ends after this: then nobody reads keys any more."""

    def start_application_mode(self) -> None:
        """Set the terminal up; its size is known from then on."""
        self._size = self._get_terminal_size()
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
        if self.is_last and not self.exit_event.is_set():
            self._key_thread = None  # Textual has no public way not to join it
            super().disable_input()
            self.exit_event.set()
        else:
            super().disable_input()

    def run_input_thread(self) -> None:
        """Read what the terminal types until it is told to end."""
        keyboard = Keyboard()
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(LOOK):
                    for event in keyboard.read(os.read(self.fileno, PIECE)):
                        self.process_message(event)
                for event in keyboard.tick():
                    self.process_message(event)
