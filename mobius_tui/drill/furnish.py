"""Puts together the files of a drill site: everything but its running services."""

from __future__ import annotations

import json
import os
import random
import secrets
import shutil
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mobius_tui.drill.truth import Truth, digest, write_truth
from mobius_tui.errors import RunError

ASSETS = Path(__file__).parent / "assets"
ENVIRONMENT = "production"
BACKUP_AGES = (timedelta(hours=26), timedelta(hours=14), timedelta(hours=2))
"""How old the backups are when a drill starts, oldest first."""
REFUSED = (
    *("docker", "halt", "killall", "kubectl", "launchctl", "poweroff", "reboot"),
    *("scp", "service", "shutdown", "ssh"),
)
"""Programs that act on other machines, or on the whole of this one: a site has none."""
ASSETS_KEPT = 500
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


def places(root: Path) -> dict[str, str]:
    """Where programs that act on a site keep what they keep: in the site."""
    return {"HOME": str(root / "home"), "TMPDIR": str(root / "tmp")}


def run(root: Path, *command: str, **variables: str) -> None:
    """Run one of the site's programs to its end.

    Raises:
        RunError: it failed.
    """
    program = root / command[0]
    ended = subprocess.run(
        (str(program), *command[1:]),
        cwd=root,
        env={**os.environ, **places(root), **variables},
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


def interpreter() -> Path:
    """The Python beneath any virtual environment: the site needs no package."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    beneath = Path(sys.base_prefix) / "bin" / name
    return beneath if beneath.exists() else Path(sys.executable)


def furnish(root: Path, *, seed: int, started: datetime) -> int:
    """Fill an empty folder with a site that is ready to start.

    Args:
        root: the folder; its `run` folder is there already.
        seed: decides versions, contents and the ages of the backups.
        started: when the drill starts, aware.

    Returns:
        The port that the API will listen on.

    Raises:
        RunError: a program of the site failed.
    """
    dice = random.Random(seed)  # noqa: S311 - reproducible, and no secret
    copy_files(ASSETS / "site", root)
    shutil.copyfile(Path(__file__).with_name("services.py"), root / "lib/services.py")
    for name in REFUSED:
        shutil.copyfile(root / "lib" / "refuse.sh", root / "bin" / name)
        (root / "bin" / name).chmod(0o755)
    for name in ("node", "python"):
        (root / "lib" / name).symlink_to(interpreter())
    for name in ("backups", "data", "home", "monitor_logs", "systemd", "tmp"):
        (root / name).mkdir()
    port, staging, sink = free_ports(3)
    _configure(root, {ENVIRONMENT: port, "staging": staging})
    _describe(root, seed, started, port=port, sink=sink)
    run(root, "bin/npm", "run", "migrate")
    _fill_database(root / "data" / "mobius.db", dice)
    write_truth(root, _back_up(root, dice, started))
    return port


def _back_up(root: Path, dice: random.Random, started: datetime) -> Truth:
    """Make a release of each age and its backup; what the site is then."""
    patch = dice.randrange(1, 8)
    releases, backups, version = {}, {}, ""
    for n, age in enumerate(BACKUP_AGES):
        at = started - age + timedelta(seconds=dice.randrange(-1200, 1200))
        version = f"2.4.{patch + n}"
        set_version(root, version)
        stamp = f"{at.astimezone(UTC):%Y%m%d_%H%M%S}"
        run(root, "scripts/deploy/backup.sh", "--env", ENVIRONMENT, MOBIUS_STAMP=stamp)
        releases[version] = digest(root / "app")
        backups[f"dhash_{ENVIRONMENT}_{stamp}.zip"] = version
    return Truth(
        live=version,
        releases=releases,
        backups=backups,
        config=digest(root / "config" / ENVIRONMENT),
        schema=len(list((root / "app" / "migrations").glob("*.up.sql"))),
        assets=ASSETS_KEPT,
    )


def set_version(root: Path, version: str) -> None:
    """Write the version of the release in `app/`."""
    (root / "app" / "VERSION").write_text(f"{version}\n")


def _configure(root: Path, ports: dict[str, int]) -> None:
    """Write each environment's configuration, with the port of its API."""
    for name, port in {**ports, "backup": ports[ENVIRONMENT]}.items():
        api = {"host": "127.0.0.1", "port": port, "database": "data/mobius.db"}
        folder = root / "config" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "api.json").write_text(json.dumps(api, indent=1) + "\n")
        (folder / "worker.json").write_text('{"heartbeat": "run/worker.heartbeat"}\n')


def _describe(
    root: Path, seed: int, started: datetime, *, port: int, sink: int
) -> None:
    """Write what the site's own programs need to know, and a monitor's log so far."""
    stamp = f"{started.astimezone(UTC):%Y%m%d_%H%M%S}"
    log = f"monitor_logs/monitor_{ENVIRONMENT}_{stamp}.log"
    site = {
        "environment": ENVIRONMENT,
        "port": port,
        "sink": sink,
        "seed": seed,
        "monitor_log": log,
    }
    (root / "site.json").write_text(json.dumps(site, indent=1) + "\n")
    (root / "run" / "environment").write_text(f"{ENVIRONMENT}\n")
    dice = random.Random(seed)  # noqa: S311 - reproducible, and no secret
    with (root / log).open("w") as lines:
        for n in range(120, 0, -1):
            at = (started - timedelta(seconds=30 * n)).astimezone(UTC)
            took = dice.randrange(2, 9)
            lines.write(f'{at:%Y-%m-%dT%H:%M:%SZ}|200|{took}|{{"status": "ok"}}\n')


def _fill_database(path: Path, dice: random.Random) -> None:
    """Give the database something to lose."""
    assets = [
        (f"asset-{n:04}.png", f"{dice.getrandbits(64):016x}")
        for n in range(1, ASSETS_KEPT + 1)
    ]
    with closing(sqlite3.connect(path)) as database, database:
        database.executemany("INSERT INTO assets (name, dhash) VALUES (?, ?)", assets)
        owners = (("@ops",), ("@sre-oncall",))
        database.executemany("INSERT INTO owners (handle) VALUES (?)", owners)
