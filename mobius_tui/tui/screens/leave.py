"""Leaving while a step runs: leave it running, stop it, or stay."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from textual import on
from textual.widget import Widget
from textual.widgets import Button

from mobius_tui.tui.screens.dialog import Choice, Dialog, words_widget

Way = Literal["leave", "stop"]


class LeaveDialog(Dialog[Way]):
    """Gives `leave` or `stop`; nothing to stay."""

    def __init__(self, running: tuple[str, ...], run_id: str) -> None:
        super().__init__("Leave?")
        self._names = running
        self._run_id = run_id

    def compose_body(self) -> Iterable[Widget]:
        """What runs, and how to come back."""
        for name in self._names:
            yield words_widget(f"▶ {name} is running", "accent")
        if not self._names:
            yield words_widget("The run is open, and its host keeps watching health.")
        yield words_widget("It goes on without this screen, and nothing is lost.")
        yield words_widget(f"Come back with: mobius-tui resume {self._run_id}", "muted")

    def choices(self) -> tuple[Choice, ...]:
        """Leave, stop, stay."""
        leave = Choice("leave", "Leave it running", "primary")
        what = "it" if len(self._names) == 1 else "them all"
        stop = Choice("stop", f"Stop {what} and leave", "error")
        return (leave, *((stop,) if self._names else ()), Choice("cancel", "Stay"))

    def on_mount(self) -> None:
        """Enter leaves it running."""
        self.query_one("#leave").focus()

    @on(Button.Pressed, "#leave")
    def _leave(self) -> None:
        self.dismiss("leave")

    @on(Button.Pressed, "#stop")
    def _stop(self) -> None:
        self.dismiss("stop")
