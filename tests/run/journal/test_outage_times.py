"""From the trigger to three healthy checks: whom it is about, and what is kept."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from mobius_tui.health.health_history import HealthHistory
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import NoteAdded
from mobius_tui.run.events.step_events import StepStarted
from mobius_tui.run.events.watch_events import (
    RollbackBegan,
    RollbackHeld,
    TriggerCleared,
    TriggerFired,
    WatchArmed,
)
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.journal.outage_times import (
    MILESTONE_NAMES,
    Milestones,
    Outage,
    OutageSpan,
    milestones,
)
from mobius_tui.run.planning.plan import Plan
from tests.conftest import MakeRunbook
from tests.health.checks import numbered, trace
from tests.run.conftest import Begin
from tests.run.sites import Site, seen
from tests.run.small_runbook import end

FIRED = TriggerFired(
    probe="api", rule="consecutive_failures", reason="3 failed", seen=9.0
)
SLOW = TriggerFired(probe="api", rule="p95_latency", reason="slow", seen=9.0)
CLEARED = TriggerCleared(probe="api", rule="consecutive_failures")
BEGAN = RollbackBegan(phase="automatic", cause="trigger", reason="3 failed")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.close()


@pytest.fixture
def plan(make_runbook: MakeRunbook, site: Site) -> Plan:
    return Plan(make_runbook(site.book()))


def told(plan: Plan, spelt: str, *happened: tuple[float, str, Event]) -> Milestones:
    past = HealthHistory()
    for check in numbered(trace(spelt)):
        past.add(check)
    entries = [
        Entry(n=n, at=at, mono=at, boot="b", by=by, event=event)
        for n, (at, by, event) in enumerate(happened, 1)
    ]
    return milestones(plan, entries, past)


def test_no_trigger_no_outage(plan: Plan) -> None:
    assert told(plan, "ooo", (1.0, "anna", NoteAdded(text="hello"))) == Milestones()


def test_all_of_it(plan: Plan) -> None:
    assert told(
        plan,
        "oofffffffoofooo",
        (0.5, "anna", WatchArmed()),
        (5.1, "trigger", FIRED),
        (6.0, "host", NoteAdded(text="nobody")),
        (6.1, "drill", NoteAdded(text="nor who only plays a part")),
        (6.5, "anna", NoteAdded(text="I look")),
        (7.0, "ben", NoteAdded(text="me too")),
        (8.0, "trigger", BEGAN),
        (10.0, "trigger", CLEARED),
    ) == Milestones(
        outage=Outage(
            probe="api",
            reason="3 failed",
            fired=5.1,
            acknowledged=6.5,
            by="anna",
            rollback=8.0,
        ),
        triggered=True,
        detected=5.1,
        acknowledged=6.5,
        decided=8.0,
        rollback=8.0,
        restored=13.0,
        steady=15.0,
        outages=(
            OutageSpan(
                probe="api", reason="3 failed", fired=5.1, restored=13.0, during=""
            ),
        ),
    )


def test_a_hold_acknowledges_and_health_may_come_back_by_itself(plan: Plan) -> None:
    found = told(
        plan, "fffffoooo", (3.5, "trigger", FIRED), (4.0, "anna", RollbackHeld())
    )
    assert (found.acknowledged, found.rollback) == (4.0, None)
    assert (found.restored, found.steady) == (6.0, 8.0)


def test_a_destroying_step_of_a_person_is_a_rollback(plan: Plan) -> None:
    found = told(
        plan,
        "ffffff",
        (3.5, "trigger", FIRED),
        (4.0, "anna", StepStarted(step="verified", attempt=1)),
        (5.0, "anna", StepStarted(step="restore", attempt=1)),
        (6.0, "anna", StepStarted(step="restore", attempt=2)),
    )
    assert (found.acknowledged, found.rollback, found.restored) == (4.0, 5.0, None)


def test_it_is_about_the_latest_outage_until_a_rollback(plan: Plan) -> None:
    happened: tuple[tuple[float, str, Event], ...] = (
        (3.0, "trigger", FIRED),
        (4.0, "trigger", SLOW),  # the same outage: something has fired already
        (5.0, "trigger", CLEARED),
        (5.0, "trigger", TriggerCleared(probe="api", rule="p95_latency")),
        (7.0, "trigger", FIRED),
    )
    first = told(plan, "ffff", *happened[:2])
    assert first.outage is not None
    assert first.outage.fired == 3.0
    second = told(plan, "ffff", *happened)
    assert second.outage is not None
    assert second.outage.fired == 7.0
    after: tuple[float, str, Event] = (8.0, "trigger", BEGAN)
    more = ((9.0, "trigger", CLEARED), (12.0, "trigger", FIRED))
    third = told(plan, "ffff", *happened, after, *more)
    assert third.outage is not None
    assert third.outage.fired == 7.0


def test_what_fails_again_after_three_healthy_checks_is_another_outage(
    plan: Plan,
) -> None:
    fired: tuple[float, str, Event] = (3.5, "trigger", FIRED)
    found = told(plan, "fffooooooofo-oo", fired, (5.5, "trigger", CLEARED))
    assert (found.restored, found.steady) == (4.0, 6.0), "a failure later is another"
    assert found.seconds_until("restored") == 0.5
    again = (
        *(fired, (6.5, "trigger", CLEARED)),
        *((12.5, "trigger", FIRED), (13.5, "trigger", SLOW)),
    )
    found = told(plan, "fffooooofffffof", *again)
    spans = [(each.fired, each.restored) for each in found.outages]
    assert spans == [(3.5, 4.0), (12.5, None)]
    assert [each.fired for each in found.other_outages] == [3.5]
    assert found.restored is None, "the latest goes on"
    found = told(plan, "fffooooofffffofooo", *again)
    assert [(each.fired, each.restored) for each in found.outages] == [
        (3.5, 4.0),
        (12.5, 16.0),
    ]
    assert (found.restored, found.seconds_until("restored")) == (16.0, 3.5)


def test_what_fails_while_a_step_changes_something_is_told_apart(
    make_runbook: MakeRunbook, site: Site
) -> None:
    changes = ('run = "true"\neffect = "read"', 'run = "true"\neffect = "change"')
    plan = Plan(make_runbook(site.book().replace(*changes)))
    stop: tuple[float, str, Event] = (
        3.5,
        "anna",
        StepStarted(step="verified", attempt=1),
    )
    over: tuple[float, str, Event] = (7.5, "anna", end("verified"))
    fired: tuple[float, str, Event] = (6.5, "trigger", FIRED)
    planned = told(plan, "ooofffoooo", stop, fired, over)
    assert [(each.during, each.restored) for each in planned.outages] == [
        ("verified", 7.0)
    ]
    assert (planned.restored, planned.acknowledged, planned.decided) == (None,) * 3
    # What was broken before is none of its making, and neither is what fails later.
    broken = told(plan, "offfffoooo", stop, fired, over)
    assert broken.restored == 7.0
    assert [each.during for each in broken.outages] == [""]
    late = (stop, (4.5, "anna", end("verified")), (8.5, "trigger", FIRED))
    assert [each.during for each in told(plan, "oooooffff", *late).outages] == [""]


def test_what_was_changed_before_the_trigger_decided_nothing(
    make_runbook: MakeRunbook, site: Site
) -> None:
    changes = ('run = "true"\neffect = "read"', 'run = "true"\neffect = "change"')
    plan = Plan(make_runbook(site.book().replace(*changes)))
    happened: tuple[tuple[float, str, Event], ...] = (
        (1.0, "anna", StepStarted(step="verified", attempt=1)),
        (3.5, "trigger", FIRED),
        (4.0, "anna", NoteAdded(text="I see it")),
    )
    found = told(plan, "fffff", *happened)
    assert found.triggered
    assert (found.detected, found.acknowledged) == (1.0, 4.0)
    assert found.decided is None
    begun = told(plan, "fffff", *happened, (5.0, "trigger", BEGAN))
    assert (begun.decided, begun.seconds_until("decided")) == (5.0, 1.5)


async def test_the_record_of_a_run_keeps_it(begin: Begin, site: Site) -> None:
    run = await begin(site.book())
    await run.did("arm")
    (site.folder / "down").touch()
    await run.until(lambda state: state.watch.countdown is not None)
    await run.did("note", text="I see it")
    await run.until(lambda state: state.watch.rollback_passed)
    await seen(run, "ok", 3)
    await run.did("end", text="done")
    await run.over()
    kept = tomllib.loads(run.directory.record.read_text())["outage"]
    follower = Follower(run.directory)
    found = follower.milestone_tracker.milestones(follower.health_history)
    assert found.outage is not None
    assert kept["fired"] == kept["since"]
    assert abs(kept["fired"].timestamp() - found.outage.fired) < 1e-3
    times: list[datetime] = [kept[name] for name in ("fired", *MILESTONE_NAMES[1:])]
    assert times[1:3] != times[:2]
    for name in MILESTONE_NAMES:
        at = found.time_of(name)
        assert at is not None
        assert abs(kept[name].timestamp() - at) < 1e-3
    assert kept["acknowledged_by"] == run.state.began.operator  # type: ignore[union-attr]


async def test_the_record_of_a_calm_run_names_none(begin: Begin, site: Site) -> None:
    run = await begin(site.book())
    await seen(run, "ok", 1)
    await run.did("end", text="done")
    await run.over()
    assert "outage" not in tomllib.loads(run.directory.record.read_text())
