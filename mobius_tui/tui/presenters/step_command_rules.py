"""The rules of the commands on one step: what each asks for, where it is of use."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from mobius_tui.run.intents.action import Action
from mobius_tui.run.intents.fleet_intents import ReleaseBatch, SettleHost
from mobius_tui.run.intents.step_intents import (
    ChooseOptions,
    TickStep,
)
from mobius_tui.run.planning.plan import kind_of
from mobius_tui.run.planning.situation import Permission, RefusalCode, Refused
from mobius_tui.run.state.step_state import (
    ENDED_STATUSES,
    STATUSES_NEEDING_DECISION,
    UNBEGUN_STATUSES,
    Status,
)
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.tui.commands.registry import first_key_name
from mobius_tui.tui.commands.run_commands import RunCommand
from mobius_tui.tui.presenters.glyphs import STATUS_MARKS
from mobius_tui.tui.presenters.run_view import RunView

STATUSES_OF_UNKNOWN_PROGRESS = frozenset(
    {Status.UNKNOWN, Status.TIMED_OUT, Status.STOPPED, Status.OUTPUT_LOST}
)
"""Statuses after which it is not known how far the step got."""


class StepRule(Struct, frozen=True, kw_only=True):
    """One command on the step under the cursor."""

    action: Callable[[RunView, Step], Action | None] | None = None
    """What it asks the host for, as far as it is known before a dialog opens; `None`
    for the `intent` of the command."""
    is_useful: Callable[[RunView, Step], bool] = lambda _view, _step: True
    """Whether it is of any use; whether it is allowed is judged apart."""
    reason_useless: Callable[[RunView, Step], str]
    """Why it is of no use, without the step's name."""


def _tick(view: RunView, step: Step) -> Action | None:
    number = view.next_attempt(step.id)
    match kind_of(step):
        case "choose":
            return ChooseOptions(step=step.id, attempt=number)
        case "manual":
            return TickStep(step=step.id, attempt=number)
        case _:
            return None


def _why_not_ticked(_view: RunView, _step: Step) -> str:
    return (
        f"is run, not ticked: {first_key_name('next_action')} runs it, "
        f"{first_key_name(RunCommand.OVERRIDE)} vouches for it."
    )


def _can_be_told(view: RunView, step: Step) -> bool:
    status = view.statuses[step.id].status
    return kind_of(step) == "message" and status in (
        *ENDED_STATUSES,
        Status.PENDING,
    )


def _why_not_told(view: RunView, step: Step) -> str:
    is_message = kind_of(step) == "message"
    return _blocking_text(view, step) if is_message else "is no message."


def _why_no_look(view: RunView, step: Step) -> str:
    if not step.checks:
        return "has no check to make."
    if kind_of(step) == "check":
        return f"is a check: {first_key_name(RunCommand.RETRY)} makes it again."
    state = state_in_words(view, step)
    return f"is {state}: its checks are made once its script has passed."


def _why_not_retried(_view: RunView, step: Step) -> str:
    match kind_of(step):
        case "message":
            return f"is a message: {first_key_name(RunCommand.MESSAGE)} shows it."
        case "manual" | "choose":
            return f"is for a person: {first_key_name(RunCommand.TICK)} answers it."
        case _:
            return f"has not run yet: {first_key_name('next_action')} runs it."


def _why_not_skipped(view: RunView, step: Step) -> str:
    return f"is {state_in_words(view, step)} already: there is nothing to skip."


def _can_be_overridden(view: RunView, step: Step) -> bool:
    status = view.statuses[step.id].status
    not_done = STATUSES_NEEDING_DECISION | UNBEGUN_STATUSES
    vouchable = not_done | {Status.WAITING, Status.WARNED}
    is_stale = status in ENDED_STATUSES and view.step_state(step.id).is_stale
    return (
        status in vouchable or is_stale or view.statuses[step.id].found_by_guard_check
    )


def _why_not_restored(view: RunView, step: Step) -> str:
    state = state_in_words(view, step)
    return f"is not skipped ({state}): there is nothing to take back."


def _why_not_overridden(view: RunView, step: Step) -> str:
    words = f"is {state_in_words(view, step)} already: there is nothing to vouch for."
    return _blocking_text(view, step) or words


def release_action(view: RunView, step: Step) -> Action | None:
    """What lets a step's held hosts begin; `None` where none are held."""
    found = view.hosts(step.id)
    held = found.held if found is not None else None
    if found is None or held is None:
        return None
    return ReleaseBatch(
        step=step.id, attempt=found.newest_attempt.attempt, batch=held.batch
    )


