"""`mobius-tui undo`: what could be undone in a run; and doing it, with `--yes`."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Iterator, Sequence
from time import monotonic

from mobius_tui.commands.support.command_options import secrets_to_go_without
from mobius_tui.commands.support.command_output import narrate, print_data
from mobius_tui.errors import (
    EXIT_FAILED,
    EXIT_INCOMPLETE,
    EXIT_OK,
    RunError,
    UsageError,
)
from mobius_tui.plain import RunPrinter, send_and_await_reply
from mobius_tui.run.client.dry_run import step_lines
from mobius_tui.run.client.start_host import (
    go_on_without,
    refuse_hosting,
    release_host,
    reopen_run,
    resume_run,
)
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.intents.action import Action
from mobius_tui.run.intents.permissions import decide_offer
from mobius_tui.run.intents.run_intents import EndRun
from mobius_tui.run.intents.step_intents import StartStep
from mobius_tui.run.intents.undo_intents import ReopenRun, UndoSteps
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.planning.confirmation import (
    step_confirmation_word,
    undo_confirmation_word,
)
from mobius_tui.run.planning.proposal import Proposal, propose
from mobius_tui.run.planning.situation import Refused
from mobius_tui.run.planning.undoing import (
    UndoItem,
    ended_ago_text,
    is_undoing,
    undo_item_text,
    undo_items,
    undo_items_back_to,
)
from mobius_tui.run.planning.variables import Values
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.run_directory import RunDirectory, lock_holder
from mobius_tui.run.storage.run_index import run_by_name
from mobius_tui.run.storage.state_folders import account_name, runs_root
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.sanitize import line


def do(options: argparse.Namespace) -> int:
    """Show what would be undone, the newest first; with `--yes`, undo it."""
    directory = run_by_name(runs_root(), options.run)
    follower = Follower(directory)
    if _unwatched_steps(follower):
        if not options.yes:
            narrate(_unwatched_text(follower))
        elif (refusal := _refusal_to_host(directory)) is not None:
            narrate(refusal)
            return EXIT_INCOMPLETE
        else:
            asyncio.run(_judge_left_over(follower))
            follower = Follower(directory)
    plan, state = follower.plan, follower.state
    without = secrets_to_go_without(options.without, lambda: follower.runbook)
    items = undo_items_back_to(undo_items(plan, state), options.to)
    if options.to is not None and not items:
        raise UsageError(f"--to {options.to}: {_why_not_back_to(follower, options.to)}")
    for each in _list_lines(follower, items):
        print_data(line(each))
    action = UndoSteps(steps=tuple(item.step.id for item in items))
    first: Action = action if state.ended is None else ReopenRun()
    refused = decide_offer(first, follower.situation())
    if isinstance(refused, Refused):
        if options.yes and _is_all_undone(follower):
            return asyncio.run(_end(follower))
        narrate(refused.text)
        return EXIT_INCOMPLETE if options.yes else EXIT_OK
    if (refusal := _refusal_to_host(directory)) is not None:
        narrate(refusal)
        return EXIT_INCOMPLETE if options.yes else EXIT_OK
    ended = ended_ago_text(state, follower.now())
    if ended:
        narrate(f"{ended}; {_OPENS if not options.yes else 'opening it again'}")
    if not options.yes:
        narrate("nothing was undone; --yes does it, in this order")
        return EXIT_OK
    return asyncio.run(_undo(follower, action, without))


_OPENS = "--yes opens it again for that, and ends it once more"
LEFT_OVER_TIMEOUT = 10.0
"""Seconds that a new host is given to judge what an earlier one left."""


def _refusal_to_host(directory: RunDirectory) -> str | None:
    """Why no host can be started for a run, in words; `None` where one can."""
    try:
        refuse_hosting(directory)
    except RunError as error:
        return str(error)
    return None


def _unwatched_steps(follower: Follower) -> tuple[str, ...]:
    """Ids of the steps that ran when the run's host died, and that none has judged."""
    if follower.directory.host_pid() is not None:
        return ()
    steps = follower.state.steps.items()
    return tuple(name for name, own in steps if own.status is Status.RUNNING)


def _unwatched_text(follower: Follower) -> str:
    names = map(follower.plan.name, _unwatched_steps(follower))
    return (
        f"no host runs this run: what became of {', '.join(names)} is not judged yet; "
        "--yes starts one first"
    )


async def _judge_left_over(follower: Follower) -> None:
    """Start a host, and wait until it has judged what ran when the last one died.

    A step whose script still runs under its keeper stays as it is.
    """
    steps = _unwatched_steps(follower)
    await resume_run(follower.directory, follower.runbook)
    viewer = Viewer(follower.directory)
    deadline = monotonic() + LEFT_OVER_TIMEOUT
    try:
        async for _ in viewer.changes():
            state = viewer.follower.state
            if monotonic() > deadline or not any(
                state.steps[name].status is Status.RUNNING
                and not _has_keeper(viewer, name)
                for name in steps
            ):
                return
    finally:
        await viewer.close()


def _has_keeper(viewer: Viewer, step: str) -> bool:
    """Whether the keeper of a step's last attempt lives."""
    number = len(viewer.follower.state.steps[step].attempts)
    return lock_holder(viewer.directory.attempt(step, number).lock) is not None


