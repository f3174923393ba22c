"""Effect labels: whether a script does more than its step says."""

from __future__ import annotations

from collections.abc import Mapping

from mobius_tui.runbook.decode.assemble import RunbookDraft
from mobius_tui.runbook.decode.config_file import effective_commands
from mobius_tui.runbook.effects.command_table import CommandTable
from mobius_tui.runbook.effects.effect_judge import judge_script
from mobius_tui.runbook.effects.script_effects import (
    CommandEffect,
    ScriptEffects,
    heaviest_effect,
    method_effect,
)
from mobius_tui.runbook.lint.rule_table import EFFECT_TOO_LOW, NO_ENVIRONMENT
from mobius_tui.runbook.lint.step_rules import check_paths
from mobius_tui.runbook.lint.suppressions import Suppressions
from mobius_tui.runbook.lint.text_rules import BUDGET, ScriptSource, script_sources
from mobius_tui.runbook.model.actions import Effect, Run
from mobius_tui.runbook.model.check_kinds import HttpCheck
from mobius_tui.runbook.model.runbook import Runbook, Step
from mobius_tui.runbook.script_rules.script_context import one_line_excerpt
from mobius_tui.runbook.toml.problem import Problem


def effects_beyond_labels(runbook: Runbook) -> Mapping[str, ScriptEffects]:
    """What scripts do beyond the labels of their steps, by the steps' ids.

    What a comment in the script gives a reason for is left out.
    """
    commands = effective_commands(runbook.commands)
    beyond = {step.id: _beyond(step, commands) for step in runbook.steps()}
    return {name: found for name, found in beyond.items() if found.deeds}


def _beyond(step: Step, commands: CommandTable) -> ScriptEffects:
    action = step.action
    if not isinstance(action, Run):
        return ScriptEffects()
    script = action.script
    found = judge_script(script, shell=action.shell, table=commands)
    ignores = Suppressions(script)
    return ScriptEffects(
        deeds=tuple(
            deed
            for deed in found.beyond(action.effect)
            if not ignores.hides(_problem(script, deed))
        )
    )


def _problem(script: str, deed: CommandEffect) -> Problem:
    """What `check` would say of a deed, as far as a comment asks for it."""
    line = script.count("\n", 0, deed.offset) + 1
    code = EFFECT_TOO_LOW.code
    return Problem(file="", line=line, column=0, message=deed.words, code=code)


_MOST = 5
"""Warnings about one script; the others say the same."""
DOES = {"read": "reads", "change": "changes something", "destroy": "destroys"}
"""An effect in a sentence."""


def warn_labels(draft: RunbookDraft) -> None:
    """Warn of labels that say less than what stands under them."""
    _environment(draft)
    _requests(draft)
    commands = effective_commands(draft.runbook.commands)
    left = BUDGET
    for piece in script_sources(draft):
        left -= len(piece.script)
        if left < 0:
            return
        found = judge_script(piece.script, shell=piece.shell, table=commands)
        label = _label(piece)
        end = len(piece.script)  # what is not read is told of by other rules
        beyond = [deed for deed in found.beyond(label) if deed.offset < end]
        if not beyond:
            continue
        fits = heaviest_effect(label, *(deed.effect for deed in beyond))
        spelt = piece.spelt()
        for deed in beyond[:_MOST]:
            message = _message(deed, piece, label, fits)
            spelt.doubt(EFFECT_TOO_LOW.code, message, deed.offset)


def _label(piece: ScriptSource) -> Effect:
    action = piece.step.action
    if piece.check is None and isinstance(action, Run):
        return action.effect
    return "read"


def _message(
    deed: CommandEffect, piece: ScriptSource, label: Effect, fits: Effect
) -> str:
    what = f"`{one_line_excerpt(deed.words)}`"
    does = f"{what} {DOES[deed.effect]}"
    if not deed.known:
        does = f"what {what} does is not known, and counts as a change"
    if piece.check is not None:
        remedy = "say so in [commands], if it does" if not deed.known else ""
        remedy = remedy or "what does more belongs into a `run`"
        return f"{does}, and a check only reads; {remedy}"
    remedy = f'effect = "{fits}"'
    if not deed.known:
        remedy += ", or say in [commands] what it does"
    return f"{does}, and the step is labelled `{label}`: {remedy}"


def _requests(draft: RunbookDraft) -> None:
    """Probes and checks by HTTP are made again and again, and ask for nothing else."""
    health = draft.runbook.health
    for probe in health.probes if health is not None else ():
        effect = method_effect(probe.method)
        if effect != "read":
            words = f"{probe.method} {DOES[effect]}, and a probe only reads"
            table = draft.at("probe", probe.id)
            table.doubt(EFFECT_TOO_LOW.code, f"{words}: ask by GET or HEAD", "method")
    for step in draft.runbook.steps():
        table = draft.at("step", step.id)
        for check, path in zip(step.checks, check_paths(table), strict=False):
            if isinstance(check, HttpCheck) and method_effect(check.method) != "read":
                does = DOES[method_effect(check.method)]
                words = f"{check.method} {does}, and a check only reads"
                remedy = "what does more belongs into a `run`"
                table.doubt(EFFECT_TOO_LOW.code, f"{words}; {remedy}", *path)


def _environment(draft: RunbookDraft) -> None:
    """What destroys wants to be told where it does so."""
    runbook = draft.runbook
    if runbook.environment is not None:
        return
    for step in runbook.steps():
        if isinstance(step.action, Run) and step.action.effect == "destroy":
            words = "this destroys, and nobody named an environment to do so in"
            table = draft.at("step", step.id)
            table.doubt(NO_ENVIRONMENT.code, words, "effect")
            return
