"""Intents about a second person's approval: to ask for it, give it, deny it. Pure."""

from __future__ import annotations

from typing import ClassVar, final

from mobius_tui import sanitize
from mobius_tui.errors import RunError
from mobius_tui.json_border import Integer
from mobius_tui.run.events.event import WhenReopened
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import DRILL_APPROVER, HOST_AUTHOR
from mobius_tui.run.events.step_events import (
    ApprovalAsked,
    ApprovalDenied,
    ApprovalGiven,
)
from mobius_tui.run.intents.action import (
    Action,
    Asked,
    Caller,
    Host,
    PermittedRequester,
)
from mobius_tui.run.planning.approval_rules import (
    binding_digest,
    current_approval,
    drill_approves,
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
from mobius_tui.run.planning.step_status import waits_of_retry
from mobius_tui.run.planning.variables import UnfitValueError
from mobius_tui.run.state.step_state import Approval, Status
from mobius_tui.runbook.model.runbook import Step


@final
class AskApproval(Action, frozen=True, kw_only=True):
    """Ask for a second person's approval of an attempt."""

    when_reopened: ClassVar[WhenReopened] = "on steps"
    step: str
    attempt: Integer
    """The number of the attempt to be made."""

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless a second person's approval may be asked for."""
        step = _require_step_with_approval(situation, self.step)
        plan, state = situation.plan, situation.state
        name, number = plan.name(step.id), situation.next_attempt(step)
        if self.attempt != number:
            words = f"{name} has moved on: the next attempt is {number}"
            raise NotPermittedError(RefusalCode.MOVED_ON, words)
        if not missing_approval_text(plan, state, step):
            words = f"{name} wants no approval now"
            raise NotPermittedError(RefusalCode.NO_APPROVAL, words)
        if current_approval(plan, state, step) is not None:
            words = f"the approval of {name} is asked for already"
            raise NotPermittedError(RefusalCode.ASKED_ALREADY, words)
        _require_ready_to_ask(situation, step)

    async def do(self, host: Host, asked: Asked) -> Entry:
        """Journal a request that a second person approves an attempt.

        Nobody is asked to approve what does not apply.
        """
        step = host.plan.steps[self.step]
        host.require_guard_look(step)
        request = await _approval_request(host, step, asked.caller)
        return await host.write(request, asked.by, asked.intent)


@final
class ApproveStep(Action, frozen=True, kw_only=True):
    """Say as a second person that an attempt may begin."""

    permitted_requester: ClassVar[PermittedRequester] = "approvers"
    when_reopened: ClassVar[WhenReopened] = "on steps"
    step: str
    binding: str = ""
    """Digest of the step and the values that the approver was shown: see
    `binding_digest`."""
    name: str = ""
    """The approver's name; wanted only in the login that asked for the approval."""
    confirm: str = ""
    """The `approval_phrase` as typed; required only in the login that asked for it."""

    async def prepare(self, host: Host) -> None:
        """Void the request if a file that it is for has changed since."""
        await void_changed_approval(host, self.step)

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless this person may approve the step."""
        step = _require_step_with_approval(situation, self.step)
        approval = _require_open_approval(situation, step)
        weaker = situation.uid == approval.request.uid
        for other in approval.approvals_given:
            if not (weaker or other.weaker):
                # The kernel tells two logins apart, however alike their names are.
                who = other.name if other.uid == situation.uid else ""
            else:
                name = self.name if weaker else situation.name
                is_one = are_lookalikes(other.name, name)
                who = read_as_text(name, other.name) if is_one else ""
            if who:
                words = f"{who} has approved it; another person is wanted"
                raise NotPermittedError(RefusalCode.HAS_APPROVED, words)
        if self.binding != approval.request.binding:
            words = "this is not what is asked for now; look at it again"
            raise NotPermittedError(RefusalCode.UNFILLED, words)
        if weaker:
            self._require_name(situation, approval)

    def _require_name(self, situation: Situation, approval: Approval) -> None:
        """Raise unless an approval from the login that asked names somebody else."""
        wrong = approver_name_problem(self.name, approval.asked_by)
        wrong = wrong or approver_name_problem(self.name, situation.name)
        words = approval_phrase(self.name, self.step)
        if not wrong and self.confirm != words:
            wrong = f"type, word for word: {words}"
        if wrong:
            raise NotPermittedError(RefusalCode.UNFILLED, wrong)

    async def do(self, host: Host, asked: Asked) -> Entry:
        """Journal a second person's approval."""
        request = host.state.approvals[self.step].request
        uid = host.uid_of(asked.caller)
        weaker = uid == request.uid
        event = ApprovalGiven(
            step=self.step,
            attempt=request.attempt,
            binding=request.binding,
            name=self.name if weaker else sanitize.line(asked.by),
            uid=uid,
            weaker=weaker,
            place=asked.caller.place,
        )
        return await host.write(event, asked.by, asked.intent)


@final
class DenyApproval(Action, frozen=True, kw_only=True):
    """Say as a second person that an attempt may not begin."""

    never_late: ClassVar[bool] = True
    permitted_requester: ClassVar[PermittedRequester] = "approvers"
    when_reopened: ClassVar[WhenReopened] = "on steps"
    step: str
    reason: str = ""

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless an approval is asked for that can be denied."""
        step = _require_step_with_approval(situation, self.step)
        _require_open_approval(situation, step)
        require_text(self.reason)

    async def do(self, host: Host, asked: Asked) -> Entry:
        """Journal that an approval is denied; it can be asked for again."""
        event = ApprovalDenied(
            step=self.step,
            attempt=host.state.approvals[self.step].request.attempt,
            reason=f"{asked.by}: {self.reason.strip()}",
            uid=host.uid_of(asked.caller),
            place=asked.caller.place,
        )
        return await host.write(event, asked.by, asked.intent)


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
    situation.require_applies(step)
    if standing.status is Status.RUNNING:
        raise NotPermittedError(RefusalCode.RUNNING, f"{name} is {standing.status}")
    if standing.status is Status.SKIPPED:
        raise NotPermittedError(RefusalCode.SKIPPED, f"{name} is {standing.status}")
    others = [*standing.waits, *waits_of_retry(plan, situation.state, step.id)]
    waits = dict.fromkeys(wait.text for wait in others if wait.kind != "approval")
    if waits:
        raise NotPermittedError(RefusalCode.WAITS, f"{name} waits: {', '.join(waits)}")


def _require_open_approval(situation: Situation, step: Step) -> Approval:
    """The request for the step's next attempt that is open now.

    Raises:
        NotPermittedError: nothing is.
    """
    plan, name = situation.plan, situation.plan.name(step.id)
    situation.require_applies(step)
    approval = current_approval(plan, situation.state, step)
    if approval is None or approval.is_complete:
        words = missing_approval_text(plan, situation.state, step) or "it may begin"
        words = f"nobody waits for you: {name}: {words}"
        raise NotPermittedError(RefusalCode.NOBODY_WAITS, words)
    if situation.now > approval.expires_at:
        words = f"the time to approve {name} is over"
        raise NotPermittedError(RefusalCode.LAPSED, words)
    return approval


async def _approval_request(host: Host, step: Step, caller: Caller) -> ApprovalAsked:
    assert step.approve is not None
    try:
        within = host.values().seconds(step.approve.within, "within")
    except UnfitValueError as error:
        raise RunError(f"approve.within: {error}") from error
    files = await host.called_file_digests(step) or None
    return ApprovalAsked(
        step=step.id,
        attempt=len(host.state.steps[step.id].attempts) + 1,
        role=step.approve.role,
        count=step.approve.count,
        within=within,
        binding=binding_digest(host.plan, host.state, step, files),
        uid=host.uid_of(caller),
        files=files,
    )


async def void_changed_approval(host: Host, step_id: str) -> None:
    """Journal that an approval is void, if a file that it is for has changed since.

    Then what is asked for is refused as a step without an approval is, and the words
    name the file.
    """
    plan, state = host.plan, host.state
    step = plan.steps.get(step_id)
    approval = current_approval(plan, state, step) if step is not None else None
    if step is None or approval is None or drill_approves(state):
        return
    changed = await host.changed_files_text(step, approval.request.files)
    if changed and current_approval(plan, state, step) is approval:
        denied = ApprovalDenied(
            step=step.id, attempt=approval.request.attempt, reason=changed
        )
        await host.write(denied, HOST_AUTHOR)


async def record_drill_approvals(host: Host, step: Step, by: str) -> None:
    """Journal simulated approvals in a drill, just before a step begins."""
    if step.approve is None or not drill_approves(host.state):
        return
    request = await _approval_request(host, step, Caller(name=by))
    await host.write(request, by)
    for number in range(1, request.count + 1):
        given = ApprovalGiven(
            step=step.id,
            attempt=request.attempt,
            binding=request.binding,
            name=f"{request.role} {number}" if request.count > 1 else request.role,
            uid=-1,
        )
        await host.write(given, DRILL_APPROVER)
