"""Whether an approval may be asked for, given or denied now. Pure."""

from __future__ import annotations

from mobius_tui.run.intents.intent_actions import ApproveStep, AskApproval, DenyApproval
from mobius_tui.run.planning.approval_rules import (
    current_approval,
    missing_approval_text,
)
from mobius_tui.run.planning.confirmation import (
    approval_phrase,
    approver_name_problem,
    are_lookalikes,
    read_as_text,
)
from mobius_tui.run.planning.situation import (
    NotPermittedError,
    RefusalCode,
    Situation,
    require_text,
)
from mobius_tui.run.planning.step_permissions import require_applies
from mobius_tui.run.planning.step_status import waits_of_retry
from mobius_tui.run.state.step_state import Approval, Status
from mobius_tui.runbook.model.runbook import Step


def require_may_ask_approval(action: AskApproval, situation: Situation) -> None:
    """Raise unless a second person's approval may be asked for."""
    step = _require_step_with_approval(situation, action.step)
    plan, state, name = situation.plan, situation.state, situation.plan.name(step.id)
    number = situation.next_attempt(step)
    if action.attempt != number:
        words = f"{name} has moved on: the next attempt is {number}"
        raise NotPermittedError(RefusalCode.MOVED_ON, words)
    if not missing_approval_text(plan, state, step):
        raise NotPermittedError(
            RefusalCode.NO_APPROVAL, f"{name} wants no approval now"
        )
    if current_approval(plan, state, step) is not None:
        words = f"the approval of {name} is asked for already"
        raise NotPermittedError(RefusalCode.ASKED_ALREADY, words)
    _require_ready_to_ask(situation, step)


def _require_step_with_approval(situation: Situation, step_id: str) -> Step:
    """The step of an id.

    Raises:
        NotPermittedError: there is none, it needs no approval, or the run has ended.
    """
    step = situation.step(step_id)
    if step.approve is None:
        words = f"{situation.plan.name(step.id)} wants nobody's approval"
        raise NotPermittedError(RefusalCode.NO_APPROVAL, words)
    if situation.state.ended is not None:
        words = "the run has ended; nothing can be started in it"
        raise NotPermittedError(RefusalCode.RUN_ENDED, words)
    return step


def _require_ready_to_ask(situation: Situation, step: Step) -> None:
    """Raise unless the step could begin but for its approval: its values are final."""
    plan, name = situation.plan, situation.plan.name(step.id)
    standing = situation.statuses[step.id]
    require_applies(situation, step)
    if standing.status is Status.RUNNING:
        raise NotPermittedError(RefusalCode.RUNNING, f"{name} is {standing.status}")
    if standing.status is Status.SKIPPED:
        raise NotPermittedError(RefusalCode.SKIPPED, f"{name} is {standing.status}")
    others = [*standing.waits, *waits_of_retry(plan, situation.state, step.id)]
    waits = dict.fromkeys(wait.text for wait in others if wait.kind != "approval")
    if waits:
        raise NotPermittedError(RefusalCode.WAITS, f"{name} waits: {', '.join(waits)}")


def require_may_approve(action: ApproveStep, situation: Situation) -> None:
    """Raise unless this person may approve the step."""
    step = _require_step_with_approval(situation, action.step)
    approval = require_open_approval(situation, step)
    weaker = situation.uid == approval.request.uid
    for other in approval.approvals_given:
        if not (weaker or other.weaker):
            # The kernel tells two logins apart, however alike their names are.
            who = other.name if other.uid == situation.uid else ""
        else:
            name = action.name if weaker else situation.name
            is_one = are_lookalikes(other.name, name)
            who = read_as_text(name, other.name) if is_one else ""
        if who:
            words = f"{who} has approved it; another person is wanted"
            raise NotPermittedError(RefusalCode.HAS_APPROVED, words)
    if action.binding != approval.request.binding:
        words = "this is not what is asked for now; look at it again"
        raise NotPermittedError(RefusalCode.UNFILLED, words)
    if weaker:
        _require_named_approver(action, situation, approval)


def _require_named_approver(
    action: ApproveStep, situation: Situation, approval: Approval
) -> None:
    """Raise unless an approval from the login that asked names somebody else."""
    name = action.name
    wrong = approver_name_problem(name, approval.asked_by) or approver_name_problem(
        name, situation.name
    )
    words = approval_phrase(name, action.step)
    if not wrong and action.confirm != words:
        wrong = f"type, word for word: {words}"
    if wrong:
        raise NotPermittedError(RefusalCode.UNFILLED, wrong)


def require_may_deny(action: DenyApproval, situation: Situation) -> None:
    """Raise unless an approval is asked for that can be denied."""
    step = _require_step_with_approval(situation, action.step)
    require_open_approval(situation, step)
    require_text(action.reason)


def require_open_approval(situation: Situation, step: Step) -> Approval:
    """The request for the step's next attempt that is open now.

    Raises:
        NotPermittedError: nothing is.
    """
    plan, name = situation.plan, situation.plan.name(step.id)
    require_applies(situation, step)
    approval = current_approval(plan, situation.state, step)
    if approval is None or approval.is_complete:
        words = missing_approval_text(plan, situation.state, step) or "it may begin"
        words = f"nobody waits for you: {name}: {words}"
        raise NotPermittedError(RefusalCode.NOBODY_WAITS, words)
    if situation.now > approval.expires_at:
        raise NotPermittedError(
            RefusalCode.LAPSED, f"the time to approve {name} is over"
        )
    return approval
