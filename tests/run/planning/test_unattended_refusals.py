"""What may be asked of a whole run."""

from __future__ import annotations

import pytest

from mobius_tui.run.planning.unattended_refusals import manual_tick_refusal


@pytest.mark.parametrize(
    ("is_harmless", "protected", "is_refused"),
    [
        (False, True, True),
        (False, False, False),
        (True, True, False),  # what is ticked there is nobody's production
    ],
)
def test_nobody_ticks_for_a_person_where_it_counts(
    is_harmless: bool, protected: bool, is_refused: bool
) -> None:
    words = manual_tick_refusal(
        is_harmless=is_harmless, environment="prod", protected=protected
    )
    assert (words is not None) is is_refused
    assert ("refused in prod" in str(words)) is is_refused
