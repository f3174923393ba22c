"""What workers tell their screen; they never touch a widget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from mobius_tui.run.follow import Changes
from mobius_tui.run.intents import Intent, Reply

if TYPE_CHECKING:
    from mobius_tui.drill.never_red import LookBack
    from mobius_tui.health.once import Seen


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


class Probed(Message):
    """The probes were asked."""

    def __init__(self, seen: tuple[Seen, ...]) -> None:
        super().__init__()
        self.seen = seen


class Drilled(Message):
    """The runs were searched for drills."""

    def __init__(self, found: LookBack | None) -> None:
        super().__init__()
        self.found = found
