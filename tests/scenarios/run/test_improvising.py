"""Commands that are in no step: run as steps of their own, and on record as such."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mobius_tui.review.formats.markdown_report import as_markdown
from mobius_tui.review.report_builder import build_report
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.step_events import StepImprovised, StepStarted
from mobius_tui.run.journal.describe_entry import journal_entry_text
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.planning.proposal import propose
from mobius_tui.run.records.verification import run_problems
from mobius_tui.runbook.model.runtime_steps import IMPROVISED_PHASE
from mobius_tui.tui.presenters.next_action import next_action
from mobius_tui.tui.presenters.run_view import build_run_view
from mobius_tui.tui.screen_state import StepRow
from tests.run.conftest import Begin

BOOK = """
format = 2
[runbook]
title = "Move it"
environment = "where"
protected = ["production"]
[var.where]
default = "production"
[var.token]
from_env = "THE_TOKEN"
secret = true
[[step]]
id = "look"
title = "Look"
gate = true
run = "echo looked"
secrets = { TOKEN = "token" }
[[step]]
id = "move"
title = "Move"
run = "echo moved > moved"
timeout = "1m"
"""
APPROVED = (
    BOOK
    + """
[[step]]
id = "wreck"
title = "Wreck"
run = "rm moved"
timeout = "1m"
optional = true
approve = { role = "lead" }
"""
)
SECRET = "correct horse battery"


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_TOKEN", SECRET)


async def test_a_command_runs_as_a_step_of_its_own(begin: Begin) -> None:
    run = await begin(BOOK)
    script = 'echo "in $where: $TOKEN"\nls /nowhere'
    await run.did("improvise", script=script, after="look")
    state = await run.status("improvised--1", "failed")
    output = run.directory.attempt("improvised--1", 1).output.read_text()
    assert output.startswith("in production: [redacted]\n")
    assert "/nowhere" in output
    # It is in nobody's way: the gate, the next step and the end are as they were.
    plan = Follower(run.directory).plan
    assert plan.name("improvised--1").startswith("!1 ")
    assert propose(plan, state).step == "look"
    await run.did("improvise", script="cat moved", after="move")
    await run.status("improvised--2", "failed")
    await run.did("start", "look")
    await run.status("look", "passed")
    await run.did("start", "move")
    await run.status("move", "passed")
    await run.did("retry", "improvised--2")
    await run.status("improvised--2", "passed")
    await run.did("end")
    ended = await run.over()
    assert ended.ended is not None
    assert ended.ended.outcome is Outcome.COMPLETED
    assert tuple(run_problems(run.directory)) == ()
    report = build_report(run.directory)
    kinds = [each.kind for each in report.deviations]
    assert kinds.count("improvised") == 2
    assert "out of order" not in kinds
    said = as_markdown(report)
    assert "!1 echo" in said
    assert "cat moved" in said
    assert SECRET not in said


async def test_what_destroys_is_confirmed_as_a_step_is(
    begin: Begin, tmp_path: Path
) -> None:
    run = await begin(BOOK)
    (tmp_path / "precious").touch()
    for confirm in ("", "staging"):
        refused = await run.intend("improvise", script="rm precious", confirm=confirm)
        assert not refused.ok
        assert "type production to confirm it" in refused.text
    for script in ("", "  \n", "x" * 20_000, "echo \0"):
        assert not (await run.intend("improvise", script=script)).ok, script[:9]
    kept = await run.intend("improvise", script=f"echo {SECRET}")
    assert "holds the value of a secret" in kept.text
    assert "improvised--1" not in run.state.steps
    await run.did("improvise", script="rm precious", confirm="production")
    await run.status("improvised--1", "passed")
    assert not (tmp_path / "precious").exists()
    assert SECRET not in run.directory.journal.read_text()


async def test_a_killed_host_finds_it_again_and_nothing_runs_twice(
    begin: Begin, tmp_path: Path
) -> None:
    run = await begin(BOOK)
    script = "echo once >> log; until [ -e go ]; do sleep 0.02; done"
    await run.did("improvise", script=script, after="look")
    busy = await run.intend("improvise", script="true")
    assert "is running; one at a time" in busy.text
    await run.output("improvised--1", "")
    run.keeper("improvised--1")
    run.kill_host()
    await run.resume()
    (tmp_path / "go").touch()
    await run.status("improvised--1", "passed")
    assert (tmp_path / "log").read_text() == "once\n"
    follower = Follower(run.directory)
    said = [
        journal_entry_text(entry, follower.plan, follower.state)
        for entry in follower.initial_entries
        if isinstance(entry.event, StepImprovised | StepStarted)
    ]
    assert said[0] is not None
    assert said[0].startswith("improvised (changes): !1 echo once")
    assert len(said) == 2


async def test_typing_gets_around_no_approval(begin: Begin, tmp_path: Path) -> None:
    run = await begin(APPROVED)
    (tmp_path / "moved").touch()
    await run.did("improvise", script="rm moved", confirm="production")
    await run.did("improvise", script="touch moved", after="wreck")
    for step in ("improvised--1", "improvised--2"):
        refused = await run.intend("start", step, confirm="production")
        assert "waits: approval by lead, not asked for yet" in refused.text, (
            refused.text
        )
        assert not run.state.steps[step].attempts
    assert (tmp_path / "moved").exists()
    follower = Follower(run.directory)
    view = build_run_view(
        follower.plan,
        follower.state,
        now=follower.now(),
        host=1,
        uid=os.getuid(),
        last_outputs={},
        health={},
    )
    offered = next_action(view, StepRow("improvised--1"), moved=True)
    assert offered.text.startswith("Ask lead to approve !1")
    unheard = await run.intend("enter", phase=IMPROVISED_PHASE)
    assert "has no phase" in unheard.text
