"""What is known of commands, what others add to it, and what that says of steps."""

from __future__ import annotations

from collections.abc import Mapping

from mobius_tui.runbook.config import own_commands
from mobius_tui.runbook.effects.judge import Judgement, judge_script
from mobius_tui.runbook.effects.table import Commands, bundled
from mobius_tui.runbook.model import Runbook, Step
from mobius_tui.runbook.model_action import Run


def known_commands(lines: Mapping[str, object]) -> Commands:
    """The table with what a person and a runbook add to it.

    Args:
        lines: the runbook's own.
    """
    return bundled().extended(own_commands()).extended(lines)


def understated(runbook: Runbook) -> Mapping[str, Judgement]:
    """What scripts do beyond the labels of their steps, by the steps' ids."""
    commands = known_commands(runbook.commands)
    beyond = {step.id: _beyond(step, commands) for step in runbook.steps()}
    return {name: found for name, found in beyond.items() if found.deeds}


def _beyond(step: Step, commands: Commands) -> Judgement:
    action = step.action
    if not isinstance(action, Run):
        return Judgement()
    found = judge_script(action.script, shell=action.shell, table=commands)
    return Judgement(deeds=found.beyond(action.effect))
