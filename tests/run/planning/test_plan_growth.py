"""A plan that grows by what is on record: the same at each moment, read or live."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from mobius_tui.errors import StateError
from mobius_tui.review.report_builder import build_report
from mobius_tui.review.reviewed_run import ReviewedRun
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.journal_entry import decode_entry, encode_entry
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import PhaseEntered, RunEnded
from mobius_tui.run.events.step_events import RowsAdded, StepStarted
from mobius_tui.run.journal.describe_entry import journal_entry_text
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.variables import Values, script_env
from mobius_tui.run.records.verification import run_problems
from mobius_tui.run.state.reducer import advance, fold, initial_state
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.runtime_steps import MAX_ROWS
from mobius_tui.tui.presenters.run_view import build_run_view
from mobius_tui.tui.screen_state import StepRow
from mobius_tui.tui.widgets.checklist import ChecklistOutline
from tests.run.small_runbook import BEGAN, RUNBOOK, after, end, entries, start
from tests.tui.runs import MadeRun

HOSTILE = "x\x1b[31m; rm -rf / ${b} [red]"
ROWS = RowsAdded(step="a", rows=("a--1", "a--2"), items=("one", HOSTILE))
STORY: tuple[Event, ...] = (
    start("a"),
    ROWS,
    end("a"),
    start("a--1"),
    end("a--1"),
    start("a--2"),
    end("a--2", 1, "failed"),
    start("a--2", 2),
    end("a--2", 2),
)


def plan_after(*events: Event) -> Plan:
    plan = Plan(RUNBOOK)
    plan.catch_up(after(*events))
    return plan


def shape(plan: Plan) -> object:
    """All that a plan says of its steps."""
    return (
        plan.runbook.phases,
        [*plan.steps.items()],
        {step: phase.id for step, phase in plan.phase_of.items()},
        plan.numbers,
        plan.variables_read,
        plan.step_additions_count,
    )


def test_a_step_gets_rows_that_are_steps_behind_it() -> None:
    plan = plan_after(*STORY)
    assert [*plan.steps] == ["a", "a--1", "a--2", "b", "c", "s"]
    assert plan.name("a--1") == "1.1.1 A: one"
    assert plan.numbers["b"] == "1.2"
    assert plan.phase_of["a--2"] is plan.runbook.phase("main")
    assert plan.steps["a--1"].action == Run(script="true")


def test_read_at_once_or_as_it_grows_it_is_one_plan() -> None:
    live, state = Plan(RUNBOOK), initial_state(RUNBOOK)
    for count, entry in enumerate(entries(BEGAN, *STORY)):
        advance(state, entry)
        live.catch_up(state)
        assert shape(live) == shape(plan_after(*STORY[:count])), count
    assert live.at_start().steps == Plan(RUNBOOK).steps
    assert state == after(*STORY)


def test_a_copy_stays_as_it_was() -> None:
    plan = Plan(RUNBOOK)
    before = plan.copy()
    plan.catch_up(after(*STORY))
    assert "a--1" not in before.steps
    before.catch_up(after(*STORY))
    assert shape(before) == shape(plan)


def test_the_step_is_what_its_rows_are() -> None:
    assert after(*STORY[:3]).steps["a"].status is Status.PENDING
    assert after(*STORY[:7]).steps["a"].status is Status.FAILED
    assert after(*STORY[:8]).steps["a"].status is Status.PENDING
    assert after(*STORY).steps["a"].status is Status.PASSED


def test_rows_of_an_aside_begin_anew_with_it() -> None:
    rows = RowsAdded(step="s", rows=("s--1",), items=("one",))
    enter = PhaseEntered(phase="side", reason="r")
    done = (start("s"), rows, end("s"), start("s--1"), end("s--1"))
    state = after(enter, *done)
    assert state.steps["s"].status is Status.PASSED
    state = after(enter, *done, enter)
    assert {state.steps[each].status for each in ("s", "s--1")} == {Status.PENDING}


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (RowsAdded(step="x", rows=("x--1",), items=("1",)), "the runbook lacks"),
        (RowsAdded(step="c", rows=(), items=()), "0 rows for 0 items"),
        (RowsAdded(step="c", rows=("c--1",), items=("1", "2")), "1 rows for 2"),
        (RowsAdded(step="c", rows=("n", "n"), items=("1", "2")), "1 rows for 2"),
        (RowsAdded(step="c", rows=("b",), items=("1",)), "there already"),
        (RowsAdded(step="a", rows=("n",), items=("1",)), "has rows"),
        (
            RowsAdded(
                step="c",
                rows=tuple(f"c--{n}" for n in range(MAX_ROWS + 1)),
                items=("1",) * (MAX_ROWS + 1),
            ),
            "501 rows",
        ),
    ],
)
def test_rows_that_may_not_be_are_refused(event: RowsAdded, words: str) -> None:
    state = after(*STORY[:3])
    with pytest.raises(StateError, match=words):
        advance(state, next(entries(event, start=5)))
    assert state == after(*STORY[:3])


def test_a_hostile_item_is_a_value_and_never_code() -> None:
    state, plan = after(*STORY), plan_after(*STORY)
    row = plan.steps["a--2"]
    assert row.title == "A: x␛[31m; rm -rf / ${b} [red]"
    env = script_env(row, plan.runbook, Values(state, now=0.0, name_of=str))
    assert env == {"item": HOSTILE}
    entry = [*entries(BEGAN, *STORY)][2]
    assert journal_entry_text(entry, plan, state) == f"rows: 1.1 A: 2 (one, {HOSTILE})"
    assert decode_entry(encode_entry(entry, "p").rstrip(b"\n")) == (entry, "p")


BOOK = """format = 1
[runbook]
id = "grows"
title = "Grows"
[[phase]]
id = "main"
title = "Main"
[[phase.step]]
id = "a"
title = "A"
run = "echo a"
effect = "change"
timeout = "1m"
[[phase.step]]
id = "b"
title = "B"
run = "echo b"
effect = "read"
timeout = "1m"
"""


def made_run(tmp_path: Path, events: Iterable[Event]) -> MadeRun:
    book = tmp_path / "grows.toml"
    book.write_text(BOOK)
    run = MadeRun(tmp_path / "runs", load(book), values={})
    for event in events:
        run.write(event, after=1.0)
        if isinstance(event, StepStarted):
            place = run.directory.attempt(event.step, event.attempt)
            place.path.mkdir()
            place.script.write_text("echo a")
    return run


def test_looked_back_on_each_moment_has_its_own_plan(tmp_path: Path) -> None:
    run = made_run(tmp_path, STORY)
    rewound = ReviewedRun(run.directory)
    all_entries = rewound.run_history.entries
    for n in (*range(1, len(all_entries) + 1), 2, len(all_entries)):
        rewound.show(n, rewound.run_history.entry_time(n))
        plan, state = Plan(run.runbook), fold(run.runbook, all_entries[:n])
        plan.catch_up(state)
        assert shape(rewound.plan) == shape(plan), n
        assert rewound.plan.steps.keys() == rewound.state.steps.keys()
    assert shape(rewound.newest_plan) == shape(Follower(run.directory).plan)


def test_who_follows_a_run_sees_its_rows_come(tmp_path: Path) -> None:
    run = made_run(tmp_path, STORY[:1])
    follower, outline = Follower(run.directory), ChecklistOutline()

    def listed() -> tuple[object, ...]:
        view = build_run_view(
            follower.plan,
            follower.state,
            now=run.at,
            host=None,
            uid=0,
            last_outputs={},
            health={},
        )
        outline.update(view)
        return outline.keys

    assert StepRow("a--1") not in listed()
    run.write(ROWS)
    follower.poll()
    assert StepRow("a--1") in listed()
    assert shape(follower.plan) == shape(Follower(run.directory).plan)


def test_report_and_verification_know_the_rows(tmp_path: Path) -> None:
    run = made_run(tmp_path, (*STORY, RunEnded(outcome=Outcome.COMPLETED)))
    report = build_report(run.directory)
    assert report.damage == ()
    assert [f"{step.number} {step.title}" for step in report.phases[0].steps] == [
        "1.1 A",
        "1.1.1 A: one",
        "1.1.2 A: x␛[31m; rm -rf / ${b} [red]",
        "1.2 B",
    ]
    unknown = [p for p in run_problems(run.directory) if "knows no such" in p]
    assert unknown == []
    place = run.directory.attempt("a--1", 1)
    place.script.write_text("echo other")
    changed = [p for p in run_problems(run.directory) if "was changed" in p]
    assert len(changed) == 1
    assert place.path.name in changed[0]


def test_a_run_whose_runbook_is_gone_still_tells_of_its_rows(tmp_path: Path) -> None:
    run = made_run(tmp_path, STORY)
    (run.directory.runbook / "grows.toml").unlink()
    report = build_report(run.directory)
    assert len(report.damage) == 1
    assert "a--2" in {step.id for step in report.phases[0].steps}
