"""Each key that does not apply says why, and what does."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from mobius_tui.run.events.run_events import RunReopened
from mobius_tui.run.events.step_events import StepEnded, StepPassedOver, StepStarted
from mobius_tui.run.intents.action import Action
from mobius_tui.run.intents.run_intents import AddNote, EndRun
from mobius_tui.run.intents.step_intents import (
    ChooseOptions,
    ImproviseStep,
    LookFirst,
    OverrideStep,
    RestoreStep,
    RetryStep,
    SkipStep,
    StopStep,
    TickStep,
)
from mobius_tui.run.intents.undo_intents import UndoSteps
from mobius_tui.run.intents.watch_intents import ArmWatch, BeginRollback, HoldRollback
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.library.loader import load
from mobius_tui.tui.commands.registry import command_by_id
from mobius_tui.tui.commands.run_commands import RunCommand
from mobius_tui.tui.presenters.availability import (
    RUN_COMMAND_ACTIONS,
    action_of,
    available_commands,
    why_unavailable,
)
from mobius_tui.tui.presenters.step_command_rules import STEP_RULES
from mobius_tui.tui.presenters.step_details import detail_fields
from mobius_tui.tui.screen_state import StepRow
from mobius_tui.tui.widgets.checklist import step_row
from tests.tui import scenes
from tests.tui.runs import MadeRun, hosted, view_of


def test_every_command_has_a_rule_and_no_two() -> None:
    judged_by_the_view = (
        RunCommand.CONTACTS,
        RunCommand.SCRIPTS,
        RunCommand.TERMINAL,
        RunCommand.GO_ON,
        RunCommand.ENTER_PHASE,
    )
    named = [each for each in RunCommand if command_by_id(each).intent]
    of_step = [each for each, rule in STEP_RULES.items() if rule.action is not None]
    ruled = (*named, *of_step, *RUN_COMMAND_ACTIONS, *judged_by_the_view)
    assert sorted(ruled) == sorted(RunCommand)


ASKED = {
    RunCommand.NOTE: {AddNote},
    RunCommand.STOP: {StopStep},
    RunCommand.END_RUN: {EndRun},
    RunCommand.ARM: {ArmWatch},
    RunCommand.HOLD: {HoldRollback},
    RunCommand.ROLL_BACK: {BeginRollback},
    RunCommand.UNDO: {UndoSteps},
    RunCommand.TICK: {TickStep, ChooseOptions},
    RunCommand.LOOK_FIRST: {LookFirst},
    RunCommand.RETRY: {RetryStep},
    RunCommand.SKIP: {SkipStep},
    RunCommand.RESTORE: {RestoreStep},
    RunCommand.OVERRIDE: {OverrideStep},
    RunCommand.IMPROVISE: {ImproviseStep},
}
"""What commands ask a host for, on some step of a run of which one is running."""


def test_a_command_asks_for_what_its_name_says(tmp_path: Path) -> None:
    view = view_of(scenes.running(tmp_path))
    asked: dict[RunCommand, set[type[Action]]] = {}
    for step_id, command in product(view.plan.steps, RunCommand):
        action = action_of(view, StepRow(step_id), command)
        if action is not None:
            asked.setdefault(command, set()).add(type(action))
    assert asked == ASKED


@pytest.mark.parametrize(
    ("scene", "step_id", "command", "words"),
    [
        ("assessed", "execute", "skip", "is a gate: it cannot be skipped. o overr"),
        ("assessed", "execute", "retry", "has not run yet: Enter runs it"),
        ("assessed", "execute", "stop", "is not running (pending)"),
        ("assessed", "execute", "restore", "is not skipped (pending)"),
        ("assessed", "execute", "tick", "is run, not ticked: Enter runs it"),
        ("assessed", "execute", "message", "is no message"),
        ("assessed", "metrics", "skip", "passed already: there is nothing to skip"),
        ("assessed", "metrics", "override", "is passed already: there is nothing to v"),
        ("assessed", "metrics", "look_first", "has no check to make"),
        ("assessed", "services", "look_first", "is a check: r makes it again"),
        ("failed", "execute", "look_first", "its checks are made once its script has"),
        ("assessed", "notify-ic", "retry", "is for a person: Space answers it"),
        ("assessed", "alert-stakeholders", "retry", "is a message: m shows it"),
        ("assessed", "status-page", "skip", "is skipped: u takes that back"),
        ("assessed", "status-page", "override", "is skipped: u takes that back"),
        ("running", "execute", "retry", "is running: x stops it"),
        ("running", "services", "retry", "waits: gate 3.2"),
        ("ended", "execute", "retry", "The run has ended"),
    ],
)
async def test_a_command_that_does_not_apply_says_why(
    tmp_path: Path, scene: str, step_id: str, command: str, words: str
) -> None:
    run = getattr(scenes, scene)(tmp_path)
    async with hosted(run):
        key = StepRow(step_id) if step_id else None
        assert words in why_unavailable(view_of(run), key, RunCommand(command))


@pytest.mark.parametrize(
    ("scene", "offered"),
    [
        (
            "unknown",
            {
                "system-status": "override retry",
                "metrics": "retry",
                "notify-ic": "tick",
                "decision": "tick",
                "alert-stakeholders": "message",
                "status-page": "restore",
                "execute": "look_first override retry",
                "services": "override skip",
            },
        ),
        ("failed", {"execute": "override retry", "user-impact": "override retry"}),
        ("decided", {"alert-stakeholders": "message override skip"}),
    ],
)
async def test_of_a_step_is_offered_what_is_of_use(
    tmp_path: Path, scene: str, offered: dict[str, str]
) -> None:
    run = getattr(scenes, scene)(tmp_path)
    async with hosted(run):
        view = view_of(run)
        found = {
            step: " ".join(
                sorted(available_commands(view, StepRow(step)) & STEP_RULES.keys())
            )
            for step in offered
        }
    assert found == offered


LOOKS = """format = 2
[runbook]
title = "Looks"
[var.mode]
default = "fast"
[[step]]
id = "a"
title = "A"
when = { mode = "fast", check.port = { at = "db-1:5432", closed = true } }
run = "ls ${mode}"
"""


async def test_what_a_look_passed_over_can_be_looked_at_again(tmp_path: Path) -> None:
    path = tmp_path / "looks.toml"
    path.write_text(LOOKS)
    run = MadeRun(tmp_path / "runs", load(path), values={"mode": "fast"})
    run.write(StepPassedOver(step="a", reason="port check: it is open", looked=True))
    async with hosted(run):
        view, row = view_of(run), StepRow("a")
        found = available_commands(view, row) & STEP_RULES.keys()
        assert sorted(found) == ["override", "retry"]
        why = "A does not apply: port check: it is open."
        assert why in why_unavailable(view, row, RunCommand.SKIP)
        assert step_row(view, view.plan.steps["a"], phase_wait="").right == "n/a"
        fields = detail_fields(view, row, compact=False)
        when = next(field for field in fields if field.label == "when")
        words = "mode = fast, and db-1:5432 closed, looked at when it begins"
        assert when.content.plain == words


RETRIED = """format = 2
[runbook]
title = "Retried"
[[step]]
id = "a"
title = "A"
run = "ls"
retry = { attempts = 3, every = "1m" }
[[step]]
id = "b"
title = "B"
run = "ls"
"""


async def test_what_is_tried_again_by_itself_is_not_said_to_run(tmp_path: Path) -> None:
    path = tmp_path / "retried.toml"
    path.write_text(RETRIED)
    run = MadeRun(tmp_path / "runs", load(path), values={})
    run.write(StepStarted(step="a", attempt=1))
    async with hosted(run):
        why = why_unavailable(view_of(run), StepRow("a"), RunCommand.GO_ON)
        assert why == "A step runs already: wait for it, or x stops it."
        run.write(StepEnded(step="a", attempt=1, result=Status.FAILED))
        why = why_unavailable(view_of(run), StepRow("a"), RunCommand.GO_ON)
        assert why == "1.1 A is tried again by itself: wait for it."


async def test_in_a_reopened_run_nothing_is_to_be_waited_for(tmp_path: Path) -> None:
    run = scenes.ended(tmp_path)
    run.write(RunReopened())
    async with hosted(run):
        why = why_unavailable(view_of(run), None, RunCommand.ENTER_PHASE)
    assert why == (
        "This run had ended, and is open again to be undone: nothing else begins."
    )


async def test_without_a_host_it_says_how_to_get_one(tmp_path: Path) -> None:
    view, row = view_of(scenes.failed(tmp_path)), StepRow("execute")
    assert "Enter resumes it first" in why_unavailable(view, row, RunCommand.RETRY)
    assert "is not running (failed)" in why_unavailable(view, row, RunCommand.STOP)


@pytest.mark.parametrize(
    "scene", ["fresh", "assessed", "running", "failed", "unknown", "recovering"]
)
async def test_every_command_on_every_step_applies_or_says_why_not(
    tmp_path: Path, scene: str
) -> None:
    run = getattr(scenes, scene)(tmp_path)
    async with hosted(run):
        view = view_of(run)
        for step_id in view.plan.steps:
            row = StepRow(step_id)
            offered = available_commands(view, row)
            for command in RunCommand:
                said = command in offered or why_unavailable(view, row, command)
                assert said, (step_id, command)
                assert said is True or not said.endswith(" "), (step_id, command)
