"""Starts a drill: on a site that is made for it, or on a team's own staging."""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from mobius_tui.commands.support import screens
from mobius_tui.commands.support.command_options import (
    is_plain,
    parse_variables,
    read_answers,
)
from mobius_tui.commands.support.command_output import narrate, print_data
from mobius_tui.commands.support.drill_matrix_command import (
    drill_every_fault,
    options_of_each_drill,
)
from mobius_tui.commands.support.run_frontend import start_or_preview_run
from mobius_tui.commands.support.run_lines import drill_exit_code, is_drill_open
from mobius_tui.confinement.enclosure import is_confined
from mobius_tui.drill import own_staging
from mobius_tui.drill.coached_drills import mark_as_coached
from mobius_tui.drill.confined_drill import refusal_lines, start_confined_drill
from mobius_tui.drill.drill_facilitator import (
    ACT_IN_PAST_TENSE,
    Facilitator,
    drill_under_way,
)
from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.faults.fault_combinations import (
    answers_for,
    combine_faults,
    random_fault,
)
from mobius_tui.drill.faults.fleet_faults import FLEET_FAULTS, HOST_FAULTS
from mobius_tui.drill.own_staging import OwnFault, own_faults
from mobius_tui.drill.rehearsal import (
    ConfinedPlace,
    DrillHosts,
    choose_drill_hosts,
    own_rehearsal,
    rehearsal,
)
from mobius_tui.drill.site.drill_site import open_site
from mobius_tui.drill.site.site_files import ENVIRONMENTS, SiteKind
from mobius_tui.drill.site_survey import survey_before_run
from mobius_tui.errors import EXIT_FAILED, EXIT_OK, UsageError
from mobius_tui.plain import send_and_await_reply
from mobius_tui.run.client.drill_reach import (
    drill_reach,
    reach_summary,
    runs_as_written,
)
from mobius_tui.run.client.run_briefing import Briefing
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.run_events import FacilitatorAct
from mobius_tui.run.intents.unattended_answers import UnattendedAnswers
from mobius_tui.run.planning.undoing import NOTHING_TO_REHEARSE_TEXT
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import run_by_name
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import bundled_folder, find_runbook
from mobius_tui.runbook.library.site_runbooks import stays_on_site
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.runbook.text.names import did_you_mean
from mobius_tui.sanitize import line
from mobius_tui.structs import replace

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
        return EXIT_OK
    _refuse_site_options(options)
    chosen = _chosen_faults(faults, options.fault)
    answers = read_answers(
        options.answers, lambda: load(find_runbook(options.runbook))
    ) or UnattendedAnswers(values={"reason": chosen[0].title})
    narrate("breaking the staging …")
    with own_rehearsal(
        options.runbook,
        chosen,
        all_faults=faults,
        given=parse_variables(options.var),
        profile=options.profile,
        workdir=None if options.workdir is None else Path(options.workdir),
        send=options.send,
    ) as briefing:
        root = Path(briefing.site or "")
        code = start_or_preview_run(options, briefing, answers)
        if is_drill_open(briefing):
            narrate(f"the drill is open; {root} says what was injected")
            unrepaired = own_staging.unrepaired_faults(root) if options.auto else ()
            for each in unrepaired:
                narrate(f"not repaired: {each}")
            return EXIT_FAILED if unrepaired else code
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
        ("--site", options.site is not None),
        ("--environment", options.environment is not None),
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


def start_drill(options: argparse.Namespace) -> int:
    """Start what the options ask for.

    That is the facilitator's screen, a drill on a team's own staging, a drill of each
    fault, or a drill on a site that this program builds.

    Returns:
        The exit code.

    Raises:
        MobiusError: it cannot be done; the message says why.
    """
    if options.inject is not None:
        return _facilitate(options)
    hosts = _choose_runbook_and_hosts(options)
    if options.inject_cmd is not None:
        if options.confined:
            raise UsageError("--confined: only on the program's own site")
        if hosts.names:
            raise UsageError("--inject-cmd: only for a runbook without hosts")
        return drill_own_staging(options)
    if options.matrix:
        return _drill_matrix(options, hosts)
    if options.confined and not options.enclosed:
        runbook = _runbook_of(options)
        return start_confined_drill(options.words, runbook, keep=options.keep)
    return rehearse(options)


