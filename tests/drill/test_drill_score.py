"""The score of a drill, over journals made by hand."""

from __future__ import annotations

import pytest

from mobius_tui.drill.drill_score import FaultFacts, Score, score
from mobius_tui.health.health_history import HealthHistory
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.events.run_events import AutoStarted, NoteAdded, RunBegan
from mobius_tui.run.events.step_events import (
    CheckTried,
    ChoiceMade,
    StepEnded,
    StepOverridden,
    StepSkipped,
    StepStarted,
)
from mobius_tui.run.events.watch_events import TriggerFired
from mobius_tui.run.planning.plan import Plan
from mobius_tui.structs import replace
from tests.conftest import MakeRunbook
from tests.health.checks import numbered, trace

BOOK = """
[health]
every = "1s"
[[health.probe]]
id = "api"
url = "http://localhost:1/"
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "look"
title = "Look"
effect = "read"
run = "true"
on_failure = "continue"
[[phase.step]]
id = "say"
title = "Say"
optional = true
manual = "Say so."
[[phase.step]]
id = "decide"
title = "Decide"
[phase.step.choose]
var = "way"
[[phase.step.choose.option]]
value = "back"
[[phase.step]]
id = "change"
title = "Change"
effect = "change"
run = "true"
[[phase.step]]
id = "proof"
title = "Proof"
effect = "read"
run = "true"
check = { port = { at = "localhost:1" } }
[[phase.step]]
id = "other"
title = "Other"
effect = "destroy"
run = "true"
"""
FIRED = TriggerFired(probe="api", rule="success_rate", reason="so", seen=3.0)
CHOSEN = ChoiceMade(step="decide", attempt=1, var="way", values=("back",))

Told = tuple[float, str, Event]


@pytest.fixture
def plan(make_runbook: MakeRunbook) -> Plan:
    return Plan(make_runbook(BOOK))


def began() -> RunBegan:
    return RunBegan(
        run="r",
        runbook="test",
        file="test.toml",
        sha256="0",
        title="Test",
        mode=Mode.DRILL,
        workdir="/",
        operator="ana",
        setting={},
    )


def scored(
    plan: Plan,
    spelt: str,
    *told: Told,
    left: tuple[str, ...] | None = (),
    facts: FaultFacts | None = None,
) -> Score:
    """The score of a drill that began at 0, with a check of the API each second."""
    past = HealthHistory()
    for check in numbered(trace(spelt)):
        past.add(check)
    happened = ((0.0, "ana", began()), *told)
    entries = [
        Entry(n=n, at=at, mono=at, boot="b", by=by, event=event)
        for n, (at, by, event) in enumerate(happened, 1)
    ]
    return score(plan, entries, past, left=left, facts=facts or FaultFacts())


def done(
    at: float, step: str, result: str = "passed", *, by: str = "ana"
) -> list[Told]:
    """A step that is begun and a second later ends."""
    end = StepEnded(step=step, attempt=1, result=result)  # type: ignore[arg-type]
    return [(at, by, StepStarted(step=step, attempt=1)), (at + 1, "host", end)]


def straight() -> list[Told]:
    """Everything in order, and well."""
    return [
        *done(4.0, "look", "warned"),
        (6.0, "ana", CHOSEN),
        *done(7.0, "change"),
        *done(10.0, "proof"),
        *done(12.0, "other"),
    ]


def test_the_times_of_a_drill_that_went_well(plan: Plan) -> None:
    told = [(3.5, "host", FIRED), *straight()]
    found = scored(plan, "ffffffffooooooo", *told)
    assert (found.handled, found.left) == (True, ())
    times = (found.detected, found.decided, found.restored, found.steady)
    assert times == (3.5, 6.0, 9.0, 11.0)
    assert found == Score(
        handled=True,
        detected=3.5,
        decided=6.0,
        restored=9.0,
        steady=11.0,
        changed=("change", "other"),
    )


def test_it_begins_with_a_fault_that_came_later(plan: Plan) -> None:
    told = [(3.5, "host", FIRED), *straight()]
    facts = FaultFacts(faults=("x",), injected=3.0)
    found = scored(plan, "offfffffooooooo", *told, facts=facts)
    times = (found.detected, found.decided, found.restored, found.steady)
    assert times == (0.5, 3.0, 6.0, 8.0)
    assert found.faults == ("x",)


def test_what_the_site_still_shows_is_not_handled(plan: Plan) -> None:
    found = scored(plan, "ffffffffooooooo", *straight(), left=("it is ill",))
    assert (found.handled, found.left) == (False, ("it is ill",))
    assert (found.restored, found.steady) == (None, None)
    assert found.decided == 6.0
    unknown = scored(plan, "ffffffffooooooo", *straight(), left=None)
    assert (unknown.handled, unknown.restored) == (None, 9.0)


def test_a_service_that_fails_at_the_end_is_not_restored(plan: Plan) -> None:
    found = scored(plan, "fffffoooooooooof", *straight())
    assert (found.restored, found.steady) == (None, None)
    found = scored(plan, "fffffoooooooofo", *straight())
    assert (found.restored, found.steady) == (15.0, None)


