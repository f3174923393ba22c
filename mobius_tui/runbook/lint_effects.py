"""Labels and what stands under them: whether a script does more than its step says."""

from __future__ import annotations

from mobius_tui.runbook.doubts.effects import EFFECT_TOO_LOW, NO_ENVIRONMENT
from mobius_tui.runbook.doubts.look import shown
from mobius_tui.runbook.doubts.steps import check_paths
from mobius_tui.runbook.draft import Draft
from mobius_tui.runbook.effects.judge import Deed, heavier, judge_method, judge_script
from mobius_tui.runbook.effects.known import known_commands
from mobius_tui.runbook.lint_scripts import BUDGET, Piece, pieces
from mobius_tui.runbook.model_action import Effect, Run
from mobius_tui.runbook.model_check import HttpCheck

_MOST = 5
"""Warnings about one script; the others say the same."""
DOES = {"read": "reads", "change": "changes something", "destroy": "destroys"}
"""An effect in a sentence."""


def doubt_effects(draft: Draft) -> None:
    """Warn of labels that say less than what stands under them."""
    _environment(draft)
    _requests(draft)
    commands = known_commands(draft.runbook.commands)
    left = BUDGET
    for piece in pieces(draft):
        left -= len(piece.script)
        if left < 0:
            return
        found = judge_script(piece.script, shell=piece.shell, table=commands)
        label = _label(piece)
        end = len(piece.script)  # what is not read is told of by other rules
        beyond = [deed for deed in found.beyond(label) if deed.offset < end]
        if not beyond:
            continue
        fits = heavier(label, *(deed.effect for deed in beyond))
        spelt = piece.spelt()
        for deed in beyond[:_MOST]:
            message = _message(deed, piece, label, fits)
            spelt.doubt(EFFECT_TOO_LOW.code, message, deed.offset)


def _label(piece: Piece) -> Effect:
    action = piece.step.action
    if piece.check is None and isinstance(action, Run):
        return action.effect
    return "read"


def _message(deed: Deed, piece: Piece, label: Effect, fits: Effect) -> str:
    what = f"`{shown(deed.words)}`"
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


def _requests(draft: Draft) -> None:
    """Probes and checks by HTTP are made again and again, and ask for nothing else."""
    health = draft.runbook.health
    for probe in health.probes if health is not None else ():
        effect = judge_method(probe.method)
        if effect != "read":
            words = f"{probe.method} {DOES[effect]}, and a probe only reads"
            table = draft.at("probe", probe.id)
            table.doubt(EFFECT_TOO_LOW.code, f"{words}: ask by GET or HEAD", "method")
    for step in draft.runbook.steps():
        table = draft.at("step", step.id)
        for check, path in zip(step.checks, check_paths(table), strict=False):
            if isinstance(check, HttpCheck) and judge_method(check.method) != "read":
                does = DOES[judge_method(check.method)]
                words = f"{check.method} {does}, and a check only reads"
                remedy = "what does more belongs into a `run`"
                table.doubt(EFFECT_TOO_LOW.code, f"{words}; {remedy}", *path)


def _environment(draft: Draft) -> None:
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
