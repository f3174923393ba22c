"""Labels that say less than what stands under them, for a person about to begin."""

from __future__ import annotations

from collections.abc import Iterator

from mobius_tui.run.plan import Plan, effect_of
from mobius_tui.runbook.doubts.look import shown
from mobius_tui.runbook.effects.judge import Judgement
from mobius_tui.runbook.effects.known import understated
from mobius_tui.runbook.words import EFFECTS

_WORDS = 60
"""Characters of a command that are shown."""


def understated_steps(plan: Plan, phase_id: str | None = None) -> Iterator[str]:
    """A sentence about each step whose script does more than its label says.

    Args:
        plan: the runbook's.
        phase_id: the phase that is looked at; all of them without it.
    """
    for step_id, found in understated(plan.runbook).items():
        if phase_id is None or plan.phase_of[step_id].id == phase_id:
            label = EFFECTS[effect_of(plan.steps[step_id])]
            yield f"{plan.name(step_id)} is labelled “{label}”, but {_deed(found)}"


def _deed(found: Judgement) -> str:
    deed = next(each for each in found.deeds if each.effect == found.effect)
    words = f"`{shown(deed.words, _WORDS)}`"
    if not deed.known:
        return f"nobody knows what {words} does"
    return f"{words} {EFFECTS[deed.effect]}"
