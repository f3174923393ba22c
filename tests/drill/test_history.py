"""Drills that are kept: written once, read cheaply, and compared."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace

import pytest

from mobius_tui.drill import kept, score_words
from mobius_tui.drill.history import beside, history
from mobius_tui.drill.score import Score
from mobius_tui.run.directory import runs_root
from tests.drill.drills import HANDLED, directory_of, drill, worse


def test_what_is_kept_is_read_again() -> None:
    score = replace(HANDLED, hints=2, wrong=("1.1 A",), unsaid=("a \x1b[31m note",))
    made = drill(score)
    directory = directory_of(made)
    assert kept.read(directory) == made
    said = tomllib.loads(directory.record.read_text())["score"]
    assert said["faults"] == ["bad-release"]
    assert said["handled"] is True
    assert said["restored"] == 240.5
    assert kept.path(directory).stat().st_mode & 0o777 == 0o600


def test_the_record_of_the_run_stays() -> None:
    made = drill()
    directory = directory_of(made)
    directory.record.write_text('run = "x"\nhead = "abc"\n')
    kept.write(directory, replace(made, score=Score(handled=False, left=("ill",))))
    said = tomllib.loads(directory.record.read_text())
    assert (said["run"], said["head"]) == ("x", "abc")
    assert said["score"]["left"] == ["ill"]
    assert "restored" not in said["score"], "it never came about"


@pytest.mark.parametrize("text", ["", "{}", "[1]", "{", "[" * 100_000, '{"run": 1}'])
def test_what_is_no_score_counts_as_none(text: str) -> None:
    directory = directory_of(drill())
    kept.path(directory).write_text(text)
    assert kept.read(directory) is None
    assert list(history(runs_root())) == []


def test_a_time_stands_beside_the_last_and_the_best_of_its_kind() -> None:
    drill(worse(by=40), days=9)
    drill(worse(by=-10), days=8)
    drill(worse(by=20), days=7)
    drill(replace(worse(by=-100), handled=False), days=6)
    drill(replace(worse(by=-100), automatic=True), days=5)
    drill(replace(worse(by=-100), faults=("other",)), days=4)
    now = drill()
    drill(worse(by=-100), days=-1)
    times = beside(now, history(runs_root(), "mobius-rollback"))
    assert [(t.name, t.now, t.last, t.best) for t in times] == [
        ("detected", 2.0, 22.0, -8.0),
        ("decided", 65.0, 85.0, 55.0),
        ("restored", 240.5, 260.5, 230.5),
        ("steady", 521.0, 541.0, 511.0),
    ]


def test_the_score_in_lines() -> None:
    drill(worse(by=20), days=7)
    now = drill(replace(HANDLED, wrong=("3.2 Restore",), hints=1))
    lines = list(score_words.lines(now, beside(now, history(runs_root()))))
    assert lines == [
        "score: handled; the fault was bad-release",
        "time to detect: 2 s; last 0:22, best 0:22: this is the best",
        "time to decide: 1:05; last 1:25, best 1:25: this is the best",
        "time to restore: 4:00; last 4:20, best 4:20: this is the best",
        "time to three healthy: 8:41; last 9:01, best 9:01: this is the best",
        "steps wrong: 3.2 Restore",
        "hints: 1",
    ]
    ill = drill(Score(handled=False, left=("/health answers 500",)), days=-1)
    lines = list(score_words.lines(ill, beside(ill, ())))
    assert lines[0] == "score: not handled; no fault was injected"
    assert "time to restore: -; no such drill before" in lines
    assert lines[-1] == "still wrong: /health answers 500"


def test_many_are_read_in_no_time() -> None:
    made = drill()
    data = kept.path(directory_of(made)).read_bytes()
    assert len(data) < 8192, "it is small"
    assert json.loads(data)["run"] == made.run
