"""What a screen offers, the host takes: commands and Enter, by the host's own judge."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings

from mobius_tui.run.events.event import Event
from mobius_tui.run.intents.action import Action
from mobius_tui.run.intents.approval_intents import AskApproval
from mobius_tui.run.intents.going_on import next_step_without_person
from mobius_tui.run.intents.run_intents import EndRun, EnterPhase
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.state.run_state import RunState
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.tui.commands.command import FlowId
from mobius_tui.tui.commands.run_commands import RunCommand
from mobius_tui.tui.presenters.availability import (
    action_of,
    available_commands,
    enterable_phases,
    is_useful,
    why_unavailable,
)
from mobius_tui.tui.presenters.next_action import (
    StartFlow,
    action_to_begin_step,
    next_action,
)
from mobius_tui.tui.presenters.run_view import RunView, build_run_view
from mobius_tui.tui.screen_state import PhaseRow, RowKey, StepRow
from tests.run.planning.situations import (
    NOW,
    RARE,
    UID,
    Judges,
    events_of,
    filled,
    made,
    situation,
    state_after,
)
from tests.tui import scenes

BEGINS = frozenset({FlowId.START, FlowId.TICK, FlowId.MESSAGE, FlowId.CHOOSE})

NOT_ASKED_FOR = frozenset(
    {
        *(RunCommand.MESSAGE, RunCommand.ENTER_PHASE),
        *(RunCommand.CONTACTS, RunCommand.TERMINAL, RunCommand.GO_ON),
        RunCommand.SCRIPTS,
    }
)
"""What can be had without the host, or is not known before a dialog opens."""


def view_of(plan: Plan, state: RunState) -> RunView:
    """The run as the screen of this user shows it."""
    return build_run_view(
        plan, state, now=NOW, host=1, uid=UID, last_outputs={}, health={}
    )


def asked_by_enter(view: RunView, key: RowKey) -> Action | None:
    """What Enter asks for here; `None` where it asks for nothing."""
    enter = next_action(view, key, moved=True)
    if not isinstance(enter, StartFlow):
        return None
    step = view.step(enter.key)
    if enter.flow in BEGINS and step is not None:
        return action_to_begin_step(view, step)
    match enter.flow:
        case FlowId.ENTER_THIS_PHASE:
            assert isinstance(enter.key, PhaseRow)
            return EnterPhase(phase=enter.key.phase_id)
        case FlowId.END_RUN:
            return EndRun()
        case FlowId.ASK_APPROVAL if step is not None:
            return AskApproval(step=step.id, attempt=view.next_attempt(step.id))
        case FlowId.APPROVE:
            return action_of(view, enter.key, RunCommand.APPROVE)
        case _:
            return None


class Asked:
    """Asks a host for all that a screen can ask for in one state."""

    def __init__(self, judges: Judges, view: RunView) -> None:
        self.judges, self.view = judges, view
        self.answers: dict[str, bool] = {}

    async def is_taken(self, action: Action | None) -> bool:
        """Whether the host does it, with what a person is asked for filled in."""
        if action is None:
            return False
        whole = filled(action, situation(self.view.plan, self.view.state))
        if repr(whole) not in self.answers:
            reply = await self.judges.judge(self.view.state, whole)
            self.answers[repr(whole)] = reply.ok
        return self.answers[repr(whole)]

    async def all(self) -> None:
        """Commands and Enter, on each row of the checklist."""
        view = self.view
        phases = [PhaseRow(phase.id) for phase in view.runbook.phases]
        steps = [StepRow(step_id) for step_id in view.plan.steps]
        keys: tuple[RowKey, ...] = (*steps, *phases)
        for key in keys:
            offered = available_commands(view, key)
            for command in RunCommand:
                if command in NOT_ASKED_FOR:
                    continue
                taken = await self.is_taken(action_of(view, key, command))
                useful = taken and is_useful(view, key, command)
                assert (command in offered) is useful, (command, key)
                assert useful or why_unavailable(view, key, command), (command, key)
            asks = asked_by_enter(view, key)
            assert asks is None or await self.is_taken(asks), (asks, key)
        found = next_step_without_person(view.situation, "change")
        if isinstance(found, Step):  # what begins by itself, a host lets begin
            assert await self.is_taken(action_to_begin_step(view, found)), found.id
        assert isinstance(found, Step) or RunCommand.GO_ON not in offered
        assert RunCommand.GO_ON in offered or why_unavailable(
            view, None, RunCommand.GO_ON
        )
        can = [
            phase
            for phase in view.runbook.phases
            if phase.aside and await self.is_taken(EnterPhase(phase=phase.id))
        ]
        assert list(enterable_phases(view, view.situation)) == can
        assert (RunCommand.ENTER_PHASE in available_commands(view, None)) is bool(can)


def test_what_is_offered_is_what_a_host_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes seconds: in each state all that a screen can ask for is asked for."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    run = made(tmp_path)
    plan = Plan(run.runbook)
    with asyncio.Runner() as runner:
        judges = Judges(run.directory, plan)

        @settings(
            max_examples=20,
            deadline=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow],
        )
        @given(happened=events_of(plan))
        @example(happened=RARE[0])
        @example(happened=RARE[1])
        @example(happened=RARE[2])
        @example(happened=RARE[3])
        @example(happened=RARE[4])
        @example(happened=RARE[5])
        @example(happened=RARE[6])
        @example(happened=RARE[7])
        def in_any_state(happened: list[Event]) -> None:
            state = state_after(judges.tail.entries, plan, happened)
            runner.run(Asked(judges, view_of(plan, state)).all())

        in_any_state()
        judges.close()


@pytest.mark.parametrize(
    "scene",
    [
        *("assessed", "unknown", "recovering", "rolling", "deciding"),
        "fired_meanwhile",
    ],
)
async def test_what_is_offered_in_a_scene_is_what_a_host_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scene: str
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    run = getattr(scenes, scene)(tmp_path)
    follower = Follower(run.directory)
    judges = Judges(run.directory, follower.plan)
    await Asked(judges, view_of(follower.plan, follower.state)).all()
    judges.close()
