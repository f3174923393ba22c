"""The keys of the checklist's rows, for the checklist and what its cursor decides."""

from __future__ import annotations

from mobius_tui.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class StepRow:
    """The row of a step."""

    step_id: str


@dataclass(frozen=True, slots=True)
class HostRow(StepRow):
    """The row of a step, and the host of it under the cursor of its hosts."""

    host: str


@dataclass(frozen=True, slots=True)
class PhaseRow:
    """The row of a phase."""

    phase_id: str


RowKey = StepRow | PhaseRow
"""The key of a row: not an id alone, as a step and a phase may have the same."""
