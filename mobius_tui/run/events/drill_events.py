"""Events of a drill's facilitator; they reveal no fault to the team. Pure."""

from __future__ import annotations

from typing import Literal

from mobius_tui.dataclass import dataclass

FACILITATOR = "facilitator"
"""The author of these entries, which no member of the team wrote."""

FacilitatorAct = Literal["inject", "worsen", "heal"]


@dataclass(frozen=True, kw_only=True, slots=True)
class HintGiven:
    """The facilitator gave the team a hint."""

    text: str
    who: str
    """The account that gave it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteTouched:
    """The facilitator changed the site; the team learns at the end what it was."""

    act: FacilitatorAct
    seal: str
    """SHA-256 of the line in the site's notes that says what it was, so that it cannot
    be claimed to be another one afterwards."""
    who: str


DrillEvent = HintGiven | SiteTouched


@dataclass(frozen=True, kw_only=True, slots=True)
class Hint:
    """A hint that the team was given."""

    text: str
    who: str
    at: float
    """Seconds since 1970."""
