"""`mobius-tui approve`: what a second person says of a step that wants it."""

from __future__ import annotations

from mobius_tui.commands.support.command_options import run_argument
from mobius_tui.errors import FAILED, OK, STOPPED, RunError, UsageError

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from mobius_tui.run.intents.messages import Intent, Reply
    from mobius_tui.run.journal.follower import Follower
    from mobius_tui.run.state.approvals import Approval
    from mobius_tui.runbook.model.runbook import Step


def add_options(approve: argparse.ArgumentParser) -> None:
    """Add what `approve` takes."""
    run_argument(approve)
    approve.add_argument("--step", metavar="ID", help="which, where several wait")
    approve.add_argument(
        "--as",
        dest="name",
        metavar="NAME",
        help="who approves, in the login that asked; counts as weaker",
    )
    approve.add_argument("--deny", metavar="REASON", help="say no, and why")


def do(options: argparse.Namespace) -> int:
    """Show what is asked for, and hand on what is said."""
    import asyncio

    from mobius_tui.commands.support.command_output import narrate, print_data
    from mobius_tui.run.journal.follower import Follower
    from mobius_tui.run.storage.run_index import run_by_name
    from mobius_tui.run.storage.state_home import runs_root
    from mobius_tui.sanitize import line

    directory = run_by_name(runs_root(), options.run)
    follower = Follower(directory)
    if directory.host_pid() is None:
        raise RunError(
            f"no host runs {directory.id}; whoever runs it goes on with "
            f"`mobius-tui resume {directory.id}`"
        )
    step, approval = _asked(follower, options.step)
    for each in _lines(follower, step, approval):
        print_data(line(each))
    intent = _said(options, step, approval)
    if intent is None:
        narrate("nothing was approved")
        return STOPPED
    reply = asyncio.run(_send(follower, intent))
    if not reply.ok:
        narrate(reply.text)
        return FAILED
    name = follower.plan.name(step.id)
    narrate(f"{name} is {'denied' if options.deny is not None else 'approved'}")
    return OK


def _asked(follower: Follower, wanted: str | None) -> tuple[Step, Approval]:
    """The step that waits, and what was asked."""
    from mobius_tui.run.planning.approval_rules import pending, valid

    plan, state = follower.plan, follower.state
    waiting = pending(plan, state)
    found = [step for step in waiting if wanted in (None, step.id)]
    if wanted is not None and wanted not in plan.steps:
        raise UsageError(f"--step {wanted}: this runbook has no such step")
    if len(found) > 1:
        raise UsageError(
            f"several wait: {', '.join(step.id for step in found)}; give --step ID"
        )
    if found:
        approval = valid(plan, state, found[0])
        if approval is not None:
            return found[0], approval
    raise RunError("no step of this run waits for an approval now")


def _lines(follower: Follower, step: Step, approval: Approval) -> Iterator[str]:
    import time

    from mobius_tui.run.client.dry_run import step_lines
    from mobius_tui.run.planning.variables import Values

    state, asked = follower.state, approval.asked
    if state.began is not None:
        where = f" in {state.began.environment}" if state.began.environment else ""
        yield f"{state.began.title}{where}, run {state.began.run}"
    values = Values(state, now=follower.now(), name_of=follower.plan.name)
    yield from step_lines(follower.plan, step, state, values)
    until = time.strftime("%H:%M:%S", time.localtime(approval.expires_at))
    of = f"{len(approval.given)} of {asked.count} have approved"
    yield f"{approval.by} asks for approval by {asked.role} ({of}), until {until}"


def _said(options: argparse.Namespace, step: Step, approval: Approval) -> Intent | None:
    """What the person says; `None` where they would rather say nothing."""
    import os
    import sys

    from mobius_tui.run.intents.messages import Intent
    from mobius_tui.run.planning.confirmation import approval_phrase, wrong_name
    from mobius_tui.run.storage.sharing import account_name

    number = approval.asked.attempt
    if options.deny is not None:
        return Intent(wish="deny", step=step.id, attempt=number, text=options.deny)
    name = account_name(os.getuid())
    if os.getuid() == approval.asked.uid:
        name = options.name or ""
        wrong = wrong_name(name, approval.by)
        if wrong:
            raise UsageError(f"this login asked for it: {wrong}")
    elif options.name is not None:
        raise UsageError(f"--as: you are {name}; that goes on record")
    words = approval_phrase(name, step.id)
    print(f"To approve, type: {words}\n> ", end="", file=sys.stderr, flush=True)  # noqa: T201
    typed = sys.stdin.readline().strip()
    if typed != words:
        return None
    return Intent(
        wish="approve",
        step=step.id,
        attempt=number,
        values={"binding": approval.asked.binding, "name": name},
        confirm=typed,
    )


async def _send(follower: Follower, intent: Intent) -> Reply:
    from mobius_tui.plain import intend
    from mobius_tui.run.client.viewer import Viewer

    viewer = Viewer(follower.directory, follower)
    try:
        return await intend(viewer, intent)
    finally:
        await viewer.close()
