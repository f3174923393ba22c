"""Approval on the screen: asked for by one viewer, given from another's."""

from __future__ import annotations

import os
from pathlib import Path
from time import localtime, strftime

import pytest

from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.run_events import VariableSet
from mobius_tui.run.events.step_events import (
    ApprovalAsked,
    ApprovalGiven,
    StepEnded,
    StepStarted,
)
from mobius_tui.run.intents.approval_intents import ApproveStep, AskApproval
from mobius_tui.run.planning.approval_rules import binding_digest
from mobius_tui.run.state.step_state import Status
from mobius_tui.structs import replace
from mobius_tui.tui.commands.command import FlowId
from mobius_tui.tui.dialogs.confirm_dialogs import ConfirmDialog
from mobius_tui.tui.presenters import next_action
from mobius_tui.tui.presenters.next_action import FocusOutput, StartFlow
from mobius_tui.tui.presenters.run_presenter import RunPresenter
from mobius_tui.tui.presenters.step_details import detail_fields
from mobius_tui.tui.screen_state import StepRow
from mobius_tui.tui.widgets.checklist import Checklist
from tests.tui import runs, scenes
from tests.tui.runs import MadeRun, Time, hosted, opened, press, until, words


@pytest.fixture
def assessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MadeRun:
    """The restore comes next, and wants the deploy operator's approval."""
    text = runs.ROLLBACK.read_text()
    place = text.index("title", text.index('id = "execute"'))
    approve = 'approve = { role = "Deploy Operator" }\n'
    book = tmp_path / "mobius-rollback.toml"
    text = text[:place] + approve + text[place:]
    by_itself = 'id = "auto-execute"\n'
    book.write_text(text.replace(by_itself, by_itself + "approve = {}\n"))
    monkeypatch.setattr(runs, "ROLLBACK", book)
    return scenes.assessed(tmp_path)


def ask(run: MadeRun, uid: int, *, count: int = 1) -> None:
    follower = Viewer(run.directory).follower
    step = follower.plan.steps["execute"]
    bound = binding_digest(follower.plan, follower.state, step)
    run.write(
        ApprovalAsked(
            step="execute",
            attempt=1,
            role="Deploy Operator",
            count=count,
            within=900,
            binding=bound,
            uid=uid,
        )
    )


async def test_enter_asks_and_nothing_runs(assessed: MadeRun) -> None:
    time = Time(assessed.at)
    async with hosted(assessed) as host, opened(assessed, time=time) as (_, pilot):
        assert "Ask Deploy Operator to approve 3.2" in words(pilot)
        await press(pilot, time, "enter")
        assert "mobius-tui approve" in words(pilot)
        await press(pilot, time, "enter")
        await until(pilot, lambda: host.intents)
        (intent,) = host.intents
        assert isinstance(intent, AskApproval)
        assert intent.step == "execute"


@pytest.mark.parametrize("key", ["A", "space", "enter"])
async def test_it_is_asked_for_from_the_step_itself(
    assessed: MadeRun, key: str
) -> None:
    """Another step has failed, and Enter would decide on that."""
    assessed.write(StepStarted(step="metrics", attempt=2, reads=()))
    assessed.write(StepEnded(step="metrics", attempt=2, result=Status.FAILED))
    time = Time(assessed.at)
    async with hosted(assessed) as host, opened(assessed, time=time) as (page, pilot):
        assert "Decide on" in words(pilot)
        page.checklist.post_message(Checklist.Moved(StepRow("execute")))
        await until(pilot, lambda: "A Ask for it" in words(pilot))
        await press(pilot, time, key)
        assert "Ask Deploy Operator to approve 3.2" in words(pilot)
        await press(pilot, time, "enter")
        await until(pilot, lambda: host.intents)
        assert host.intents == [AskApproval(step="execute", attempt=1)]


