"""One journal, and every place that tells its times: they all tell the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import tomli_w

from mobius_tui.drill import drill_record
from mobius_tui.drill.drill_score import TIME_FIELDS, FaultFacts
from mobius_tui.drill.drill_verdict import record_score
from mobius_tui.health.health_record import ProbeResult
from mobius_tui.review.drill_comparison import last_drill_before
from mobius_tui.review.report_builder import build_report
from mobius_tui.review.reviewed_run import ReviewedRun
from mobius_tui.review.run_statistics import past_runs
from mobius_tui.run.client.follow_up import run_facts
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.events.run_events import RunEnded
from mobius_tui.run.events.step_events import (
    CheckTried,
    ChoiceMade,
    StepEnded,
    StepStarted,
)
from mobius_tui.run.events.watch_events import TriggerCleared, TriggerFired
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.journal.outage_times import MILESTONE_NAMES
from mobius_tui.run.records.drill_history import times_of_record
from mobius_tui.run.records.record_file import read_record
from mobius_tui.run.records.run_record import write_record
from mobius_tui.run.records.verification import run_problems
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.tui.presenters.health_view import outage_lines
from mobius_tui.tui.presenters.run_presenter import RunPresenter
from tests.review.forms import FORMS
from tests.review.story import begun
from tests.tui.runs import BEGAN

AT = {
    "detected": 20.0,  # a look of a check failed, before the trigger fired
    "acknowledged": 40.0,
    "decided": 40.0,
    "rollback": 50.0,
    "restored": 110.0,  # a check at 60 was healthy, too, and the next one failed
    "steady": 130.0,
}
"""Seconds from the beginning of the drill."""
FIRED = 30.0


def checks(began: float) -> Iterator[ProbeResult]:
    """Healthy at first, ill from 0:10 on, once well at 1:00, and for good from 1:50."""
    for slot in range(20):
        ill = 1 <= slot < 11 and slot != 6
        for probe in ("api", "jobs"):
            yield ProbeResult(
                at=began + slot * 10.0,
                mono=slot * 10.0,
                probe=probe,
                state="failed" if ill and probe == "api" else "ok",
                status=500 if ill else 200,
                ms=10.0,
            )


def drilled(*, left: tuple[str, ...] = (), injected: float | None = None) -> Follower:
    """A drill that is over and scored.

    Args:
        left: what its site showed to be wrong at the end.
        injected: when the site was broken, in seconds from the drill's beginning.
    """
    began = BEGAN - 86_400
    run = begun(runs_root(), mode=Mode.DRILL, at=began)
    run.write(StepStarted(step="verify", attempt=1), after=15)
    look = CheckTried(
        step="verify", attempt=1, check=0, look=1, held=False, detail="", ms=3, row=0
    )
    run.write(look, after=5, by="host")
    fired = TriggerFired(
        probe="api", rule="consecutive_failures", reason="3 failures", seen=run.at
    )
    run.write(fired, after=10, by="trigger")
    way = ChoiceMade(step="decide", attempt=1, var="way", values=("roll back",))
    run.write(way, after=10)
    run.write(StepStarted(step="roll", attempt=1), after=10)
    run.write(StepEnded(step="roll", attempt=1, result=Status.PASSED, exit=0), after=20)
    run.write(
        TriggerCleared(probe="api", rule="consecutive_failures"), after=70, by="trigger"
    )
    run.write(RunEnded(outcome=Outcome.COMPLETED, reason="so"), after=60)
    run.health(checks(began))
    follower = Follower(run.directory)
    write_record(run.directory, follower.plan, follower.state, follower.head)
    at = None if injected is None else began + injected
    record_score(follower, FaultFacts(injected=at), left)
    return follower


def told(drill: Follower) -> dict[str, float | None]:
    """By the report of the drill, each time in seconds from its beginning."""
    found = json.loads(FORMS["report.json"](build_report(drill.directory)))
    began = datetime.fromisoformat(found["began"])
    assert found["since_trigger"]
    times: dict[str, float | None] = dict.fromkeys(AT)
    for each in found["measures"]:
        if each["at"] and each["name"] in AT:
            seconds = (datetime.fromisoformat(each["at"]) - began).total_seconds()
            times[each["name"]] = seconds
            assert each["after"] == seconds - FIRED
    return times


def test_a_report_the_score_and_the_record_have_the_same_times() -> None:
    drill = drilled()
    began = drill.state.began_at
    assert told(drill) == AT
    drill_json = drill_record.read_drill_record(drill.directory)
    assert drill_json is not None
    for name in TIME_FIELDS:
        assert getattr(drill_json.score, name) == AT[name]
    outage = read_record(drill.directory)["outage"]
    for name in MILESTONE_NAMES:
        assert outage[name].timestamp() - began == AT[name]
    assert not [each for each in run_problems(drill.directory) if "record.toml" in each]


def test_the_card_at_the_end_the_status_and_who_looks_back_say_the_same() -> None:
    drill = drilled()
    view = RunPresenter(Viewer(drill.directory)).run_view_at(
        drill.state.last_entry_at, None
    )
    assert view.milestones is not None
    assert [*outage_lines(view.milestones, lambda _: "then", str)] == [
        ("then", "trigger fired: 3 failures"),
        ("+0:10", "acknowledged by maria, counted from the trigger"),
        ("+0:20", "rollback begun"),
        ("+1:20", "healthy again"),
        ("+1:40", "three healthy in a row"),
    ]
    outage = run_facts(drill.directory.id)[1]["outage"]
    assert outage.endswith("three healthy checks in a row after 1 min 40 s")


def test_a_later_run_its_comparison_and_the_statistics_tell_the_same() -> None:
    drill = drilled()
    (past,) = past_runs(runs_root(), "story")
    assert past.restored == AT["restored"] - FIRED
    run = begun(runs_root(), at=BEGAN)
    before = {each.name: each.last for each in build_report(run.directory).measures}
    assert {name: before[name] for name in AT} == {
        name: at - FIRED for name, at in AT.items()
    }
    rewound = ReviewedRun(run.directory)
    beside = last_drill_before(
        rewound.directory, rewound.began, rewound.newest_state.began_at
    )
    assert beside is not None
    assert beside.milestones == ReviewedRun(drill.directory).milestones()
    for name, at in AT.items():
        assert beside.milestones.seconds_until(name) == at - FIRED


def test_what_the_site_showed_to_be_broken_was_never_restored() -> None:
    drill = drilled(left=("the worker is gone",))
    lasting = told(drill)
    assert (lasting["restored"], lasting["steady"]) == (None, None)
    (past,) = past_runs(runs_root(), "story")
    assert past.restored is None
    run = begun(runs_root(), at=BEGAN)
    before = {each.name: each.last for each in build_report(run.directory).measures}
    assert (before["restored"], before["rollback"]) == (None, 20.0)


def test_before_the_site_was_broken_nothing_was_a_sign_of_it() -> None:
    drill = drilled(injected=25.0)
    assert told(drill) == {**AT, "detected": FIRED}
    drill_json = drill_record.read_drill_record(drill.directory)
    assert drill_json is not None
    assert drill_json.score.injected == 25.0
    assert drill_json.score.detected == FIRED - 25
    assert drill_json.score.restored == AT["restored"] - 25


def test_a_record_of_an_older_version_is_held_to_its_journal_and_read() -> None:
    drill = drilled()
    record = read_record(drill.directory)
    outage = record["outage"]
    at = {name: outage["fired"] + timedelta(seconds=s) for name, s in OLDER.items()}
    same = {name: outage[name] for name in ("probe", "reason", "acknowledged_by")}
    older = {**same, "fired": outage["fired"], **at}
    text = tomli_w.dumps({**record, "outage": older})
    drill.directory.record.write_text(text)
    assert not [each for each in run_problems(drill.directory) if "record.toml" in each]
    assert (
        times_of_record(read_record(drill.directory))["restored"]
        == OLDER["first_healthy"]
    )
    older["first_healthy"] = outage["fired"]
    drill.directory.record.write_text(tomli_w.dumps({**record, "outage": older}))
    assert [each for each in run_problems(drill.directory) if "outage" in each]


OLDER = {
    "acknowledged": 10,
    "rollback_began": 20,
    "first_healthy": 30,
    "three_healthy": 100,
}
"""Seconds from the trigger on, as records told them: until one healthy check."""
