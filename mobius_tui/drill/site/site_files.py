"""The files of a drill site, and the baseline of a sound one to measure repairs by."""

from __future__ import annotations

import hashlib
import json
import os
import random
import secrets
import shutil
import socket
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from msgspec import Struct, to_builtins

from mobius_tui.errors import RunError
from mobius_tui.folders import make_folders


class SiteBaseline(Struct, frozen=True, kw_only=True):
    """The digests and versions of a site that works, to compare a repaired one with."""

    live: str
    """The release that served before the drill: the one of the newest backup."""
    releases: Mapping[str, str]
    """The digest of `node_modules/` for each release that ever was good, by its
    version."""
    source: str
    """The digest of `src/`, which the good releases share."""
    backups: Mapping[str, str]
    """The version in each backup, by the zip's name."""
    config: str
    """The digest of the configuration that is served."""
    schema: int
    """The version of the database's schema."""
    assets: int
    """How many assets the database held when the backups were made."""


def digest(folder: Path) -> str:
    """SHA-256 over the names and bytes of a folder's files, in hexadecimal.

    What Python keeps in `__pycache__`, and what npm notes for itself, is no part of a
    release.
    """
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        ours = "__pycache__" in path.parts or path.name == ".package-lock.json"
        if path.is_file() and not ours:
            data = path.read_bytes()
            found.update(f"{path.relative_to(folder)}\0{len(data)}\0".encode())
            found.update(data)
    return found.hexdigest()


def installed_version(root: Path) -> str:
    """The version of the release that a site's `package.json` names.

    Raises:
        RunError: it names none.
    """
    try:
        return str(json.loads((root / "package.json").read_text())["version"])
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise RunError(f"{root / 'package.json'} names no version: {error}") from error


def write_baseline(root: Path, baseline: SiteBaseline) -> None:
    """Write the baseline to the site's `run/truth.json`."""
    (root / "run" / "truth.json").write_text(
        json.dumps(to_builtins(baseline), indent=1) + "\n"
    )


