"""The smoke tests of a real site: what they try, in what order, and where."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.site.drill_site import (
    Site,
    build_site,
    request_site,
    tear_down,
    wait_for_status,
)

Run = Callable[..., "subprocess.CompletedProcess[str]"]

SMOKE = "scripts/deploy/smoke_tests.sh"
CRITICAL = ["is healthy", "serves its front page", "has its files"]
REST = [
    *("tells its version", "has its packages", "has 1 GB of disk"),
    *("has 100 MB of memory", "has its processes"),
]


def told(ended: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """What was tried, in order, and how it went."""
    rows = re.findall(r"^(PASS|FAIL)  (.{28}) ", ended.stdout, re.MULTILINE)
    return {name.strip(): word for word, name in rows}


@pytest.fixture(scope="module")
def staging(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """A site that a drill of staging is about: production is served beside it."""
    folder = tmp_path_factory.mktemp("staging") / "site"
    started = datetime.fromisoformat("2026-11-24T13:45:05+00:00")
    built = build_site(folder, started=started, environment="staging")
    yield built
    tear_down(built)


def test_the_critical_ones_come_first_and_the_quick_are_no_more(
    site: Site, run: Run
) -> None:
    quick = run(site, SMOKE, "--env", "production", "--quick")
    assert (quick.returncode, list(told(quick))) == (0, CRITICAL)
    full = run(site, SMOKE, "--env", "production")
    assert (full.returncode, list(told(full))) == (0, [*CRITICAL, *REST])
    assert run(site, SMOKE).returncode == 1


def test_the_first_critical_one_that_fails_ends_it(site: Site, run: Run) -> None:
    assert run(site, "systemctl", "stop", "mobius-api").returncode == 0
    ended = run(site, SMOKE, "--env", "production")
    assert (ended.returncode, told(ended)) == (1, {"is healthy": "FAIL"})
    run(site, "systemctl", "start", "mobius-api")
    wait_for_status(site, 200)


@pytest.mark.parametrize("name", ["backup.sh", "rollback_dhash.sh", "package.json"])
def test_the_files_are_critical(site: Site, run: Run, name: str) -> None:
    file = site.root / ("package.json" if name == "package.json" else "scripts/deploy")
    file = file / name if file.is_dir() else file
    file.chmod(0o644)
    away = file.with_name("away")
    if name == "package.json":
        file.rename(away)
    ended = run(site, SMOKE, "--env", "production")
    if name == "package.json":
        away.rename(file)
    else:
        file.chmod(0o755)
    assert (ended.returncode, list(told(ended))) == (1, CRITICAL)
    assert told(ended)["has its files"] == "FAIL"


def test_an_answer_is_judged_by_its_status_alone(site: Site, run: Run) -> None:
    fault = FAULTS["thin-backup"]
    fault.inject(site)
    ended = run(site, SMOKE, "--env", "production", "--quick")
    assert (ended.returncode, "GET /health 404" in ended.stdout) == (1, True)
    fault.heal(site)


@pytest.mark.parametrize(
    ("tool", "name"),
    [("df", "has 1 GB of disk"), ("awk", "has 100 MB of memory")],
)
def test_a_machine_that_is_full_fails_it_after_all_the_rest(
    site: Site, run: Run, tmp_path: Path, tool: str, name: str
) -> None:
    program = tmp_path / tool
    program.write_text("#!/bin/sh\necho x\necho 1 2 3 4\n")
    if tool == "awk":
        program.write_text(
            '#!/bin/sh\ncase $* in *MemAvailable*) echo 4;; *) exec /usr/bin/awk "$@"\n'
            "esac\n"
        )
    program.chmod(0o755)
    path = f"{tmp_path}:{site.bin}:/usr/bin:/bin"
    ended = run(site, SMOKE, "--env", "production", PATH=path)
    assert ended.returncode == 1
    assert list(told(ended)) == [*CRITICAL, *REST]
    assert [each for each, word in told(ended).items() if word == "FAIL"] == [name]


def test_packages_that_are_missing_are_seen(site: Site, run: Run) -> None:
    core = site.root / "node_modules" / "mobius-core"
    core.rename(site.root / "tmp" / "core")
    ended = run(site, SMOKE, "--env", "production")
    (site.root / "tmp" / "core").rename(core)
    assert ended.returncode == 1
    assert told(ended)["has its packages"] == "FAIL"
    assert told(ended)["has its processes"] == "PASS", "it goes on, and this can't fail"


@pytest.mark.parametrize("folder", ["public", "client/build"])
def test_static_files_are_looked_for_only_where_there_is_a_folder(
    site: Site, run: Run, folder: str
) -> None:
    static = site.root / folder
    static.mkdir(parents=True)
    empty = run(site, SMOKE, "--env", "production")
    (static / "index.html").write_text("")
    filled = run(site, SMOKE, "--env", "production")
    (static / "index.html").unlink()
    static.rmdir()
    assert (empty.returncode, told(empty)["has its static files"]) == (1, "FAIL")
    assert (filled.returncode, told(filled)["has its static files"]) == (0, "PASS")


def test_processes_that_are_gone_are_not_seen(site: Site, run: Run) -> None:
    run(site, "systemctl", "stop", "mobius-worker")
    ended = run(site, SMOKE, "--env", "production")
    run(site, "systemctl", "start", "mobius-worker")
    assert (ended.returncode, told(ended)["has its processes"]) == (0, "PASS")


def test_each_run_leaves_a_log_in_the_root(
    site: Site, run: Run, tmp_path: Path
) -> None:
    for old in site.root.glob("postdeploy-smoketests_*"):
        old.unlink()
    run(site, SMOKE, "--env", "production", "--quick")
    (log,) = site.root.glob("postdeploy-smoketests_*")
    named = r"postdeploy-smoketests_production_\d{8}_\d{6}\.log"
    assert re.fullmatch(named, log.name)
    said = json.loads(log.read_text())
    assert (said["environment"], said["total"], said["failed"]) == ("production", 3, 0)
    assert [test["status"] for test in said["tests"]] == ["PASS"] * 3
    log.unlink()
    own = tmp_path / "own.json"
    run(site, SMOKE, "--env", "production", "--quick", "--output", str(own))
    assert json.loads(own.read_text())["total"] == 3
    assert list(site.root.glob("postdeploy-smoketests_*")) == []


def test_port_3000_is_asked_whatever_the_environment(staging: Site, run: Run) -> None:
    assert run(staging, "systemctl", "stop", staging.api).returncode == 0
    assert request_site(staging, "/health")[0] == 0
    passed = run(staging, SMOKE, "--env", "staging", "--quick")
    assert passed.returncode == 0, "production answers for it"
    words = ("--env", "staging", "--quick", "--base-url", staging.base_url)
    assert run(staging, SMOKE, *words).returncode == 1
    run(staging, "systemctl", "stop", "mobius-api")
    run(staging, "systemctl", "start", staging.api)
    wait_for_status(staging, 200)
    assert run(staging, SMOKE, "--env", "staging", "--quick").returncode == 1
    assert run(staging, SMOKE, *words).returncode == 0
