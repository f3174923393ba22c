"""What may be asked of a whole run."""

from __future__ import annotations

import pytest

from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.planning.run_permissions import manual_tick_refusal


@pytest.mark.parametrize(
    ("mode", "protected", "is_refused"),
    [
        (Mode.INCIDENT, True, True),
        (Mode.INCIDENT, False, False),
        (Mode.MAINTENANCE, True, True),
        (Mode.DRILL, True, False),  # what is ticked there is nobody's production
    ],
)
def test_nobody_ticks_for_a_person_where_it_counts(
    mode: Mode, protected: bool, is_refused: bool
) -> None:
    words = manual_tick_refusal(mode=mode, environment="prod", protected=protected)
    assert bool(words) is is_refused
    assert ("refused in prod" in words) is is_refused
