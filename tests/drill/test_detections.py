"""What drills have seen red and green, of the text that it has now."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mobius_tui.cli import main
from mobius_tui.drill import drill_record
from mobius_tui.drill.detection_coverage import (
    coverage_summary,
    coverage_words,
    subject_coverage,
)
from mobius_tui.drill.detections import (
    CheckKey,
    DetectionCounts,
    ProbeKey,
    detection_counts,
    parse_key,
    subjects,
)
from mobius_tui.drill.drill_record import DrillRecord
from mobius_tui.health.health_history import HealthHistory
from mobius_tui.health.trigger import TriggerKey
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.step_events import CheckTried, RowsAdded
from mobius_tui.run.events.watch_events import TriggerFired
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.state.added_steps import apply_step_addition_event
from mobius_tui.run.state.reducer import initial_state
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.structs import replace
from tests.conftest import MakeRunbook
from tests.drill.drills import DAY, HANDLED, directory_of, drill
from tests.health.checks import numbered, trace
from tests.run.books import ONE, step
from tests.tui.runs import BEGAN

BOOK = (
    """
[health]
every = "1s"
[health.trigger]
consecutive_failures = 3
error_rate = { above = 0.05 }
then = "other"
[[health.probe]]
id = "api"
url = "http://localhost:1/"
[[health.probe]]
id = "quiet"
url = "http://localhost:2/"
trigger = false
"""
    + ONE
    + step(
        "one",
        more="[phase.step.check]\n"
        'port = [{ at = "h:1" }, { at = "h:2" }]\ndisk = { free = "1%" }',
    )
    + step("two", more='check = { port = { at = "h:3" } }')
    + step("bare")
    + '[[phase]]\nid = "other"\ntitle = "Other"\naside = true\n'
    + step("three")
)


@pytest.fixture
def book(make_runbook: MakeRunbook) -> Runbook:
    return make_runbook(BOOK)


def look(at: float, index: int, *, held: bool) -> tuple[float, Event]:
    return at, CheckTried(
        step="one",
        attempt=1,
        check=index,
        look=1,
        held=held,
        detail="",
        ms=1.0,
        row=int(held),
    )


def seen(book: Runbook, *told: tuple[float, Event]) -> tuple[DetectionCounts, ...]:
    past = HealthHistory()
    for check in numbered(trace("of-ffo")):
        past.add(check)
    entries = [
        Entry(n=n, at=at, mono=at, boot="b", by="host", event=event)
        for n, (at, event) in enumerate(told, 1)
    ]
    return detection_counts(Plan(book), entries, past, 60.0)


def test_what_can_be_red_has_a_name(book: Runbook) -> None:
    assert {str(each.key): each.name for each in subjects(Plan(book))} == {
        "probe api": "probe api",
        "probe quiet": "probe quiet",
        "trigger api consecutive_failures": "trigger consecutive_failures of api",
        "trigger api error_rate": "trigger error_rate of api",
        "check one 0": "1.1 one: port check 1",
        "check one 1": "1.1 one: port check 2",
        "check one 2": "1.1 one: disk check",
        "check two 0": "1.2 two: port check",
    }


def test_looks_probes_and_triggers_are_counted(book: Runbook) -> None:
    fired = TriggerFired(
        probe="api", rule="consecutive_failures", reason="so", seen=4.0
    )
    found = seen(
        book,
        look(1.0, 0, held=False),
        look(2.0, 0, held=False),
        look(3.0, 0, held=True),
        look(4.0, 1, held=True),
        (5.0, fired),
    )
    counted = {str(s.key): (s.red, s.green, s.last_red, s.last_green) for s in found}
    assert counted == {
        "probe api": (3, 2, 5.0, 6.0),
        "trigger api consecutive_failures": (1, 0, 5.0, None),
        "trigger api error_rate": (0, 1, None, 60.0),
        "check one 0": (2, 1, 2.0, 3.0),
        "check one 1": (0, 1, None, 4.0),
    }


def test_rows_count_for_the_step_whose_they_are(make_runbook: MakeRunbook) -> None:
    """A drill that has other rows, or a run that has grown, is about the same check."""
    more = (
        'for_each = ["a", "b"]\nitem = "item"\neffect = "read"\n'
        "check = { run = 'true' }"
    )
    head = 'format = 2\n[runbook]\ntitle = "Rows"\n'
    book = make_runbook(head + ONE + step("each", more=more) + step("last"))
    plan, grown = Plan(book), Plan(book)
    state = initial_state(book)
    rows = RowsAdded(step="each", rows=("each--1",), items=("a",))
    apply_step_addition_event(state, rows)
    grown.catch_up(state)
    [subject] = subjects(plan)
    assert subject.name == "1.1 each: run check"
    assert [*subjects(grown)] == [subject]
    tried = CheckTried(
        step="each--1", attempt=1, check=0, look=1, held=False, detail="", ms=1.0, row=0
    )
    entries = [Entry(n=1, at=2.0, mono=2.0, boot="b", by="host", event=tried)]
    [found] = detection_counts(grown, entries, HealthHistory(), 60.0)
    assert (found.key, found.text, found.red) == (subject.key, subject.text_digest, 1)


def kept_with(book: Runbook, *told: tuple[float, Event], fault: str) -> DrillRecord:
    """A drill of a day ago in which this was seen."""
    score = replace(HANDLED, faults=(fault,))
    made = replace(drill(score, days=1, runbook=book), seen=seen(book, *told))
    drill_record.write_drill_record(directory_of(made), made)
    return made


def test_it_is_about_the_text_that_it_has_now(
    book: Runbook, make_runbook: MakeRunbook
) -> None:
    held = [look(BEGAN - DAY, index, held=False) for index in (0, 1)]
    kept_with(book, *held, look(BEGAN - DAY, 2, held=True), fault="dead-worker")

    def never(now: Runbook) -> dict[str, tuple[str, ...]]:
        found = subject_coverage(runs_root(), now).never_red
        return {str(each.subject.key): each.expected_faults for each in found}

    calm = {
        "probe quiet": ("bad-release",),
        "trigger api consecutive_failures": ("bad-release",),
        "trigger api error_rate": ("error-burst",),
        "check one 2": (),
        "check two 0": (),
    }
    assert never(book) == calm
    moved = make_runbook("# a comment\n\n" + BOOK.replace("h:3", "h:4"))
    assert never(moved) == calm, "step one is as it was"
    edited = make_runbook(BOOK.replace("h:2", "h:9"))
    red = {f"check one {n}": ("dead-worker",) for n in (0, 1)}
    assert never(edited) == {**calm, **red}, "it is known which fault reddened them"


def test_it_is_read_again_as_it_was_kept(book: Runbook) -> None:
    made = kept_with(book, look(3.0, 0, held=False), fault="x")
    assert drill_record.read_drill_record(directory_of(made)) == made
    assert made.seen


def test_on_a_teams_own_staging_only_its_own_faults_are_named(
    book: Runbook, make_runbook: MakeRunbook
) -> None:
    kept_with(book, look(BEGAN, 2, held=False), fault="bad-release")
    theirs = kept_with(book, look(BEGAN, 0, held=False), fault="web-down")
    drill_record.write_drill_record(
        directory_of(theirs), replace(theirs, began=BEGAN + DAY, own_staging=True)
    )
    edited = make_runbook(BOOK.replace("h:2", "h:9").replace("disk", "disk "))
    found = subject_coverage(runs_root(), edited)
    assert found.own_staging
    by_key = {str(each.subject.key): each for each in found.never_red}
    assert {
        key: each.expected_faults
        for key, each in by_key.items()
        if each.expected_faults
    } == {"check one 0": ("web-down",)}
    said = coverage_words(by_key["check one 0"], BEGAN, own_staging=True)
    assert said.endswith("; drill --inject-cmd FILE --fault web-down reddened it once")
    calm = coverage_words(by_key["probe quiet"], BEGAN, own_staging=True)
    assert calm == "probe quiet: nobody looked at it"
    assert next(iter(coverage_summary(found))).endswith("were never seen red")


def test_in_words(book: Runbook) -> None:
    assert list(coverage_summary(subject_coverage(runs_root(), book))) == [], (
        "nobody drilled it"
    )
    looks = [look(BEGAN - 2 * DAY, 2, held=True), look(BEGAN - 3 * DAY, 2, held=True)]
    kept_with(book, *looks, fault="bad-release")
    found = subject_coverage(runs_root(), book)
    tries = "were never seen red; drill --try-checks tries them"
    assert list(coverage_summary(found)) == [
        f"7 of 8 checks, probes and triggers {tries}",
        "probe quiet  (--fault bad-release)",
        "trigger consecutive_failures of api  (--fault bad-release)",
        "trigger error_rate of api  (--fault error-burst)",
        "and 4 more; mobius-tui check lists them",
    ]
    by_key = {str(each.subject.key): each for each in found.never_red}
    said = coverage_words(
        replace(by_key["check one 2"], expected_faults=("a", "b")), BEGAN
    )
    assert said == (
        "1.1 one: disk check: green 2 times, last 2 days ago; drill --fault a"
        " --try-checks tries it"
    )
    assert coverage_words(by_key["check two 0"], BEGAN).endswith(
        "nobody looked at it; drill --try-checks tries it"
    )
    there = coverage_words(by_key["probe quiet"], BEGAN, on_hosts=True)
    assert there.endswith(
        "nobody looked at it; drill --fault bad-release may redden it"
    )
    first, *_ = coverage_summary(replace(found, on_hosts=True))
    assert first.endswith("were never seen red"), "no drill tries them on hosts"


def test_check_lists_what_was_never_red_and_does_not_fail_for_it(
    book: Runbook, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(book.path)
    assert main(["check", path]) == 0
    assert "never seen red" not in capsys.readouterr().out
    kept_with(book, look(BEGAN, 0, held=False), fault="bad-release")
    assert main(["check", path]) == 0
    said = capsys.readouterr().out
    assert f"{path}: never seen red in 1 drill: 6 of 8 checks, probes and trig" in said
    assert "  1.1 one: port check 2: nobody looked at it" in said
    assert main(["check", path, "--json"]) == 0
    items = json.loads(capsys.readouterr().out)
    notes = [each for each in items if each["severity"] == "note"]
    assert len(notes) == 6
    (note,) = (n for n in notes if "port check 2" in n["message"])
    assert note["line"] == next(s.line for s in book.steps() if s.id == "one")


@pytest.mark.parametrize(
    ("days", "limit", "code", "said"),
    [
        (12, "30d", 0, "drilled 12 days ago by maria (score 8:41)"),
        (12, "2w", 0, "drilled 12 days ago"),
        (12, "1w", 1, "1w is the limit"),
        (12, "100h", 1, "100h is the limit"),
        (None, "30d", 1, "stale: never drilled here"),
    ],
)
def test_a_stale_runbook_fails_the_check(
    book: Runbook,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    days: float | None,
    limit: str,
    code: int,
    said: str,
) -> None:
    monkeypatch.setattr("time.time", lambda: BEGAN)
    if days is not None:
        drill(HANDLED, days=days, runbook=book)
    assert main(["check", "--fresh", limit, str(book.path)]) == code
    assert said in capsys.readouterr().out
    assert main(["check", "--fresh", limit, "--json", str(book.path)]) == code
    items = json.loads(capsys.readouterr().out)
    stale = [each for each in items if each["severity"] == "stale"]
    assert len(stale) == code


def test_a_drill_that_was_not_handled_refreshes_nothing(
    book: Runbook, capsys: pytest.CaptureFixture[str]
) -> None:
    drill(replace(HANDLED, handled=False), runbook=book)
    assert main(["check", "--fresh", "3000w", str(book.path)]) == 1
    assert "no drill of it was handled" in capsys.readouterr().out


def test_an_age_that_is_none_is_refused(
    book: Runbook, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--fresh", "soon", str(book.path)]) == 2
    assert "--fresh soon: write an age: 30d" in capsys.readouterr().err


def test_a_bundled_runbook_is_checked_by_its_name(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["check", "mobius-rollback"]) == 0
    assert "mobius-rollback.toml: ok" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("check one 2", CheckKey("one", 2)),
        ("probe api", ProbeKey("api")),
        ("trigger api error_rate", TriggerKey("api", "error_rate")),
    ],
)
def test_what_was_seen_stands_in_files_as_a_text(
    text: str, key: CheckKey | ProbeKey | TriggerKey
) -> None:
    assert (str(key), parse_key(text)) == (text, key)
    made = replace(
        drill(), seen=(DetectionCounts(key=key, text="t", red=1, last_red=5.0),)
    )
    directory = directory_of(made)
    drill_record.write_drill_record(directory, made)
    assert drill_record.read_drill_record(directory) == made
    said = json.loads(drill_record.drill_record_path(directory).read_text())
    assert said["seen"] == [[text, "t", 1, 0, 5.0, None]]


@pytest.mark.parametrize(
    "text", ["", "check one", "check one x", "gate a", "probe a b"]
)
def test_what_another_version_can_see_is_left_out(text: str) -> None:
    made = drill()
    directory = directory_of(made)
    said = json.loads(drill_record.drill_record_path(directory).read_text())
    rows = [[text, "t", 1, 0, 5.0, None], ["probe api", "t", 1, 0, 5.0, None]]
    drill_record.drill_record_path(directory).write_text(
        json.dumps({**said, "seen": rows})
    )
    found = drill_record.read_drill_record(directory)
    assert found is not None
    assert [each.key for each in found.seen] == [ProbeKey("api")]
