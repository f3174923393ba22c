"""A command that a person ran although no step had it, as a step of the run. Pure.

The improvised steps of a run are in a phase of their own, off the main line. The run
never enters that phase: its steps are not proposed, do not start automatically, do not
become pending again, and do not count for the outcome.
"""

from __future__ import annotations

from dataclasses import replace

from mobius_tui.runbook.model.actions import Effect, Run, is_shell
from mobius_tui.runbook.model.runbook import Approve, Phase, Runbook, Step

IMPROVISED_PHASE = "!"
"""Id and number of their phase; no runbook can have a phase of that id."""
_TITLE = "Improvised"
MAX_COMMAND = 16 * 1024
"""Characters that an improvised command has at most."""


def is_improvised(phase: Phase) -> bool:
    """Whether a phase is that of the improvised commands."""
    return phase.id == IMPROVISED_PHASE


def improvised_phase(runbook: Runbook) -> Phase | None:
    """The phase of the improvised commands; `None` where there are none yet."""
    return next(filter(is_improvised, runbook.phases), None)


def command_to_begin_from(step: Step | None) -> str:
    """The command of a step that an improvised one begins from; empty if it has none.

    A script for another program than a shell is no command for bash.
    """
    action = step.action if step is not None else None
    if not isinstance(action, Run) or not is_shell(action.shell):
        return ""
    return action.script.strip("\n")


def improvised_step(
    runbook: Runbook,
    *,
    id: str,  # noqa: A002 - as a step has it
    script: str,
    title: str,
    effect: Effect,
    after: str | None,
    by: str,
) -> Step:
    """An improvised command as a step.

    Args:
        runbook: the run's.
        id: the step's.
        script: for bash.
        title: what the step is called.
        effect: what the script was judged to do.
        after: the id of the step that it came after: it has its environment, its
            secrets and its approval.
        by: who improvised it.
    """
    known = {step.id: step for step in runbook.steps()}
    before = known.get(after or "")
    own = before.action if before is not None else None
    carried = before if isinstance(own, Run) else None
    return Step(
        id=id,
        title=title,
        action=Run(script=script, effect=effect, is_judged=True),
        env=carried.env if carried is not None else {},
        secrets=carried.secrets if carried is not None else {},
        approve=_approval(runbook, before, effect),
        improvised_by=by,
    )


def _approval(runbook: Runbook, before: Step | None, effect: Effect) -> Approve | None:
    """The approval that an improvised command needs, so that none can be circumvented.

    A command that changes something needs that of the step before it. If there is none,
    one that destroys needs the first approval of the runbook's steps that destroy.
    """
    if before is not None and before.approve is not None and effect != "read":
        return before.approve
    destroying = (
        step.approve
        for step in runbook.steps()
        if isinstance(step.action, Run) and step.action.effect == "destroy"
    )
    return next(filter(None, destroying), None) if effect == "destroy" else None


def with_improvised(runbook: Runbook, step: Step) -> Runbook:
    """The runbook with one more improvised command, behind all else."""
    own = improvised_phase(runbook)
    steps = own.steps if own is not None else ()
    phase = Phase(id=IMPROVISED_PHASE, title=_TITLE, steps=(*steps, step), aside=True)
    others = (each for each in runbook.phases if not is_improvised(each))
    return replace(runbook, phases=(*others, phase))
