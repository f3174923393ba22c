"""What workers tell their screen; they never touch a widget."""

from __future__ import annotations

from textual.message import Message

from mobius_tui.run.follow import Changes
from mobius_tui.run.intents import Intent, Reply


class RunChanged(Message):
    """The run's files were looked at; perhaps there is news."""

    def __init__(self, changes: Changes) -> None:
        super().__init__()
        self.changes = changes


class RunLost(Message):
    """The run's files can be followed no longer."""

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why


class OutputGrew(Message):
    """A running attempt printed something, or has come to its end."""

    def __init__(self, step: str, attempt: int) -> None:
        super().__init__()
        self.step = step
        self.attempt = attempt


class Answered(Message):
    """The host answered an intent."""

    def __init__(self, intent: Intent, reply: Reply) -> None:
        super().__init__()
        self.intent = intent
        self.reply = reply
