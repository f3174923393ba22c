"""Events by which a run gets steps that its runbook does not have. Pure.

Whoever folds the journal adds the steps to the state, and to the plan: see
`mobius_tui/run/state/growth.py` and `Plan.catch_up`. An event says all that is needed
to make its steps from the run's copy of the runbook, so that a journal alone gives the
same plan at each of its moments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

MAX_ROWS = 500
"""Rows that a step has at most."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RowsAdded:
    """A step with `for_each` got a row for each item: a step of its own."""

    step: str
    """The step whose rows they are; they stand behind it."""
    rows: tuple[str, ...]
    """The ids of the rows."""
    items: tuple[str, ...]
    """The item of each."""


GrowthEvent: TypeAlias = RowsAdded
"""Every event that adds steps."""
GROWTH_EVENTS: tuple[type[GrowthEvent], ...] = (RowsAdded,)
