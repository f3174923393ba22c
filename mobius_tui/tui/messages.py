"""Messages that workers and pages post; whoever works never touches a widget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from mobius_tui.drill.detection_gaps import DrillCoverage
    from mobius_tui.health.probe import ProbeLook
    from mobius_tui.run.intents.messages import Intent, Reply
    from mobius_tui.run.journal.follower import RunChanges
    from mobius_tui.tui.screen_state import Draft


class RunChanged(Message):
    """The run's files were looked at; perhaps there is news."""

    def __init__(self, changes: RunChanges) -> None:
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

    def __init__(
        self, intent: Intent, reply: Reply, typed: Mapping[str, Draft]
    ) -> None:
        """An answer.

        Args:
            intent: what was wanted.
            reply: what the host says to it.
            typed: what the person had typed for it, by the dialogs' headings.
        """
        super().__init__()
        self.intent = intent
        self.reply = reply
        self.typed = typed


class Probed(Message):
    """The probes were asked."""

    def __init__(self, seen: tuple[ProbeLook, ...]) -> None:
        super().__init__()
        self.seen = seen


class Drilled(Message):
    """The runs were searched for drills."""

    def __init__(self, found: DrillCoverage | None) -> None:
        super().__init__()
        self.found = found


class TitleChanged(Message):
    """What the terminal's title is to be, and whether to ring."""

    def __init__(self, title: str, *, ring: bool) -> None:
        super().__init__()
        self.title = title
        self.ring = ring
