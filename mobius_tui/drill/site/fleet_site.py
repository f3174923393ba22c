"""A fleet for drills: one site for each simulated host, and a balancer before them.

The folder of a fleet is a site itself, for local steps, the balancer and the sink of
messages. In its `hosts` there is a whole site for each host, whose home that is.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from mobius_tui.drill.site import drill_site, site_services
from mobius_tui.drill.site.drill_site import HOSTS_FOLDER, Site, open_site
from mobius_tui.drill.site.site_files import (
    SiteKind,
    SiteSpecification,
    create_programs,
    create_site_files,
    free_ports,
    run_site_program,
)
from mobius_tui.folders import make_folders

MAX_PARALLEL_HOSTS = 4
"""Hosts that are worked on at the same time."""
STOP_SECONDS = 10.0
"""Seconds to wait for keepers to stop their scripts; each kills its own after 5."""
LOGIN_PROFILE = ".profile"
"""The file in a host's home that plays its login."""
_PROFILE = """\
# A login on this host: where it finds its programs.
PATH="$HOME/bin:$PATH" TMPDIR="$HOME/tmp"
export PATH TMPDIR
"""
Result = TypeVar("Result")


def build_fleet(
    root: Path,
    names: Sequence[str],
    *,
    started: datetime,
    seed: int = 0,
    kind: SiteKind = SiteKind.REAL,
    environment: str = "production",
) -> Site:
    """Build a fleet and start it: each host healthy, with backups to go back to.

    Args:
        root: a folder that is not there yet, or is empty.
        names: of the hosts, in the order in which they go.
        started: when the drill starts, aware.
        seed: equal seeds make equal fleets, whose hosts are equal.
        kind: what each of its sites is like.
        environment: which one a drill is about.

    Raises:
        RunError: the folder is in use, or a site did not become healthy.
    """
    root = drill_site.create_site_folder(root)
    try:
        specification = SiteSpecification(kind=kind, environment=environment, seed=seed)
        _create_hosts(root, names, specification, started)
        _create_front(root, names, specification)
        fleet = open_site(root)
        on_each_host(fleet, _start)
        run_site_program(root, "bin/systemctl", "start", *fleet.units)
        drill_site.wait_for_status(fleet, 200)
        drill_site.wait_for_sink(fleet)
    except BaseException:
        drill_site.remove_site(root, keep=False)
        raise
    return fleet


def fleet_hosts(fleet: Site) -> tuple[Site, ...]:
    """The site of each host of a fleet, in order.

    Raises:
        RunError: one is gone.
    """
    return tuple(open_site(folder) for folder in fleet.host_sites.values())


def on_each_host(fleet: Site, do: Callable[[Site], Result]) -> tuple[Result, ...]:
    """Do something on each host of a fleet, some at the same time; the results.

    Raises:
        RunError: one is gone, or whatever `do` raises.
    """
    with ThreadPoolExecutor(max_workers=MAX_PARALLEL_HOSTS) as pool:
        return tuple(pool.map(do, fleet_hosts(fleet)))


def set_login(host: Site, extra_lines: str = "") -> None:
    """Restore what a login on a host runs, or add lines to it.

    Args:
        host: a host of a fleet.
        extra_lines: lines of sh, which run at each login with the connection's input
            as their stdin; empty to restore.
    """
    fresh = host.root / f"{LOGIN_PROFILE}.new"
    fresh.write_text(_PROFILE + extra_lines)
    fresh.replace(host.root / LOGIN_PROFILE)


def login_has(host: Site, extra_lines: str) -> bool:
    """Whether `set_login` has added these lines to a login on a host."""
    return extra_lines in (host.root / LOGIN_PROFILE).read_text()


def stop_claims(root: Path) -> None:
    """Stop what steps have left running on the hosts of a fleet, and wait for it.

    Args:
        root: the folder of a site, which need not be a fleet's.
    """
    keepers = []
    for keeper in root.glob(f"{HOSTS_FOLDER}/*/.mobius-tui/claims/*/*/*/*/keeper"):
        if site_services.read_pid_file(keeper) is not None:
            (keeper.parent / "stop").touch()
            keepers.append(keeper)
    deadline = time.monotonic() + STOP_SECONDS
    while (
        any(map(site_services.read_pid_file, keepers)) and time.monotonic() < deadline
    ):
        time.sleep(0.02)


def _start(host: Site) -> None:
    run_site_program(host.root, "bin/systemctl", "start", *host.units)
    drill_site.wait_for_status(host, 200, path="/api/health/detailed")


def _create_hosts(
    root: Path,
    names: Sequence[str],
    specification: SiteSpecification,
    started: datetime,
) -> None:
    """Create one site in full; the others are copies of it with their own ports."""
    folders = [root / HOSTS_FOLDER / name for name in names]
    make_folders(folders[0], 0o755)
    (folders[0] / "run").mkdir(mode=0o755)
    create_site_files(folders[0], specification, started)
    for folder in folders[1:]:
        shutil.copytree(folders[0], folder, symlinks=True)
    for folder in folders:
        production, staging = free_ports(2)
        ports = {"production": production, "staging": staging, "sink": 0}
        _describe(folder, name=folder.name, ports=ports, sink=0)
        set_login(open_site(folder))


def _create_front(
    root: Path, names: Sequence[str], specification: SiteSpecification
) -> None:
    """Create the balancer and the sink of messages in the folder of the fleet."""
    create_programs(root, specification.kind)
    hosts = [open_site(root / HOSTS_FOLDER / name) for name in names]
    shutil.copyfile(hosts[0].root / "site.json", root / "site.json")
    front, other, sink = free_ports(3)
    ports = {"production": front, "staging": other, "sink": sink}
    if specification.environment == "staging":
        ports |= {"production": other, "staging": front}
    upstreams = [host.port for host in hosts]
    _describe(
        root,
        name="",
        ports=ports,
        sink=sink,
        hosts=list(names),
        upstreams=upstreams,
    )


def _describe(folder: Path, **fields: Any) -> None:
    """Change fields of a site's `site.json`, which its own programs read."""
    file = folder / "site.json"
    known = {**json.loads(file.read_text()), **fields}
    file.write_text(json.dumps(known, indent=1) + "\n")