def read_baseline(root: Path) -> SiteBaseline:
    """Read the baseline that `write_baseline` wrote.

    Raises:
        RunError: it is not there, or is none.
    """
    path = root / "run" / "truth.json"
    try:
        return SiteBaseline(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise RunError(f"{path} does not say what the site was: {error}") from error


ASSETS = Path(__file__).parents[1] / "assets"


class SiteKind(StrEnum):
    """The kind of a site, as `--site` and `site.json` name it."""

    REAL = "real"
    """With the deployment's own scripts; `/health` answers `ok` without figures."""
    RICH = "rich"
    """The same, but `/health` reports figures of the requests."""
    LENIENT = "kind"
    """With scripts that restart services and backups that hold everything, for
    teaching."""


ENVIRONMENTS = ("production", "staging")
CORE_PACKAGE = "mobius-core"
"""The package that a release's code is in; the rest of it is in `src/`."""
DUMPS_FOLDER = "dumps"
RELEASES_FOLDER = "releases"
"""Folders of what backups do not hold: the database's own dumps, and the archives of
releases."""
BACKUP_AGES = (timedelta(hours=26), timedelta(hours=14), timedelta(hours=2))
"""How old the backups are when a drill starts, oldest first."""
FORBIDDEN_PROGRAMS = (
    *("docker", "halt", "killall", "kubectl", "launchctl", "poweroff", "reboot"),
    *("scp", "service", "shutdown", "ssh", "wget"),
)
"""Programs that act on other machines, or on all of this one: stand-ins that refuse."""
DATABASE_ASSET_COUNT = 500
"""Rows in the database when the backups are made."""


def free_ports(count: int) -> tuple[int, ...]:
    """Ports of 127.0.0.1 that nobody listens on, each another one.

    Below the range that systems give to outgoing connections (32768 and up on Linux,
    49152 on macOS), so that none of those takes it while the API restarts.
    """
    found: list[int] = []
    while len(found) < count:
        port = 20_000 + secrets.randbelow(12_000)
        if port not in found and _is_free(port):
            found.append(port)
    return tuple(found)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def copy_files(source: Path, target: Path) -> None:
    """Copy a folder of assets over another; scripts and programs become executable."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(
        source, target, ignore=ignore, copy_function=shutil.copyfile, dirs_exist_ok=True
    )
    for folder in ("bin", "scripts/deploy"):
        for program in (target / folder).glob("*"):
            program.chmod(0o755)


def home_and_tmpdir(root: Path) -> dict[str, str]:
    """HOME and TMPDIR for programs that act on a site: folders inside of it."""
    return {"HOME": str(root / "home"), "TMPDIR": str(root / "tmp")}


def run_site_program(root: Path, *command: str, **variables: str) -> None:
    """Run one of the site's programs to its end.

    Raises:
        RunError: it failed.
    """
    program = root / command[0]
    ended = subprocess.run(
        (str(program), *command[1:]),
        cwd=root,
        env={**os.environ, **home_and_tmpdir(root), **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if ended.returncode != 0:
        raise RunError(
            f"the drill site could not be built: {command[0]} exited with"
            f" {ended.returncode}: {ended.stdout.strip()[-500:]}"
        )


def base_python() -> Path:
    """The Python beneath any virtual environment: the site needs no package."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    beneath = Path(sys.base_prefix) / "bin" / name
    return beneath if beneath.exists() else Path(sys.executable)


class SiteSpecification(Struct, frozen=True, kw_only=True):
    """The kind, the environment and the random seed of a site to build."""

    kind: SiteKind = SiteKind.REAL
    environment: str = "production"
    """The environment that the drill is about; beside staging, production goes on."""
    seed: int = 0
    """Decides versions, contents and the ages of the backups."""


def create_site_files(
    root: Path, specification: SiteSpecification, started: datetime
) -> None:
    """Fill an empty folder with a site that is ready to start.

    Args:
        root: the folder; its `run` folder is there already.
        specification: its kind, environment and seed.
        started: when the drill starts, aware.

    Raises:
        RunError: a program of the site failed.
    """
    rng = random.Random(specification.seed)  # noqa: S311 - reproducible, and no secret
    create_programs(root, specification.kind)
    for name in ("backups", "data", "monitor_logs", "systemd"):
        (root / name).mkdir(mode=0o755)
    for name in (DUMPS_FOLDER, RELEASES_FOLDER, "lib/registry"):
        (root / name).mkdir(mode=0o755)
    production, staging, sink = free_ports(3)
    ports = {"production": production, "staging": staging, "sink": sink}
    _configure(root, specification.kind, ports)
    _describe(root, specification, started, ports)
    write_baseline(root, _releases(root, specification, rng, started))


def create_programs(root: Path, kind: SiteKind) -> None:
    """Put the scripts, programs and stand-ins of a site into its folder."""
    copy_files(ASSETS / "site", root)
    if kind is SiteKind.LENIENT:
        copy_files(ASSETS / "kind", root)
    services = Path(__file__).with_name("site_services.py")
    shutil.copyfile(services, root / "lib/services.py")
    for name in FORBIDDEN_PROGRAMS:
        shutil.copyfile(root / "lib" / "refuse.sh", root / "bin" / name)
        (root / "bin" / name).chmod(0o755)
    for name in ("node", "python"):
        (root / "lib" / name).symlink_to(base_python())
    for name in ("home", "tmp"):
        (root / name).mkdir(mode=0o755)


def _releases(
    root: Path, specification: SiteSpecification, rng: random.Random, started: datetime
) -> SiteBaseline:
    """Make the good releases and their backups; return the site's baseline."""
    patch = rng.randrange(1, 8)
    releases, backups, version = {}, {}, ""
    for n, age in enumerate(BACKUP_AGES):
        at = started - age + timedelta(seconds=rng.randrange(-1200, 1200))
        version = f"2.4.{patch + n}"
        publish_release(root, version)
        install_release(root, version, specification.kind)
        if n == 0:
            run_site_program(root, "bin/npm", "run", "migrate")
            _fill_database(root / "data" / "mobius.db", rng)
        stamp = f"{at.astimezone():%Y%m%d_%H%M%S}"
        words = ("scripts/deploy/backup.sh", "--env", specification.environment)
        run_site_program(root, *words, MOBIUS_STAMP=stamp)
        releases[version] = digest(root / "node_modules")
        backups[f"dhash_{specification.environment}_{stamp}.zip"] = version
    _archive_release(root, version, stamp)
    return SiteBaseline(
        live=version,
        releases=releases,
        source=digest(root / "src"),
        backups=backups,
        config=digest(root / "config" / specification.environment),
        schema=len(list((ASSETS / "core" / "migrations").glob("*.up.sql"))),
        assets=DATABASE_ASSET_COUNT,
    )


def publish_release(root: Path, version: str, overlay: Path | None = None) -> Path:
    """Put a release's package into the site's registry; gives its folder there.

    Args:
        root: the site's folder.
        version: of the release.
        overlay: what differs from the good code, which stays beside it as `base.py`.
    """
    package = root / "lib" / "registry" / f"{CORE_PACKAGE}-{version}"
    shutil.rmtree(package, ignore_errors=True)
    copy_files(ASSETS / "core", package)
    if overlay is not None:
        shutil.copyfile(ASSETS / "core" / "handlers.py", package / "base.py")
        copy_files(overlay, package)
    about = {"name": CORE_PACKAGE, "version": version}
    (package / "package.json").write_text(json.dumps(about, indent=1) + "\n")
    return package


def install_release(root: Path, version: str, kind: SiteKind) -> None:
    """Make a release of the registry the one that is installed; restarts nothing."""
    scripts = {"start": "node src/api/index.py", "migrate": "node migrate.js up"}
    if kind is SiteKind.LENIENT:
        scripts["migrate:rollback"] = "node migrate.js down"
    about = {
        "name": "mobius",
        "version": version,
        "scripts": scripts,
        "dependencies": {CORE_PACKAGE: version},
    }
    packages = {
        "": {"version": version},
        f"node_modules/{CORE_PACKAGE}": {"version": version},
    }
    lock = {"name": "mobius", "lockfileVersion": 3, "packages": packages}
    (root / "package.json").write_text(json.dumps(about, indent=1) + "\n")
    (root / "package-lock.json").write_text(json.dumps(lock, indent=1) + "\n")
    run_site_program(root, "bin/npm", "ci", "--production")


def _archive_release(root: Path, version: str, stamp: str) -> None:
    """Write what backups do not contain: the release's archive, the database's dump."""
    with tarfile.open(
        root / RELEASES_FOLDER / f"mobius-{version}.tar.gz", "w:gz"
    ) as archive:
        for name in ("package.json", "package-lock.json", "src", "node_modules"):
            archive.add(root / name, name)
    shutil.copyfile(
        root / "data" / "mobius.db", root / DUMPS_FOLDER / f"mobius_{stamp}.db"
    )


def _configure(root: Path, kind: SiteKind, ports: dict[str, int]) -> None:
    """Write each environment's configuration, with the port of its API."""
    for name in ENVIRONMENTS:
        beat = "run/worker.heartbeat" if name == "production" else f"run/{name}.beat"
        api = {
            "host": "127.0.0.1",
            "port": ports[name],
            "database": "data/mobius.db",
            "heartbeat": beat,
        }
        folder = root / "config" / name
        make_folders(folder, 0o755)
        (folder / "api.json").write_text(json.dumps(api, indent=1) + "\n")
        (folder / "worker.json").write_text(json.dumps({"heartbeat": beat}) + "\n")
        (root / f".env.{name}").write_text(f"NODE_ENV={name}\n")
    if kind is SiteKind.LENIENT:
        shutil.copytree(root / "config" / "production", root / "config" / "backup")


def _describe(
    root: Path,
    specification: SiteSpecification,
    started: datetime,
    ports: dict[str, int],
) -> None:
    """Write what the site's own programs need to know, and a monitor's log so far."""
    stamp = f"{started.astimezone():%Y%m%d_%H%M%S}"
    log = f"monitor_logs/monitor_{specification.environment}_{stamp}.log"
    site: dict[str, Any] = {
        "kind": specification.kind,
        "health": "plain" if specification.kind is SiteKind.REAL else "rich",
        "environment": specification.environment,
        "ports": ports,
        "sink": ports["sink"],
        "seed": specification.seed,
        "hosts": [],
        "name": "",
        "monitor_log": log,
    }
    (root / "site.json").write_text(json.dumps(site, indent=1) + "\n")
    rng = random.Random(specification.seed)  # noqa: S311 - reproducible, and no secret
    is_lenient = specification.kind is SiteKind.LENIENT
    checks = 120 if is_lenient else 0  # the real monitor dies at its first
    with (root / log).open("w") as lines:
        for n in range(checks, 0, -1):
            at = (started - timedelta(seconds=30 * n)).astimezone()
            took = rng.randrange(2, 9)
            lines.write(f'{at:%Y-%m-%d %H:%M:%S}|200|{took}|{{"status": "ok"}}\n')


def _fill_database(path: Path, rng: random.Random) -> None:
    """Fill the database with assets, whose loss a verdict would notice."""
    assets = [
        (f"asset-{n:04}.png", f"{rng.getrandbits(64):016x}")
        for n in range(1, DATABASE_ASSET_COUNT + 1)
    ]
    with closing(sqlite3.connect(path)) as database, database:
        database.executemany("INSERT INTO assets (name, dhash) VALUES (?, ?)", assets)
        owners = (("@ops",), ("@sre-oncall",))
        database.executemany("INSERT INTO owners (handle) VALUES (?)", owners)
