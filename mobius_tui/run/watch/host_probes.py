"""Probes of hosts: the hosts are looked at round by round; each round gives a result.

A round makes one connection to each host, for all probes of it, to some hosts at a
time. The next round begins when it is over, and no sooner than the runbook says. A
probe is ok only if every host answers that it is well; a host that does not answer is
no data.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct, field

from mobius_tui.errors import MobiusError, UsageError
from mobius_tui.health.health_record import CheckState, ProbeResult
from mobius_tui.health.local_machine import runs_this_program
from mobius_tui.health.probe_window import HOSTS_PAUSE, HOSTS_ROUND
from mobius_tui.health.safe_search import TooSlowError, lines_matching
from mobius_tui.health.ticker import boot_clock
from mobius_tui.run.attempts.attempt_hosts import route_to_hosts
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.checks.blocking_io import run_in_thread
from mobius_tui.run.checks.context import CheckContext, fill_check
from mobius_tui.run.checks.machine_checks import satisfies_count
from mobius_tui.run.fleet.host_look import (
    LOOK_TIME_LIMIT,
    MAX_LOOK_CONNECT_TIMEOUT,
    HostLookAnswer,
    HostLookRequest,
    look_at_host,
)
from mobius_tui.run.fleet.transport import (
    Destination,
    SshRoute,
    destination_fields,
    transport_to,
)
from mobius_tui.run.planning.variables import probe_variable_names
from mobius_tui.run.targets.resolve_targets import resolve_target
from mobius_tui.run.targets.resolved_hosts import TargetHost
from mobius_tui.runbook.model.check_kinds import ProcessCheck, ServiceCheck
from mobius_tui.runbook.model.probes import Health, Probe
from mobius_tui.runbook.model.targets import MAX_WATCHED_HOSTS
from mobius_tui.runbook.text.shortening import shortened
from mobius_tui.structs import replace

MAX_HOSTS_PROBED_AT_ONCE = 10
"""Hosts that are looked at at the same time, at most."""
MAX_FINDINGS_NAMED = 3
"""Findings that a summary names, at most."""
MAX_PROBE_REASON_CHARS = 500
"""Characters of a result's reason at most."""
_UNIT_STATES = frozenset(
    {
        *("active", "reloading", "refreshing", "inactive", "failed", "activating"),
        *("deactivating", "maintenance", "unknown", "not-found"),
    }
)
"""The states that `systemctl is-active` prints; any other line is an error message."""


class HostProbe(Struct, frozen=True, kw_only=True):
    """A probe of the hosts of a target, its texts filled in."""

    id: str
    target: str
    check: ServiceCheck | ProcessCheck

    @property
    def healthy_word(self) -> str:
        """The word for a host that is well."""
        check = self.check
        return " or ".join(check.state) if isinstance(check, ServiceCheck) else "ok"


class HostFinding(Struct, frozen=True, kw_only=True):
    """What a probe found on one host."""

    host: str
    state: CheckState
    word: str = ""
    """Its state in a word if it is not well: `failed`, `no process`, `no data`."""
    detail: str = ""
    """The same in a sentence."""


async def judge_host(
    probe: HostProbe, host: str, answer: HostLookAnswer
) -> HostFinding:
    """What an answer of a host means for a probe."""
    if answer.problem:
        return _no_data(host, answer.problem)
    if isinstance(probe.check, ServiceCheck):
        return _judge_units(probe.check, host, answer.units)
    return await _judge_processes(probe.check, host, answer.processes)


def _no_data(host: str, why: str) -> HostFinding:
    return HostFinding(host=host, state="no data", word="no data", detail=why)