def _is_all_undone(follower: Follower) -> bool:
    """Whether the run was opened again and undone, but not ended.

    That is so if the process that undid it was killed before it ended the run.
    """
    plan, own = follower.plan, follower.state.reopening
    done = own is not None and own.begun and not is_undoing(plan, follower.state)
    left = any(item.undo is not None for item in undo_items(plan, follower.state))
    return follower.state.is_reopened and done and not left


async def _end(follower: Follower) -> int:
    """End a run that was opened again, and of which nothing is left to undo."""
    await resume_run(follower.directory, follower.runbook)
    viewer = Viewer(follower.directory)
    try:
        return await _end_again(viewer)
    finally:
        await viewer.close()


async def _end_again(viewer: Viewer) -> int:
    """End a run that was opened again; returns 0, or 4 where that is refused."""
    reply = await send_and_await_reply(viewer, EndRun())
    if not reply.ok:
        narrate(reply.text)
        return EXIT_INCOMPLETE
    viewer.follower.poll()
    ended = viewer.follower.state.ended
    if ended is not None:
        narrate(f"the run has ended again: {ended.outcome}: {ended.text}")
    return EXIT_OK


def _why_not_back_to(follower: Follower, step_id: str) -> str:
    if step_id not in follower.plan.steps:
        return "this runbook has no such step"
    return "it has changed nothing that is not undone"


def _list_lines(follower: Follower, items: Sequence[UndoItem]) -> Iterator[str]:
    """What would be undone and by which step; and what would not, and why."""
    plan, state = follower.plan, follower.state
    for place, item in enumerate(items, 1):
        yield f"{place}. {undo_item_text(plan, state, item)}"
        if item.undo is not None:
            values = Values(
                state,
                now=follower.now(),
                variables=state.variables_for(item.undo.id),
                name_of=plan.name,
            )
            yield from step_lines(plan, item.undo, state, values)


async def _undo(follower: Follower, action: UndoSteps, without: Sequence[str]) -> int:
    """Ask the host to enter the phase that undoes, and begin its steps in order."""
    start = resume_run if follower.state.ended is None else reopen_run
    await start(follower.directory, follower.runbook)
    viewer = Viewer(follower.directory)
    report = RunPrinter(viewer, as_json=False)
    try:
        await go_on_without(viewer, without)
        plan, state = viewer.follower.plan, viewer.follower.state
        asked = UndoSteps(
            steps=action.steps, confirm=undo_confirmation_word(plan, state)
        )
        reply = await send_and_await_reply(viewer, asked)
        code = EXIT_INCOMPLETE
        if reply.ok:
            code = await _begin_each(viewer, report)
        else:
            narrate(reply.text)
        is_reopened = viewer.follower.state.is_reopened
        if is_reopened and code == EXIT_OK:
            return await _end_again(viewer)
        if is_reopened:
            narrate("the run is open again, and stays so until it is undone, or ended")
        await release_host(viewer)
        return code
    finally:
        report.close()
        await viewer.close()


async def _begin_each(viewer: Viewer, report: RunPrinter) -> int:
    """Begin each proposed step, until nothing is left to undo or a person is needed."""
    plan, state = viewer.follower.plan, viewer.follower.state
    async for changes in viewer.changes():
        await report.print_entries(changes.entries)
        await report.print_running()
        if viewer.is_hostless:
            raise RunError(f"no host runs {viewer.directory.id} any more")
        if not is_undoing(plan, state):
            return _final_code(viewer)
        proposal = propose(plan, state)
        step = plan.steps.get(proposal.step or "")
        if step is None or proposal.kind == "running":
            continue
        if proposal.kind != "start":
            return _stop_at(viewer, step, proposal)
        if (refusal := await _start(viewer, step)) is not None:
            narrate(refusal)
            return EXIT_INCOMPLETE
    return EXIT_INCOMPLETE


def _stop_at(viewer: Viewer, step: Step, proposal: Proposal) -> int:
    """Print why a step needs a person; returns the exit code."""
    status = viewer.follower.state.steps[step.id].status
    word = "waits" if proposal.kind == "wait" else status
    narrate(f"{viewer.follower.plan.name(step.id)} {word}: {proposal.text}")
    narrate(f"`mobius-tui resume {viewer.directory.id}` goes on from here")
    is_known = proposal.kind == "decide" and status is not Status.UNKNOWN
    return EXIT_FAILED if is_known else EXIT_INCOMPLETE


async def _start(viewer: Viewer, step: Step) -> str | None:
    """Begin a step, once; why it was refused, or None."""
    plan, state = viewer.follower.plan, viewer.follower.state
    number = len(state.steps[step.id].attempts) + 1
    word = step_confirmation_word(plan, state, step, account_name(os.getuid()))
    action = StartStep(step=step.id, attempt=number, confirm=word)
    reply = await send_and_await_reply(viewer, action)
    return None if reply.ok else reply.text


def _final_code(viewer: Viewer) -> int:
    """The exit code where the run has left the phase that undoes."""
    plan, state = viewer.follower.plan, viewer.follower.state
    left = [step for step in state.undo_order if state.change_to_be_undone_by(step)]
    if left:
        narrate(f"not undone: {', '.join(plan.name(step) for step in left)}")
        return EXIT_INCOMPLETE
    narrate("undone")
    return EXIT_OK