def _choose_runbook_and_hosts(options: argparse.Namespace) -> DrillHosts:
    """Set the runbook if none is named, and choose the hosts to simulate.

    Raises:
        MobiusError: the runbook cannot be read, has fewer hosts than asked for, or has
            nothing that can be undone where that is to be rehearsed.
    """
    if options.runbook is None:
        is_fleet = options.hosts is not None or not set(options.fault or ()).isdisjoint(
            fault.name for fault in HOST_FAULTS
        )
        example = bundled_folder() / "examples" / "fleet-rollback.toml"
        options.runbook = str(example) if is_fleet else "mobius-rollback"
    runbook = _runbook_of(options)
    if options.rehearse_undo and runbook.undo_phase is None:
        raise UsageError(f"--rehearse-undo: {NOTHING_TO_REHEARSE_TEXT}")
    return choose_drill_hosts(runbook, options.hosts)


def _runbook_of(options: argparse.Namespace) -> Runbook:
    """The runbook that was chosen."""
    return load(find_runbook(options.runbook))


def _drill_matrix(options: argparse.Namespace, hosts: DrillHosts) -> int:
    """Drill each fault that was named, or every fault there is."""
    usual = ("bad-release", *(each.name for each in HOST_FAULTS))
    faults = options.fault or (usual if hosts.names else tuple(FAULTS))
    known = FLEET_FAULTS if hosts.names else FAULTS
    if not (
        options.yes or options.confined or stays_on_site(_runbook_of(options).sources)
    ):
        raise UsageError(
            f"--matrix: {options.runbook} runs as it is written, once for each fault; "
            f"--yes confirms that, and {CONFINED_REMEDY}"
        )
    # What is unknown is refused before the first drill.
    read_answers(options.answers, partial(_runbook_of, options))
    for name in faults:
        combine_faults([name], known)
    return drill_every_fault(
        options.runbook,
        faults,
        seed=options.seed or 0,
        as_json=options.json,
        options=options_of_each_drill(options),
    )


def rehearse(options: argparse.Namespace, *, coaches: bool = False) -> int:
    """Build a site, break it, and run the runbook against it.

    Args:
        options: of the command line. If `random` is the only fault, the seed chooses
            one, which is not shown; equal seeds make equal sites and choices.
        coaches: whether the screens show hints for a first-time user.

    Returns:
        The exit code.
    """
    names, seed = options.fault or ["bad-release"], options.seed
    hosts = _choose_runbook_and_hosts(options)
    if hosts.names and options.try_checks:
        raise UsageError("--try-checks: for a drill on one site, not on several hosts")
    known = FLEET_FAULTS if hosts.names else FAULTS
    hidden = names == ["random"]
    if hidden:
        names, seed = random_fault(seed, known)
    faults = combine_faults(names, known)
    # Whoever works in it is told what people notice; the rest is theirs to find out.
    kind = SiteKind(options.site or SiteKind.REAL)
    usual = (
        answers_for(faults, kind)
        if options.auto
        else UnattendedAnswers(values={"reason": faults[0].title})
    )
    answers = read_answers(options.answers, partial(_runbook_of, options)) or usual
    count = f"on {len(hosts.names)} hosts " if hosts.names else ""
    narrate(f"building a small MOBIUS {count}of its own, and breaking it …")
    with rehearsal(
        options.runbook,
        faults[0],
        other_faults=faults[1:],
        seed=seed or 0,
        given=parse_variables(options.var),
        keep=options.keep,
        send=options.send,
        kind=kind,
        environment=(
            options.environment if options.environment in ENVIRONMENTS else None
        ),
        hosts=hosts,
        place=_confined_place(options),
    ) as briefing:
        require_consent(options, with_answers(briefing, answers.values))
        if options.try_checks:
            _survey_checks(briefing, answers.values)
        if coaches and briefing.site is not None:
            mark_as_coached(Path(briefing.site))
        code = start_or_preview_run(options, briefing, answers)
        if options.auto and not options.dry_run:
            code = drill_exit_code(briefing, faults, code)
        if briefing.reserved_run is not None and not options.dry_run:
            for each in refusal_lines(RunDirectory(briefing.reserved_run)):
                narrate(each)
        if hidden and not is_drill_open(briefing):
            narrate(f"`mobius-tui drill --fault {names[0]} --seed {seed}` repeats it")
        if options.keep:
            narrate(f"the site is kept in {briefing.site}")
        return code


