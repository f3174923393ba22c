"""What many runs say of a runbook."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mobius_tui.cli import main
from mobius_tui.review.run_statistics import (
    past_runs,
    runbook_statistics,
    statistics_lines,
)
from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.records.past_run import PastRun, PastStep
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.text.units import age_in_seconds, duration_literal
from mobius_tui.sanitize import cells
from tests.review.story import BOOK, HOSTILE, begun, story
from tests.tui.runs import BEGAN

PLAN = Plan(load(BOOK))


def run(place: int, took: tuple[float, ...], *, mode: Mode = Mode.INCIDENT) -> PastRun:
    step = PastStep(
        results=(Status.FAILED,) * (place % 2) + (Status.PASSED,) * len(took),
        passed_durations=took,
        skipped=not took,
        overridden=False,
    )
    return PastRun(
        id=f"run-{place}",
        runbook="story",
        mode=mode,
        outcome=Outcome.COMPLETED,
        began=BEGAN + place,
        restored=100.0 + place,
        steps={"look": step},
    )


def test_a_step_over_all_runs() -> None:
    found = runbook_statistics(
        PLAN, [run(n, (n + 1.0,)) for n in range(20)] + [run(20, ())]
    )
    (step, *others) = found.steps
    assert (step.id, step.runs, step.attempts, step.passed) == ("look", 20, 30, 20)
    assert (step.retries, step.skipped, step.overridden) == (10, 1, 0)
    assert (step.median, step.p95) == (10.0, 19.0)
    assert step.pass_rate == pytest.approx(2 / 3)
    assert all(other.runs == 0 and other.pass_rate is None for other in others)
    assert [each.id for each in found.skipped_most] == ["look"]


@pytest.mark.parametrize(
    ("took", "better"),
    [
        ((3.0, 4.0, 5.0), "5s"),  # it says 30 s
        ((31.0, 28.0, 33.0), None),
        ((3.0, 4.0), None),  # too few to say anything
        ((50.0, 61.0, 302.0), "5m30s"),
        ((700.0, 800.0, 901.0), "16m"),
    ],
)
def test_what_a_step_should_say_that_it_takes(
    took: tuple[float, ...], better: str | None
) -> None:
    found = runbook_statistics(
        PLAN, [run(2 * n, (each,)) for n, each in enumerate(took)]
    )
    off = found.steps[0].expect_correction
    assert (off.suggested if off is not None else None) == better


def test_incidents_say_what_to_expect_where_there_are_enough() -> None:
    drills = [run(2 * n, (1.0,), mode=Mode.DRILL) for n in range(9)]
    incidents = [run(2 * n, (30.0,)) for n in range(10, 13)]
    assert (
        runbook_statistics(PLAN, drills + incidents).steps[0].expect_correction is None
    )
    assert (
        runbook_statistics(PLAN, drills + incidents[:2]).steps[0].expect_correction
        is not None
    )
    restored = runbook_statistics(PLAN, drills + incidents).restored
    assert [len(restored[mode]) for mode in Mode] == [3, 9, 0]
    planned = [run(2 * n, (30.0,), mode=Mode.MAINTENANCE) for n in range(20, 23)]
    found = runbook_statistics(PLAN, drills + planned)
    assert found.steps[0].expect_correction is None


def test_real_runs_are_read_and_open_or_damaged_ones_left_out(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    story(root)
    story(root, mode=Mode.DRILL, at=BEGAN + 1000)
    begun(root, at=BEGAN + 2000)
    damaged = story(root, at=BEGAN + 3000).directory.journal
    damaged.write_bytes(damaged.read_bytes().replace(b"a.zip", b"b.zip", 1))
    found = tuple(past_runs(root, "story"))
    assert [(each.mode, each.outcome) for each in found] == [
        ("incident", "incomplete"),
        ("drill", "incomplete"),
    ]
    assert found[0].restored == 129
    assert found[0].steps["ask"].skipped
    assert found[0].steps["verify"].overridden
    assert found[0].steps["look"].passed_durations == (8.0,)
    assert tuple(past_runs(root, "other")) == ()


def test_the_lines_fit_and_say_it() -> None:
    found = runbook_statistics(PLAN, [run(n, (3.0,)) for n in (0, 1, 2, 33)])
    lines = list(statistics_lines(found))
    assert all(cells(each) <= 80 for each in lines[:8])
    text = "\n".join(lines)
    assert "4 incidents (4 completed)" in text
    assert 'write expect = "3s"' in text
    assert "Never begun: 1.2, 1.3, 2.1," in text
    assert "MTTR in incidents 1:49, median 1:41, best 1:40" in text
    assert "since the trigger, or else the beginning" in text
    assert "no run of it has ended yet" in "\n".join(
        statistics_lines(runbook_statistics(PLAN, []))
    )


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    story(runs_root(), said=HOSTILE)
    assert main(["stats", str(BOOK), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["restored"]["incident"][0]["seconds"] == 129
    assert found["outcomes"] == {"incident": {"incomplete": 1}}
    assert main(["stats", "story"]) == 0, "a run has it, though no file does"
    assert "1 incident (1 incomplete)" in capsys.readouterr().out
    assert main(["stats", "nothing"]) == 2


@pytest.mark.parametrize(
    ("duration", "text"), [(0, "0s"), (45, "45s"), (120, "2m"), (5400, "1h30m")]
)
def test_whole_seconds_are_spelt_as_in_a_runbook(duration: float, text: str) -> None:
    assert duration_literal(duration) == text


def test_ages() -> None:
    assert [age_in_seconds(text) for text in ("30d", "2w", "12h")] == [
        30 * 86400,
        14 * 86400,
        12 * 3600,
    ]
