"""The dialog that settles a host: a person says what a step has done on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from textual.widget import Widget
from textual.widgets import Input

from mobius_tui.dataclass import dataclass
from mobius_tui.run.events.fleet_events import Settlement
from mobius_tui.run.intents.intent_actions import SettleHost
from mobius_tui.run.state.fleet_state import SETTLEMENTS_BY_STATUS
from mobius_tui.tui.dialogs.dialog import (
    CANCEL,
    CallOnPress,
    Choice,
    Dialog,
    fields_widget,
    text_widget,
)
from mobius_tui.tui.presenters.fields import Field
from mobius_tui.tui.presenters.fleet.host_marks import HOST_MARKS, StepHosts
from mobius_tui.tui.presenters.styled_text import assemble, text
from mobius_tui.tui.screen_state import DraftKey, Purpose

_LABELS: Mapping[Settlement, str] = {
    "ran": "It ran",
    "did not run": "It did not",
    "skip": "Leave it out",
    "fail": "It has failed",
}
_SETTLEMENT_MEANINGS: Mapping[Settlement, str] = {
    "ran": "it counts as done, and is never begun again",
    "did not run": "it counts as failed, and may be begun again",
    "skip": "it is left out, named at the end, and the others go on",
    "fail": "it counts as failed, and may be begun again",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class HostSettlement:
    """What a person says that a host counts for, and the reason."""

    settled: Settlement
    reason: str


class SettleDialog(Dialog[HostSettlement]):
    """The result is what the host counts for, and the reason."""

    def __init__(self, name: str, found: StepHosts, action: SettleHost) -> None:
        """Make the dialog.

        Args:
            name: the step's number and title.
            found: its hosts.
            action: names the host and its attempt.
        """
        key = DraftKey(
            purpose=Purpose.SETTLE_HOST,
            step=action.step,
            attempt=action.attempt,
            host=action.host,
        )
        super().__init__(f"What became of {action.host}?", tone="bad", draft_key=key)
        self._step_name = name
        self._own = found.newest[action.host]
        self._more = len(found.to_settle) - 1
        self._ways = SETTLEMENTS_BY_STATUS[self._own.status]
        self._line = Input(
            placeholder="How do you know? It stays on record.",
            id="reason",
            compact=True,
        )

    def compose_body(self) -> Iterable[Widget]:
        """What is known of it, and what each answer means."""
        own, mark = self._own, HOST_MARKS[self._own.status]
        why = f"  {own.reason}" if own.reason else ""
        fields = [
            Field("step", text(self._step_name)),
            Field("now", assemble(mark.glyph_and_word, (why, "plain"))),
        ]
        if self._more:
            it = "1 other is" if self._more == 1 else f"{self._more} others are"
            fields.append(Field("", text(f"{it} asked about after it", "muted")))
        for way in self._ways:
            means = assemble(
                (f"{_LABELS[way]}: ", "strong"), (_SETTLEMENT_MEANINGS[way], "plain")
            )
            fields.append(Field("", means))
        yield fields_widget(tuple(fields))
        yield text_widget("Look on the host itself before you answer.", "warn")

    def compose_foot(self) -> Iterable[Widget]:
        """The line for the reason."""
        yield self._line

    def choices(self) -> tuple[Choice[HostSettlement], ...]:
        """A button for each way to settle the host, and one to leave it open."""
        said = (
            Choice[HostSettlement](_LABELS[way], CallOnPress(partial(self._say, way)))
            for way in self._ways
        )
        return (*said, Choice("Don't", CANCEL))

    def on_mount(self) -> None:
        """Focus the line for the reason: Enter alone settles nothing."""
        self._line.focus()

    def _say(self, settled: Settlement) -> None:
        reason = self._line.value.strip()
        if reason:
            self.dismiss(HostSettlement(settled=settled, reason=reason))
        else:
            self.refuse("A reason is wanted; it stays on record.")
