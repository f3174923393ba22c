"""A drill site: a whole small MOBIUS in a directory of its own, with real processes.

A site belongs to the process that built it, or to the one that `set_site_owner` names.
When that is dead, `site_guard.take_down_orphan_sites` takes the site down.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from msgspec import Struct

from mobius_tui.drill.site import site_services
from mobius_tui.drill.site.site_files import (
    DUMPS_FOLDER,
    RELEASES_FOLDER,
    SiteKind,
    SiteSpecification,
    create_site_files,
    home_and_tmpdir,
    run_site_program,
)
from mobius_tui.errors import RunError
from mobius_tui.folders import make_folders
from mobius_tui.run.storage.state_folders import state_home

SLOW_ANSWER_SECONDS = 20.0
"""Seconds that an answer of a slow release may take."""
_SERVING = re.compile(r"MOBIUS (\S+) on port ")
"""What the API logs when it begins to serve: its release."""
HOSTS_FOLDER = "hosts"
"""The folder of a fleet that has a site for each host."""
FLEET_UNITS = ("mobius-balancer", "mobius-sink")
"""What runs in a fleet beside the services of its hosts."""
START_LIMIT_SECONDS = 60.0
"""Seconds in which the API must answer; it takes a third of one on an idle machine."""


class Site(Struct, frozen=True, kw_only=True):
    """Where a site is, and how to reach it."""

    root: Path
    port: int
    base_url: str
    bin: Path
    """The stand-ins; first on PATH for whatever acts on this site."""
    sink: str = ""
    """Where its messages go, each to this address and the id of its channel."""
    environment: str = "production"
    """The environment that a drill on it is about."""
    kind: SiteKind = SiteKind.REAL
    hosts: tuple[str, ...] = ()
    """The names of the hosts of a fleet, each a site of its own; empty for one site."""
    name: str = ""
    """What a host of a fleet is called; empty for any other site."""

    @property
    def host_sites(self) -> Mapping[str, Path]:
        """The folder of each host of a fleet, by its name."""
        return {name: self.root / HOSTS_FOLDER / name for name in self.hosts}

    @property
    def api(self) -> str:
        """The unit of the API that a drill is about."""
        return unit_of(self.environment, "api")

    @property
    def worker(self) -> str:
        """The unit of its worker."""
        return unit_of(self.environment, "worker")

    @property
    def units(self) -> tuple[str, ...]:
        """The units that run on it: staging's only where a drill is about them."""
        if self.hosts:
            return FLEET_UNITS
        if self.name:
            return (self.api, self.worker)
        staging = (unit_of("staging", "api"), unit_of("staging", "worker"))
        unused = {"mobius-balancer"}
        if self.environment != "staging":
            unused.update(staging)
        return tuple(unit for unit in site_services.UNITS if unit not in unused)

    @property
    def addresses(self) -> frozenset[str]:
        """`host:port` of all that listens on it, under each name of this machine."""
        roots = (self.root, *self.host_sites.values())
        known = [json.loads((root / "site.json").read_text()) for root in roots]
        ports = {
            port for each in known for port in (*each["ports"].values(), self.port)
        }
        return frozenset(
            f"{name}:{port}" for name in ("127.0.0.1", "localhost") for port in ports
        )

    @property
    def programs(self) -> frozenset[str]:
        """The names of the programs that others play on it."""
        return frozenset(path.name for path in self.bin.iterdir())

    @property
    def config(self) -> Path:
        """The folder of the configuration that a drill is about."""
        return self.root / "config" / self.environment


def unit_of(environment: str, part: str) -> str:
    """The unit of a service of an environment; `part` is `api` or `worker`."""
    between = "" if environment == "production" else f"{environment}-"
    return f"mobius-{between}{part}"


def sites_root() -> Path:
    """Where sites are kept."""
    return state_home() / "sites"


def build_site(
    root: Path,
    *,
    started: datetime,
    seed: int = 0,
    kind: SiteKind = SiteKind.REAL,
    environment: str = "production",
) -> Site:
    """Build a site and start it: healthy, with backups to go back to.

    Args:
        root: a folder that is not there yet, or is empty.
        seed: decides versions and contents; equal seeds make equal sites.
        kind: what it is like.
        environment: which one a drill is about; staging is served beside production.
        started: when the drill starts, aware; the backups are some hours older.

    Raises:
        RunError: the folder is in use, or the site did not become healthy.
    """
    root = create_site_folder(root)
    try:
        wanted = SiteSpecification(kind=kind, environment=environment, seed=seed)
        create_site_files(root, wanted, started)
        site = open_site(root)
        run_site_program(root, "bin/systemctl", "start", *site.units)
        wait_for_status(site, 200, path="/api/health/detailed")
        wait_for_sink(site)
    except BaseException:
        _end_services(root)
        shutil.rmtree(root, ignore_errors=True)
        raise
    return site