def _judge_units(
    check: ServiceCheck, host: str, units: Mapping[str, str]
) -> HostFinding:
    said = {name: units.get(name, "") for name in check.names}
    known = {name: state for name, state in said.items() if state in _UNIT_STATES}
    wrong = {name: state for name, state in known.items() if state not in check.state}
    if wrong:
        words = ", ".join(f"{name} is {state}" for name, state in wrong.items())
        word = next(iter(wrong.values()))
        return HostFinding(host=host, state="failed", word=word, detail=words)
    for name, state in said.items():
        if name not in known:
            why = state or "systemctl says nothing there"
            return _no_data(host, f"{name}: {why}")
    return HostFinding(host=host, state="ok")


async def _judge_processes(
    check: ProcessCheck, host: str, lines: Sequence[str]
) -> HostFinding:
    if not lines:
        return _no_data(host, "its `ps` lists no processes")
    try:
        hits = await run_in_thread(lambda _: lines_matching(check.match, lines))
    except TooSlowError as error:
        return _no_data(host, str(error))
    found = zip(lines, hits, strict=True)
    count = sum(
        hit and not runs_this_program(tuple(line.split())) for line, hit in found
    )
    if satisfies_count(count, check.count):
        return HostFinding(host=host, state="ok")
    word = "1 process" if count == 1 else f"{count or 'no'} processes"
    detail = f"{word}, wanted {check.count}"
    return HostFinding(host=host, state="failed", word=word, detail=detail)


def result_of_hosts(
    probe: HostProbe, findings: Sequence[HostFinding], *, at: float, mono: float
) -> ProbeResult:
    """The result of a probe from its findings on all hosts. Pure.

    Args:
        probe: which.
        findings: of all of its hosts, in their order.
        at: when the round began, in seconds since 1970.
        mono: the same, in the machine's monotonic seconds.
    """
    failed = [each for each in findings if each.state == "failed"]
    silent = [each for each in findings if each.state == "no data"]
    bad = [*failed, *silent]
    words = _hosts_by_text(bad, lambda each: each.word)
    shown = [f"{hosts} {word}" for word, hosts in words.items()]
    more = ["…"] if len(shown) > MAX_FINDINGS_NAMED else []
    count = f"{len(findings) - len(bad)}/{len(findings)} {probe.healthy_word}"
    details = _hosts_by_text(bad, lambda each: each.detail)
    reason = "; ".join(f"{hosts}: {why}" for why, hosts in details.items())
    return ProbeResult(
        at=round(at, 3),
        mono=round(mono, 3),
        probe=probe.id,
        state="failed" if failed else "no data" if silent else "ok",
        reason=shortened(reason, MAX_PROBE_REASON_CHARS),
        summary=", ".join([count, *shown[:MAX_FINDINGS_NAMED], *more]),
    )


def _hosts_by_text(
    findings: Sequence[HostFinding], said: Callable[[HostFinding], str]
) -> Mapping[str, str]:
    """By text about them, the hosts with that text: `web-2 and 3 more`."""
    found: dict[str, list[str]] = {}
    for each in findings:
        found.setdefault(said(each), []).append(each.host)
    return {
        words: " and ".join(hosts)
        if len(hosts) <= 2
        else f"{hosts[0]} and {len(hosts) - 1} more"
        for words, hosts in found.items()
    }


_ConnectionKey = tuple[str, str, str, int | None, str]
"""What identifies a connection: hosts that share it are visited once a round."""


class _Visit(Struct):
    """One host in a round, and the probes that look at it."""

    host: TargetHost
    probes: list[HostProbe] = field(default_factory=list)
    findings: dict[str, HostFinding] = field(default_factory=dict)
    """By probe."""

    @property
    def look(self) -> HostLookRequest:
        """What to look at on the host, for all of its probes."""
        checks = [probe.check for probe in self.probes]
        units = (each.names for each in checks if isinstance(each, ServiceCheck))
        return HostLookRequest(
            units=tuple(dict.fromkeys(name for names in units for name in names)),
            processes=any(isinstance(each, ProcessCheck) for each in checks),
        )


