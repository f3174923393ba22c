"""Probes of hosts: what is made of the answers, and how a round goes over the hosts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

import pytest

from mobius_tui.errors import RunError, UsageError
from mobius_tui.health.health_record import ProbeResult
from mobius_tui.run.fleet.host_look import HostLookAnswer, HostLookRequest
from mobius_tui.run.targets.resolved_hosts import TargetHost
from mobius_tui.run.watch import host_probes
from mobius_tui.run.watch.host_probes import (
    MAX_HOSTS_PROBED_AT_ONCE,
    HostFinding,
    HostProbe,
    HostProber,
    judge_host,
    result_of_hosts,
)
from mobius_tui.runbook.model.check_kinds import ProcessCheck, ServiceCheck
from mobius_tui.runbook.model.targets import MAX_WATCHED_HOSTS
from tests.waiting import PATIENCE

NGINX = HostProbe(id="nginx", target="web", check=ServiceCheck(names=("nginx", "php")))
WORKERS = HostProbe(
    id="workers", target="web", check=ProcessCheck(match="^worker ", count=">=2")
)
SLOW = HostProbe(id="slow", target="web", check=ProcessCheck(match="(a+)+$"))


def units(**states: str) -> HostLookAnswer:
    return HostLookAnswer(units=states)


def lines(*texts: str) -> HostLookAnswer:
    return HostLookAnswer(processes=texts)


@pytest.mark.parametrize(
    ("probe", "answer", "state", "word", "detail"),
    [
        (NGINX, units(nginx="active", php="active"), "ok", "", ""),
        (
            NGINX,
            units(nginx="active", php="failed"),
            *("failed", "failed", "php is failed"),
        ),
        (
            NGINX,
            units(nginx="no bus", php="inactive"),
            *("failed", "inactive", "php is inactive"),
        ),
        (NGINX, units(nginx="no bus", php="active"), "no data", "no data", "no bus"),
        (NGINX, units(nginx="", php="active"), "no data", "no data", "says nothing"),
        (NGINX, HostLookAnswer(problem="refused"), "no data", "no data", "refused"),
        (WORKERS, lines("init", "worker 1", "worker 2"), "ok", "", ""),
        (
            WORKERS,
            lines("init", "worker 1"),
            *("failed", "1 process", "1 process, wanted >=2"),
        ),
        (WORKERS, lines("init"), "failed", "no processes", "no processes, wanted"),
        (WORKERS, lines(), "no data", "no data", "lists no processes"),
        (SLOW, lines("a" * 40 + "b"), "no data", "no data", "takes too long"),
    ],
)
async def test_what_a_host_says_is_well_failed_or_no_data(
    probe: HostProbe, answer: HostLookAnswer, state: str, word: str, detail: str
) -> None:
    found = await judge_host(probe, "web-1", answer)
    assert (found.state, found.word) == (state, word)
    assert detail in found.detail


def host(n: int, state: str = "ok", word: str = "", detail: str = "") -> HostFinding:
    return HostFinding(
        host=f"web-{n}",
        state=state,  # type: ignore[arg-type]
        word=word or ("" if state == "ok" else state),
        detail=detail,
    )


@pytest.mark.parametrize(
    ("findings", "state", "summary", "reason"),
    [
        ([host(1), host(2)], "ok", "2/2 active", ""),
        (
            [host(1), host(2, "no data", detail="refused"), host(3)],
            *("no data", "2/3 active, web-2 no data", "web-2: refused"),
        ),
        (
            [host(1, "no data", detail="a"), host(2, "failed", detail="b"), host(3)],
            "failed",
            "1/3 active, web-2 failed, web-1 no data",
            "web-2: b; web-1: a",
        ),
        (
            [host(n, "no data", detail="gone") for n in range(1, 6)],
            *("no data", "0/5 active, web-1 and 4 more no data"),
            "web-1 and 4 more: gone",
        ),
        (
            [host(n, "failed", word=f"{n} processes") for n in range(5)],
            "failed",
            "0/5 active, web-0 0 processes, web-1 1 processes, web-2 2 processes, …",
            "web-0 and 4 more: ",
        ),
    ],
)
def test_a_result_is_well_only_if_all_hosts_are(
    findings: Sequence[HostFinding], state: str, summary: str, reason: str
) -> None:
    result = result_of_hosts(NGINX, findings, at=1.0, mono=2.0)
    assert (result.state, result.summary, result.reason) == (state, summary, reason)


def test_a_reason_has_a_bound() -> None:
    many = [host(n, "failed", detail=f"{n}" * 200) for n in range(1, 100)]
    assert len(result_of_hosts(NGINX, many, at=1.0, mono=1.0).reason) == 500


class Fleet:
    """Hosts that a prober looks at, and what it does to them."""

    def __init__(self, targets: Mapping[str, int], *probes: HostProbe) -> None:
        self.targets = {
            name: [TargetHost(name=f"{name}-{n}", address="") for n in range(count)]
            for name, count in targets.items()
        }
        self.probes = probes
        self.asked: list[tuple[str, HostLookRequest]] = []
        self.found: list[str] = []
        self.ways: dict[str, str] = {}
        self.looked_for: list[str] = []
        self.now = self.most = 0
        self.hold: Callable[[str], object] = lambda _: asyncio.sleep(0)
        self.prober = HostProber(
            probes=lambda: self.probes,
            find=self.find,
            look=self.look,
            way_of=lambda target: self.ways.get(target, ""),
            wall=lambda: 100.0,
            pause=0.0,
        )

    async def find(self, target: str) -> Sequence[TargetHost]:
        self.found.append(target)
        if target not in self.targets:
            raise UsageError(f"{target} cannot be read")
        return self.targets[target]

    async def look(
        self, look: HostLookRequest, host: TargetHost, target: str
    ) -> HostLookAnswer:
        self.looked_for.append(target)
        self.asked.append((host.name, look))
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(0.001)
            if host.name == "web-13":
                raise RunError("there is no site for it")
            return HostLookAnswer(
                units=dict.fromkeys(look.units, "active"), processes=("worker 1",) * 2
            )
        finally:
            self.now -= 1

    async def once(self) -> dict[str, ProbeResult]:
        return {each.probe: each for each in await self.prober.look_once()}


async def test_a_round_asks_each_host_once_for_all_and_some_at_a_time() -> None:
    other = HostProbe(id="db", target="db", check=ServiceCheck(names=("postgres",)))
    fleet = Fleet({"web": 25, "db": 1}, NGINX, WORKERS, other)
    found = await fleet.once()
    assert len(fleet.asked) == 26
    assert dict(fleet.asked)["web-7"] == HostLookRequest(
        units=("nginx", "php"), processes=True
    )
    assert dict(fleet.asked)["db-0"] == HostLookRequest(units=("postgres",))
    assert fleet.most == MAX_HOSTS_PROBED_AT_ONCE
    assert found["db"].summary == "1/1 active"
    assert found["nginx"].summary == "24/25 active, web-13 no data"
    assert found["workers"].summary == "24/25 ok, web-13 no data"
    assert found["workers"].state == "no data"
    assert found["nginx"].at == 100.0
    await fleet.once()
    assert fleet.found == ["web", "db"], "they are found once"


async def test_hosts_of_one_name_behind_two_bastions_are_two_hosts() -> None:
    other = HostProbe(id="other", target="other", check=ServiceCheck(names=("nginx",)))
    fleet = Fleet({"web": 1}, NGINX, other)
    fleet.targets["other"] = fleet.targets["web"]
    await fleet.once()
    assert fleet.looked_for == ["web"], "one way, one connection"
    fleet.ways["other"] = "bastion.conf"
    await fleet.once()
    assert sorted(fleet.looked_for[1:]) == ["other", "web"]


async def test_a_target_that_cannot_be_found_is_no_data_and_is_tried_again() -> None:
    lost = HostProbe(id="lost", target="lost", check=ServiceCheck(names=("x",)))
    fleet = Fleet({"web": 1}, lost, NGINX)
    found = await fleet.once()
    assert (found["lost"].state, found["lost"].reason) == (
        "no data",
        "lost cannot be read",
    )
    assert found["nginx"].state == "ok"
    fleet.targets["lost"] = fleet.targets["web"]
    assert (await fleet.once())["lost"].state == "ok"


async def test_too_many_hosts_are_not_looked_at() -> None:
    fleet = Fleet({"web": MAX_WATCHED_HOSTS, "db": 1}, NGINX)
    assert (await fleet.once())["nginx"].state == "no data", "web-13 is none"
    more = HostProbe(id="db", target="db", check=ServiceCheck(names=("postgres",)))
    fleet.probes = (NGINX, more)
    fleet.asked.clear()
    found = await fleet.once()
    assert "201 hosts; 200 are looked at, at most" in found["db"].reason
    assert "db-0" not in dict(fleet.asked)


async def test_who_was_not_asked_in_time_is_the_first_next_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr(host_probes, "boot_clock", lambda: now)
    fleet = Fleet({"web": 12}, NGINX)
    whole = fleet.look

    async def slow(
        look: HostLookRequest, host: TargetHost, target: str
    ) -> HostLookAnswer:
        nonlocal now
        now += 4
        return await whole(look, host, target)

    fleet.prober._look = slow
    found = await fleet.once()
    asked = [name for name, _ in fleet.asked]
    assert 0 < len(asked) < 12
    assert "not asked: others took too long" in found["nginx"].reason
    fleet.asked.clear()
    await fleet.once()
    left = [name for name, _ in fleet.asked][: 12 - len(asked)]
    assert set(left).isdisjoint(asked)


async def test_rounds_never_overlap_and_end_with_whoever_wants_them() -> None:
    fleet = Fleet({"web": 3}, NGINX)
    results: list[ProbeResult] = []
    third = asyncio.Event()

    def take(result: ProbeResult) -> None:
        results.append(result)
        if len(results) == 3:
            third.set()

    task = asyncio.create_task(fleet.prober.run(take, every=0.0))
    async with asyncio.timeout(PATIENCE):
        await third.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert fleet.most == 3
    assert fleet.now == 0
