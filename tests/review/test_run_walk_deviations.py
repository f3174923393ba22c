"""What failed before it passed is told: by every report, and by the card at the end."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as Tree

import pytest

from mobius_tui.review.report_builder import build_report
from mobius_tui.review.run_walk import count_deviations
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import RunEnded
from mobius_tui.run.events.step_events import (
    Result,
    StepEnded,
    StepOverridden,
    StepSkipped,
    StepStarted,
    StepUnknown,
)
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.state.reducer import fold
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.library.loader import load
from mobius_tui.tui.dialogs.end_card import EndCard
from tests.paths import CASES
from tests.review.forms import FORMS
from tests.tui.runs import MadeRun, hosted, opened, until, words

CASE = CASES / "newcomer" / "dev.toml"


def attempts(tmp_path: Path, *results: Result) -> MadeRun:
    """A run of the case's only step, once for each result."""
    run = MadeRun(tmp_path / "runs", load(CASE), values={})
    for number, result in enumerate(results, 1):
        run.write(StepStarted(step="a", attempt=number), after=10)
        run.output("a", number, "boom\n")
        reason = "" if result == Status.PASSED else f"it {result}"
        ended = StepEnded(step="a", attempt=number, result=result, reason=reason)
        run.write(ended, after=1, by="host")
    return run


def junit(run: MadeRun) -> Tree.Element:
    whole = Tree.fromstring(FORMS["report.xml"](build_report(run.directory)))
    case = whole.find(".//testcase")
    assert case is not None
    return case


def test_an_attempt_that_failed_before_its_step_passed(tmp_path: Path) -> None:
    run = attempts(tmp_path, Status.FAILED, Status.TIMED_OUT, Status.PASSED)
    run.write(RunEnded(outcome=Outcome.COMPLETED, reason="so"))
    told = build_report(run.directory)
    assert [(d.kind, d.by, d.text) for d in told.deviations] == [
        ("failed", "maria", "attempt 1: it failed; later passed"),
        ("retried", "maria", "attempt 2; the one before it failed"),
        ("timed out", "maria", "attempt 2: it timed out; later passed"),
        ("retried", "maria", "attempt 3; the one before it timed out"),
    ]
    for name in ("report.md", "report.html", "report.json"):
        assert "attempt 2: it timed out; later passed" in FORMS[name](told)
        assert "None: no attempt went wrong" not in FORMS[name](told)


@pytest.mark.parametrize(
    "results", [("passed",), ("warned",)], ids=lambda each: "-".join(each)
)
def test_what_went_well_at_once_has_none(
    results: tuple[Result, ...], tmp_path: Path
) -> None:
    told = build_report(attempts(tmp_path, *results).directory)
    assert told.deviations == ()
    assert "None: no attempt went wrong" in FORMS["report.md"](told)


def test_a_step_that_passed_and_was_made_again_says_so(tmp_path: Path) -> None:
    told = build_report(attempts(tmp_path, Status.PASSED, Status.PASSED).directory)
    assert [(d.kind, d.text) for d in told.deviations] == [
        ("retried", "attempt 2; the one before it passed")
    ]


def test_a_test_case_that_passed_at_last_is_flaky_and_no_failure(
    tmp_path: Path,
) -> None:
    case = junit(attempts(tmp_path, Status.FAILED, Status.NOT_STARTED, Status.PASSED))
    assert [(each.tag, each.get("type")) for each in case] == [
        ("flakyFailure", "failed"),
        ("flakyError", "not started"),
        ("system-out", None),
    ]
    assert case[0].get("message") == "attempt 1: it failed"


def test_a_test_case_that_failed_at_last_ran_again(tmp_path: Path) -> None:
    case = junit(attempts(tmp_path, Status.OUTPUT_LOST, Status.STOPPED, Status.FAILED))
    assert [(each.tag, each.get("message")) for each in case][:3] == [
        ("failure", "it failed"),
        ("rerunError", "attempt 1: it output lost"),
        ("rerunFailure", "attempt 2: it stopped"),
    ]


def test_of_a_step_that_was_left_the_attempts_stand_in_its_output(
    tmp_path: Path,
) -> None:
    run = attempts(tmp_path, Status.FAILED)
    run.write(StepSkipped(step="a", reason="done by hand"), after=1)
    case = junit(run)
    assert [each.tag for each in case] == ["skipped", "system-out"]
    assert "attempt 1: failed" in (case[1].text or "")
    kinds = [(d.kind, d.text) for d in build_report(run.directory).deviations]
    assert kinds == [
        ("failed", "it failed; later skipped"),
        ("skipped", "done by hand"),
    ]


def test_an_attempt_of_which_nobody_knows_and_one_that_was_vouched_for(
    tmp_path: Path,
) -> None:
    run = attempts(tmp_path)
    run.write(StepStarted(step="a", attempt=1))
    run.write(StepUnknown(step="a", attempt=1, reason="its keeper died"), by="host")
    run.write(StepOverridden(step="a", reason="I looked"), after=1)
    told = build_report(run.directory)
    assert [(d.kind, d.text) for d in told.deviations] == [
        ("unknown", "its keeper died; later overridden"),
        ("overridden", "I looked"),
    ]
    assert [each.tag for each in junit(run)] == ["flakyError", "system-out"]
    follower = Follower(run.directory)
    assert count_deviations(follower.state) == {Status.UNKNOWN: 1}


@pytest.mark.parametrize("results", [(), ("passed",), ("failed",)])
def test_nothing_is_counted_that_the_steps_say_themselves(
    results: tuple[Result, ...], tmp_path: Path
) -> None:
    run = attempts(tmp_path, *results)
    assert (
        count_deviations(fold(run.runbook, Follower(run.directory).initial_entries))
        == {}
    )


async def test_the_card_at_the_end_counts_them(tmp_path: Path) -> None:
    run = attempts(
        tmp_path, Status.FAILED, Status.FAILED, Status.TIMED_OUT, Status.PASSED
    )
    async with hosted(run), opened(run) as (_, pilot):
        ended = RunEnded(
            outcome=Outcome.COMPLETED, reason="every step that applies is done"
        )
        run.write(ended, after=5)
        await until(pilot, lambda: isinstance(pilot.app.screen, EndCard))
        assert "1 passed" in words(pilot)
        assert "tries   ✖ 2 failed   ◷ 1 timed out   3 made again" in words(pilot)
