"""Prepares a drill.

Builds or takes a site, breaks it, and briefs the run against it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from msgspec import Struct

from mobius_tui.drill import injection_log, own_staging
from mobius_tui.drill.faults import Fault
from mobius_tui.drill.faults.fault_combinations import environment_of
from mobius_tui.drill.own_staging import OwnFault
from mobius_tui.drill.site import drill_site
from mobius_tui.drill.site.fleet_site import build_fleet
from mobius_tui.drill.site.site_files import SiteKind
from mobius_tui.drill.site_guard import take_down_orphan_sites
from mobius_tui.errors import RunError, UsageError
from mobius_tui.run.client.host_preflight import used_targets
from mobius_tui.run.client.run_briefing import Briefing, prepare_briefing
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.storage.state_folders import make_private_folder
from mobius_tui.run.targets.resolve_targets import resolve_names
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import find_runbook
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.structs import replace

DEFAULT_DRILL_HOSTS = 5
"""Hosts of a drill of a runbook with hosts, where nobody says how many."""
MAX_DRILL_HOSTS = 20
"""Hosts that a drill can have: each is some processes of this machine."""


class DrillHosts(Struct, frozen=True, kw_only=True):
    """The hosts of a drill."""

    names: tuple[str, ...] = ()
    """In the order in which they go; empty for a drill on one site."""
    limit: str = ""
    """The pattern that leaves only these of the runbook's; empty for all."""


def choose_drill_hosts(runbook: Runbook, count: int | None) -> DrillHosts:
    """The hosts that a drill simulates: the first ones of the runbook's targets.

    Where its targets differ, all hosts of all of them: a limit could leave one without.

    Args:
        runbook: which is drilled.
        count: how many; `None` for `DEFAULT_DRILL_HOSTS` or fewer, if the runbook has
            hosts.

    Raises:
        UsageError: the runbook has fewer hosts, or none; a step goes to them by
            Ansible; an inventory lists them, so that they are not known before the run;
            or they are of targets that differ, and too many or not all wanted.
    """
    targets = used_targets(runbook)
    if not targets:
        if count is None:
            return DrillHosts()
        raise UsageError(
            f"--hosts {count}: all steps of {runbook.id} run on this machine; "
            "only a runbook with [targets] has hosts"
        )
    for step in runbook.steps():
        if step.rollout is not None and step.rollout.engine == "ansible":
            raise UsageError(
                f"{step.title} goes to its hosts by Ansible, which no drill plays: "
                "give it `run` in place of a playbook, or drill a staging of your own"
            )
    for name, target in targets.items():
        if target.inventory:
            raise UsageError(
                f"the target {name} reads its hosts from {target.inventory}: a drill "
                "plays hosts that the runbook names itself; give it such a target"
            )
    found = {
        name: resolve_names(target, runbook.path.parent).names
        for name, target in targets.items()
    }
    names = tuple(dict.fromkeys(host for hosts in found.values() for host in hosts))
    wanted = count or min(len(names), DEFAULT_DRILL_HOSTS)
    if wanted > len(names):
        raise UsageError(f"--hosts {wanted}: {runbook.id} has {len(names)} of them")
    chosen = names[:wanted]
    if any(not set(hosts) >= set(chosen) for hosts in found.values()):
        # Of targets that differ, a limit could leave one without a host.
        if len(names) > MAX_DRILL_HOSTS or (count and wanted < len(names)):
            raise UsageError(
                f"{runbook.id} has targets that differ, of {len(names)} hosts: a "
                f"drill plays all of them, or none, and {MAX_DRILL_HOSTS} at most"
            )
        chosen = names
    limit = "" if len(chosen) == len(names) else ",".join(chosen)
    return DrillHosts(names=chosen, limit=limit)


class ConfinedPlace(Struct, frozen=True, kw_only=True):
    """The folders that a confined drill can write to."""

    run: Path
    site: Path


_GUARDS: list[subprocess.Popen[bytes]] = []
"""Guards that this process started: they outlive it, and are reaped if they do not."""


@contextmanager
def rehearsal(
    runbook: str,
    fault: Fault,
    *,
    seed: int,
    given: Mapping[str, str],
    keep: bool,
    send: bool = False,
    other_faults: Sequence[Fault] = (),
    kind: SiteKind = SiteKind.REAL,
    environment: str | None = None,
    hosts: DrillHosts | None = None,
    place: ConfinedPlace | None = None,
) -> Iterator[Briefing]:
    """Build and break a site; gives the briefing of a run against it.

    A guard process takes the site down when neither this process nor a host of the
    run needs it any more; a crash of either changes nothing about that.

    Args:
        runbook: a bundled runbook's id, or a file.
        fault: what breaks.
        seed: equal seeds make equal sites.
        given: values of `--var`; they win over the site's own.
        keep: whether the site's files stay.
        send: whether its messages go to the channels' own addresses.
        other_faults: what breaks beside the fault, and after it.
        kind: what the site is like.
        environment: which one it is about; `None` for that of the faults.
        hosts: those that the drill simulates; `None` for none.
        place: the folders of a confined drill, which this process is in.

    Raises:
        MobiusError: the runbook or a variable is wrong, or the site cannot be built.
    """
    book, hosts = load(find_runbook(runbook)), hosts or DrillHosts()
    prepare_briefing(book, given=given)  # refuses what is wrong before a site is built
    faults = (fault, *other_faults)
    site = _build_site(
        seed=seed,
        kind=kind,
        environment=environment or environment_of(faults),
        keep=keep,
        hosts=hosts.names,
        folder=None if place is None else place.site,
    )
    for each in faults:
        each.inject(site)
        injection_log.log_injection(site.root, each.name, time.time())
    variables = drill_site.environment_variables(site)
    briefing = prepare_briefing(
        book,
        given={**_site_values(site, book), **given},
        workdir=site.root,
        mode=Mode.DRILL,
        site=str(site.root),
        sink=None if send else site.sink,
        sends_to_channels=send,
        search_path=variables.pop("PATH"),
        home_and_tmpdir=variables,
        limit=hosts.limit,
        host_sites={name: str(place) for name, place in site.host_sites.items()},
    )
    yield replace(
        briefing,
        site_addresses=site.addresses,
        site_programs=site.programs,
        confined=place is not None,
        reserved_run=None if place is None else place.run,
    )