def settle_action(
    view: RunView, step: Step, host: str | None = None
) -> SettleHost | None:
    """What settles a host of a step; `None` where nobody is asked about any.

    Args:
        view: the run.
        step: which.
        host: the one that is meant; without it, or if nobody is asked about it, the
            first one.
    """
    found = view.hosts(step.id)
    if found is None or not found.to_settle:
        return None
    name = host if host in found.to_settle else found.to_settle[0]
    return SettleHost(step=step.id, attempt=found.host_states[name].attempt, host=name)


def _why_not_released(_view: RunView, step: Step) -> str:
    if step.rollout is None:
        return "runs on this machine: it has no hosts that could be held."
    return "is not held: its hosts begin by themselves."


def _why_not_settled(_view: RunView, step: Step) -> str:
    if step.rollout is None:
        return "runs on this machine: it has no hosts to settle."
    return "has no host of which nobody knows what became of it."


STEP_RULES: Mapping[RunCommand, StepRule] = {
    RunCommand.TICK: StepRule(action=_tick, reason_useless=_why_not_ticked),
    RunCommand.MESSAGE: StepRule(
        action=lambda _view, _step: None,
        is_useful=_can_be_told,
        reason_useless=_why_not_told,
    ),
    RunCommand.LOOK_FIRST: StepRule(
        is_useful=lambda view, step: (
            kind_of(step) != "check"
            and view.statuses[step.id].status in STATUSES_OF_UNKNOWN_PROGRESS
        ),
        reason_useless=_why_no_look,
    ),
    RunCommand.RETRY: StepRule(
        is_useful=lambda view, step: (
            kind_of(step) in ("run", "check", "watch")
            and (
                view.statuses[step.id].status in ENDED_STATUSES
                or view.statuses[step.id].found_by_guard_check
            )
        ),
        reason_useless=_why_not_retried,
    ),
    RunCommand.RELEASE_BATCH: StepRule(
        action=release_action, reason_useless=_why_not_released
    ),
    RunCommand.SETTLE_HOST: StepRule(
        action=settle_action, reason_useless=_why_not_settled
    ),
    RunCommand.SKIP: StepRule(
        reason_useless=_why_not_skipped,
    ),
    RunCommand.RESTORE: StepRule(
        reason_useless=_why_not_restored,
    ),
    RunCommand.OVERRIDE: StepRule(
        is_useful=_can_be_overridden,
        reason_useless=_why_not_overridden,
    ),
}
"""The commands that are about the step under the cursor."""


def why_useless(
    view: RunView, step: Step, command: RunCommand, permission: Permission | None
) -> str:
    """Why a command does nothing for a step, without the step's name."""
    useless = STEP_RULES[command].reason_useless(view, step)
    if command in (RunCommand.LOOK_FIRST, RunCommand.MESSAGE):
        return useless
    if command in (RunCommand.RELEASE_BATCH, RunCommand.SETTLE_HOST):
        is_refused = isinstance(permission, Refused)
        return f"waits: {permission.text}." if is_refused else useless  # type: ignore[union-attr]
    if permission is None:
        return _blocking_text(view, step) or useless
    if not isinstance(permission, Refused):
        return useless
    match permission.code:
        case RefusalCode.GATE:
            override = first_key_name(RunCommand.OVERRIDE)
            return f"is a gate: it cannot be skipped. {override} overrides it."
        case RefusalCode.BUSY:
            return f"has to wait: {permission.why}."
        case RefusalCode.WAITS | RefusalCode.OWN_APPROVAL:
            return f"waits: {permission.why}."
        case RefusalCode.ILLEGAL if command is RunCommand.RESTORE:
            return _why_not_restored(view, step)
        case RefusalCode.ONLY_UNDONE:
            return f"stays as it is: {permission.why}."
        case RefusalCode.UNSETTLED:
            return (
                f"waits: {permission.why}, by {first_key_name(RunCommand.SETTLE_HOST)}."
            )
        case RefusalCode.DONE if command is RunCommand.RETRY and permission.why:
            return f"is done: {permission.why}."
        case RefusalCode.ALIVE:
            return f"{permission.why}."
        case _:
            return _blocking_text(view, step) or useless


def state_in_words(view: RunView, step: Step) -> str:
    """The status of a step, in a word."""
    return STATUS_MARKS[view.statuses[step.id].status].word


def _blocking_text(view: RunView, step: Step) -> str:
    """What keeps any step from being begun or passed over; empty if nothing."""
    standing = view.statuses[step.id]
    match standing.status:
        case Status.RUNNING:
            return f"is running: {first_key_name(RunCommand.STOP)} stops it."
        case Status.NOT_APPLICABLE:
            return f"does not apply: {standing.reason}."
        case Status.SKIPPED:
            return f"is skipped: {first_key_name(RunCommand.RESTORE)} takes that back."
        case Status.WAITING | Status.UNDONE if standing.waits:
            return f"waits: {', '.join(wait.text for wait in standing.waits)}."
        case _:
            return ""
