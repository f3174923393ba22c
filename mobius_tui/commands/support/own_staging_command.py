"""`mobius-tui drill --inject-cmd`: a drill on a team's own staging."""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Sequence
from pathlib import Path

from mobius_tui.commands.support.automatic_run import read_answers
from mobius_tui.commands.support.command_options import variables
from mobius_tui.commands.support.command_output import narrate, print_data
from mobius_tui.commands.support.run_frontend import start_run
from mobius_tui.commands.support.run_lines import is_drill_open
from mobius_tui.drill import own_staging
from mobius_tui.drill.own_staging import OwnFault, own_faults
from mobius_tui.drill.rehearsal import own_rehearsal
from mobius_tui.errors import FAILED, OK, UsageError
from mobius_tui.run.planning.unattended_answers import UnattendedAnswers
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import find_runbook
from mobius_tui.runbook.text.names import did_you_mean

HEAL_SECONDS = 120.0
"""Seconds that the command waits for its guard to heal what was not repaired."""


def drill_own_staging(options: argparse.Namespace) -> int:
    """Break the staging, run the runbook, and check that it is repaired.

    Raises:
        MobiusError: it cannot be done; the message says why.
    """
    faults = own_faults(Path(options.inject_cmd))
    if options.fault == ["list"]:
        for fault in faults:
            print_data(f"{fault.name:16} {fault.title}")
        return OK
    _refuse_site_options(options)
    if options.auto:
        options.manual = options.manual or "tick"
    chosen = _chosen_faults(faults, options.fault)
    answers = read_answers(
        options.answers, lambda: load(find_runbook(options.runbook))
    ) or UnattendedAnswers(values={"reason": chosen[0].title})
    narrate("breaking the staging …")
    with own_rehearsal(
        options.runbook,
        chosen,
        all_faults=faults,
        given=variables(options.var),
        profile=options.profile,
        workdir=Path(options.workdir) if options.workdir else None,
        send=options.send,
    ) as briefing:
        root = Path(briefing.site or "")
        code = start_run(options, briefing, answers)
        if is_drill_open(briefing):
            narrate(f"the drill is open; {root} says what was injected")
            unrepaired = own_staging.unrepaired_faults(root) if options.auto else ()
            for each in unrepaired:
                narrate(f"not repaired: {each}")
            return FAILED if unrepaired else code
    _await_guard(root)
    return code


def _refuse_site_options(options: argparse.Namespace) -> None:
    """Refuse options that make no sense on a staging.

    Raises:
        UsageError: an option is about the program's own site, or executes nothing.
    """
    for name, given in (
        ("--keep", options.keep),
        ("--seed", options.seed is not None),
        ("--try-checks", options.try_checks),
        ("--matrix", options.matrix),
    ):
        if given:
            raise UsageError(f"{name}: only on the program's own site")
    if options.dry_run:
        raise UsageError(
            "--dry-run: a drill breaks the staging first; `mobius-tui run` with "
            "--dry-run shows the plan"
        )


def _chosen_faults(
    faults: Sequence[OwnFault], names: Sequence[str] | None
) -> tuple[OwnFault, ...]:
    """What `--fault` named; the first one without it, any of them for `random`.

    Raises:
        UsageError: there is no such fault.
    """
    if names == ["random"]:
        return (random.choice(faults),)  # noqa: S311 - no secret
    by_name = {fault.name: fault for fault in faults}
    for name in names or ():
        if name not in by_name:
            suggestion = did_you_mean(name, by_name)
            raise UsageError(
                f"--fault {name}: no such fault{suggestion}; there are: "
                f"{', '.join(by_name)}"
            )
    return tuple(by_name[name] for name in dict.fromkeys(names or (faults[0].name,)))


def _await_guard(root: Path) -> None:
    """Wait until the guard has healed the staging, at most `HEAL_SECONDS`."""
    deadline = time.monotonic() + HEAL_SECONDS
    while root.exists():
        if time.monotonic() > deadline:
            narrate("the staging is still being healed, in the background")
            return
        time.sleep(0.05)
