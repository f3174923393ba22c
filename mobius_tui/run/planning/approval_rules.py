"""Whether an approval still holds, and what a step lacks of it. Pure.

An approval is for one attempt at one step, with the values that the approver was shown.
Whatever of these changes afterwards voids it: it is asked for again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from mobius_tui.run.events.step_events import ApprovalAsked
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Approval
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.text.units import duration_in_words


def binding_digest(
    plan: Plan, state: RunState, step: Step, files: Mapping[str, str] | None = None
) -> str:
    """SHA-256 of what is approved: the step, its files, and every value that it reads.

    Its texts are those of the runbook, which does not change in a run: with their
    values they are the command, filled in. Of a secret only the name counts, as the
    journal holds no value of it.

    Args:
        plan: the runbook's.
        state: the run's.
        step: what is approved.
        files: of the request; see `ApprovalAsked.files`.
    """
    values = {
        name: value.text if (value := state.variables.get(name)) else None
        for name in plan.variables_read[step.id]
    }
    runbook = state.began.sha256 if state.began is not None else ""
    bound = [runbook, step.id, values, *([dict(files)] if files else [])]
    text = json.dumps(bound, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def current_approval(plan: Plan, state: RunState, step: Step) -> Approval | None:
    """The request for approval of a step's next attempt; `None` without one that holds.

    It holds unless it was denied, or a value that the step reads has changed since.
    Whether it is complete, or has expired, is for the caller to look at.
    """
    found = state.approvals.get(step.id)
    number = len(state.steps[step.id].attempts) + 1
    if found is None or found.denial_reason or found.request.attempt != number:
        return None
    return found if _is_as_bound(plan, state, step, found.request) else None


def _is_as_bound(plan: Plan, state: RunState, step: Step, asked: ApprovalAsked) -> bool:
    return asked.binding == binding_digest(plan, state, step, asked.files)


def drill_approves(state: RunState) -> bool:
    """Whether the run is a drill that reaches nothing real: it approves its steps."""
    return state.began is not None and state.began.is_harmless_drill


def missing_approval_text(plan: Plan, state: RunState, step: Step) -> str | None:
    """What a step's approval still lacks, in words; None where the step may begin."""
    if step.approve is None or drill_approves(state):
        return None
    wanted = f"approval by {step.approve.role}"
    approval = current_approval(plan, state, step)
    if approval is not None:
        if approval.is_complete:
            return None
        of = f"{len(approval.approvals_given)} of {approval.request.count}"
        within = duration_in_words(approval.request.within)
        return f"{wanted}, asked for ({of}, within {within})"
    last = state.approvals.get(step.id)
    if last is None or last.request.attempt != len(state.steps[step.id].attempts) + 1:
        return f"{wanted}, not asked for yet"
    if last.denial_reason:
        return f"{wanted}, denied: {last.denial_reason}"
    return f"{wanted}, void: what it was for has changed since"


def begin_refusal(
    plan: Plan, state: RunState, step: Step, *, uid: int, now: float
) -> str | None:
    """Why a user may not begin a step that is approved; None where they may.

    Args:
        plan: the runbook's.
        state: the run's.
        step: the step that would begin.
        uid: the user id of whoever would begin it.
        now: seconds since 1970.
    """
    approval = current_approval(plan, state, step)
    if step.approve is None or approval is None or drill_approves(state):
        return None
    if now > approval.expires_at:
        return "its approval has lapsed; ask again"
    if any(not each.weaker and each.uid == uid for each in approval.approvals_given):
        return "you approved it; somebody else begins it"
    return None


def is_retry_approved(plan: Plan, state: RunState, step: Step) -> bool:
    """Whether `retry` may try a step again: no value has changed since its approval.

    The approver was shown the step's `retry` with the rest of it.
    """
    if step.approve is None or drill_approves(state):
        return True
    own = state.approvals.get(step.id)
    return (
        own is not None
        and own.is_complete
        and _is_as_bound(plan, state, step, own.request)
    )
