"""What an entry of the journal says to a reader."""

from __future__ import annotations

from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import HostStarted
from mobius_tui.run.journal.describe_entry import journal_entry_text
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.state.reducer import initial_state
from tests.conftest import MakeRunbook

BOOK = """
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "copy"
title = "Copy it"
run = 'true'
"""


def test_attempts_that_were_left_over_are_called_as_their_steps(
    make_runbook: MakeRunbook,
) -> None:
    book = make_runbook(BOOK)
    event = HostStarted(pid=1, left_over=("copy.2", "gone.1", "copy", "copy.x"))
    entry = Entry(n=1, at=0.0, mono=0.0, boot="boot", by="host", event=event)
    said = journal_entry_text(entry, Plan(book), initial_state(book))
    assert said == (
        "a host took the run on; left over: "
        "1.1 Copy it, attempt 2, gone.1, copy, copy.x"
    )