def test_every_probe_has_to_be_well_again(make_runbook: MakeRunbook) -> None:
    web = '[[health.probe]]\nid = "web"\nurl = "http://localhost:2/"\n[[phase]]'
    plan = Plan(make_runbook(BOOK.replace("[[phase]]", web, 1)))

    def times(spelt: str) -> tuple[float | None, float | None]:
        past = HealthHistory()
        for probe, each in (("api", "fffoooooooooo"), ("web", spelt)):
            for check in numbered(trace(each, probe=probe)):
                past.add(check)
        entry = Entry(n=1, at=0.0, mono=0.0, boot="b", by="ana", event=began())
        found = score(plan, [entry], past, left=(), facts=FaultFacts())
        return found.restored, found.steady

    assert times("fffffffoooooo") == (8.0, 10.0)
    assert times("fffffffffffof") == (None, None)
    assert times("ooooooooooooo") == (4.0, 6.0)


def test_where_no_probe_failed_it_is_the_last_change_that_restores(plan: Plan) -> None:
    found = scored(plan, "ooooooooooooooooo", *straight())
    assert (found.restored, found.steady) == (13.0, 15.0)
    nothing = scored(plan, "ooooo", *done(1.0, "look"))
    assert (nothing.restored, nothing.steady) == (None, None)


def test_the_first_sign_counts_and_a_change_without_a_decision_decides(
    plan: Plan,
) -> None:
    look = CheckTried(
        step="proof", attempt=1, check=0, look=1, held=False, detail="", ms=1.0, row=0
    )
    told: list[Told] = [
        (2.0, "ana", StepStarted(step="proof", attempt=1)),
        (3.0, "host", look),
        *done(8.0, "change"),
    ]
    found = scored(plan, "ffff", *told)
    assert (found.detected, found.decided) == (3.0, 8.0)
    done_at_once = scored(plan, "ffff", *done(8.0, "change"))
    assert (done_at_once.detected, done_at_once.decided) == (8.0, 8.0)
    nothing = scored(plan, "ffff")
    assert (nothing.detected, nothing.decided) == (None, None)


def test_who_repairs_a_site_before_a_trigger_fires_has_decided(plan: Plan) -> None:
    told: list[Told] = [*done(2.0, "change"), (4.0, "trigger", FIRED)]
    found = scored(plan, "fffoooo", *told)
    assert (found.detected, found.decided, found.restored) == (2.0, 2.0, 4.0)


def test_out_of_order_is_what_a_person_began_before_what_is_still_to_do(
    plan: Plan,
) -> None:
    found = scored(plan, "o", *done(1.0, "change"), (3.0, "ana", CHOSEN))
    assert found.out_of_order == ("1.4 Change", "1.3 Decide")
    in_order = scored(plan, "o", *done(1.0, "look"), (3.0, "ana", CHOSEN))
    assert in_order.out_of_order == (), "1.2 is optional"
    by_itself = scored(plan, "o", *done(1.0, "change", by="auto"))
    assert by_itself.out_of_order == ()


@pytest.mark.parametrize(
    ("step", "result", "facts", "wrong"),
    [
        ("change", "failed", FaultFacts(), ("1.4 Change",)),
        ("change", "stopped", FaultFacts(), ()),
        ("change", "failed", FaultFacts(failing_steps=frozenset({"change"})), ()),
        (
            "change",
            "passed",
            FaultFacts(repair_steps=frozenset({"other"})),
            ("1.4 Change",),
        ),
        ("change", "passed", FaultFacts(repair_steps=frozenset({"change"})), ()),
        ("proof", "failed", FaultFacts(), ()),
    ],
)
def test_a_wrong_step_failed_and_not_by_the_fault(
    plan: Plan, step: str, result: str, facts: FaultFacts, wrong: tuple[str, ...]
) -> None:
    told = [*done(1.0, "look"), (2.0, "ana", CHOSEN), *done(3.0, step, result)]
    assert scored(plan, "fffffoooo", *told, facts=facts).wrong == wrong


def test_a_look_that_fails_after_the_service_is_back_is_wrong(plan: Plan) -> None:
    told = [*done(1.0, "look"), (2.0, "ana", CHOSEN), *done(7.0, "proof", "failed")]
    assert scored(plan, "fffoooooooo", *told).wrong == ("1.5 Proof",)


def test_what_the_runbook_failed_to_say(plan: Plan) -> None:
    found = scored(
        plan,
        "o",
        (1.0, "ana", NoteAdded(text="which log?", step="look")),
        (2.0, "ana", NoteAdded(text="slow today")),
        (3.0, "ana", StepSkipped(step="say", reason="nobody there")),
        (4.0, "ana", StepOverridden(step="look", reason="I looked myself")),
        (5.0, "auto", StepSkipped(step="change", reason="a manual step")),
        (6.0, "host", NoteAdded(text="not a person's")),
    )
    assert found.unsaid == (
        "1.1 Look: which log?",
        "slow today",
        "1.2 Say skipped: nobody there",
        "1.1 Look overridden: I looked myself",
    )
    assert found.skipped == ("1.4 Change",), "1.2 is optional"
    assert found.overridden == ("1.1 Look",)


def test_a_drill_that_ran_by_itself_says_so(plan: Plan) -> None:
    assert not scored(plan, "o").automatic
    assert scored(plan, "o", (1.0, "ana", AutoStarted())).automatic
    assert replace(scored(plan, "o"), handled=None) == replace(Score(), handled=None)