def create_site_folder(root: Path) -> Path:
    """Make a folder for a site, and this process its owner; gives it resolved.

    Raises:
        RunError: there is something in it.
    """
    make_folders(root)
    root = root.resolve()
    if any(root.iterdir()):
        raise RunError(f"{root} is not empty: a drill site wants a folder of its own")
    (root / "run").mkdir(mode=0o755)
    set_site_owner(root, os.getpid())
    return root


def set_site_owner(root: Path, pid: int) -> None:
    """Make a live process the owner of a site."""
    site_services.write_pid_file(root / "run" / "owner", pid)


def open_site(root: Path) -> Site:
    """A site that was built before.

    Raises:
        RunError: there is none.
    """
    try:
        known = json.loads((root / "site.json").read_text())
        environment, kind = str(known["environment"]), SiteKind(known["kind"])
        port, sink = int(known["ports"][environment]), int(known["sink"])
        hosts, name = tuple(map(str, known["hosts"])), str(known["name"])
    except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise RunError(f"there is no drill site in {root}: {error}") from error
    root = root.resolve()
    url = f"http://127.0.0.1:{port}"
    return Site(
        root=root,
        port=port,
        base_url=url,
        bin=root / "bin",
        sink=f"http://127.0.0.1:{sink}/",
        environment=environment,
        kind=kind,
        hosts=hosts,
        name=name,
    )


class HealthAnswer(Struct, frozen=True, kw_only=True):
    """What a site's API says of its own health; empty where it says nothing."""

    code: int
    """The status of the HTTP answer; 0 for none."""
    status: str = ""
    """Such as `ok`, `degraded` or `stopping`."""
    database: str = ""
    """`ok`, or what is wrong with it."""
    worker: str = ""
    """`ok`, or what is wrong with it; /health does not say it."""


def ask_health(site: Site, path: str = "/health") -> HealthAnswer:
    """Ask a site's API for its health.

    Args:
        site: whose API.
        path: `/health`, or `/api/health/detailed`.
    """
    return parse_health_answer(*request_site(site, path))


def parse_health_answer(code: int, body: str) -> HealthAnswer:
    """Parse the answer of a health endpoint; a bad release may answer anything.

    Args:
        code: the status of the HTTP answer; 0 for none.
        body: its text.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    texts = found if isinstance(found, dict) else {}
    known = ((name, texts.get(name)) for name in ("status", "database", "worker"))
    return HealthAnswer(
        code=code, **{name: text for name, text in known if isinstance(text, str)}
    )


def request_site(site: Site, path: str, *, timeout: float = 5.0) -> tuple[int, str]:
    """The status and body with which the site's API answers.

    Where there is no answer, 0 and the text of the error.

    Args:
        site: whose API.
        path: such as `/health`.
        timeout: seconds for each read.
    """
    connection = HTTPConnection("127.0.0.1", site.port, timeout=timeout)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")
    except (OSError, HTTPException) as error:
        return 0, str(error)
    finally:
        connection.close()


def wait_for_status(
    site: Site,
    status: int,
    *,
    path: str = "/health",
    limit: float = START_LIMIT_SECONDS,
) -> None:
    """Wait until a path is answered with a status.

    Raises:
        RunError: it did not within `limit` seconds; the message has the end of the
            API's log.
    """
    deadline = time.monotonic() + limit
    while (answer := request_site(site, path))[0] != status:
        if time.monotonic() > deadline:
            raise RunError(
                f"the drill site's API answers {answer[0] or answer[1]} instead of"
                f" {status} after {limit:.0f} s; {_last_words(site, site.api)}"
            )
        time.sleep(0.02)


def wait_for_sink(site: Site) -> None:
    """Wait until the service that takes the drill's messages listens.

    Raises:
        RunError: it does not.
    """
    port = urlsplit(site.sink).port or 0
    deadline = time.monotonic() + START_LIMIT_SECONDS
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        failed = site_services.state(site.root, "mobius-sink") == "failed"
        if failed or time.monotonic() > deadline:
            raise RunError(
                "the drill site's mobius-sink, which takes its messages, does not"
                f" listen on port {port}; another try takes another port;"
                f" {_last_words(site, 'mobius-sink')}"
            )
        time.sleep(0.02)


def _last_words(site: Site, unit: str) -> str:
    """How a service's log ends."""
    log = site_services.log_file(site.root, unit)
    last = log.read_text(errors="replace")[-500:] if log.exists() else ""
    return f"its log ends: {last.strip()}"


