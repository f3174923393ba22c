"""Faults of what surrounds the code: configuration, database, processes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import time
from contextlib import closing
from typing import Any

from mobius_tui.drill.faults.fault import Fault
from mobius_tui.drill.faults.release_faults import install, redeploy
from mobius_tui.drill.site import site_services
from mobius_tui.drill.site.drill_site import (
    Site,
    ask_health,
    wait_for_status,
    wait_for_version,
)
from mobius_tui.drill.site.site_files import (
    install_release,
    installed_version,
    read_baseline,
    run_site_program,
)
from mobius_tui.errors import RunError

GONE_FOR = 180.0
"""Seconds for which the worker has been gone when a drill begins."""


def _api_settings(site: Site) -> dict[str, Any]:
    """The settings of the API, which whoever repairs the site may have edited.

    Raises:
        RunError: they are no JSON object.
    """
    file = site.config / "api.json"
    try:
        found = json.loads(file.read_text())
    except (ValueError, RecursionError) as error:
        raise RunError(f"{file} is no JSON: {error}; put it right first") from error
    if not isinstance(found, dict):
        raise RunError(f"{file} is no JSON object; put it right first")
    return found


def _heartbeat(site: Site) -> str:
    """The path of the worker's heartbeat, as the settings of the API name it.

    Raises:
        RunError: they name none.
    """
    found = _api_settings(site).get("heartbeat")
    if not isinstance(found, str):
        raise RunError(
            f"{site.config / 'api.json'} names no heartbeat; put it right first"
        )
    return found


def _drift(site: Site) -> None:
    """Production is given the database of another environment."""
    file, api = site.config / "api.json", _api_settings(site)
    file.write_text(json.dumps({**api, "database": "data/other.db"}, indent=1) + "\n")
    run_site_program(site.root, "bin/systemctl", "restart", site.api)
    wait_for_status(site, 503)


def _drift_back(site: Site) -> None:
    file, api = site.config / "api.json", _api_settings(site)
    file.write_text(json.dumps({**api, "database": "data/mobius.db"}, indent=1) + "\n")
    run_site_program(site.root, "bin/systemctl", "restart", site.api)
    wait_for_status(site, 200)


def _drift_alone(site: Site) -> None:
    """The same drift, with the backup of the configuration and worker.json removed too.

    Nothing to copy it from.
    """
    shutil.rmtree(site.root / "config" / "backup", ignore_errors=True)
    (site.config / "worker.json").unlink(missing_ok=True)
    _drift(site)


def _drift_alone_back(site: Site) -> None:
    beat = _heartbeat(site)
    (site.config / "worker.json").write_text(json.dumps({"heartbeat": beat}) + "\n")
    _drift_back(site)


def _go_stale(site: Site) -> None:
    """A bad release is served; its files were put back since, and nothing restarted."""
    install(site, "bad-release", "2.5.0")
    run_site_program(site.root, "bin/systemctl", "restart", site.api, site.worker)
    wait_for_version(site, "2.5.0")
    install_release(site.root, read_baseline(site.root).live, site.kind)


def _stale_symptom(site: Site) -> str:
    good = installed_version(site.root) in read_baseline(site.root).releases
    code = ask_health(site).code
    return f"/health answers {code} over good files" if good and code == 500 else ""


def _drift_symptom(site: Site) -> str:
    answer = ask_health(site)
    lost = answer.code == 503 and answer.database == "unreachable"
    return "/health answers 503: the database is unreachable" if lost else ""


def _migrate(site: Site) -> None:
    """Deploy a release that renames a column, and goes on asking for the old one."""
    install(site, "bad-migration", "2.6.0")
    run_site_program(site.root, "bin/npm", "run", "migrate")
    run_site_program(site.root, "bin/systemctl", "restart", site.api, site.worker)
    wait_for_version(site, "2.6.0")


def _migrate_back(site: Site) -> None:
    run_site_program(site.root, "bin/systemctl", "stop", site.api, site.worker)
    if _schema(site) > read_baseline(site.root).schema:
        # The way back may have gone with a rollback of the packages alone.
        install(site, "bad-migration", "2.6.0")
        run_site_program(
            site.root, "bin/site-python", str(site.root / "lib/database.py"), "rollback"
        )
    redeploy(site)


def _schema(site: Site) -> int:
    """The version of the database's schema.

    Raises:
        RunError: the database cannot be read.
    """
    file = site.root / "data" / "mobius.db"
    try:
        with closing(sqlite3.connect(file)) as database:
            return int(database.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.Error as error:
        raise RunError(f"{file}: {error}; restore the database first") from error


def _migration_symptom(site: Site) -> str:
    answer = ask_health(site, "/api/health/detailed")
    amiss = any(word in answer.database for word in ("column", "schema"))
    if answer.code != 503 or not amiss:
        return ""
    return f"/api/health/detailed answers 503: {answer.database}"


def _kill_worker(site: Site) -> None:
    for pid in site_services.processes(site.root, site.worker):
        os.kill(pid, signal.SIGKILL)
    while site_services.processes(site.root, site.worker):
        time.sleep(0.01)
    beat = site.root / _heartbeat(site)
    beat.touch()
    since = time.time() - GONE_FOR
    os.utime(beat, (since, since))


def _start_worker(site: Site) -> None:
    run_site_program(site.root, "bin/systemctl", "start", site.worker)
    wait_for_status(site, 200, path="/api/health/detailed")


def _worker_symptom(site: Site) -> str:
    answer = ask_health(site, "/api/health/detailed")
    dead = answer.code == 503 and answer.worker not in ("", "ok")
    fine = dead and ask_health(site).code == 200
    return "/health answers 200, but no worker gives a sign of life" if fine else ""


ENVIRONMENT_FAULTS = (
    Fault(
        name="config-drift",
        title="Nothing was deployed, and yet no list can be opened since lunch.",
        handled_by="a rollback of the configuration alone",
        is_handled_by_rollback=False,
        inject=_drift,
        heal=_drift_back,
        symptom=_drift_symptom,
    ),
    Fault(
        name="no-config-backup",
        title="Somebody edited a setting by hand, and nobody knows what it was before.",
        handled_by="the configuration of a backup's archive",
        is_handled_by_rollback=False,
        inject=_drift_alone,
        heal=_drift_alone_back,
        symptom=_drift_symptom,
    ),
    Fault(
        name="stale-process",
        title="A colleague has rolled it back by hand, and it is as broken as before.",
        handled_by="a restart: the files are good, the processes are old",
        is_handled_by_rollback=False,
        inject=_go_stale,
        heal=redeploy,
        symptom=_stale_symptom,
    ),
    Fault(
        name="bad-migration",
        title="Since the big deployment the pages open, and their lists do not.",
        handled_by="a rollback with the database: from its own dump, or migrated back",
        inject=_migrate,
        heal=_migrate_back,
        symptom=_migration_symptom,
    ),
    Fault(
        name="dead-worker",
        title="Pages are quick as ever, but nothing that is uploaded gets done.",
        handled_by="a look at the processes, and a restart of the services",
        is_handled_by_rollback=False,
        inject=_kill_worker,
        heal=_start_worker,
        symptom=_worker_symptom,
    ),
)
"""Those that no deployment of code alone brings."""
