"""`mobius-tui drill`: a runbook, on a site that is truly broken."""

from __future__ import annotations

from mobius_tui.commands import demo
from mobius_tui.commands.support import drill_facilitation, own_staging_command
from mobius_tui.commands.support.command_options import variables
from mobius_tui.errors import OK, UsageError

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from mobius_tui.drill.site.site_files import Kind
    from mobius_tui.run.client.run_briefing import Briefing


def add_options(drill: argparse.ArgumentParser) -> None:
    """Add what `drill` takes."""
    default = "mobius-rollback"
    words = f"its id, or a file ({default})"
    drill.add_argument(
        "runbook", nargs="?", metavar="RUNBOOK", default=default, help=words
    )
    words = "send its messages to the real channels, marked [DRILL]"
    drill.add_argument("--send", action="store_true", help=words)
    drill.add_argument(
        "--fault",
        action="append",
        metavar="NAME",
        help="what breaks, such as bad-release; may be given again; list: what there "
        "is; random: you are not told which",
    )
    drill.add_argument(
        "--seed", type=int, metavar="N", help="equal seeds make equal sites (0)"
    )
    drill.add_argument(
        "--try-checks",
        action="store_true",
        help="look at every check before the run, and on a wreck of the site after it",
    )
    drill.add_argument(
        "--matrix",
        action="store_true",
        help="drill every fault, or those named; print which check saw which",
    )
    drill.add_argument(
        "--site",
        choices=("real", "rich", "kind"),
        help="what the site is like: as the real deployment scripts are (the default); "
        "rich: /health tells figures, too; kind: scripts that restart, full backups",
    )
    drill.add_argument(
        "--environment",
        choices=("production", "staging"),
        help="which of its environments breaks; staging stands beside production then",
    )
    drill_facilitation.add_facilitator_options(drill)
    own_staging_command.add_staging_options(drill)
    demo.add_options(drill)


def do(options: argparse.Namespace) -> int:
    """Rehearse, or list what can break."""
    from mobius_tui.commands.support.command_output import print_data
    from mobius_tui.drill.faults import FAULTS

    if options.inject is not None:
        return drill_facilitation.facilitate_drill(options)
    if options.inject_cmd is not None:
        return own_staging_command.drill_own_staging(options)
    if options.profile or options.workdir:
        raise UsageError("--profile and --workdir: only with --inject-cmd")
    if options.matrix:
        from mobius_tui.commands.support.drill_matrix_command import matrix
        from mobius_tui.drill.faults.fault_combinations import combine_faults

        chosen = options.fault or tuple(FAULTS)
        for name in chosen:
            combine_faults([name])
        seed = options.seed or 0
        more = [
            word
            for name in ("site", "environment")
            if (value := getattr(options, name))
            for word in (f"--{name}", value)
        ]
        return matrix(
            options.runbook, chosen, seed=seed, as_json=options.json, more=more
        )
    names = options.fault or ["bad-release"]
    if names == ["list"]:
        for fault in FAULTS.values():
            print_data(f"{fault.name:18} {fault.title}")
        return OK
    return rehearse(
        options,
        options.runbook,
        names,
        options.seed,
        send=options.send,
        try_checks=options.try_checks,
    )


def rehearse(
    options: argparse.Namespace,
    runbook: str,
    names: Sequence[str],
    seed: int | None = None,
    *,
    send: bool = False,
    try_checks: bool = False,
    coaches: bool = False,
) -> int:
    """Build a site, break it, and run the runbook against it.

    Args:
        options: of the command line.
        runbook: a bundled runbook's id, or a file.
        names: what breaks; `random` alone is for the team to find out.
        seed: equal seeds make equal sites, and the same choice of a random fault.
        send: whether messages go to the channels' own addresses.
        try_checks: whether every check is looked at before the run, and on a wreck.
        coaches: whether a first-time user is told what to look at, and press.
    """
    from pathlib import Path

    from mobius_tui.commands.support.command_output import narrate
    from mobius_tui.commands.support.run_frontend import (
        drill_exit_code,
        is_open,
        read_answers,
        start_run,
    )
    from mobius_tui.drill.coached_drills import coach
    from mobius_tui.drill.faults.fault_combinations import (
        answers_for,
        combine_faults,
        random_fault,
    )
    from mobius_tui.drill.rehearsal import rehearsal

    hidden = list(names) == ["random"]
    if hidden:
        names, seed = random_fault(seed)
    faults = combine_faults(names)
    if options.auto:
        options.manual = options.manual or "tick"
        options.yes = True  # nothing real is touched
    # Whoever works in it is told what people notice; the rest is theirs to find out.
    kind: Kind = getattr(options, "site", None) or "real"
    usual = answers_for(faults, kind) if options.auto else {"reason": faults[0].title}
    answers = read_answers(options.answers) or dict(usual)
    narrate("building a small MOBIUS of its own, and breaking it …")
    with rehearsal(
        runbook,
        faults[0],
        besides=faults[1:],
        seed=seed or 0,
        given=variables(options.var),
        keep=options.keep,
        send=send,
        kind=kind,
        environment=getattr(options, "environment", None),
    ) as briefing:
        if try_checks:
            _look_before(briefing, answers)
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


def _look_before(briefing: Briefing, answers: Mapping[str, str]) -> None:
    """Look at every check on the broken site."""
    from pathlib import Path

    from mobius_tui.commands.support.command_output import narrate
    from mobius_tui.drill.site.drill_site import open_site
    from mobius_tui.drill.site_survey import survey_before_run

    narrate("looking at every check on the broken site …")
    survey_before_run(briefing, open_site(Path(briefing.site or "")), answers)