def wait_for_version(
    site: Site, version: str, *, limit: float = START_LIMIT_SECONDS
) -> None:
    """Wait until a release serves: until its API says so in its log, and answers.

    Raises:
        RunError: it did not within `limit` seconds.
    """
    log = site_services.log_file(site.root, site.api)
    deadline = time.monotonic() + limit
    while True:
        serves = _SERVING.findall(log.read_text())[-1:] == [version]
        if serves and request_site(site, "/health", timeout=SLOW_ANSWER_SECONDS)[0]:
            return
        if time.monotonic() > deadline:
            raise RunError(f"release {version} does not serve after {limit:.0f} s")
        time.sleep(0.02)


def drill_variables(site: Site) -> dict[str, str]:
    """The runbook's variables for this site: its address, and short waits."""
    if site.hosts:
        return _fleet_variables(site)
    return {
        "target_env": site.environment,
        "base_url": site.base_url,
        "api_unit": site.api,
        "worker_unit": site.worker,
        "health_witness": f"127.0.0.1:{urlsplit(site.sink).port}",
        "release_archive": _newest(site.root / RELEASES_FOLDER),
        "database_dump": _newest(site.root / DUMPS_FOLDER),
        "check_every": "1s",
        "probe_every": "1s",
        "monitor_for": "10s",
        "system_log": str(site_services.log_file(site.root, "mobius-worker")),
    }


def _fleet_variables(fleet: Site) -> dict[str, str]:
    """The variables for a fleet: the balancer's address, and short waits."""
    return {
        "target_env": fleet.environment,
        "base_url": fleet.base_url,
        "health_witness": f"127.0.0.1:{urlsplit(fleet.sink).port}",
        "check_every": "1s",
        "probe_every": "1s",
        "monitor_for": "10s",
        "healthy_for": "3s",
        "project": ".",
    }


def _newest(folder: Path) -> str:
    """The file of a folder whose name comes last; empty without one."""
    return str(max(folder.iterdir(), default=""))


def environment_variables(site: Site) -> dict[str, str]:
    """The environment variables with which a run's steps act on this site."""
    path = os.environ.get("PATH") or os.defpath
    return {"PATH": f"{site.bin}{os.pathsep}{path}", **home_and_tmpdir(site.root)}


def tear_down(site: Site, *, keep: bool = False) -> tuple[str, ...]:
    """Stop every service of a site, and remove it.

    Args:
        site: which.
        keep: whether its files stay, for someone to look at.

    Returns:
        A line for each process that is still at work in the site's folder; those are
        the caller's, and are not killed.
    """
    return remove_site(site.root, keep=keep)


def remove_site(root: Path, *, keep: bool) -> tuple[str, ...]:
    """Stop and remove what is in a site's folder, even if it was never finished.

    Returns:
        A line for each process that is still at work in it, as `tear_down` does.
    """
    root = root.resolve()
    left = [f"{unit}: {error}" for unit, error in _end_services(root)]
    left += [f"process {pid}: {' '.join(argv)}" for pid, argv in processes_in(root)]
    if keep:
        (root / "run" / "owner").unlink(missing_ok=True)
    else:
        shutil.rmtree(root, ignore_errors=True)
    return tuple(left)


def _end_services(root: Path) -> list[tuple[str, str]]:
    """Stop the services, with or without a pid file; returns those that stay."""
    left = []
    hosts = [
        each for each in (root / HOSTS_FOLDER).glob("*") if (each / "run").is_dir()
    ]
    for site in (root, *hosts):
        # Its files may forbid SIGKILL.
        shutil.rmtree(site / "systemd", ignore_errors=True)
        for unit in reversed(site_services.UNITS):
            try:
                site_services.stop(site, unit)
            except (OSError, TimeoutError) as error:
                left.append((unit, str(error)))
    for pid, argv in processes_in(root):
        if any(site_services.runs_own_program(site, argv) for site in (root, *hosts)):
            with suppress(TimeoutError, PermissionError):  # it is named as left over
                site_services.end(pid)
    return left


def processes_in(root: Path) -> list[tuple[int, tuple[str, ...]]]:
    """The other processes that work in a site's folder: their pids and arguments."""
    here = psutil.Process()
    family = {here.pid, *(parent.pid for parent in here.parents())}
    found = []
    for process in psutil.process_iter():
        try:
            argv = tuple(process.cmdline())
            inside = any(word.startswith(f"{root}/") for word in argv[:8])
            if not inside and process.pid not in family:
                inside = Path(process.cwd()).is_relative_to(root)
            if inside and process.pid not in family:
                found.append((process.pid, argv))
        except (psutil.Error, OSError):
            continue  # it ended meanwhile, or belongs to someone else
    return found
