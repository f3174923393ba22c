"""The actions on approvals: to ask for one, to give it, to deny it."""

from __future__ import annotations

import os

from mobius_tui import sanitize
from mobius_tui.errors import RunError
from mobius_tui.run.events.approval_events import (
    ApprovalAsked,
    ApprovalDenied,
    ApprovalGiven,
)
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.host.intents.host_services import HostServices
from mobius_tui.run.intents.envelope import Caller
from mobius_tui.run.intents.intent_actions import ApproveStep, AskApproval, DenyApproval
from mobius_tui.run.planning.approval_rules import binding_digest, drill_approves
from mobius_tui.run.planning.variables import NoDurationError
from mobius_tui.runbook.model.runbook import Step

DRILL_APPROVER = "drill"
"""The name in the journal of who gives the simulated approvals of a drill."""


def uid_of(caller: Caller) -> int:
    """The uid of the caller; the run owner's for the host itself."""
    return os.getuid() if caller.uid is None else caller.uid


async def ask_approval(
    services: HostServices, action: AskApproval, caller: Caller, intent: str
) -> Entry:
    """Journal a request that a second person approves an attempt."""
    asked = _approval_request(
        services, services.context.plan.steps[action.step], uid_of(caller)
    )
    return await services.writer.write(asked, caller.name, intent)


def _approval_request(services: HostServices, step: Step, uid: int) -> ApprovalAsked:
    assert step.approve is not None
    try:
        within = services.context.values().seconds(step.approve.within, "within")
    except NoDurationError as error:
        raise RunError(f"approve.within: {error}") from error
    return ApprovalAsked(
        step=step.id,
        attempt=len(services.context.state.steps[step.id].attempts) + 1,
        role=step.approve.role,
        count=step.approve.count,
        within=within,
        binding=binding_digest(services.context.plan, services.context.state, step),
        uid=uid,
    )


async def approve_step(
    services: HostServices, action: ApproveStep, caller: Caller, intent: str
) -> Entry:
    """Journal a second person's approval."""
    asked, uid = services.context.state.approvals[action.step].request, uid_of(caller)
    weaker = uid == asked.uid
    event = ApprovalGiven(
        step=action.step,
        attempt=asked.attempt,
        binding=asked.binding,
        name=action.name if weaker else sanitize.line(caller.name),
        uid=uid,
        weaker=weaker,
        place=caller.place,
    )
    return await services.writer.write(event, caller.name, intent)


async def deny_approval(
    services: HostServices, action: DenyApproval, caller: Caller, intent: str
) -> Entry:
    """Journal that an approval is denied; it can be asked for again."""
    event = ApprovalDenied(
        step=action.step,
        attempt=services.context.state.approvals[action.step].request.attempt,
        reason=f"{caller.name}: {action.reason.strip()}",
        uid=uid_of(caller),
        place=caller.place,
    )
    return await services.writer.write(event, caller.name, intent)


async def record_drill_approvals(services: HostServices, step: Step, who: str) -> None:
    """Journal simulated approvals in a drill, just before a step begins."""
    if step.approve is None or not drill_approves(services.context.state):
        return
    asked = _approval_request(services, step, os.getuid())
    await services.writer.write(asked, who)
    for number in range(1, asked.count + 1):
        given = ApprovalGiven(
            step=step.id,
            attempt=asked.attempt,
            binding=asked.binding,
            name=f"{asked.role} {number}" if asked.count > 1 else asked.role,
            uid=-1,
        )
        await services.writer.write(given, DRILL_APPROVER)
