"""Secrets that a run had and its host does not know: which steps wait for them. Pure.

A step that was given a secret may have left it anywhere, so any script or check that
begins later could print it, and it could not be redacted. None begins until the secret
is known again, or a person goes on without it, which is on record.
"""

from __future__ import annotations

from collections.abc import Iterator

from mobius_tui.run.planning.plan import Plan, kind_of
from mobius_tui.run.state.run_state import RunState
from mobius_tui.runbook.model.runbook import Runbook, Step

_KINDS_WITHOUT_SCRIPT = ("manual", "message", "choose")


def could_print_secret(step: Step) -> bool:
    """Whether something runs for a step whose words are shown: a script, or a look."""
    looks = bool(step.checks or step.when_checks)
    return looks or kind_of(step) not in _KINDS_WITHOUT_SCRIPT


def lost_secret_waits(
    plan: Plan, state: RunState, step_id: str
) -> Iterator[tuple[str, str]]:
    """The lost secrets that a step waits for, each with why in words."""
    if not state.unsettled_secrets or not could_print_secret(plan.steps[step_id]):
        return
    for name in state.unsettled_secrets:
        remedy = remedy_of_lost(plan.runbook, name)
        yield name, f"{name} is not known any more: {remedy}"


def remedy_of_lost(runbook: Runbook, name: str) -> str:
    """How a run is told a lost secret again, in words."""
    variable = runbook.variables.get(name)
    if variable is not None and variable.is_fetched:
        source = "from its file" if variable.from_file else "by its command"
        return f"it could not be got {source}; host.log says why"
    if variable is not None and variable.from_env:
        return f"set {variable.from_env}= and resume"
    return "the run's screen asks for it"


def lost_secret_notice(runbook: Runbook, state: RunState) -> str | None:
    """What is to be said of a run's lost secrets; None where none is unsettled.

    It names each, how it is told again, what waits, and how to go on without.
    """
    names = state.unsettled_secrets
    if not names:
        return None
    each = ", ".join(f"{name} ({remedy_of_lost(runbook, name)})" for name in names)
    what = f"the secret {each} is" if len(names) == 1 else f"the secrets {each} are"
    them = "it" if len(names) == 1 else "them"
    without = " ".join(f"--without {name}" for name in names)
    return (
        f"{what} not known any more: scripts and checks could print {them}, and wait. "
        f"resume with {without} goes on: what they print is not redacted"
    )
