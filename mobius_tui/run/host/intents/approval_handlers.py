"""The wishes about approvals: to ask for one, to give it, to deny it."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping

from mobius_tui import sanitize
from mobius_tui.errors import RunError
from mobius_tui.run.events.approval_events import (
    ApprovalAsked,
    ApprovalDenied,
    ApprovalGiven,
)
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.host.engine import Engine
from mobius_tui.run.intents.messages import Intent
from mobius_tui.run.planning.approval_rules import (
    binding,
    drill_approves,
    may_not_begin,
    missing,
    valid,
)
from mobius_tui.run.planning.confirmation import approval_phrase, wrong_name
from mobius_tui.run.planning.step_status import (
    StepStatus,
    step_statuses,
    waits_of_retry,
)
from mobius_tui.run.state.approvals import Approval
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.model.limits import bounded_duration
from mobius_tui.runbook.model.runbook import Step

OF_A_DRILL = "drill"
"""Who gives the approvals of a drill."""


def _step(engine: Engine, intent: Intent) -> Step:
    step = engine.plan.steps.get(intent.step or "")
    if step is None:
        raise RunError(f"this runbook has no step {intent.step!r}")
    if step.approve is None:
        raise RunError(f"{engine.plan.name(step.id)} wants nobody's approval")
    if engine.state.ended is not None:
        raise RunError("the run has ended; nothing can be started in it")
    return step


def _uid(intent: Intent) -> int:
    return os.getuid() if intent.uid is None else intent.uid


async def ask(engine: Engine, intent: Intent, who: str) -> Entry | None:
    """`ask approval`: what is about to begin is put before somebody else."""
    step = _step(engine, intent)
    name = engine.plan.name(step.id)
    number = len(engine.state.steps[step.id].attempts) + 1
    if intent.attempt != number:
        raise RunError(f"{name} has moved on: the next attempt is {number}")
    if not missing(engine.plan, engine.state, step):
        raise RunError(f"{name} wants no approval now")
    if valid(engine.plan, engine.state, step) is not None:
        raise RunError(f"the approval of {name} is asked for already")
    standing = step_statuses(engine.plan, engine.state)[step.id]
    _refuse_early(engine, step, standing)
    return await engine.write(_asked(engine, step, _uid(intent)), who, intent.id)


def _refuse_early(engine: Engine, step: Step, standing: StepStatus) -> None:
    """Let nothing be approved whose values may yet change."""
    name = engine.plan.name(step.id)
    if standing.status is Status.NOT_APPLICABLE:
        raise RunError(f"{name} does not apply: {standing.reason}")
    if standing.status in (Status.RUNNING, Status.SKIPPED):
        raise RunError(f"{name} is {standing.status}")
    others = [*standing.waits, *waits_of_retry(engine.plan, engine.state, step.id)]
    words = dict.fromkeys(wait.text for wait in others if wait.kind != "approval")
    if words:
        raise RunError(f"{name} waits: {', '.join(words)}")


def _asked(engine: Engine, step: Step, uid: int) -> ApprovalAsked:
    assert step.approve is not None
    try:
        within = bounded_duration(engine.values().fill(step.approve.within), "within")
    except ValueError as error:
        raise RunError(f"approve.within: {error}") from error
    return ApprovalAsked(
        step=step.id,
        attempt=len(engine.state.steps[step.id].attempts) + 1,
        role=step.approve.role,
        count=step.approve.count,
        within=within,
        binding=binding(engine.plan, engine.state, step),
        uid=uid,
    )


def _open(engine: Engine, step: Step) -> Approval:
    """What is asked for now.

    Raises:
        RunError: nothing is.
    """
    approval = valid(engine.plan, engine.state, step)
    if approval is None or approval.is_complete:
        words = missing(engine.plan, engine.state, step) or "it may begin"
        raise RunError(f"nobody waits for you: {engine.plan.name(step.id)}: {words}")
    if engine.clock.wall() > approval.expires_at:
        raise RunError(f"the time to approve {engine.plan.name(step.id)} is over")
    return approval


async def approve(engine: Engine, intent: Intent, who: str) -> Entry | None:
    """`approve`: somebody else says that it may begin."""
    step = _step(engine, intent)
    approval = _open(engine, step)
    shown = intent.values.get("binding", "")
    if shown != approval.asked.binding:
        raise RunError("this is not what is asked for now; look at it again")
    event = _given(engine, step, approval, intent, who)
    for other in approval.given:
        same = other.name == event.name if event.weaker else other.uid == event.uid
        if same:
            raise RunError(f"{event.name} has approved it; another person is wanted")
    return await engine.write(event, who, intent.id)


def _given(
    engine: Engine, step: Step, approval: Approval, intent: Intent, who: str
) -> ApprovalGiven:
    """The approval, where it is another's than the asker's."""
    uid, asked = _uid(intent), approval.asked
    weaker = uid == asked.uid
    name = sanitize.line(who)
    if weaker:
        name = intent.values.get("name", "")
        wrong = wrong_name(name, approval.by) or wrong_name(name, who)
        if wrong:
            raise RunError(wrong)
        if intent.confirm != approval_phrase(name, step.id):
            raise RunError(f"type, word for word: {approval_phrase(name, step.id)}")
        name = engine.redact(name)
    return ApprovalGiven(
        step=step.id,
        attempt=asked.attempt,
        binding=asked.binding,
        name=name,
        uid=uid,
        weaker=weaker,
        place=intent.place,
    )


async def deny(engine: Engine, intent: Intent, who: str) -> Entry | None:
    """`deny`: it may not begin; it can be asked for again."""
    step = _step(engine, intent)
    approval = _open(engine, step)
    reason = engine.redact(intent.text.strip())
    if not reason:
        raise RunError("a reason is wanted; it stays on record")
    event = ApprovalDenied(
        step=step.id,
        attempt=approval.asked.attempt,
        reason=f"{who}: {reason}",
        uid=_uid(intent),
        place=intent.place,
    )
    return await engine.write(event, who, intent.id)


def refuse_own(engine: Engine, step: Step, intent: Intent) -> None:
    """Let nobody begin what they approved themselves, or what was approved long ago.

    Raises:
        RunError: they would.
    """
    refused = may_not_begin(
        engine.plan, engine.state, step, uid=_uid(intent), now=engine.clock.wall()
    )
    if refused:
        raise RunError(f"{engine.plan.name(step.id)}: {refused}")


async def answer_in_drill(engine: Engine, step: Step, who: str) -> None:
    """Put the drill's own approvers on record, just before a step begins."""
    if step.approve is None or not drill_approves(engine.state):
        return
    asked = _asked(engine, step, os.getuid())
    await engine.write(asked, who)
    for number in range(1, asked.count + 1):
        given = ApprovalGiven(
            step=step.id,
            attempt=asked.attempt,
            binding=asked.binding,
            name=f"{asked.role} {number}" if asked.count > 1 else asked.role,
            uid=-1,
        )
        await engine.write(given, OF_A_DRILL)


APPROVAL_HANDLERS: Mapping[
    str, Callable[[Engine, Intent, str], Awaitable[Entry | None]]
] = {
    "ask approval": ask,
    "approve": approve,
    "deny": deny,
}
