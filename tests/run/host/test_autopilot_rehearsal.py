"""A drill may rehearse how steps are undone: do, undo, and do again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest_asyncio

from mobius_tui.drill.drill_score import FaultFacts, score
from mobius_tui.health.health_history import HealthHistory
from mobius_tui.review.report_builder import build_report
from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.client.start_run import start_new_run
from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.intents.unattended_answers import (
    UnattendedAnswers,
    automatic_action,
)
from mobius_tui.run.planning.plan import Plan
from tests.conftest import MakeRunbook
from tests.run.running import Running

BOOK = """format = 2
[runbook]
id = "edit"
title = "Edit"
[[step]]
id = "make"
effect = "change"
outputs = ["made"]
run = 'echo make >> did; touch x; echo made=x >> "$RUNBOOK_OUTPUT"'
check.file = "x"
[step.undo]
run = 'echo unmake >> did; rm "$made"'
check.file = { path = "x", absent = true }
[[step]]
id = "use"
effect = "change"
run = 'echo "use $made" >> did'
undo = "none: it is a line in a log"
[[step]]
id = "each"
title = "Each ${item}"
effect = "change"
for_each = ["p", "q"]
run = 'echo "each $item" >> did; touch "$item"'
check.file = "${item}"
[step.undo]
run = 'echo "uneach $item" >> did; rm "$item"'
check.file = { path = "${item}", absent = true }
[[step]]
id = "last"
effect = "change"
run = 'echo last >> did'
undo = 'echo unlast >> did; test ! -e broken'
"""

Rehearse = Callable[..., Awaitable[tuple[Running, str]]]


@pytest_asyncio.fixture
async def rehearse(
    tmp_path: Path, make_runbook: MakeRunbook
) -> AsyncIterator[Rehearse]:
    """Begin a run that rehearses how it is undone; gives why that is refused."""
    started: list[Running] = []

    async def begin(mode: Mode = Mode.DRILL, book: str = BOOK) -> tuple[Running, str]:
        run = Running(make_runbook(book))
        started.append(run)
        where = {"HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
        briefing = prepare_briefing(
            run.runbook, given={}, workdir=tmp_path, mode=mode, home_and_tmpdir=where
        )
        run.directory = await start_new_run(briefing)
        await run._look()
        assert run.viewer is not None
        action = automatic_action(
            UnattendedAnswers(), manual="tick", yes=True, rehearse_undo=True
        )
        reply = await run.viewer.send_intent(action)
        return run, "" if reply.ok else reply.text

    yield begin
    for run in started:
        await run.close()


async def test_each_is_done_undone_and_done_again_and_that_is_on_record(
    rehearse: Rehearse, tmp_path: Path
) -> None:
    run, refused = await rehearse()
    assert refused == ""
    state = await run.over()
    assert state.ended is not None
    assert state.ended.outcome is Outcome.COMPLETED
    assert (tmp_path / "did").read_text().splitlines() == [
        *("make", "unmake", "make", "use x"),
        *("each p", "uneach p", "each p", "each q", "uneach q", "each q"),
        *("last", "unlast", "last"),
    ]
    attempts = {name: len(each.attempts) for name, each in state.steps.items()}
    twice = ("make", "each--1", "each--2", "last")
    assert attempts == {
        **dict.fromkeys(twice, 2),
        **dict.fromkeys((f"undo-{name}" for name in twice), 1),
        **dict.fromkeys(("each", "undo-each"), 0),
        "use": 1,
    }
    plan = Plan(run.runbook)
    plan.catch_up(state)
    found = score(plan, run.entries(), HealthHistory(), left=(), facts=FaultFacts())
    proved = ("make", "each--1", "each--2")
    assert found.undo_proved == tuple(plan.name(step) for step in proved)
    assert found.undo_unchecked == (plan.name("last"),)
    assert found.changed == ("make", "use", "each--1", "each--2", "last")
    assert (found.wrong, found.out_of_order) == ((), ())
    told = build_report(run.directory)
    assert (told.done, told.applicable) == (6, 6)
    assert [each.text for each in told.deviations] == [
        "attempt 2; the one before it was undone"
    ] * 4


async def test_an_undo_that_fails_fails_the_drill_and_proves_nothing(
    rehearse: Rehearse, tmp_path: Path
) -> None:
    (tmp_path / "broken").touch()
    run, _ = await rehearse()
    state = await run.over()
    assert state.ended is not None
    assert state.ended.outcome is Outcome.FAILED
    assert "Undo: echo last >> did failed: exit 1" in state.ended.reason
    plan = Plan(run.runbook)
    plan.catch_up(state)
    found = score(plan, run.entries(), HealthHistory(), left=(), facts=FaultFacts())
    proved = ("make", "each--1", "each--2")
    assert found.undo_proved == tuple(plan.name(step) for step in proved)
    assert found.wrong == (plan.name("undo-last"),)


async def test_an_incident_rehearses_nothing(rehearse: Rehearse) -> None:
    _, refused = await rehearse(Mode.INCIDENT)
    assert refused == "only a drill rehearses how steps are undone"


async def test_where_nothing_says_how_it_is_undone_that_is_said(
    rehearse: Rehearse,
) -> None:
    book = 'format = 2\n[runbook]\ntitle = "x"\n[[step]]\nrun = "true"\n'
    _, refused = await rehearse(book=book)
    assert refused == (
        "no step of this runbook says how it is undone: nothing to rehearse"
    )
