"""Drills that are kept: written once, read cheaply, and compared."""

from __future__ import annotations

import json
import tomllib

import pytest

from mobius_tui.cli import main
from mobius_tui.drill import drill_record, past_drills
from mobius_tui.drill.drill_score import Score
from mobius_tui.drill.past_drills import (
    compare_times,
    drills_with_score,
    newest_drill,
    trends,
)
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.structs import replace
from tests.conftest import MakeRunbook
from tests.drill.drills import HANDLED, directory_of, drill, worse
from tests.run.books import ONE, step


def test_what_is_kept_is_read_again() -> None:
    score = replace(HANDLED, hints=2, wrong=("1.1 A",), unsaid=("a \x1b[31m note",))
    made = drill(score)
    directory = directory_of(made)
    assert drill_record.read_drill_record(directory) == made
    assert drill_record.drill_record_path(directory).stat().st_mode & 0o777 == 0o600
    assert not directory.record.exists(), "whoever ends the run writes that"


def test_the_record_of_the_run_stays() -> None:
    made = drill()
    directory = directory_of(made)
    directory.record.write_text('run = "x"\nhead = "abc"\n')
    drill_record.write_drill_record(directory, made)
    said = tomllib.loads(directory.record.read_text())["score"]
    assert said["faults"] == ["bad-release"]
    assert (said["handled"], said["restored"]) == (True, 240.5)
    drill_record.write_drill_record(
        directory, replace(made, score=Score(handled=False, left=("ill",)))
    )
    said = tomllib.loads(directory.record.read_text())
    assert (said["run"], said["head"]) == ("x", "abc")
    assert said["score"]["left"] == ["ill"]
    assert "restored" not in said["score"], "it never came about"


@pytest.mark.parametrize("text", ["", "{}", "[1]", "{", "[" * 100_000, '{"run": 1}'])
def test_what_is_no_score_counts_as_none(text: str) -> None:
    directory = directory_of(drill())
    drill_record.drill_record_path(directory).write_text(text)
    assert drill_record.read_drill_record(directory) is None
    assert list(drills_with_score(runs_root())) == []


@pytest.mark.parametrize("name", ["began", "ended"])
@pytest.mark.parametrize("at", [253402300800.0, 1e300, -1.0, float("nan")])
def test_a_time_that_no_calendar_shows_is_no_score(name: str, at: float) -> None:
    directory = directory_of(drill())
    said = json.loads(drill_record.drill_record_path(directory).read_text())
    drill_record.drill_record_path(directory).write_text(json.dumps({**said, name: at}))
    assert drill_record.read_drill_record(directory) is None


@pytest.mark.parametrize("number", ["Infinity", "-Infinity", "NaN", "1e999", '"x"'])
@pytest.mark.parametrize("where", ["hints", "green", "restored"])
def test_a_count_that_is_no_number_is_no_score(where: str, number: str) -> None:
    directory = directory_of(drill())
    file = drill_record.drill_record_path(directory)
    said = json.loads(file.read_text())
    said["seen"] = [["probe api", "t", 1, 2, None, None]]
    if where == "green":
        said["seen"][0][3] = "HERE"
    else:
        said["score"][where] = "HERE"
    text = json.dumps(said)
    file.write_text(text.replace('"HERE"', "7"))
    assert drill_record.read_drill_record(directory) is not None
    file.write_text(text.replace('"HERE"', number))
    assert drill_record.read_drill_record(directory) is None


def test_what_an_older_version_did_not_know_is_not_missed() -> None:
    made = drill()
    file = drill_record.drill_record_path(directory_of(made))
    said = json.loads(file.read_text())
    del said["seen"], said["wrecked"], said["score"]["changed"]
    file.write_text(json.dumps(said))
    assert drill_record.read_drill_record(directory_of(made)) == made


def test_a_time_stands_beside_the_last_and_the_best_of_its_kind() -> None:
    drill(worse(by=40), days=9)
    drill(worse(by=-10), days=8)
    drill(worse(by=20), days=7)
    drill(replace(worse(by=-100), handled=False), days=6)
    drill(replace(worse(by=-100), automatic=True), days=5)
    drill(replace(worse(by=-100), faults=("other",)), days=4)
    now = drill()
    drill(worse(by=-100), days=-1)
    times = compare_times(now, drills_with_score(runs_root(), "mobius-rollback"))
    assert [(t.name, t.this_drill, t.last, t.best) for t in times] == [
        ("detected", 2.0, 22.0, -8.0),
        ("decided", 65.0, 85.0, 55.0),
        ("restored", 240.5, 260.5, 230.5),
        ("steady", 521.0, 541.0, 511.0),
    ]


