"""Runs of a step over 1, 12 and 500 hosts, in states that are worth a look."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mobius_tui.run.events.fleet_events import (
    BatchEnded,
    BatchHeld,
    BatchStarted,
    FleetHostEnded,
    FleetHostStarted,
    HoldReason,
    HostResult,
    HostsResolved,
    HostStatus,
)
from mobius_tui.run.events.step_events import StepEnded, StepOverridden, StepStarted
from mobius_tui.run.fleet.host_output import HostOutput, output_path, spans_path
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.run.storage.play_files import PlayFiles
from mobius_tui.runbook.model.targets import cut_into_batches
from tests.paths import TESTS
from tests.tui.runs import MadeRun, made

FLEET = TESTS / "tui" / "data" / "fleet.toml"
STEPS = {1: "restart-one", 12: "restart-twelve", 500: "restart"}
"""The step over so many hosts."""
TEST_OK = """\
nginx: the configuration file /etc/nginx/nginx.conf syntax is ok
nginx: configuration file /etc/nginx/nginx.conf test is successful
"""
REFUSED = """\
nginx: [emerg] bind() to 0.0.0.0:443 failed (98: Address already in use)
nginx: configuration file /etc/nginx/nginx.conf test failed
"""
NONE: Mapping[str, str] = MappingProxyType({})


@dataclass
class Fleet:
    """A run whose step is on its way over hosts."""

    run: MadeRun
    step: str
    names: tuple[str, ...]
    attempt: int = 1
    batches: tuple[tuple[str, ...], ...] = field(default_factory=tuple)
    has_times: bool = True
    """Whether it is kept when outputs came: runs of earlier versions have no times."""

    @property
    def at(self) -> dict[str, Any]:
        return {"step": self.step, "attempt": self.attempt}

    def begin(self) -> None:
        self.run.write(StepStarted(step=self.step, attempt=self.attempt), after=2)
        rollout = self.run.runbook
        step = next(each for each in rollout.steps() if each.id == self.step)
        assert step.rollout is not None
        target = rollout.targets[step.rollout.target]
        self.batches = cut_into_batches(step.rollout.batch, self.names, target.first)
        event = HostsResolved(
            **self.at, target=target.name, hosts=self.names, sha256="x"
        )
        self.run.write(event, by="host", after=1)

    def batch(self, number: int, begun: int | None = None) -> None:
        """A batch begins, and so many of its hosts."""
        hosts = self.batches[number - 1]
        event = BatchStarted(**self.at, batch=number, hosts=hosts)
        self.run.write(event, by="host")
        for host in hosts[:begun]:
            self.start(host)

    def start(self, host: str) -> None:
        self.run.write(FleetHostStarted(**self.at, host=host), by="host", after=0.1)

    def end(
        self,
        host: str,
        status: HostResult = HostStatus.OK,
        *,
        exit: int | None = None,  # noqa: A002 - the event's word
        reason: str = "",
        text: str | bytes = TEST_OK,
        after: float = 0.1,
    ) -> None:
        if exit is None and status is HostStatus.OK:
            exit = 0  # noqa: A001 - the event's word
        self.say(host, text)
        event = FleetHostEnded(
            **self.at, host=host, status=status, exit=exit, reason=reason
        )
        self.run.write(event, by="host", after=after)

    def say(self, host: str, text: str | bytes) -> None:
        if not text:
            return
        path = self.output_of(host)
        path.parent.parent.mkdir(parents=True, exist_ok=True)
        output = HostOutput(path, (), 1 << 30, lambda: int(self.run.at * 1e9))
        output.write(text if isinstance(text, bytes) else text.encode())
        output.close()
        if not self.has_times:
            spans_path(path).unlink()

    def output_of(self, host: str) -> Path:
        folder = self.run.directory.attempt(*AttemptId(self.step, self.attempt)).path
        return output_path(folder, host)

    def all_well(self, hosts: Iterable[str]) -> None:
        for host in hosts:
            self.end(host)

    def over(self, number: int) -> None:
        self.run.write(BatchEnded(**self.at, batch=number), by="host")

    def hold(self, number: int, why: HoldReason, reason: str = "") -> None:
        event = BatchHeld(**self.at, batch=number, why=why, reason=reason)
        self.run.write(event, by="host", after=1)

    def finish(self, result: Any, reason: str = "") -> None:
        event = StepEnded(
            step=self.step, attempt=self.attempt, result=result, reason=reason
        )
        self.run.write(event, by="host", after=1)


def fleet(
    tmp_path: Path, count: int, book: Path = FLEET, values: Mapping[str, str] = NONE
) -> Fleet:
    """A run whose step over so many hosts is the next one."""
    run = made(tmp_path, book, {"env": "production", **values})
    step = STEPS[count]
    for other in ("look", "restart", "restart-twelve", "restart-one"):
        if other == step:
            break
        run.write(StepOverridden(step=other, reason="done before"))
    return Fleet(run, step, tuple(f"web-{n:03}" for n in range(1, count + 1)))


def one(tmp_path: Path) -> Fleet:
    """One host, which runs."""
    made_of = fleet(tmp_path, 1)
    made_of.begin()
    made_of.batch(1)
    made_of.say("web-001", TEST_OK)
    made_of.run.at += 8
    return made_of


def twelve_held(tmp_path: Path, *, has_times: bool = True) -> Fleet:
    """The canary is well; a person lets the next batch begin."""
    made_of = fleet(tmp_path, 12)
    made_of.has_times = has_times
    made_of.begin()
    made_of.batch(1)
    made_of.end("web-001", after=3)
    made_of.over(1)
    made_of.hold(2, HoldReason.PERSON, "a person lets it begin")
    made_of.run.at += 20
    return made_of


def twelve(tmp_path: Path, *, has_times: bool = True) -> Fleet:
    """The last batch runs; one has failed, one is not to be reached."""
    made_of = twelve_held(tmp_path, has_times=has_times)
    made_of.batch(2)
    made_of.all_well(("web-002", "web-003"))
    made_of.end("web-004", HostStatus.FAILED, exit=1, text=REFUSED)
    made_of.over(2)
    made_of.batch(3, 5)
    for host in ("web-005", "web-006", "web-007", "web-009"):
        made_of.say(host, TEST_OK)
    made_of.end("web-005", HostStatus.CHANGED, text="reloaded\n", exit=0)
    lost = "no answer for 14 s"
    made_of.end("web-008", HostStatus.UNREACHABLE, reason=lost, text="")
    made_of.run.at += 12
    return made_of


def played(tmp_path: Path) -> Fleet:
    """Ansible is at the second batch; health is to be well between two of them."""
    text = FLEET.read_text()
    head, step, rest = text.partition('hosts = "twelve"\n')
    health = 'between = { healthy = "${calm}", within = "9m" }'
    rest = rest.replace('between = "person"', f'engine = "ansible"\n{health}', 1)
    calm = '[var.calm]\nkind = "duration"\ndefault = "2m"\n\n[targets.web]'
    book = tmp_path / "played.toml"
    book.write_text(head.replace("[targets.web]", calm, 1) + step + rest)
    made_of = fleet(tmp_path, 12, book, {"calm": "2m"})
    made_of.begin()
    made_of.batch(1)
    made_of.end("web-001", after=3)
    made_of.over(1)
    made_of.batch(2)
    folder = made_of.output_of("x").parents[2] / "plays"
    for number, hosts in enumerate(made_of.batches[:2], 1):
        play = PlayFiles(folder / str(number))
        play.keeper_directory.path.mkdir(parents=True)
        listed = [{"name": host, "attempt": 64} for host in hosts]
        play.hosts.write_text(json.dumps(listed))
        play.keeper_directory.output.write_text(f"[WARNING]: of batch {number}\n")
    return made_of


def many(tmp_path: Path) -> Fleet:
    """500 hosts: a few want somebody, others run."""
    made_of = fleet(tmp_path, 500)
    made_of.begin()
    made_of.batch(1)
    made_of.end("web-001", after=3)
    made_of.over(1)
    made_of.batch(2)
    bad = {"web-017", "web-044", "web-101"}
    for host in made_of.batches[1]:
        if host in bad:
            made_of.end(host, HostStatus.FAILED, exit=1, text=REFUSED, after=0.01)
        else:
            made_of.end(host, after=0.01)
    made_of.over(2)
    made_of.batch(3, 25)
    for host in made_of.batches[2][:25]:
        made_of.say(host, TEST_OK)
    for host in made_of.batches[2][3:9]:
        made_of.end(host)
    lost = "no answer for 14 s"
    made_of.end(made_of.batches[2][1], HostStatus.UNREACHABLE, reason=lost, text="")
    made_of.run.at += 31
    return made_of


def many_unknown(tmp_path: Path) -> Fleet:
    """500 hosts: nobody knows how far one got, and so nothing goes on."""
    made_of = many(tmp_path)
    host = made_of.batches[2][2]
    reason = "its machine was restarted while it ran"
    made_of.end(host, HostStatus.UNKNOWN, reason=reason, text="")
    for other in (made_of.batches[2][0], *made_of.batches[2][9:25]):
        made_of.end(other)
    made_of.hold(3, HoldReason.UNKNOWN, f"nobody knows how far {host} got")
    made_of.run.at += 9
    return made_of


def many_failed(tmp_path: Path) -> Fleet:
    """500 hosts: the step has ended, three have failed, and others never began."""
    made_of = fleet(tmp_path, 500)
    made_of.begin()
    made_of.batch(1)
    made_of.end("web-001", after=3)
    made_of.over(1)
    made_of.batch(2)
    for n, host in enumerate(made_of.batches[1]):
        status: HostResult = HostStatus.OK if n % 4 else HostStatus.FAILED
        text = TEST_OK if n % 4 else REFUSED
        made_of.end(host, status, exit=0 if n % 4 else 1, text=text, after=0.01)
    made_of.over(2)
    made_of.finish("failed", "94 of 500 passed, 32 failed, 374 not begun")
    return made_of


def canary_unknown(tmp_path: Path) -> Fleet:
    """Twelve hosts that print nothing: nobody knows how far the first one got."""
    made_of = fleet(tmp_path, 12)
    made_of.begin()
    made_of.batch(1)
    reason = "its machine was restarted while it ran"
    made_of.end("web-001", HostStatus.UNKNOWN, reason=reason, text="", after=3)
    made_of.over(1)
    made_of.hold(2, HoldReason.UNKNOWN, "nobody knows how far web-001 got")
    return made_of
