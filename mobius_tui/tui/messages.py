"""Messages of workers to pages; and `TitleChanged`, of pages to the app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from mobius_tui.drill.detection_coverage import DrillCoverage
    from mobius_tui.health.probe import ProbePreview
    from mobius_tui.run.checks.value_commands import ListedValues
    from mobius_tui.run.intents.action import Action
    from mobius_tui.run.intents.control_protocol import Reply
    from mobius_tui.run.journal.follower import RunChanges
    from mobius_tui.run.state.attempt_id import AttemptId
    from mobius_tui.runbook.model.runbook import Variable
    from mobius_tui.tui.screen_state import Draft, DraftKey


class RunChanged(Message):
    """The run's files were read; something may have changed."""

    def __init__(self, changes: RunChanges) -> None:
        super().__init__()
        self.changes = changes


class RunLost(Message):
    """The run's files cannot be followed any more."""

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why


class OutputGrew(Message):
    """A running attempt printed something, or has come to its end."""

    def __init__(self, attempt: AttemptId) -> None:
        super().__init__()
        self.attempt = attempt


class Answered(Message):
    """The host answered what was asked of it."""

    def __init__(
        self, action: Action, reply: Reply, typed: Mapping[DraftKey, Draft]
    ) -> None:
        """An answer.

        Args:
            action: what was wanted.
            reply: what the host says to it.
            typed: what the person had typed for it.
        """
        super().__init__()
        self.action = action
        self.reply = reply
        self.typed = typed


class ProbesAsked(Message):
    """The probes were asked."""

    def __init__(self, seen: tuple[ProbePreview, ...]) -> None:
        super().__init__()
        self.seen = seen


class DrillsSearched(Message):
    """The runs were searched for drills of a runbook.

    `found` is the newest drill and what all of them cover; `None` is shown as never
    drilled.
    """

    def __init__(self, found: DrillCoverage | None) -> None:
        super().__init__()
        self.found = found


class TitleChanged(Message):
    """What the terminal's title is to be, and whether to ring."""

    def __init__(self, title: str, *, ring: bool) -> None:
        super().__init__()
        self.title = title
        self.ring = ring


class ValuesListed(Message):
    """The command of a variable has listed what it proposes."""

    def __init__(
        self, variable: Variable, listed: ListedValues, read: Mapping[str, str]
    ) -> None:
        """A list.

        Args:
            variable: whose command listed it.
            listed: what it listed.
            read: the values of other variables that the command read, by variable.
        """
        super().__init__()
        self.variable = variable
        self.listed = listed
        self.read = read
