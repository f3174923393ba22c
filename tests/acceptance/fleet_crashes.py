"""Random kills of everything between a controller and the scripts on its hosts.

`python -m tests.acceptance.fleet_crashes --kills 2000 --transport sshd` is the long
form; CI does some dozens by the local transport. Killed are the fleet process, its ssh
or shell children, what serves them on the hosts, and keepers on the hosts. However it
goes, no host may run twice, nothing may be known wrongly, and no output may be cut or
doubled.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from mobius_tui.run.attempts.output_reader import spans_in
from mobius_tui.run.fleet.fleet_lines import (
    AttachHosts,
    BeginHosts,
    HostOrder,
    HostReport,
    HostState,
)
from mobius_tui.run.fleet.host_output import output_path, spans_path
from mobius_tui.run.fleet.transport import Route, SshRoute
from tests.acceptance.loopback_sshd import LoopbackHosts, loopback_hosts
from tests.run.fleet_controller import (
    FleetController,
    is_end,
    local_route,
    step_order,
)

LINES = 6
SCRIPT = f"""echo "$MARK" >> "$HOME/ledger"
for n in $(seq {LINES}); do echo "line $n of $RUNBOOK_HOST"; sleep 0.1; done
"""
HARMED_ROUNDS = 3
"""Of a trial; then it is let come to its end."""
HARMS = ("fleet", "stdin", "ssh", "ssh", "keeper", "all", "all")
"""What is killed, by kind of round; `ssh` is the local child, whatever it is."""
SESSION_HARMS = ("session", "session")
"""Where sshd's serve the hosts."""


@dataclass(slots=True)
class Place:
    """Where hosts are, and how they are reached."""

    folder: Path
    route: Route
    homes: dict[str, Path]
    sshds: LoopbackHosts | None = None


@dataclass(slots=True)
class Tally:
    """What a campaign found."""

    kills: Counter[str] = field(default_factory=Counter)
    trials: int = 0
    hosts: int = 0
    states: Counter[str] = field(default_factory=Counter)
    """How hosts ended."""
    again: int = 0
    """Attempts that were void or unreachable, and begun as another."""
    outputs: int = 0
    """Compared."""
    doubles: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """Known, but not so."""
    needless: list[str] = field(default_factory=list)
    """Unknown although no keeper was killed."""
    torn: list[str] = field(default_factory=list)
    """Outputs that were cut or doubled."""

    @property
    def killed(self) -> int:
        """All kills."""
        return self.kills.total()

    @property
    def holds(self) -> bool:
        """Whether all is as it must be."""
        return not (self.doubles or self.wrong or self.needless or self.torn)

    def line(self) -> str:
        """For a person."""
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.kills.items())
        ends = ", ".join(f"{count} {state}" for state, count in self.states.items())
        return (
            f"{self.killed} kills ({kinds}), {self.trials} trials, {self.hosts} hosts "
            f"({ends}), {self.again} begun again, {self.outputs} outputs compared: "
            f"doubles {self.doubles or 0}, wrongly known {self.wrong or 0}, "
            f"unknown without need {self.needless or 0}, torn {self.torn or 0}"
        )


@dataclass(slots=True)
class HostBook:
    """What a controller has in its journal of one host."""

    attempt: int = 0
    last: HostReport | None = None
    """The end of the attempt; `None` while it has none."""
    open_ended: list[int] = field(default_factory=list)
    """Attempts whose end is not known."""


