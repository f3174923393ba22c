"""What is journaled of whoever leads a drill; it tells the team no secret. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FACILITATOR = "facilitator"
"""By whom these entries are: what a facilitator does, no member of the team did."""

FacilitatorAct = Literal["inject", "worsen", "heal"]


@dataclass(frozen=True, kw_only=True, slots=True)
class HintGiven:
    """The facilitator told the team something."""

    text: str
    who: str
    """The account that gave it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteTouched:
    """The facilitator did something to the site; the team is told at the end."""

    act: FacilitatorAct
    seal: str
    """SHA-256 of the line in the site's own notes that says what it was: nobody can
    claim another one afterwards."""
    who: str


DrillEvent = HintGiven | SiteTouched
DRILL_EVENTS: tuple[type[DrillEvent], ...] = (HintGiven, SiteTouched)


@dataclass(frozen=True, kw_only=True, slots=True)
class Hint:
    """What the team was told."""

    text: str
    who: str
    at: float
    """Seconds since 1970."""
