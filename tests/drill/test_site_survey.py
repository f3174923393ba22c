"""Trying every check: on a broken site before a run, and on its wreck afterwards."""

from __future__ import annotations

import asyncio
from pathlib import Path

from mobius_tui.drill import injection_log
from mobius_tui.drill.detections import (
    CheckKey,
    DetectionCounts,
    merge_detections,
    subjects,
)
from mobius_tui.drill.drill_verdict import judge_drill
from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.site.drill_site import (
    Site,
    drill_variables,
    environment_variables,
)
from mobius_tui.drill.site_survey import (
    SiteSurvey,
    read_survey,
    survey_after_run,
    survey_before_run,
)
from mobius_tui.run.client.run_briefing import Briefing, prepare_briefing
from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.events.run_events import RunEnded
from mobius_tui.run.events.step_events import RowsAdded
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.state.added_steps import apply_step_addition_event
from mobius_tui.run.state.reducer import initial_state
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import bundled_runbooks
from mobius_tui.runbook.model.check_kinds import ProcessCheck, ServiceCheck
from mobius_tui.runbook.model.runbook import Runbook
from tests.conftest import MakeRunbook
from tests.tui.runs import BEGAN, ROLLBACK, MadeRun

PACE = "100ms"
"""How often a probe is asked here; in a drill, each second."""


def briefing(site: Site, book: Runbook) -> Briefing:
    around = environment_variables(site)
    values = {**drill_variables(site), "probe_every": PACE}
    return prepare_briefing(
        book,
        given={k: v for k, v in values.items() if k in book.variables},
        workdir=site.root,
        mode=Mode.DRILL,
        site=str(site.root),
        search_path=around.pop("PATH"),
        home_and_tmpdir=around,
    )


def drilled(site: Site, book: Runbook) -> MadeRun:
    """A drill on a site that nobody worked on."""
    ready = briefing(site, book)
    run = MadeRun(
        runs_root(),
        book,
        values={name: value for name, (value, _) in ready.values.items()},
        mode=Mode.DRILL,
        workdir=str(site.root),
        site=str(site.root),
        setting={"PATH": ready.search_path},
    )
    run.write(RunEnded(outcome=Outcome.ABANDONED, reason="nobody came"), after=1)
    return run


def before(site: Site, book: Runbook) -> dict[str, DetectionCounts]:
    """What is seen on a site as it is."""
    survey_before_run(briefing(site, book), site, {"reason": "so"})
    return {str(each.key): each for each in read_survey(site.root) or ()}


def wants_it_stopped(book: Runbook) -> set[str]:
    """The checks that hold on a wreck: those that a service has been stopped."""
    return {
        f"check {step.id} {index}"
        for step in book.steps()
        for index, check in enumerate(step.checks)
        if (isinstance(check, ServiceCheck) and "active" not in check.state)
        or (isinstance(check, ProcessCheck) and check.count == "0")
    }


def test_no_check_of_a_bundled_runbook_is_one_that_cannot_fail(site: Site) -> None:
    """Each is red on a broken site or on its wreck; the wreck comes last."""
    FAULTS["bad-release"].inject(site)
    injection_log.log_injection(site.root, "bad-release", BEGAN)
    books = [load(path) for path in bundled_runbooks()]
    seen = {book.id: before(site, book) for book in books}

    rollback = before(site, load(ROLLBACK))
    assert rollback["probe api"].red >= 3
    assert rollback["trigger api consecutive_failures"].red == 1
    assert rollback["trigger api p95_latency"].green == 1
    assert rollback["check detailed-health 0"].red == 1
    assert rollback["check services 0"].green == 1
    assert rollback["check inspect-backup 0"].green == 1, "the newest backup is intact"
    assert (site.root / "data" / "mobius.db").read_bytes()[:6] == b"SQLite"

    run = drilled(site, load(ROLLBACK))
    assert judge_drill(run.directory, site.root).wrecked == (), (
        "somebody wants the site"
    )
    found = judge_drill(run.directory, site.root, is_last=True)
    assert found.score.handled is False, "it was asked before it was a wreck"
    assert found.seen
    green = {str(each.key) for each in found.wrecked if each.green}
    assert green == wants_it_stopped(load(ROLLBACK))

    for book in books:
        wreck = survey_after_run(Follower(drilled(site, book).directory), site)
        both = merge_detections((*seen[book.id].values(), *wreck))
        checks = {
            each.key: each.name
            for each in subjects(Plan(book))
            if isinstance(each.key, CheckKey) and each.kind != "output"
        }
        unseen = [name for key, name in checks.items() if not both[key].red]
        assert unseen == [], book.id


def test_the_checks_of_rows_count_for_the_step_whose_they_are(
    make_runbook: MakeRunbook, tmp_path: Path
) -> None:
    book = make_runbook(
        'format = 2\n[runbook]\ntitle = "Rows"\n[[step]]\nid = "each"\n'
        'run = "true"\neffect = "read"\nfor_each = ["a", "b"]\nitem = "item"\n'
        "check = { run = 'test \"$item\" = a' }\n"
    )
    plan, state = Plan(book), initial_state(book)
    rows = RowsAdded(step="each", rows=("each--1", "each--2"), items=("a", "b"))
    apply_step_addition_event(state, rows)
    plan.catch_up(state)
    survey = SiteSurvey(plan, state, workdir=tmp_path, env={}, secrets={})
    [found] = asyncio.run(survey.survey_checks())
    assert (found.key, found.red, found.green) == (CheckKey("each", 0), 1, 1)


def test_nobody_looked_at_a_site_of_which_nothing_is_kept(tmp_path: Path) -> None:
    assert read_survey(tmp_path) is None
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "looks.json").write_text('[{"key": 1}]')
    assert read_survey(tmp_path) is None
