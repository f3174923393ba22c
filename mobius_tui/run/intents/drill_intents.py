"""Intents of the facilitator of a drill. Pure."""

from __future__ import annotations

import re
from typing import ClassVar, final

from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import (
    FACILITATOR,
    FacilitatorAct,
    HintGiven,
    SiteTouched,
)
from mobius_tui.run.intents.action import Action, Asked, Host
from mobius_tui.run.planning.situation import NotPermittedError, RefusalCode, Situation

MAX_HINT_CHARS = 500
"""Characters of a hint at most."""


@final
class GiveHint(Action, frozen=True, kw_only=True):
    """Tell the team of a drill something; it counts in the score."""

    never_late: ClassVar[bool] = True
    text: str = ""

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless this is a drill whose team may get the hint."""
        _require_drill(situation)
        text = self.text.strip()
        words = ""
        if not text:
            words = "a hint says something"
        elif len(text) > MAX_HINT_CHARS:
            most, have = MAX_HINT_CHARS, len(text)
            words = f"a hint has at most {most} characters; this one {have}"
        if words:
            raise NotPermittedError(RefusalCode.UNFILLED, words)

    async def do(self, host: Host, asked: Asked) -> Entry:
        """Record a facilitator's hint to the team."""
        event = HintGiven(text=self.text.strip(), who=asked.by)
        return await host.write(event, FACILITATOR, asked.intent)


@final
class TouchSite(Action, frozen=True, kw_only=True):
    """Journal that the facilitator of a drill is about to change its site."""

    act: FacilitatorAct
    seal: str
    """SHA-256 of the line in the site's notes that says what it is, hexadecimal."""

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless this is a drill whose site may be changed."""
        _require_drill(situation)
        if re.fullmatch("[0-9a-f]{64}", self.seal) is None:
            words = "a facilitator injects, worsens or heals, and seals what it is"
            raise NotPermittedError(RefusalCode.UNFILLED, words)

    async def do(self, host: Host, asked: Asked) -> Entry:
        """Journal that the site is about to be changed; the site's notes say how."""
        event = SiteTouched(act=self.act, seal=self.seal, who=asked.by)
        return await host.write(event, FACILITATOR, asked.intent)


def _require_drill(situation: Situation) -> None:
    if not situation.state.is_drill:
        words = "only a drill has a facilitator; this run is none"
        raise NotPermittedError(RefusalCode.NO_DRILL, words)
    situation.require_event_allowed(HintGiven(text="", who=""))
