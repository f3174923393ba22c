"""A fleet: whole sites that play hosts, and a balancer before them."""

from __future__ import annotations

import subprocess
from datetime import datetime
from pathlib import Path

import pytest

from mobius_tui.drill.drill_verdict import site_problems
from mobius_tui.drill.site.drill_site import (
    HOSTS_FOLDER,
    Site,
    drill_variables,
    open_site,
    processes_in,
    request_site,
    tear_down,
    wait_for_status,
)
from mobius_tui.drill.site.fleet_site import build_fleet, fleet_hosts, stop_claims
from mobius_tui.drill.site.site_files import read_baseline, run_site_program
from mobius_tui.errors import RunError
from mobius_tui.run.fleet.transport import Destination, LocalRoute, transport_to
from tests.run.conftest import Begin
from tests.run.conftest import begin as begin
from tests.waiting import PATIENCE


def log_in(host: Site, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script where a step with hosts would."""
    route = LocalRoute(sites={host.name: str(host.root)})
    return subprocess.run(
        transport_to(Destination(name=host.name), route, None).argv,
        input=script,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_each_host_is_a_whole_site_and_equal_but_for_its_port(fleet: Site) -> None:
    hosts = fleet_hosts(fleet)
    assert [host.name for host in hosts] == ["web-1", "web-2", "web-3"]
    assert len({host.port for host in (*hosts, fleet)}) == 4
    assert len({str(read_baseline(host.root)) for host in hosts}) == 1
    for host in hosts:  # a rollback of a test before this one has left more
        assert len(list((host.root / "backups").glob("*.zip"))) >= 3
    assert site_problems(fleet) == ()
    assert open_site(fleet.root) == fleet
    assert drill_variables(fleet)["base_url"] == f"http://127.0.0.1:{fleet.port}"


def test_a_login_is_at_home_there_and_asks_its_own_service(fleet: Site) -> None:
    host = fleet_hosts(fleet)[1]
    script = 'echo "$HOME"; pwd; command -v systemctl; dirname "$(mktemp)"\n'
    script += "systemctl is-active mobius-api\n"
    done = log_in(host, f"{script}curl -s http://localhost:3000/version\n")
    root = str(host.root)
    said = [root, root, f"{root}/bin/systemctl", f"{root}/tmp", "active"]
    assert done.stdout.splitlines()[:-1] == said, done.stderr
    live = read_baseline(host.root).live
    assert f'"version":"{live}"' in done.stdout.splitlines()[-1]


def test_the_balancer_passes_over_who_does_not_answer(fleet: Site) -> None:
    first = fleet_hosts(fleet)[0]
    run_site_program(first.root, "bin/systemctl", "stop", first.api)
    try:
        assert {request_site(fleet, "/health")[0] for _ in range(6)} == {200}
        assert "web-1: mobius-api is inactive" in site_problems(fleet)
    finally:
        run_site_program(first.root, "bin/systemctl", "start", first.api)
        wait_for_status(first, 200)


def test_where_no_host_answers_it_says_so(fleet: Site) -> None:
    hosts = fleet_hosts(fleet)
    try:
        for host in hosts:
            run_site_program(host.root, "bin/systemctl", "stop", host.api)
        assert request_site(fleet, "/health")[0] == 502
    finally:
        for host in hosts:
            run_site_program(host.root, "bin/systemctl", "start", host.api)
            wait_for_status(host, 200)


def test_a_fleet_that_is_taken_down_leaves_nothing(
    tmp_path: Path, started: datetime
) -> None:
    built = build_fleet(tmp_path / "fleet", ("a", "b"), started=started)
    assert processes_in(built.root)
    with pytest.raises(RunError, match="not empty"):
        build_fleet(built.root, ("a",), started=started)
    assert tear_down(built) == ()
    assert not built.root.exists()
    assert processes_in(built.root) == []


async def test_what_a_step_left_running_on_a_host_is_stopped_with_its_fleet(
    begin: Begin, tmp_path: Path
) -> None:
    root = tmp_path / "fleet"
    homes = {name: root / HOSTS_FOLDER / name for name in ("a", "b")}
    for home in homes.values():
        home.mkdir(parents=True)
    run = await begin(
        'format = 2\n[runbook]\ntitle = "T"\n[targets.web]\nhosts = ["a", "b"]\n'
        '[[step]]\nid = "go"\nhosts = "web"\neffect = "read"\n'
        "run = 'touch \"$HOME/ran\"; exec sleep 600'\n",
        host_sites={name: str(home) for name, home in homes.items()},
    )
    await run.did("start", "go")
    await run.until(lambda _: all((home / "ran").exists() for home in homes.values()))
    run.kill_host()
    asleep = [pid for pid, argv in processes_in(root) if "600" in argv]
    assert len(asleep) == 2
    stop_claims(root)
    assert not {pid for pid, _ in processes_in(root)}.intersection(asleep)