class HostProber:
    """Looks at the hosts of some probes, round by round."""

    def __init__(
        self,
        *,
        probes: Callable[[], Sequence[HostProbe]],
        find: Callable[[str], Awaitable[Sequence[TargetHost]]],
        look: Callable[[HostLookRequest, TargetHost, str], Awaitable[HostLookAnswer]],
        way_of: Callable[[str], str],
        wall: Callable[[], float],
        pause: float = HOSTS_PAUSE,
    ) -> None:
        """Begin without a look.

        Args:
            probes: gives those whose texts can be filled in now.
            find: finds the hosts of a target; raises `MobiusError`.
            look: looks at a host of a target once, within `LOOK_TIME_LIMIT`; raises
                `MobiusError`.
            way_of: gives what tells the way to the hosts of a target from that to a
                host of the same name in another target: its configuration for ssh.
            wall: gives seconds since 1970.
            pause: seconds between two rounds at least.
        """
        self._probes, self._find, self._look = probes, find, look
        self._way_of = way_of
        self._wall, self._pause = wall, pause
        self._found: dict[str, Sequence[TargetHost]] = {}
        self._looked: dict[_ConnectionKey, float] = {}
        """When each host was last looked at: who waits longest is next."""

    async def run(
        self, on_result: Callable[[ProbeResult], None], *, every: float
    ) -> None:
        """Look until cancelled.

        Args:
            on_result: called with the result of each probe at the end of each round.
            every: seconds from the start of one round to the next; a round that takes
                longer is followed by the next after the pause.
        """
        while True:
            began = boot_clock()
            for result in await self.look_once():
                on_result(result)
            await asyncio.sleep(max(self._pause, began + every - boot_clock()))

    async def look_once(self) -> tuple[ProbeResult, ...]:
        """Make one round: the result of each probe."""
        at, mono = self._wall(), boot_clock()
        probes = self._probes()
        hosts: dict[str, Sequence[TargetHost]] = {}
        problems: dict[str, str] = {}
        for target in dict.fromkeys(probe.target for probe in probes):
            try:
                hosts[target] = await self._hosts_of(target, hosts)
            except MobiusError as error:
                problems[target] = str(error)
        visits: dict[_ConnectionKey, _Visit] = {}
        for probe in probes:
            for host in hosts.get(probe.target, ()):
                key = self._connection_key(probe, host)
                visits.setdefault(key, _Visit(host)).probes.append(probe)
        await self._visit_all(visits)
        return tuple(
            ProbeResult(
                at=round(at, 3),
                mono=round(mono, 3),
                probe=probe.id,
                state="no data",
                reason=shortened(problems[probe.target], MAX_PROBE_REASON_CHARS),
            )
            if probe.target in problems
            else result_of_hosts(
                probe,
                [
                    visits[self._connection_key(probe, h)].findings[probe.id]
                    for h in hosts[probe.target]
                ],
                at=at,
                mono=mono,
            )
            for probe in probes
        )

    def _connection_key(self, probe: HostProbe, host: TargetHost) -> _ConnectionKey:
        way = self._way_of(probe.target)
        return host.name, host.address, host.user, host.port, way

    async def _hosts_of(
        self, target: str, others: Mapping[str, Sequence[TargetHost]]
    ) -> Sequence[TargetHost]:
        """The hosts of a target, which are found once.

        Raises:
            MobiusError: they cannot be found, or are too many with those of others.
        """
        if target not in self._found:
            self._found[target] = await self._find(target)
        found = self._found[target]
        count = len(found) + sum(map(len, others.values()))
        if count > MAX_WATCHED_HOSTS:
            words = f"with the target {target} they are {count} hosts"
            raise UsageError(f"{words}; {MAX_WATCHED_HOSTS} are looked at, at most")
        return found

    async def _visit_all(self, visits: Mapping[_ConnectionKey, _Visit]) -> None:
        """Look at each host; those without time left come first in the next round."""
        began, places = boot_clock(), asyncio.Semaphore(MAX_HOSTS_PROBED_AT_ONCE)

        async def visit(key: _ConnectionKey) -> None:
            each = visits[key]
            async with places:
                if boot_clock() - began > HOSTS_ROUND - LOOK_TIME_LIMIT:
                    answer = HostLookAnswer(problem="not asked: others took too long")
                else:
                    self._looked[key] = boot_clock()
                    answer = await self._ask(each)
                for probe in each.probes:
                    finding = await judge_host(probe, each.host.name, answer)
                    each.findings[probe.id] = finding

        async with asyncio.TaskGroup() as group:
            for key in sorted(visits, key=lambda key: self._looked.get(key, 0.0)):
                group.create_task(visit(key))

    async def _ask(self, visit: _Visit) -> HostLookAnswer:
        try:
            return await self._look(visit.look, visit.host, visit.probes[0].target)
        except MobiusError as error:
            return HostLookAnswer(problem=str(error))


