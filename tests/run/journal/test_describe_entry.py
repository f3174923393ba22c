"""What an entry of the journal says to a reader."""

from __future__ import annotations

import time

import pytest

from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import HostStarted, TakenOver
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


@pytest.mark.parametrize(
    ("taken_from", "where"),
    [
        ({"machine": "m", "name": "jump-1", "path": "/runs/x"}, "jump-1"),
        ({"machine": "here", "name": "jump-2", "path": "/runs/x"}, "/runs/x"),
        ({}, "where it was before"),
    ],
)
def test_a_takeover_says_from_where_and_what_is_unknown_since(
    make_runbook: MakeRunbook, taken_from: dict[str, str], where: str
) -> None:
    book = make_runbook(BOOK)
    heard = time.mktime((2026, 11, 24, 3, 12, 7, 0, 0, -1))
    event = TakenOver(
        epoch=2,
        place={"machine": "here", "name": "jump-2"},
        taken_from=taken_from,
        heard=heard,
        in_flight=("copy.1",),
    )
    entry = Entry(n=1, at=heard + 60, mono=0.0, boot="boot", by="anna", event=event)
    said = journal_entry_text(entry, Plan(book), initial_state(book))
    assert said == (
        f"taken over by anna, from {where}, whose host was last heard 03:12:07; "
        "unknown since then: 1.1 Copy it, attempt 1"
    )
