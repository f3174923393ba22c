"""What is known of commands, what others add to it, and what that says of steps."""

from __future__ import annotations

from collections.abc import Mapping

from mobius_tui.runbook.config import own_commands
from mobius_tui.runbook.doubts.effects import EFFECT_TOO_LOW
from mobius_tui.runbook.effects.judge import Deed, Judgement, judge_script
from mobius_tui.runbook.effects.table import Commands, bundled
from mobius_tui.runbook.ignore import Ignores
from mobius_tui.runbook.model import Runbook, Step
from mobius_tui.runbook.model_action import Run
from mobius_tui.runbook.problem import Problem


def known_commands(lines: Mapping[str, object]) -> Commands:
    """The table with what a person and a runbook add to it.

    Args:
        lines: the runbook's own.
    """
    return bundled().extended(own_commands()).extended(lines)


def understated(runbook: Runbook) -> Mapping[str, Judgement]:
    """What scripts do beyond the labels of their steps, by the steps' ids.

    What a comment in the script gives a reason for is left out.
    """
    commands = known_commands(runbook.commands)
    beyond = {step.id: _beyond(step, commands) for step in runbook.steps()}
    return {name: found for name, found in beyond.items() if found.deeds}


def _beyond(step: Step, commands: Commands) -> Judgement:
    action = step.action
    if not isinstance(action, Run):
        return Judgement()
    script = action.script
    found = judge_script(script, shell=action.shell, table=commands)
    ignores = Ignores(script)
    return Judgement(
        deeds=tuple(
            deed
            for deed in found.beyond(action.effect)
            if not ignores.hides(_problem(script, deed))
        )
    )


def _problem(script: str, deed: Deed) -> Problem:
    """What `check` would say of a deed, as far as a comment asks for it."""
    line = script.count("\n", 0, deed.offset) + 1
    code = EFFECT_TOO_LOW.code
    return Problem(file="", line=line, column=0, message=deed.words, code=code)
