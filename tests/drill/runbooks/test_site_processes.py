"""Whose processes are found and ended: this site's, and no neighbour's."""

from __future__ import annotations

import importlib.util
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

from mobius_tui.drill.site import site_services
from mobius_tui.drill.site.drill_site import (
    Site,
    build_site,
    open_site,
    request_site,
    tear_down,
    wait_for_status,
)
from mobius_tui.drill.site.site_files import run_site_program
from tests.drill.runbooks.programs import PROGRAMS, run_program


@pytest.fixture
def neighbours(tmp_path: Path, started: datetime) -> Iterator[tuple[Site, Site]]:
    """Two sites on one machine, each in a folder that is called mobius."""
    first = build_site(tmp_path / "one" / "mobius", started=started)
    try:
        second = build_site(tmp_path / "two" / "mobius", started=started)
    except BaseException:
        tear_down(first)
        raise
    yield first, second
    for site in (first, second):
        tear_down(site)


@pytest.fixture
def staging(tmp_path: Path, started: datetime) -> Iterator[Site]:
    """Staging and production of one folder, side by side."""
    site = build_site(tmp_path / "mobius", started=started, environment="staging")
    yield site
    tear_down(site)


def processes(what: str, site: Site, *options: str) -> tuple[int, str]:
    units = (site.api, site.worker)
    words = ("site-processes", what, "--env", site.environment, *options, *units)
    return run_program(*words, where=site.root, site=site)


@contextmanager
def begun(site: Site, *words: str, **around: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a site's folder that no unit runs."""
    look = "import sys, time; print(flush=True); time.sleep(600)"
    script = site.root / "src" / "stray.py"
    script.write_text(look)
    command = words or (str(site.root / "lib" / "node"), "-ISB", "src/stray.py")
    with subprocess.Popen(
        command, cwd=site.root, stdout=subprocess.PIPE, env=around or None
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def test_processes_by_a_relative_path_are_found(neighbours: tuple[Site, Site]) -> None:
    site, other = neighbours
    code, output = processes("list", site, "--at-least", "2")
    assert code == 0, output
    assert "src/api/index.py" in output
    assert str(other.root) not in output
    assert len(output.splitlines()) == 2
    code, output = processes("list", site, "--at-least", "3")
    assert code == 1
    assert "2 processes of mobius-api and mobius-worker" in output


def test_a_neighbour_that_is_called_alike_goes_on(
    neighbours: tuple[Site, Site],
) -> None:
    site, other = neighbours
    assert processes("end", site)[0] == 0
    assert processes("list", site, "--none")[0] == 0
    assert request_site(site, "/health")[0] == 0
    assert request_site(other, "/health")[0] == 200
    assert processes("list", other, "--at-least", "2")[0] == 0


def test_units_that_work_elsewhere_are_left_alone(
    neighbours: tuple[Site, Site],
) -> None:
    """The units are production's, and the folder is staging's: nobody can tell."""
    site, other = neighbours
    for what in ("own", "list", "end"):
        words = ("site-processes", what, "--env", "production", site.api, site.worker)
        code, output = run_program(*words, where=other.root, site=site)
        assert code == 1
        assert f"{site.api} works in {site.root}" in output
        assert "Nothing has been done" in output
    for each in neighbours:
        assert request_site(each, "/health")[0] == 200
    run_site_program(site.root, "bin/systemctl", "stop", site.api, site.worker)
    code, output = run_program(
        *("site-processes", "own", "--env", "production", site.api),
        where=other.root,
        site=site,
    )
    assert (code, "works in" in output) == (1, True), "nor while it is stopped"


def test_production_of_the_same_folder_goes_on(staging: Site) -> None:
    assert processes("list", staging, "--at-least", "2")[0] == 0
    assert processes("end", staging)[0] == 0
    assert request_site(staging, "/health")[0] == 0
    for unit in ("mobius-api", "mobius-worker"):
        assert site_services.processes(staging.root, unit)
    known = open_site(staging.root)
    run_site_program(staging.root, "bin/systemctl", "start", known.api, known.worker)
    wait_for_status(staging, 200)


def test_what_a_unit_lost_track_of_is_ended(neighbours: tuple[Site, Site]) -> None:
    site, _ = neighbours
    with begun(site, NODE_ENV="production") as stray:
        assert str(stray.pid) in processes("list", site)[1]
        assert processes("end", site)[0] == 0
        assert stray.wait() < 0


def test_what_does_not_say_its_environment_is_named_and_left(
    neighbours: tuple[Site, Site],
) -> None:
    site, _ = neighbours
    with begun(site) as stray:
        code, output = processes("end", site)
        assert code == 0
        assert f"{stray.pid} " in output
        assert "does not say for which environment" in output
        assert stray.poll() is None
        (site.root / "config" / "staging").rename(site.root / "config.away")
        assert processes("end", site)[0] == 0
        assert stray.wait() < 0, "where there is one environment, it is of that"


def test_whoever_stands_in_the_folder_is_left_alone(
    neighbours: tuple[Site, Site],
) -> None:
    site, _ = neighbours
    look = "import sys, time; print(flush=True); time.sleep(600)"
    python = str(site.root / "lib" / "python")
    with begun(site, python, "-c", look, "node", "mobius", "production") as editor:
        code, output = processes("end", site)
        assert (code, str(editor.pid) in output) == (0, False)
        assert editor.poll() is None


def test_a_unit_that_is_not_there_is_said(staging: Site) -> None:
    words = ("site-processes", "own", "--env", "staging", "mobius-api-of-nobody")
    code, output = run_program(*words, where=staging.root, site=staging)
    assert code == 1
    assert "there is no unit mobius-api-of-nobody" in output
    assert "--var api_unit=" in output


def test_without_systemctl_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    for name in ("python3", "env"):
        (tmp_path / "bin" / name).symlink_to(f"/usr/bin/{name}")
    program = run_program("which", "site-processes", where=tmp_path)[1].strip()
    code, output = run_program(
        "env", f"PATH={tmp_path}/bin", program, "own", "--env", "staging", "x",
        where=tmp_path,
    )  # fmt: skip
    assert code == 1
    assert "systemctl is not there" in output


def test_a_service_of_a_user_or_a_container_is_another() -> None:
    """It may be called as a unit of this machine is."""
    loader = SourceFileLoader("site_processes", str(PROGRAMS / "site-processes"))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    program = importlib.util.module_from_spec(spec)
    loader.exec_module(program)
    slices = "/system.slice/system-mobius.slice"
    user = "/user.slice/user-7.slice/user@7.service"
    for group, unit in (
        (f"{slices}/mobius-api.service", "mobius-api"),
        ("/system.slice/mobius-api.service", "mobius-api"),
        (f"{user}/app.slice/mobius-api.service", None),
        ("/system.slice/docker-1f.scope/system.slice/mobius-api.service", None),
        (user, ""),
        ("/user.slice/user-7.slice/session-3.scope", ""),
    ):
        found = program.unit_of(f"0::{group}\n")
        assert found == (group if unit is None else unit)
