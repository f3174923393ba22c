"""Each key that does not apply says why, and what does."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.tui.commands.registry import COMMANDS
from mobius_tui.tui.presenters.availability import available_commands, why_not
from mobius_tui.tui.row_key import PhaseRow, StepRow
from tests.tui import scenes
from tests.tui.runs import hosted, view_of

FLOWS = tuple(command.id for command in COMMANDS if command.flow)


@pytest.mark.parametrize(
    ("scene", "step_id", "command", "words"),
    [
        ("assessed", "execute", "skip", "is a gate: it cannot be skipped. o overr"),
        ("assessed", "execute", "retry", "has not run yet: Enter runs it"),
        ("assessed", "execute", "stop", "is not running (pending)"),
        ("assessed", "execute", "restore", "is not skipped (pending)"),
        ("assessed", "execute", "tick", "is run, not ticked: Enter runs it"),
        ("assessed", "execute", "message", "is no message"),
        ("assessed", "metrics", "skip", "is passed already"),
        ("assessed", "metrics", "override", "is passed already"),
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
        assert words in why_not(view_of(run), StepRow(step_id), command)


async def test_on_a_phase_a_command_for_steps_says_so(tmp_path: Path) -> None:
    run = scenes.assessed(tmp_path)
    async with hosted(run):
        said = why_not(view_of(run), PhaseRow("rollback"), "retry")
    assert said == "That is for a step, and the cursor is on a phase."


async def test_without_a_host_it_says_how_to_get_one(tmp_path: Path) -> None:
    view = view_of(scenes.failed(tmp_path))
    assert "Enter resumes it first" in why_not(view, StepRow("execute"), "retry")
    assert "is not running (failed)" in why_not(view, StepRow("execute"), "stop")


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
            offered = available_commands(view, StepRow(step_id))
            for command in FLOWS:
                said = command in offered or why_not(view, StepRow(step_id), command)
                assert said, (step_id, command)
                assert said is True or not said.endswith(" "), (step_id, command)
