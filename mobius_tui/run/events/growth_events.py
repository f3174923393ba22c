"""Events by which a run gets steps that its runbook does not have. Pure.

Whoever folds the journal adds the steps to the state, and to the plan: see
`mobius_tui/run/state/growth.py` and `Plan.catch_up`. An event says all that is needed
to make its steps from the run's copy of the runbook, so that a journal alone gives the
same plan at each of its moments.
"""

from __future__ import annotations

from typing import TypeAlias, get_args

from mobius_tui.dataclass import dataclass
from mobius_tui.runbook.model.actions import Effect


@dataclass(frozen=True, kw_only=True, slots=True)
class RowsAdded:
    """A step with `for_each` got a row for each item: a step of its own."""

    step: str
    """The parent step; the rows follow it in the plan."""
    rows: tuple[str, ...]
    """The ids of the rows."""
    items: tuple[str, ...]
    """The item of each."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepImprovised:
    """A command that no step has joined the run, as a step of its own."""

    step: str
    """The id of that step."""
    script: str
    """The command, for bash."""
    title: str
    effect: Effect
    """What it was judged to do."""
    after: str | None = None
    """The id of the step that it came after; see `improvised_step`."""
    improviser: str
    """The account that improvised it, as in the entry's `by`; the step is made from
    this event alone, and names it."""


GrowthEvent: TypeAlias = RowsAdded | StepImprovised
"""Every event that adds steps."""
GROWTH_EVENTS: tuple[type[GrowthEvent], ...] = get_args(GrowthEvent)
