"""What every event says of itself."""

from __future__ import annotations

from mobius_tui.run.events.event import Event
from mobius_tui.run.events.journal_entry import EVENTS
from mobius_tui.run.state.reducer import REDUCERS_BY_EVENT
from tests.table import each_row


@each_row("kind", EVENTS.values())
def test_an_event_says_itself_how_it_reads(kind: type[Event]) -> None:
    """None inherits from another, which would be told twice."""
    assert kind.__bases__ == (Event,)
    assert "sentence" in vars(kind)
    assert len(kind.moment_mark) == 1


def test_every_event_is_read_and_changes_the_state() -> None:
    """One that no module of events has could be written, and never read again."""
    assert set(Event.__subclasses__()) == set(EVENTS.values()) == set(REDUCERS_BY_EVENT)