class Trial:
    """One step on all hosts, harmed and taken up again until all hosts have an end."""

    def __init__(self, place: Place, name: str, dice: random.Random, tally: Tally):
        self.place, self.name, self.dice, self.tally = place, name, dice, tally
        folder = place.folder / name
        folder.mkdir()
        self.step = step_order(
            folder, place.route, SCRIPT, run=name, host_count=len(place.homes), width=8
        )
        self.books = {host: HostBook() for host in place.homes}
        self.harmed: set[str] = set()
        """Hosts whose keeper was killed."""

    async def go(self) -> None:
        """Harm it some times, let it end, and hold it against what really ran."""
        harms = HARMS + (SESSION_HARMS if self.place.sshds else ())
        for _ in range(HARMED_ROUNDS):
            await self._round(self.dice.choice(harms))
        while not all(self._is_over(book) for book in self.books.values()):
            await self._round("")
        self._judge()

    def _is_over(self, book: HostBook) -> bool:
        return book.last is not None and book.last.state in (
            *(HostState.OK, HostState.FAILED, HostState.UNKNOWN),
        )

    async def _round(self, harm: str) -> None:
        fleet = await FleetController.open(self.step)
        await self._give_orders(fleet)
        waiting = [host for host, book in self.books.items() if book.last is None]
        if harm:
            # A random instant is what this is about, often while scripts run.
            if waiting and self.dice.random() < 0.6:
                await fleet.wait_for(lambda: fleet.reports)
            await asyncio.sleep(self.dice.uniform(0.0, 1.2))
            await self._harm(fleet, harm)
            if harm in ("ssh", "session", "keeper"):
                await asyncio.sleep(self.dice.uniform(0.0, 0.5))
                self._kill(fleet.pid, "fleet")
        else:
            await fleet.wait_for(
                lambda: (
                    {each.host for each in fleet.reports if is_end(each)} >= {*waiting}
                )
            )
        await fleet.close()
        for report in fleet.reports:
            if is_end(report):
                self.books[report.host].last = report

    async def _give_orders(self, fleet: FleetController) -> None:
        begun, attached = [], []
        for host, book in self.books.items():
            last = book.last
            if book.attempt and last is None:
                attached.append(self._order(host, book))
            elif last is None or last.state in (HostState.VOID, HostState.UNREACHABLE):
                if last is not None:
                    self.tally.again += 1
                    if last.state is HostState.UNREACHABLE:
                        book.open_ended.append(book.attempt)
                book.attempt, book.last = book.attempt + 1, None
                begun.append(self._order(host, book))
        await fleet.client.send(AttachHosts(hosts=tuple(attached)))
        await fleet.client.send(BeginHosts(hosts=tuple(begun)))

    def _order(self, host: str, book: HostBook) -> HostOrder:
        mark = f"{self.name}/{host}/{book.attempt}"
        return HostOrder(
            name=host,
            attempt=book.attempt,
            earlier=tuple(book.open_ended),
            values={"MARK": mark, "RUNBOOK_HOST": host},
        )

    async def _harm(self, fleet: FleetController, harm: str) -> None:
        children = psutil.Process(fleet.pid).children()
        if harm == "stdin":
            await fleet.close()
        if harm in ("fleet", "all"):
            self._kill(fleet.pid, "fleet")
        if harm in ("ssh", "all"):
            for each in children:
                if self.dice.random() < 0.5:
                    self._kill(each.pid, "ssh")
        if harm in ("session", "all") and self.place.sshds is not None:
            for pid in self.place.sshds.sessions():
                if self.dice.random() < 0.25:
                    self._kill(pid, "session")
        if harm in ("keeper", "all"):
            self._kill_keepers()

    def _kill_keepers(self) -> None:
        for host, home in self.place.homes.items():
            claims = home / ".mobius-tui/claims" / self.name / host
            for file in claims.glob("s/*/keeper"):
                if self.dice.random() > 0.3 or (file.parent / "exit").exists():
                    continue
                with contextlib.suppress(OSError, ValueError):
                    self._kill(int(file.read_text().split()[0]), "keeper")
                    self.harmed.add(host)

    def _kill(self, pid: int, kind: str) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            self.tally.kills[kind] += 1

    def _judge(self) -> None:
        tally = self.tally
        tally.trials += 1
        ran = Counter(
            mark
            for home in {*self.place.homes.values()}
            if (home / "ledger").exists()
            for mark in (home / "ledger").read_text().split()
        )
        for host, book in self.books.items():
            last = book.last
            assert last is not None
            where = f"{self.name}/{host}"
            times = [ran[f"{where}/{n + 1}"] for n in range(book.attempt)]
            tally.hosts += 1
            tally.states[last.state] += 1
            if sum(times) > 1:
                tally.doubles.append(f"{where} {times}")
            if last.state is HostState.FAILED:
                tally.wrong.append(f"{where} failed: {last}")
            if last.state is HostState.OK:
                if times[(last.of_attempt or last.attempt) - 1] != 1:
                    tally.wrong.append(f"{where} ok, but {times}")
            elif host not in self.harmed:
                tally.needless.append(f"{where}: {last}")
            self._compare(host, last)

    def _compare(self, host: str, last: HostReport) -> None:
        path = output_path(Path(self.step.folder), host)
        here = path.read_text()
        whole = "".join(f"line {n + 1} of {host}\n" for n in range(LINES))
        self.tally.outputs += 1
        is_cut = last.state is HostState.OK and here != whole
        if is_cut or not whole.startswith(here):
            self.tally.torn.append(f"{self.name}/{host} {last.state}: {here!r}")
        spans = [*spans_in(spans_path(path).read_bytes())]
        ends = [0, *(span.end for span in spans)]
        is_whole = [span.offset for span in spans] == ends[:-1]
        times = [span.time for span in spans]
        if not is_whole or ends[-1] != len(here) or times != sorted(times):
            self.tally.torn.append(f"{self.name}/{host} {last.state}: {spans}")


async def campaign(
    place: Place,
    kills: int,
    seed: int,
    tell: Callable[[Tally], None] = lambda _tally: None,
) -> Tally:
    """Trial after trial, until there were enough kills.

    Args:
        place: the hosts.
        kills: how many, at least.
        seed: of the dice.
        tell: hears what was found so far, whenever a trial is over.
    """
    tally, dice = Tally(), random.Random(seed)
    while tally.killed < kills:
        await Trial(place, f"t{tally.trials}", dice, tally).go()
        tell(tally)
    return tally


def local_place(folder: Path, names: Sequence[str]) -> Place:
    """Hosts that are folders."""
    route = local_route(folder, names)
    homes = {name: Path(site) for name, site in route.sites.items()}
    return Place(folder, route, homes)


@contextlib.contextmanager
def sshd_place(folder: Path, count: int) -> Iterator[Place]:
    """Hosts of an sshd each."""
    with loopback_hosts(folder, count) as hosts:
        route = SshRoute(config=hosts.config)
        yield Place(folder, route, hosts.homes, hosts)


def main() -> int:
    """The long form, from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--hosts", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--transport", choices=["local", "sshd"], default="local")
    options = parser.parse_args()

    def tell(tally: Tally) -> None:
        print(tally.line(), flush=True)

    with (
        tempfile.TemporaryDirectory(prefix="mt-", ignore_cleanup_errors=True) as name,
        contextlib.ExitStack() as stack,
    ):
        os.environ["TMPDIR"] = name  # what is killed leaves its sockets
        if options.transport == "sshd":
            place = stack.enter_context(sshd_place(Path(name), options.hosts))
        else:
            place = local_place(Path(name), [f"h{n}" for n in range(options.hosts)])
        tally = asyncio.run(campaign(place, options.kills, options.seed, tell))
    return 0 if tally.holds else 1


if __name__ == "__main__":
    sys.exit(main())
