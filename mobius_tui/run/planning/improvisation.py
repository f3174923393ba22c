"""Commands that a person runs in a run although no step has them. Pure.

Such a command joins the run as a step of its own, and is held to all that holds for
steps: see `mobius_tui/runbook/model/runtime_steps.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from mobius_tui.run.events.step_events import StepImprovised
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.situation import Situation
from mobius_tui.run.state.added_steps import apply_step_addition_event
from mobius_tui.runbook.effects.command_effects import (
    CommandEffect,
    ScriptEffects,
    bundled_commands,
    heaviest_effect,
)
from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.runbook.toml.derived_keys import derived_title
from mobius_tui.structs import replace

_ID_PREFIX = "improvised--"
"""What their ids begin with; no id in a file has two dashes in a row by itself."""


def judged_effects(script: str, runbook: Runbook) -> ScriptEffects:
    """What a command does, with the runbook's own `[commands]` and its steps' labels.

    A command that a step has too does at least what the step's author declares. What
    cannot be read, such as `$(…) -rf x`, may be any command: nobody has labelled it, so
    it is taken for one that destroys, unless it is the whole script of a step.
    """
    # Imported late: a run without improvised commands never needs it.
    from mobius_tui.runbook.effects.effect_judge import judge_script

    found = judge_script(
        script,
        table=bundled_commands().extended(runbook.commands).with_files(runbook.files),
    )
    labelled = [step.action for step in runbook.steps() if isinstance(step.action, Run)]
    is_of_step = any(script.strip() == each.script.strip() for each in labelled)
    effects = [
        _at_least_as_labelled(each, labelled)
        if each.readable or is_of_step
        else replace(each, effect="destroy")
        for each in found.effects
    ]
    for action in labelled:
        whole = action.script.strip()
        if whole and whole in script and action.effect != "read":
            words = whole.split("\n")[0]
            effects.append(
                CommandEffect(effect=action.effect, offset=0, source_text=words)
            )
    return ScriptEffects(effects=tuple(effects))


def _at_least_as_labelled(
    found: CommandEffect, labelled: Sequence[Run]
) -> CommandEffect:
    """A command's effect, at least that of each step that has it in its script.

    A program of unknown effect does what the heaviest step that runs it does, whatever
    its arguments.
    """
    words = found.source_text if found.known else found.source_text.split(maxsplit=1)[0]
    effects = [action.effect for action in labelled if words in action.script]
    heaviest = heaviest_effect(found.effect, *effects)
    if heaviest == found.effect:
        return found
    return replace(found, effect=heaviest, known=True)


def improvised_event(
    plan: Plan,
    *,
    script: str,
    after: str | None,
    by: str,
    effects: ScriptEffects | None = None,
) -> StepImprovised:
    """The event by which a command joins a run.

    Args:
        plan: the run's.
        script: the command, for bash.
        after: the id of the step that it comes after; `None` for none.
        by: who improvises.
        effects: what it was judged to do, where the caller knows it.
    """
    effects = effects or judged_effects(script, plan.runbook)
    title = derived_title({"run": script})
    number = 1
    while f"{_ID_PREFIX}{number}" in plan.steps:
        number += 1
    return StepImprovised(
        step=f"{_ID_PREFIX}{number}",
        script=script,
        title=title or "a command",
        effect=effects.effect,
        after=after if after in plan.steps else None,
        improviser=by,
    )


def with_improvised_step(situation: Situation, event: StepImprovised) -> Situation:
    """The situation as it would be once the command has joined the run."""
    plan, state = situation.plan.copy(), situation.state.copy()
    apply_step_addition_event(state, event)
    plan.catch_up(state)
    return replace(situation, plan=plan, state=state, known_statuses=None)