def host_prober(
    context: RunContext, health: Health, wall: Callable[[], float]
) -> HostProber:
    """A prober for the hosts of a run, which connects to them as the run's steps do.

    Args:
        context: the run's.
        health: of its runbook.
        wall: gives seconds since 1970.
    """
    began = context.state.began
    assert began is not None
    workdir, folder = Path(began.workdir), Path(began.path).parent
    ctx = CheckContext(workdir=workdir, env=context.env, fill=str)

    async def find(name: str) -> Sequence[TargetHost]:
        runbook = context.plan.runbook
        limit = runbook.limit_of(name, began.limit)
        found = await resolve_target(
            runbook.targets[name], folder, context.env, limit=limit, by_ssh=True
        )
        return found.hosts

    async def look(
        wanted: HostLookRequest, host: TargetHost, target: str
    ) -> HostLookAnswer:
        route = route_to_hosts(context, context.plan.runbook.targets[target])
        if isinstance(route, SshRoute):  # a look must be over when the next one is due
            limit = min(route.connect_timeout, MAX_LOOK_CONNECT_TIMEOUT)
            route = replace(route, connect_timeout=limit)
        way = transport_to(Destination(**destination_fields(host)), route, None)
        return await look_at_host(wanted, way, ctx)

    return HostProber(
        probes=lambda: _ready_probes(context, health),
        find=find,
        look=look,
        way_of=lambda name: context.plan.runbook.targets[name].ssh_config,
        wall=wall,
    )


def has_values(context: RunContext, probe: Probe) -> bool:
    """Whether all variables of a probe have values."""
    held = context.state.variables.keys() | context.secrets.keys()
    return all(n in held for n in probe_variable_names(probe) if "." not in n)


def _ready_probes(context: RunContext, health: Health) -> tuple[HostProbe, ...]:
    """The probes of hosts whose variables all have values, filled in."""
    values, ready = context.values(), []
    for probe in health.host_probes:
        if not has_values(context, probe):
            continue
        assert isinstance(probe.check, ServiceCheck | ProcessCheck)  # as it was read
        try:
            check = fill_check(probe.check, values.fill)
            _validate_filled_check(check)
        except (MobiusError, ValueError, re.error) as error:
            print(f"probe {probe.id}: {error}", flush=True)  # noqa: T201 - host.log
        else:
            ready.append(HostProbe(id=probe.id, target=probe.hosts, check=check))
    return tuple(ready)


def _validate_filled_check(check: ServiceCheck | ProcessCheck) -> None:
    """Raise if a check is invalid with the values that its variables have now.

    Raises:
        ValueError: a name is none of a unit, or a count none.
        re.error: the pattern is none.
    """
    if isinstance(check, ProcessCheck):
        re.compile(check.match)
        satisfies_count(0, check.count)
        return
    for name in check.names:
        if not name or name.startswith("-"):
            raise ValueError(f"{name!r} is no name of a unit")
