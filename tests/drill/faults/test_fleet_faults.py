"""What breaks one host of a fleet, or all: each shows, and can be put right again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mobius_tui.drill.drill_verdict import site_problems
from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.faults.fault_combinations import combine_faults
from mobius_tui.drill.faults.fleet_faults import (
    FLEET_FAULTS,
    HOST_FAULTS,
    last_host,
)
from mobius_tui.drill.site.drill_site import Site, drill_variables, request_site
from mobius_tui.drill.site.fleet_site import fleet_hosts
from mobius_tui.drill.site.site_files import installed_version, read_baseline
from mobius_tui.errors import UsageError
from mobius_tui.run.events.fleet_events import BatchStarted, HostStatus
from mobius_tui.run.records.verification import run_problems
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import bundled_folder
from tests.drill.site.test_fleet_site import log_in
from tests.run.running import Running

CHANGE = 'cp package.json p && echo >>package.json && trap "mv p package.json" EXIT\n'
"""What a rollback does, for the faults that strike in the midst of one."""
SHORT = {
    "healthy_for": "1s",
    "check_every": "100ms",
    "probe_every": "100ms",
    "monitor_for": "100ms",
}


@contextmanager
def broken(fleet: Site, *names: str) -> Iterator[None]:
    """A fleet with faults, which are healed afterwards."""
    try:
        for name in names:
            FLEET_FAULTS[name].inject(fleet)
        yield
    finally:
        for name in reversed(names):
            if FLEET_FAULTS[name].symptom(fleet):
                FLEET_FAULTS[name].heal(fleet)
        assert site_problems(fleet) == ()


@pytest.mark.parametrize("name", [fault.name for fault in HOST_FAULTS])
def test_a_fault_of_one_host_shows_and_is_healed(fleet: Site, name: str) -> None:
    fault = FLEET_FAULTS[name]
    assert fault.symptom(fleet) == ""
    with broken(fleet, name):
        hit = fleet.hosts[0] if name == "bad-canary" else last_host(fleet).name
        assert fault.symptom(fleet).startswith(f"{hit}: ")
        showing = [each.name for each in HOST_FAULTS if each.symptom(fleet)]
        assert showing == [name]
        assert name not in fault.title
        assert {request_site(fleet, "/health")[0] for _ in range(3)} == {200}
    assert fault.symptom(fleet) == ""


def test_a_host_that_is_down_lets_nobody_in_and_no_runbook_is_blamed(
    fleet: Site,
) -> None:
    with broken(fleet, "host-down"):
        done = log_in(last_host(fleet), "echo here\n")
        assert (done.returncode, done.stdout) == (255, "")
        assert "Connection refused" in done.stderr
        assert request_site(last_host(fleet), "/health")[0] == 0
        assert site_problems(fleet) == ()


def test_a_host_falls_silent_once_it_is_changed_and_goes_on_by_itself(
    fleet: Site,
) -> None:
    with broken(fleet, "host-silent"):
        host = last_host(fleet)
        assert log_in(host, "echo a look\n").stdout == "a look\n"
        done = log_in(host, f"{CHANGE}while :; do sleep 0.05; done\n")
        assert done.returncode == 255
        assert "timed out" in done.stderr
        assert log_in(host, "echo again\n").returncode == 255
        (host.root / "p").replace(host.root / "package.json")


def test_a_line_that_is_lost_breaks_once_in_the_midst_of_the_change(
    fleet: Site,
) -> None:
    with broken(fleet, "line-lost"):
        host = last_host(fleet)
        assert log_in(host, "echo a look\n").stdout == "a look\n"
        done = log_in(host, f"{CHANGE}while :; do sleep 0.05; done\n")
        assert done.returncode == 255
        assert "Broken pipe" in done.stderr
        assert log_in(host, "echo again\n").stdout == "again\n"
        (host.root / "p").replace(host.root / "package.json")


def test_a_fault_of_one_host_wants_several() -> None:
    with pytest.raises(UsageError, match=r"one of several hosts.*--hosts 5"):
        combine_faults(["host-down"])
    both = combine_faults(["host-down"], FLEET_FAULTS)
    assert [fault.name for fault in both] == ["bad-release", "host-down"]
    assert set(FLEET_FAULTS) - set(FAULTS) == {fault.name for fault in HOST_FAULTS}


@pytest.mark.parametrize(
    "given",
    [
        ("host-silent", "slow-host"),
        ("host-down", "line-lost"),
        ("slow-host", "corrupt-backup", "host-down"),
    ],
)
def test_the_login_of_the_last_host_is_broken_in_one_way(
    given: tuple[str, ...],
) -> None:
    with pytest.raises(UsageError, match=r"login of the last host.*name one of them"):
        combine_faults(given, FLEET_FAULTS)
    for name in given:
        assert len(combine_faults(("bad-canary", name), FLEET_FAULTS)) == 3


async def test_the_fleet_goes_back_canary_first(
    fleet: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOBIUS_PACE", "0")
    book = load(bundled_folder() / "examples" / "fleet-rollback.toml")
    known = {n: v for n, v in drill_variables(fleet).items() if n in book.variables}
    run = Running(book)
    with broken(fleet, "bad-release"):
        shown = FLEET_FAULTS["bad-release"].symptom(fleet)
        assert shown == "web-1: /health answers 500"
        try:
            await run.begin(
                workdir=fleet.root,
                host_sites={n: str(place) for n, place in fleet.host_sites.items()},
                limit=",".join(fleet.hosts),
                **{**known, **SHORT, "reason": "a test"},
            )
            await run.did("start", "roll-back", confirm="production 3")
            state = await run.status("roll-back", "passed", "failed", "warned")
            assert state.steps["roll-back"].status == "passed"
            hosts = state.fleets["roll-back"].attempts[1].hosts
            assert {each.status for each in hosts.values()} == {HostStatus.OK}
        finally:
            await run.close()
        events = [each.event for each in run.entries()]
        batches = [each.hosts for each in events if isinstance(each, BatchStarted)]
        assert batches == [("web-1",), ("web-2",), ("web-3",)]
        for host in fleet_hosts(fleet):
            assert installed_version(host.root) == read_baseline(host.root).live
            made = (host.root / "backups" / "rollbacks.log").read_text().splitlines()
            assert len(made) == 1, "it was done once"
        assert json.loads(request_site(fleet, "/health")[1]) == {"status": "ok"}
        assert list(run_problems(run.directory)) == []
        assert site_problems(fleet) == ()