def _site_values(site: drill_site.Site, book: Runbook) -> Mapping[str, str]:
    """What the site gives of the variables that a runbook has."""
    values = drill_site.drill_variables(site).items()
    return {name: value for name, value in values if name in book.variables}


def _build_site(
    *,
    seed: int,
    kind: SiteKind,
    environment: str,
    keep: bool,
    hosts: Sequence[str] = (),
    folder: Path | None = None,
) -> drill_site.Site:
    """Build a site that belongs to a guard process of its own.

    In `folder`, if that is given; it need not be there yet.
    """
    started = datetime.now(UTC)
    folder = folder or new_site_folder(started)
    guard_pid = start_guard(folder.resolve(), os.getpid(), keep=keep)
    build = partial(build_fleet, names=hosts) if hosts else drill_site.build_site
    site = build(folder, seed=seed, started=started, kind=kind, environment=environment)
    drill_site.set_site_owner(site.root, guard_pid)
    if keep:
        (site.root / "run" / "kept").touch()
    return site


def new_site_folder(started: datetime) -> Path:
    """The path of a new site or staging, which is not made yet.

    Args:
        started: the time, in UTC, that its name begins with.
    """
    root = drill_site.sites_root()
    make_private_folder(root)
    take_down_orphan_sites(root)
    return root / f"{started:%Y-%m-%dT%H-%M-%S}-{os.getpid()}"


def start_guard(root: Path, pid: int, *, keep: bool) -> int:
    """Start the process that takes a site down when nobody needs it.

    Args:
        root: the site's folder.
        pid: the process that needs it until a run is begun.
        keep: whether the site's files stay.

    Returns:
        The pid of the guard.
    """
    process = subprocess.Popen(
        [
            *(sys.executable, "-P", "-m", "mobius_tui.drill.site_guard"),
            *(str(root), str(pid), "keep" if keep else "remove"),
        ],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _GUARDS.append(process)
    return process.pid


@contextmanager
def own_rehearsal(
    runbook: str,
    chosen: Sequence[OwnFault],
    *,
    all_faults: Sequence[OwnFault],
    given: Mapping[str, str],
    profile: str | None,
    workdir: Path | None,
    send: bool,
) -> Iterator[Briefing]:
    """Break a staging; gives the briefing of a run against it.

    A guard process keeps the score and heals what the run did not repair, when neither
    this process nor a host of the run needs the staging any more.

    Args:
        runbook: a bundled runbook's id, or a file.
        chosen: what breaks.
        all_faults: every fault of the staging, the chosen ones among them; a
            facilitator may inject any.
        given: values of `--var`.
        profile: the name of a profile.
        workdir: where commands run; as in any run without it.
        send: whether messages go to the channels' own addresses.

    Raises:
        MobiusError: an input is wrong, or the staging is not healthy beforehand.
    """
    book = load(find_runbook(runbook))
    briefing = prepare_briefing(
        book,
        given=given,
        profile=profile,
        workdir=workdir,
        mode=Mode.DRILL,
        sends_to_channels=send,
    )
    _refuse_protected(book, briefing)
    folder = new_site_folder(datetime.now(UTC))
    env = {**os.environ, **{k: value for k, (value, _) in briefing.values.items()}}
    own_staging.make_own_staging_folder(
        folder, all_faults, env=env, workdir=briefing.workdir
    )
    folder = folder.resolve()
    drill_site.set_site_owner(folder, start_guard(folder, os.getpid(), keep=False))
    try:
        _break_staging(folder, chosen)
    except BaseException:
        own_staging.heal_remaining(folder)
        drill_site.remove_site(folder, keep=False)
        raise
    yield replace(briefing, site=str(folder))


def _refuse_protected(book: Runbook, briefing: Briefing) -> None:
    if briefing.protected:
        others = ", ".join(book.profiles) or "none"
        raise UsageError(
            f"{briefing.environment} is protected, and a drill breaks what it is made "
            f"on; take another with --profile (this runbook has: {others})"
        )


def _break_staging(root: Path, chosen: Sequence[OwnFault]) -> None:
    """Check that the staging is healthy, break it, and wait for the symptoms.

    Raises:
        RunError: it is not healthy, an `inject` fails, or a symptom does not show.
    """
    site, faults = own_staging.site_at(root), own_staging.faults_at(root)
    for own in chosen:
        problems = faults[own.name].unrepaired(site)
        if problems:
            raise RunError(f"the staging is not well before the drill: {problems[0]}")
    for own in chosen:
        injection_log.log_injection(root, own.name, time.time())
        faults[own.name].inject(site)
        own_staging.wait_for_symptom(faults[own.name], site, own.timeout)
