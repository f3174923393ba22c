"""The card at the end of a drill: it waits for the site's own word, and shows it."""

from __future__ import annotations

import os
from pathlib import Path

from mobius_tui.drill import drill_record
from mobius_tui.drill.detection_coverage import SubjectCoverage
from mobius_tui.drill.detections import subject_records
from mobius_tui.drill.drill_verdict import exit_code_on_leaving
from mobius_tui.drill.site import site_services
from mobius_tui.errors import EXIT_FAILED, EXIT_OK
from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.events.run_events import RunEnded
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.loader import load
from mobius_tui.structs import replace
from mobius_tui.tui.dialogs.end_card import EndCard
from mobius_tui.tui.presenters.score_fields import (
    DrillResult,
    score_fields,
    undetected_fields,
)
from mobius_tui.tui.presenters.styled_text import Field, text
from mobius_tui.tui.widgets.detail_pane import LABEL_CELLS
from tests.drill.drills import HANDLED, drill, worse
from tests.tui.runs import ROLLBACK, MadeRun, Time, opened, press, until, words


def over(site: Path) -> MadeRun:
    """A drill that has ended, on a site that is still guarded."""
    (site / "run").mkdir(parents=True)
    site_services.write_pid_file(site / "run" / "owner", os.getpid())
    run = MadeRun(
        runs_root(), load(ROLLBACK), values={}, mode=Mode.DRILL, site=str(site)
    )
    run.write(RunEnded(outcome=Outcome.COMPLETED, reason="all done"), after=60)
    return run


def test_each_label_leaves_a_blank_before_what_it_says() -> None:
    one = ("1.1 A",)
    said = replace(
        HANDLED,
        left=one,
        wrong=one,
        skipped=one,
        out_of_order=one,
        overridden=one,
        undo_proved=one,
        undo_unchecked=one,
        unsaid=one,
        hints=1,
    )
    result = DrillResult(drill=drill(said), times=())
    labels = [each.label for each in score_fields(result)]
    assert {"unsure", "wrong"} <= {*labels}
    assert max(map(len, labels)) < LABEL_CELLS


async def test_the_card_shows_the_score_when_the_site_was_asked(tmp_path: Path) -> None:
    made = drill(worse(by=20), days=3)
    run = over(tmp_path / "site")
    time = Time(run.at)
    async with opened(run, time=time) as (screen, pilot):
        await until(pilot, lambda: isinstance(pilot.app.screen, EndCard))
        assert "the site is asked how it is" in words(pilot)
        score = replace(
            HANDLED, left=("[/x] is ill",), handled=False, out_of_order=("1.1 A",)
        )
        now = replace(made, run=run.directory.id, began=run.at - 60, score=score)
        drill_record.write_drill_record(run.directory, now)
        await until(pilot, lambda: "✖ not handled" in words(pilot))
        shown = words(pilot)
        assert "the fault was bad-release" in shown
        assert "8:41  last 9:01, best 9:01: this is the best" in shown
        assert "[/x] is ill" in shown
        assert "order   1.1 A" in shown
        await press(pilot, time, "q")
        assert pilot.app.return_value == EXIT_FAILED
        assert exit_code_on_leaving(screen.feed.state, run.directory) == EXIT_FAILED


async def test_a_drill_without_a_guard_has_no_score(tmp_path: Path) -> None:
    run = over(tmp_path / "site")
    (tmp_path / "site" / "run" / "owner").unlink()
    async with opened(run) as (_, pilot):
        await until(pilot, lambda: "score   none" in words(pilot))


async def test_a_run_that_is_no_drill_of_a_site_has_none(tmp_path: Path) -> None:
    run = MadeRun(tmp_path / "runs", load(ROLLBACK), values={})
    run.write(RunEnded(outcome=Outcome.COMPLETED, reason="all done"), after=60)
    async with opened(run) as (screen, pilot):
        await until(pilot, lambda: isinstance(pilot.app.screen, EndCard))
        assert "score" not in words(pilot)
        assert exit_code_on_leaving(screen.feed.state, run.directory) == EXIT_OK


async def test_what_no_drill_has_seen_red_is_not_for_who_drills_for_the_first_time(
    tmp_path: Path,
) -> None:
    run = MadeRun(tmp_path / "runs", load(ROLLBACK), values={})
    run.write(RunEnded(outcome=Outcome.COMPLETED, reason="all done"), after=60)
    records = subject_records(Plan(run.runbook), (), {})
    unseen = tuple(undetected_fields(SubjectCoverage(drills=1, records=records)))

    async def judge() -> tuple[Field, ...]:
        return (Field("score", text("as it should be")), *unseen)

    async with opened(run, size=(120, 50)) as (screen, pilot):
        await until(pilot, lambda: isinstance(pilot.app.screen, EndCard))
        assert screen.view is not None
        for more in ((), (Field("next", text("go on")),)):
            await pilot.app.push_screen(EndCard(screen.view, "there", judge, more))
            await until(pilot, lambda: "score   as it should be" in words(pilot))
            assert ("were never seen red" in words(pilot)) is not bool(more)
            assert (unseen[1].content.plain in words(pilot)) is not bool(more)
            await pilot.app.pop_screen()
