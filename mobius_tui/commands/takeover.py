"""`mobius-tui takeover`: a copy of a run goes on in its place."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Iterator

from mobius_tui.commands.support.command_output import narrate, print_data
from mobius_tui.errors import EXIT_ABANDONED, EXIT_OK, RunError, UsageError
from mobius_tui.run.client.start_host import release_host, take_over_run
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.host.copies import Whereabouts, run_argument, whereabouts_of
from mobius_tui.run.host.host_setup import refuse_imported, refuse_unhostable
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.records.record_file import refuse_cut_journal
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.run_index import run_by_name
from mobius_tui.run.storage.state_folders import (
    account_name,
    is_of_another_user,
    require_may_host,
    runs_root,
)
from mobius_tui.run.storage.taken_run import (
    copy_and_note,
    held_without_host,
    refuse_taken,
)
from mobius_tui.runbook.text.units import ago_in_words, local_time
from mobius_tui.sanitize import line


def do(options: argparse.Namespace) -> int:
    """Show from where a run would be taken over; once a person means it, do it."""
    directory = run_by_name(runs_root(), options.run)
    follower = Follower(directory)
    if is_of_another_user(directory.path):
        return _go_on_for_colleague(follower, options.taken_from)
    refuse_unhostable(directory)
    found = whereabouts_of(directory)
    assert found is not None, "it has begun"
    found.refuse_hosted()
    found.refuse_older_copy()
    if not found.why_elsewhere():
        raise RunError(
            f"{directory.id} is the run, no copy of it: nothing is to be taken over; "
            f"`mobius-tui resume {run_argument(directory)}` goes on"
        )
    for each in _offer_lines(found, follower):
        print_data(line(each))
    if not _is_meant(options.taken_from, found.takeover_word):
        narrate("nothing was taken over")
        return EXIT_ABANDONED
    return asyncio.run(_take_over(found, follower))


def _go_on_for_colleague(follower: Follower, taken_from: str | None) -> int:
    """Go on with a shared run of another's, whose host has ended.

    Raises:
        MobiusError: this user has no control over it, or a host runs it.
    """
    run, began, state = follower.directory, follower.began, follower.state
    owner = account_name(run.path.lstat().st_uid)
    if began.is_drill:
        raise RunError(f"{run.id} is a drill of {owner}'s, and so is its site")
    if began.share is None or not run.takeover_note.exists():
        require_may_host(run.path)
    assert began.share is not None, "it is another's"
    refuse_imported(run)
    refuse_taken(run)
    refuse_cut_journal(run)
    with held_without_host(run):
        heard = local_time(state.last_entry_at, time.time(), seconds=True)
        print_data(line(f"{_run_in_words(follower)}, begun by {owner}"))
        print_data(f"its host was last heard {heard}")
        for each in _running_lines(follower):
            print_data(line(each))
        account = account_name(os.getuid())
        print_data(
            line(
                f"it goes on in a copy of yours, its commands run as {account}, and "
                f"{owner} is told where; secrets are asked of you"
            )
        )
        if not _is_meant(taken_from, owner):
            narrate("nothing was taken over")
            return EXIT_ABANDONED
        copy = copy_and_note(run, began.share)
    found = whereabouts_of(copy)
    assert found is not None, "it has begun"
    return asyncio.run(_take_over(found, follower))


def _run_in_words(follower: Follower) -> str:
    began = follower.began
    where = f" in {began.environment}" if began.environment else ""
    return f"{began.title}{where}, run {began.run}"


def _running_lines(follower: Follower) -> Iterator[str]:
    """What was running when the host was last heard, and what becomes of it."""
    for step_id, step in follower.state.steps.items():
        if step.status is Status.RUNNING:
            has_hosts = follower.plan.steps[step_id].rollout is not None
            words = "its hosts are asked" if has_hosts else "unknown from now on"
            yield f"was running then: {follower.plan.name(step_id)}: {words}"


def _offer_lines(found: Whereabouts, follower: Follower) -> Iterator[str]:
    """What is known of the run, what is not, and what follows."""
    last = found.last
    yield _run_in_words(follower)
    ago = ago_in_words(time.time() - last.heard)
    yield f"{found.why_elsewhere()} ({ago}, entry {len(last.heads)})"
    yield from _running_lines(follower)
    if last.place is not None and last.place.machine != found.here.machine:
        yield (
            f"{found.takeover_word} is not told: see to it that nobody resumes the run "
            "there, and that its host is gone"
        )
    yield "what was done there since is not known here: look before you begin a step"


def _is_meant(given: str | None, word: str) -> bool:
    """Whether the person named from where the run is taken.

    Raises:
        UsageError: the command line names something else.
    """
    if given is not None:
        if given != word:
            raise UsageError(f"--from {given}: it is taken from {word}")
        return True
    question = f"To take it over, type: {line(word)}\n> "
    print(question, end="", file=sys.stderr, flush=True)  # noqa: T201
    return sys.stdin.readline().strip() == word


async def _take_over(found: Whereabouts, follower: Follower) -> int:
    """Have a host begin here, and say what has become of what was running."""
    directory = found.directory
    await take_over_run(directory, follower.runbook, found.last.epoch)
    viewer = Viewer(directory)
    try:
        await _until_settled(viewer)
        plan, state = viewer.follower.plan, viewer.follower.state
        for step_id, step in state.steps.items():
            if step.status is Status.UNKNOWN:
                narrate(f"unknown: {plan.name(step_id)}: {step.reason}")
        if not viewer.is_hostless:
            await release_host(viewer)
    finally:
        await viewer.close()
    narrate(
        f"taken over, as epoch {state.epoch}; "
        f"`mobius-tui resume {run_argument(directory)}` goes on here"
    )
    return EXIT_OK


async def _until_settled(viewer: Viewer) -> None:
    """Wait until what ran where the run was has its end here, but for steps on hosts.

    Raises:
        RunError: the host ended before.
    """
    plan, state = viewer.follower.plan, viewer.follower.state
    async for _ in viewer.changes():
        if not any(
            state.steps[step.id].status is Status.RUNNING and step.rollout is None
            for step in plan.steps.values()
        ):
            return
        if viewer.is_hostless:
            raise RunError(f"no host runs {viewer.directory.id} any more")