def require_consent(options: argparse.Namespace, briefing: Briefing) -> None:
    """Confirm beforehand what is harmless, and refuse what nobody has asked for.

    A drill that can leave its site wants what a run wants: `--yes` before it goes by
    itself, and a protected environment's name.

    Args:
        options: of the command line; in a drill by itself that reaches nothing real,
            `yes` is given, and of a runbook that is written for the site its manual
            steps are ticked.
        briefing: the drill's.

    Raises:
        UsageError: it is not asked for.
    """
    named, wanted = options.environment, briefing.environment
    if named is not None and named not in (*ENVIRONMENTS, wanted):
        raise UsageError(
            f"--environment {line(named)}: the site has {' and '.join(ENVIRONMENTS)}; "
            f"the runbook's own environment is {line(wanted or 'not named')}"
        )
    if options.auto and stays_on_site(briefing.runbook.sources):
        options.manual = options.manual or "tick"
    if not runs_as_written(briefing):
        options.yes = options.yes or options.auto
        return
    if options.dry_run:
        return
    title = line(briefing.runbook.id)
    if briefing.protected and named != wanted:
        raise UsageError(
            f"{line(wanted or '')} is protected, and {title} runs as it is written, on "
            f"the site or beyond it: --environment {line(wanted or '')} asks for it "
            f"by name, and {CONFINED_REMEDY}"
        )
    found = drill_reach(briefing)
    if found and (options.auto or options.try_checks) and not options.yes:
        option = "--auto" if options.auto else "--try-checks"
        yes = "--yes" if options.auto else "--auto and --yes"
        raise UsageError(
            "\n  ".join(
                (
                    f"{title} runs as it is written: {reach_summary(found)}:",
                    *(each.words for each in found),
                    f"{option} wants {yes} for that; {CONFINED_REMEDY}",
                )
            )
        )


CONFINED_REMEDY = "--confined drills it where it can reach nothing real"
"""How a runbook that leaves the site is drilled without harm."""


def with_answers(briefing: Briefing, answers: Mapping[str, str]) -> Briefing:
    """The briefing with what will be answered, to judge what it reaches."""
    asked = {each.name for each in briefing.variables_asked if not each.secret}
    given = {name: (answers[name], "answer") for name in asked & answers.keys()}
    return replace(briefing, values={**briefing.values, **given})


def _confined_place(options: argparse.Namespace) -> ConfinedPlace | None:
    """The folders of the drill if it is confined, by what the system lets it do.

    Raises:
        UsageError: it is said to be, and is not.
    """
    if not options.enclosed:
        return None
    if not options.confined or not is_confined():
        raise UsageError("confined: `drill --confined` begins itself so; it is not")
    run, site = options.enclosed
    return ConfinedPlace(run=Path(run), site=Path(site))


def _survey_checks(briefing: Briefing, answers: Mapping[str, str]) -> None:
    """Try every check on the broken site, before the run."""
    narrate("looking at every check on the broken site …")
    survey_before_run(briefing, open_site(Path(briefing.site or "")), answers)


def _facilitate(options: argparse.Namespace) -> int:
    """Open the facilitator's screen, or do one thing at once.

    Raises:
        MobiusError: there is no such drill, or it cannot be led.
    """
    name = options.inject
    directory = run_by_name(runs_root(), name) if name else drill_under_way()
    if options.fault or options.worsen or options.heal or options.hint:
        return asyncio.run(_act_at_once(directory, options))
    if options.json or is_plain(requested=options.plain):
        raise UsageError(
            "--inject opens a screen; without one it takes --fault NAME, --worsen "
            "NAME, --heal NAME or --hint TEXT, and does that at once"
        )
    settings = screens.load_screen_settings(options)

    return screens.open_facilitator(directory, settings)


async def _act_at_once(directory: RunDirectory, options: argparse.Namespace) -> int:
    """Inject, worsen, heal and hint as the command line asks, in this order."""
    asked: list[tuple[FacilitatorAct, str]] = [
        ("inject", each) for each in options.fault or ()
    ]
    asked += [("worsen", options.worsen)] if options.worsen else []
    asked += [("heal", options.heal)] if options.heal else []
    viewer = Viewer(directory)
    try:
        facilitator = Facilitator(viewer, partial(send_and_await_reply, viewer))
        for act, fault in [(act, facilitator.fault(name)) for act, name in asked]:
            await facilitator.act(act, fault)
            narrate(
                f"{fault.name} is {ACT_IN_PAST_TENSE[act]}; the team is told at the end"
            )
        if options.hint:
            await facilitator.hint(options.hint)
            narrate("the team sees the hint now")
    finally:
        await viewer.close()
    return EXIT_OK