def test_the_score_in_lines() -> None:
    drill(worse(by=20), days=7)
    now = drill(replace(HANDLED, wrong=("3.2 Restore",), hints=1))
    lines = list(
        past_drills.score_lines(now, compare_times(now, drills_with_score(runs_root())))
    )
    assert lines == [
        "score: handled; the fault was bad-release; times from the beginning on",
        "time to detect: 2 s; last 0:22, best 0:22: this is the best",
        "time to decide: 1:05; last 1:25, best 1:25: this is the best",
        "time to restore: 4:00; last 4:20, best 4:20: this is the best",
        "time to three healthy: 8:41; last 9:01, best 9:01: this is the best",
        "steps wrong: 3.2 Restore",
        "hints: 1",
    ]
    ill = drill(Score(handled=False, left=("/health answers 500",)), days=-1)
    lines = list(past_drills.score_lines(ill, compare_times(ill, ())))
    verdict = "score: not handled; no fault was injected"
    assert lines[0] == f"{verdict}; times from the beginning on"
    assert "time to restore: -" in lines
    assert [line for line in lines if "before" in line] == [
        "before: no drill of this kind was handled"
    ]
    assert lines[-1] == "still wrong: /health answers 500"


def test_a_time_that_no_drill_before_came_to_stands_alone() -> None:
    drill(replace(HANDLED, steady=None), days=7)
    now = drill(HANDLED)
    lines = list(
        past_drills.score_lines(now, compare_times(now, drills_with_score(runs_root())))
    )
    assert "time to three healthy: 8:41" in lines
    assert "time to restore: 4:00; last 4:00, best 4:00" in lines
    assert not any(line.startswith("before") for line in lines)


def test_what_is_read_of_each_drill_is_small() -> None:
    made = drill()
    data = drill_record.drill_record_path(directory_of(made)).read_bytes()
    assert len(data) < 8192
    assert json.loads(data)["run"] == made.run


def test_drills_are_grouped_by_what_broke_the_site() -> None:
    drill(worse(by=10), days=9)
    drill(worse(by=-10), days=8)
    drill(Score(faults=("bad-release",), handled=False), days=7)
    drill(replace(HANDLED, automatic=True), days=6)
    drill(replace(HANDLED, faults=("config-drift",), handled=False), days=5)
    elsewhere = drill(worse(by=-20), days=4)
    elsewhere = replace(elsewhere, own_staging=True)
    drill_record.write_drill_record(directory_of(elsewhere), elsewhere)
    found = trends(drills_with_score(runs_root()))
    kinds = [(t.faults, t.automatic, len(t.drills), t.fastest_index) for t in found]
    assert kinds == [
        (("bad-release",), False, 1, 0),
        (("config-drift",), False, 1, None),
        (("bad-release",), True, 1, 0),
        (("bad-release",), False, 3, 1),
    ]


def test_the_command_lists_drills(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "--drills"]) == 0
    said = capsys.readouterr()
    assert (said.out, "no drill is over" in said.err) == ("", True)
    made = drill(replace(HANDLED, unsaid=("a \x1b[31m note",)), operator="an\x1ba")
    ill = drill(Score(faults=("a", "b"), handled=False, automatic=True), days=1)
    assert main(["runs", "--drills"]) == 0
    head, first, second = capsys.readouterr().out.splitlines()
    assert head.split()[:3] == ["began", "detect", "decide"]
    for words in ("handled  ", "2 s     1:05     4:00     8:41  team", "an␛a"):
        assert words in first
    assert "not handled" in second
    assert "auto  a + b" in second
    assert main(["runs", "--drills", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [each["run"] for each in listed] == [made.run, ill.run]
    assert (listed[0]["steady"], listed[1]["steady"]) == (521.0, None)
    assert listed[1]["faults"] == ["a", "b"]


def test_how_fresh_a_runbook_is(make_runbook: MakeRunbook) -> None:
    steps = [step(name) for name in ("a", "b", "c")]
    book = make_runbook(ONE + "".join(steps))
    assert newest_drill(runs_root(), book) is None
    drill(HANDLED, days=12, runbook=book)
    fresh = newest_drill(runs_root(), book)
    assert fresh is not None
    assert (fresh.score_words, fresh.edits, fresh.shows_handled) == ("8:41", "", True)
    moved = make_runbook("# a comment\n" + ONE + "".join(steps))
    fresh = newest_drill(runs_root(), moved)
    assert fresh is not None
    assert fresh.edits == "edited since, but no step"
    edited = make_runbook(ONE + step("a", "false") + step("b") + step("d"))
    fresh = newest_drill(runs_root(), edited)
    assert fresh is not None
    assert fresh.edits == "3 steps edited since", "a was edited, c removed, d is new"
    drill(Score(handled=False), days=3, runbook=edited)
    fresh = newest_drill(runs_root(), edited)
    assert fresh is not None
    assert (fresh.score_words, fresh.edits, fresh.shows_handled) == ("", "", False)
