"""Starts the drill that the options of `drill` and `demo` ask for."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from mobius_tui.commands.support.automatic_run import read_answers
from mobius_tui.commands.support.command_options import variables
from mobius_tui.commands.support.command_output import narrate
from mobius_tui.commands.support.drill_facilitation import facilitate_drill
from mobius_tui.commands.support.drill_matrix_command import drill_every_fault
from mobius_tui.commands.support.own_staging_command import drill_own_staging
from mobius_tui.commands.support.run_frontend import (
    start_run,
)
from mobius_tui.commands.support.run_lines import drill_exit_code, is_open
from mobius_tui.drill.coached_drills import coach
from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.faults.fault_combinations import (
    answers_for,
    combine_faults,
    random_fault,
)
from mobius_tui.drill.rehearsal import rehearsal
from mobius_tui.drill.site.drill_site import open_site
from mobius_tui.drill.site.site_files import Kind
from mobius_tui.drill.site_survey import survey_before_run
from mobius_tui.run.client.run_briefing import Briefing


def start_drill(options: argparse.Namespace) -> int:
    """Lead a drill, or drill on a staging, on every fault, or on a site of our own.

    Returns:
        The exit code.

    Raises:
        MobiusError: it cannot be done; the message says why.
    """
    if options.inject is not None:
        return facilitate_drill(options)
    if options.inject_cmd is not None:
        return drill_own_staging(options)
    if options.matrix:
        return _drill_matrix(options)
    return rehearse(options)


def _drill_matrix(options: argparse.Namespace) -> int:
    """Drill each fault that was named, or every fault there is."""
    faults = options.fault or tuple(FAULTS)
    for name in faults:
        combine_faults([name])  # refuses an unknown one before the first drill
    more = [
        word
        for name in ("site", "environment")
        if (value := getattr(options, name))
        for word in (f"--{name}", value)
    ]
    seed = options.seed or 0
    return drill_every_fault(
        options.runbook, faults, seed=seed, as_json=options.json, options=more
    )


def rehearse(options: argparse.Namespace, *, coaches: bool = False) -> int:
    """Build a site, break it, and run the runbook against it.

    Args:
        options: of the command line; `random` as the only fault is for the team to find
            out, and equal seeds make equal sites and the same choice of it.
        coaches: whether a first-time user is told what to look at, and press.

    Returns:
        The exit code.
    """
    names, seed = options.fault or ["bad-release"], options.seed
    hidden = names == ["random"]
    if hidden:
        names, seed = random_fault(seed)
    faults = combine_faults(names)
    if options.auto:
        options.manual = options.manual or "tick"
        options.yes = True  # nothing real is touched
    # Whoever works in it is told what people notice; the rest is theirs to find out.
    kind: Kind = options.site or "real"
    usual = answers_for(faults, kind) if options.auto else {"reason": faults[0].title}
    answers = read_answers(options.answers) or dict(usual)
    narrate("building a small MOBIUS of its own, and breaking it …")
    with rehearsal(
        options.runbook,
        faults[0],
        other_faults=faults[1:],
        seed=seed or 0,
        given=variables(options.var),
        keep=options.keep,
        send=options.send,
        kind=kind,
        environment=options.environment,
    ) as briefing:
        if options.try_checks:
            _survey_checks(briefing, answers)
        if coaches and briefing.site is not None:
            coach(Path(briefing.site))
        code = start_run(options, briefing, answers)
        if options.auto and not options.dry_run:
            code = drill_exit_code(briefing, faults, code)
        if hidden and not is_open(briefing):
            narrate(f"`mobius-tui drill --fault {names[0]} --seed {seed}` repeats it")
        if options.keep:
            narrate(f"the site is kept in {briefing.site}")
        return code


def _survey_checks(briefing: Briefing, answers: Mapping[str, str]) -> None:
    """Try every check on the broken site, before the run."""
    narrate("looking at every check on the broken site …")
    survey_before_run(briefing, open_site(Path(briefing.site or "")), answers)
