"""The words that files, JSON and lists have, and the exit codes of commands."""

from __future__ import annotations

from mobius_tui.run.events.mode_and_outcome import ListingState, Mode, Outcome


def test_the_words_stay_as_they_are_on_other_peoples_disks() -> None:
    assert {str(mode) for mode in Mode} >= {"incident", "drill"}
    assert {str(outcome): outcome.exit_code for outcome in Outcome} == {
        "completed": 0,
        "failed": 1,
        "abandoned": 3,
        "incomplete": 4,
    }
    assert [*map(str, ListingState)] == ["open", "imported", "damaged", "never began"]