async def test_another_viewer_approves_what_it_was_shown(assessed: MadeRun) -> None:
    ask(assessed, os.getuid())
    time = Time(assessed.at)
    async with hosted(assessed) as host, opened(assessed, time=time) as (_, pilot):
        assert "waits: approval by Deploy Operator" in words(pilot)
        await press(pilot, time, "A")
        assert scenes.BACKUP in words(pilot).replace("\n", "")
        await press(pilot, time, *"maria approves execute", "enter")
        assert "somebody else approves" in words(pilot)
        line = pilot.app.screen.query_one("#phrase")
        line.value = "ops approves execute"  # type: ignore[attr-defined]
        await press(pilot, time, "enter")
        await until(pilot, lambda: host.intents)
        (intent,) = host.intents
        assert isinstance(intent, ApproveStep)
        assert intent.name == "ops"
        assert len(intent.binding) == 64


async def test_enter_offers_it_to_another_user(assessed: MadeRun) -> None:
    ask(assessed, os.getuid())
    async with hosted(assessed):
        view = RunPresenter(Viewer(assessed.directory)).run_view_at(assessed.at, None)
        own = next_action.next_action(view, None, moved=False)
        assert isinstance(own, FocusOutput)
        other = replace(view, uid=view.uid + 1)
        offered = next_action.next_action(other, None, moved=False)
        assert isinstance(offered, StartFlow)
        assert (offered.flow, offered.key) == (FlowId.APPROVE, StepRow("execute"))
        assert "as maria asks" in offered.text


def give(run: MadeRun, uid: int, *, weaker: bool = False) -> None:
    follower = Viewer(run.directory).follower
    step = follower.plan.steps["execute"]
    bound = binding_digest(follower.plan, follower.state, step)
    run.write(
        ApprovalGiven(
            step="execute",
            attempt=1,
            binding=bound,
            name="ops",
            uid=uid,
            weaker=weaker,
        )
    )


def facts(run: MadeRun) -> str:
    """What the detail pane says of the step that was approved."""
    view = RunPresenter(Viewer(run.directory)).run_view_at(run.at, None)
    return "\n".join(
        field.content.plain
        for field in detail_fields(view, StepRow("execute"), compact=True)
    )


async def test_who_approved_stands_before_whoever_begins_it(assessed: MadeRun) -> None:
    ask(assessed, os.getuid())
    assert "approved by" not in facts(assessed)
    give(assessed, os.getuid() + 1)
    until_then = strftime("%H:%M:%S", localtime(assessed.at + 900))
    said = f"approved by ops, to be begun by {until_then}"
    assert said in facts(assessed).splitlines()
    assert "somebody else" not in facts(assessed)
    time = Time(assessed.at)
    wide = (160, 45)
    async with (
        hosted(assessed),
        opened(assessed, size=wide, time=time) as (_, pilot),
    ):
        await press(pilot, time, "enter")
        assert isinstance(pilot.app.screen, ConfirmDialog)
        assert said in words(pilot)


@pytest.mark.parametrize("weaker", [False, True])
def test_whoever_approved_it_is_told_not_to_begin_it(
    assessed: MadeRun, weaker: bool
) -> None:
    ask(assessed, os.getuid() + 1)
    give(assessed, os.getuid(), weaker=weaker)
    assert ("(weaker: a typed name)" in facts(assessed)) is weaker
    told = "you approved it; somebody else begins it" in facts(assessed)
    assert told is not weaker


def test_of_what_has_changed_since_no_approval_is_told(assessed: MadeRun) -> None:
    ask(assessed, os.getuid())
    give(assessed, os.getuid() + 1)
    assessed.write(VariableSet(name="backup_file", value="/x", source="set"))
    assert "approved by" not in facts(assessed)


def test_one_of_two_who_approved_is_told_and_nobody_begins_it(
    assessed: MadeRun,
) -> None:
    ask(assessed, os.getuid(), count=2)
    give(assessed, os.getuid() + 1)
    assert "approved by ops" in facts(assessed).splitlines()
    assert "asked for (1 of 2, within 15 min)" in facts(assessed)
