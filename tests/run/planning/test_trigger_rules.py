"""The rules of a run's triggers are made once their variables have values."""

from __future__ import annotations

from mobius_tui.health.trigger import Fired
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import VariableSet
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.trigger_rules import RunTriggerRules
from mobius_tui.run.state.reducer import advance, initial_state
from tests.conftest import MakeRunbook
from tests.health.checks import ok, trace
from tests.run.small_runbook import BEGAN

BOOK = """
[var.limit]
[health]
[[health.probe]]
id = "api"
title = "API"
url = "http://127.0.0.1:1/"
[health.trigger]
consecutive_failures = 2
p95_latency = { above = "${limit}", for_checks = 1 }
then = "p"
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "a"
title = "A"
effect = "read"
run = 'echo limit=1s >> "$RUNBOOK_OUTPUT"'
outputs = ["limit"]
"""


def test_a_limit_that_a_step_sets_is_waited_for(make_runbook: MakeRunbook) -> None:
    book = make_runbook(BOOK)
    state = initial_state(book)
    rules = RunTriggerRules(Plan(book), state)

    def happened(n: int, event: Event) -> None:
        entry = Entry(n=n, at=0.0, mono=0.0, boot="b", by="x", event=event)
        advance(state, entry)

    happened(1, BEGAN)
    assert rules.apply_probe_result(ok()) == ()
    assert rules.problem.endswith("above: limit has no value yet")
    happened(2, VariableSet(name="limit", value="1s", source="output", step="a"))
    first, second = (rules.apply_probe_result(check) for check in trace("ff"))
    assert first == ()
    assert [type(each) for each in second] == [Fired]
    assert rules.problem == ""
