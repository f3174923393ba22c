"""`mobius-tui approve`: a second person approves a step that requires approval."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Iterator

from mobius_tui.commands.support.command_output import narrate, print_data
from mobius_tui.errors import EXIT_ABANDONED, EXIT_FAILED, EXIT_OK, RunError, UsageError
from mobius_tui.plain import send_and_await_reply
from mobius_tui.run.client.dry_run import step_lines
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.intents.approval_intents import ApproveStep, DenyApproval
from mobius_tui.run.intents.control_protocol import Reply
from mobius_tui.run.intents.permissions import decide_offer
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.planning.approval_rules import (
    current_approval,
)
from mobius_tui.run.planning.confirmation import approval_phrase, approver_name_problem
from mobius_tui.run.planning.situation import Refused
from mobius_tui.run.planning.step_status import steps_awaiting_approval
from mobius_tui.run.planning.variables import Values
from mobius_tui.run.state.step_state import Approval
from mobius_tui.run.storage.run_index import run_by_name
from mobius_tui.run.storage.state_folders import account_name, runs_root
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.sanitize import line


def do(options: argparse.Namespace) -> int:
    """Show what is to be approved, and send what the person decides."""
    directory = run_by_name(runs_root(), options.run)
    follower = Follower(directory)
    if directory.host_pid() is None:
        raise RunError(
            f"no host runs {directory.id}; whoever runs it goes on with "
            f"`mobius-tui resume {directory.id}`"
        )
    step, approval = _pending_approval(follower, options.step)
    _refuse_early(follower, step, denies=options.deny is not None)
    for each in _request_lines(follower, step, approval):
        print_data(line(each))
    action = _decision(options, step, approval)
    if action is None:
        narrate("nothing was approved")
        return EXIT_ABANDONED
    reply = asyncio.run(_send(follower, action))
    if not reply.ok:
        narrate(reply.text)
        return EXIT_FAILED
    name = follower.plan.name(step.id)
    narrate(f"{name} is {'denied' if options.deny is not None else 'approved'}")
    return EXIT_OK


def _pending_approval(follower: Follower, wanted: str | None) -> tuple[Step, Approval]:
    """The step that waits for approval, and its request."""
    plan, state = follower.plan, follower.state
    waiting = steps_awaiting_approval(plan, state)
    found = [step for step in waiting if wanted in (None, step.id)]
    if wanted is not None and wanted not in plan.steps:
        raise UsageError(f"--step {wanted}: this runbook has no such step")
    if len(found) > 1:
        raise UsageError(
            f"several wait: {', '.join(step.id for step in found)}; give --step ID"
        )
    if found:
        approval = current_approval(plan, state, found[0])
        if approval is not None:
            return found[0], approval
    raise RunError("no step of this run waits for an approval now")


def _refuse_early(follower: Follower, step: Step, *, denies: bool) -> None:
    """Refuse what the host would refuse, before the person is asked for anything.

    Raises:
        RunError: the host would refuse it.
    """
    action = DenyApproval(step=step.id) if denies else ApproveStep(step=step.id)
    permission = decide_offer(action, follower.situation())
    if isinstance(permission, Refused):
        raise RunError(permission.text)


def _request_lines(follower: Follower, step: Step, approval: Approval) -> Iterator[str]:

    state, asked = follower.state, approval.request
    if state.began is not None:
        where = f" in {state.began.environment}" if state.began.environment else ""
        yield f"{state.began.title}{where}, run {state.began.run}"
    values = Values(state, now=follower.now(), name_of=follower.plan.name)
    yield from step_lines(follower.plan, step, state, values)
    if files := asked.files_text:
        yield f"for these files as they were when it was asked: {files}"
    until = time.strftime("%H:%M:%S", time.localtime(approval.expires_at))
    of = f"{len(approval.approvals_given)} of {asked.count} have approved"
    yield f"{approval.asked_by} asks for approval by {asked.role} ({of}), until {until}"


def _decision(
    options: argparse.Namespace, step: Step, approval: Approval
) -> ApproveStep | DenyApproval | None:
    """Ask the person for a decision; `None` where they give none."""
    if options.deny is not None:
        return DenyApproval(step=step.id, reason=options.deny)
    name = account_name(os.getuid())
    if os.getuid() == approval.request.uid:
        name = options.name or ""
        wrong = approver_name_problem(name, approval.asked_by)
        if wrong:
            raise UsageError(f"this login asked for it: {wrong}")
    elif options.name is not None:
        raise UsageError(f"--as: you are {name}; that goes on record")
    words = approval_phrase(name, step.id)
    print(f"To approve, type: {words}\n> ", end="", file=sys.stderr, flush=True)  # noqa: T201
    typed = sys.stdin.readline().strip()
    if typed != words:
        return None
    return ApproveStep(
        step=step.id, binding=approval.request.binding, name=name, confirm=typed
    )


async def _send(follower: Follower, action: ApproveStep | DenyApproval) -> Reply:

    viewer = Viewer(follower.directory, follower)
    try:
        return await send_and_await_reply(viewer, action)
    finally:
        await viewer.close()
