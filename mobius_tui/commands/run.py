"""`mobius-tui run`: a runbook, from its briefing on."""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path

from mobius_tui.commands.support.command_options import (
    parse_variables,
    read_answers,
)
from mobius_tui.commands.support.command_output import narrate, print_data
from mobius_tui.commands.support.run_frontend import start_or_preview_run
from mobius_tui.errors import UsageError
from mobius_tui.run.client.host_preflight import used_targets
from mobius_tui.run.client.run_briefing import (
    Briefing,
    has_unread_inventory,
    prepare_briefing,
    with_inventories,
)
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.storage.state_folders import make_shared_folder
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import find_runbook
from mobius_tui.sanitize import line
from mobius_tui.structs import replace


def do(options: argparse.Namespace) -> int:
    """Begin a run of a runbook."""
    runbook = load(find_runbook(options.runbook))
    briefing = prepare_briefing(
        runbook,
        given=parse_variables(options.var),
        profile=options.profile,
        workdir=None if options.workdir is None else Path(options.workdir),
        mode=Mode(options.mode) if options.mode else None,
        limit=options.limit or "",
    )
    if options.check_playbooks and not options.dry_run:
        raise UsageError("--check-playbooks: only with --dry-run")
    if options.share_control and options.share is None:
        raise UsageError("--share-control: only with --share GROUP")
    if options.share is not None and not options.dry_run:
        make_shared_folder(options.share)  # what is wrong with it is said at once
    briefing = replace(
        briefing,
        share=options.share,
        share_control=options.share_control,
        although_running=options.although_running,
    )
    if options.limit is not None and not used_targets(runbook):
        raise UsageError(f"--limit: all steps of {runbook.id} run on this machine")
    if has_unread_inventory(briefing):
        executes = options.check_playbooks or not options.dry_run
        title = briefing.plan.runbook.title
        narrate(f"the hosts of {title} are read, as an inventory says them")
        briefing = asyncio.run(with_inventories(briefing, executes=executes))
    answers = read_answers(options.answers, lambda: runbook)
    code = start_or_preview_run(options, briefing, answers)
    if options.check_playbooks:
        asyncio.run(_check_playbooks(briefing))
    return code


async def _check_playbooks(briefing: Briefing) -> None:
    """Print what playbooks would do."""
    # Only now: every other run does without what begins attempts.
    from mobius_tui.run.client.playbook_check import check_playbooks

    async for each in check_playbooks(briefing, now=time.time()):
        print_data(line(each))
