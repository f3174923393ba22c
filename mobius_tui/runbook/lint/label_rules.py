"""Effect labels: whether a script does more than its step says."""

from __future__ import annotations

from collections.abc import Mapping

from mobius_tui.runbook.decode.assemble import RunbookDraft
from mobius_tui.runbook.decode.decode_checks import checks_with_paths
from mobius_tui.runbook.decode.user_commands import command_table_for
from mobius_tui.runbook.effects.command_effects import (
    CommandEffect,
    CommandTable,
    ScriptEffects,
    heaviest_effect,
    method_effect,
)
from mobius_tui.runbook.effects.effect_judge import judge_script
from mobius_tui.runbook.lint.rule_table import EFFECT_TOO_LOW, NO_ENVIRONMENT
from mobius_tui.runbook.lint.suppressions import Suppressions
from mobius_tui.runbook.lint.text_rules import (
    MAX_SCRIPT_CHARACTERS,
    ScriptSource,
    script_sources,
)
from mobius_tui.runbook.model.actions import Effect, Run
from mobius_tui.runbook.model.check_kinds import HttpCheck
from mobius_tui.runbook.model.runbook import Runbook, Step
from mobius_tui.runbook.model.step_text import EFFECT_VERBS
from mobius_tui.runbook.script_rules.script_context import one_line_excerpt
from mobius_tui.runbook.toml.problem import Problem


def effects_beyond_labels(runbook: Runbook) -> Mapping[str, ScriptEffects]:
    """What scripts do beyond the labels of their steps, by step id.

    Effects that a comment in the script suppresses are left out.
    """
    commands = command_table_for(runbook.commands, runbook.files)
    beyond = {step.id: _unlabelled_effects(step, commands) for step in runbook.steps()}
    return {name: found for name, found in beyond.items() if found.effects}


def _unlabelled_effects(step: Step, commands: CommandTable) -> ScriptEffects:
    action = step.action
    if not isinstance(action, Run):
        return ScriptEffects()
    script = action.script
    found = judge_script(script, shell=action.shell, table=commands)
    comments = Suppressions(script)
    return ScriptEffects(
        effects=tuple(
            command_effect
            for command_effect in found.exceeding(action.effect)
            if not comments.hides(_problem(script, command_effect))
        )
    )


def command_beyond_read(runbook: Runbook, script: str) -> str | None:
    """The command of a script that does more than read, or may; None if none does.

    Args:
        runbook: its `[commands]` count.
        script: for bash.
    """
    found = judge_script(
        script, shell=(), table=command_table_for(runbook.commands, runbook.files)
    ).exceeding("read")
    return one_line_excerpt(found[0].source_text) if found else None


def _problem(script: str, command_effect: CommandEffect) -> Problem:
    """The problem that `check` would report, as far as suppressions need it."""
    line = script.count("\n", 0, command_effect.offset) + 1
    code = EFFECT_TOO_LOW.code
    return Problem(
        file="", line=line, column=0, message=command_effect.source_text, code=code
    )


_MAX_WARNINGS = 5
"""Warnings about one script; more would repeat the same."""


def warn_labels(draft: RunbookDraft) -> None:
    """Warn of effect labels that are lower than what the script does."""
    _warn_no_environment(draft)
    _warn_requests(draft)
    commands = command_table_for(draft.runbook.commands, draft.runbook.files)
    remaining = MAX_SCRIPT_CHARACTERS
    for source in script_sources(draft):
        remaining -= len(source.script)
        if remaining < 0:
            return
        found = judge_script(source.script, shell=source.shell, table=commands)
        label = _label(source)
        end = len(source.script)  # what could not be parsed is reported by other rules
        beyond = [deed for deed in found.exceeding(label) if deed.offset < end]
        if not beyond:
            continue
        fitting = heaviest_effect(label, *(deed.effect for deed in beyond))
        positions = source.positions()
        for command_effect in beyond[:_MAX_WARNINGS]:
            message = _message(command_effect, source, label, fitting)
            positions.warn(EFFECT_TOO_LOW.code, message, command_effect.offset)


def _label(source: ScriptSource) -> Effect:
    action = source.step.action
    if source.check is None and isinstance(action, Run):
        return action.effect
    return "read"


def does_in_words(command_effect: CommandEffect, most: int = 40) -> str:
    """What a command of a script does, as far as it is known.

    Args:
        command_effect: the command, and its effect.
        most: characters of the command at most.
    """
    command = f"`{one_line_excerpt(command_effect.source_text, most)}`"
    if not command_effect.known:
        return f"what {command} does is not known, and counts as a change"
    return f"{command} {EFFECT_VERBS[command_effect.effect]}"


def too_low_in_words(does: str, label: str) -> str:
    """That a step does more than its label says.

    Args:
        does: what it does.
        label: its effect, as the runbook says it.
    """
    return f"{does}, and the step is labelled `{label}`"


def _message(
    command_effect: CommandEffect, source: ScriptSource, label: Effect, fitting: Effect
) -> str:
    does = does_in_words(command_effect)
    if source.path[0] in ("from_run", "choose"):
        remedy = "" if command_effect.known else "; say so in [commands], if it does"
        return f"{does}, and what gets a value only reads{remedy}"
    if source.check is not None:
        remedy = "say so in [commands], if it does" if not command_effect.known else ""
        remedy = remedy or "what does more belongs into a `run`"
        return f"{does}, and a check only reads; {remedy}"
    if source.path[0] == "for_each":
        return f"{does}, and a list is only read; what does more is a step before it"
    remedy = f'effect = "{fitting}"'
    if not command_effect.known:
        remedy += ", or say in [commands] what it does"
    return f"{too_low_in_words(does, label)}: {remedy}"


def _warn_requests(draft: RunbookDraft) -> None:
    """HTTP probes and checks are repeated, so they must only read."""
    health = draft.runbook.health
    for probe in health.probes if health is not None else ():
        effect = method_effect(probe.method)
        if effect != "read":
            words = f"{probe.method} {EFFECT_VERBS[effect]}, and a probe only reads"
            table = draft.table_of("probe", probe.id)
            table.warn(EFFECT_TOO_LOW.code, f"{words}: ask by GET or HEAD", "method")
    for step in draft.runbook.steps():
        table = draft.table_of("step", step.id)
        for check, path in checks_with_paths(step, table):
            if isinstance(check, HttpCheck) and method_effect(check.method) != "read":
                does = EFFECT_VERBS[method_effect(check.method)]
                words = f"{check.method} {does}, and a check only reads"
                remedy = "what does more belongs into a `run`"
                table.warn(EFFECT_TOO_LOW.code, f"{words}; {remedy}", *path)


def _warn_no_environment(draft: RunbookDraft) -> None:
    """A runbook with a step that destroys should name its environment."""
    runbook = draft.runbook
    if runbook.environment is not None:
        return
    for step in runbook.steps():
        if isinstance(step.action, Run) and step.action.effect == "destroy":
            words = "this destroys, and nobody named an environment to do so in"
            table = draft.table_of("step", step.id)
            table.warn(NO_ENVIRONMENT.code, words, "effect")
            return
