"""Random kills of a run that goes over hosts, from its viewer to keepers on the hosts.

`python -m tests.acceptance.fleet_crashes --kills 2000` is the long form, over an sshd a
host; with `--transport local` the hosts are folders, and nothing but a shell is needed.
The run is begun, shown and resumed by the program itself. Viewer, the run's host
process, fleet process, ssh, sshd's sessions and keepers on hosts are killed at random
moments, until the step is over; hosts lose their claims or their homes, their answers
are dropped, and their clocks are moved. No host may run its script twice, nothing may
be known wrongly, no output be cut or doubled, and no host be unknown without a reason.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psutil

from mobius_tui.errors import MobiusError
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.fleet_events import HostStatus
from mobius_tui.run.intents.action import Action
from mobius_tui.run.intents.fleet_intents import SettleHost
from mobius_tui.run.intents.run_intents import EndRun
from mobius_tui.run.intents.step_intents import OverrideStep, RetryStep, StartStep
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.state.fleet_state import AttemptFleet
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.run_directory import RunDirectory
from tests.acceptance.fleet_verdict import (
    LINES,
    STEP,
    Evidence,
    Harmed,
    Tally,
    times_run,
)
from tests.acceptance.fleet_victims import (
    ANSWERS,
    CLAIMS,
    CLOCK,
    HOME,
    KEEPER,
    LOSSES,
    SESSION,
    WAY,
    Place,
    Victim,
    lives,
    place_of_folders,
    place_of_sshds,
)
from tests.acceptance.terminal import PROGRAM
from tests.waiting import PATIENCE

BOOK = """format = 2
[runbook]
title = "Hosts"
[targets.web]
hosts = [{hosts}]
[[step]]
id = "go"
title = "Go"
hosts = "web"
effect = "change"
timeout = "1m"
parallel = 8
batch = ["2", "50%", "100%"]
max_failed = "100%"
undo = "none: a test"
run = '''
echo "{name}" >> "{counts}/$RUNBOOK_HOST"
i=0
while [ $i -lt {lines} ]; do echo line $i; sleep 0.1; i=$((i+1)); done
'''
"""
ROUNDS = (6, 14)
"""Of kills in a trial, fewest and most; then it is let come to its end."""
ATTEMPTS = 3
"""At the step, at most: hosts that were not reached are tried again."""
HARMS = {
    "viewer": ("viewer",),
    "host": ("host",),
    "controller": ("host", "viewer", "fleet"),
    "fleet": ("fleet",),
    WAY: (WAY,),
    SESSION: (SESSION,),
    KEEPER: (KEEPER,),
    "line": (WAY, SESSION),
    "all": ("viewer", "host", "fleet", WAY, SESSION, KEEPER),
    "claims": (CLAIMS,),
    "claims and host": ("host", CLAIMS),
    "home": (HOME,),
    "home and all": ("viewer", "host", "fleet", WAY, HOME),
    "answers": (ANSWERS, "fleet"),
    "clock": (CLOCK, WAY),
}
"""What is killed or lost at a time, by what that is called."""
EVERY_HARM = dict(
    zip(HARMS, (1, 2, 1, 2, 3, 3, 3, 3, 3, 2, 3, 2, 3, 2, 2), strict=True)
)
"""How likely each is."""
SHARE = {WAY: 0.4, SESSION: 0.3, KEEPER: 0.5, CLAIMS: 0.3, HOME: 0.3}
"""Of the processes of a kind; of the others all."""
LEFT_LIMIT = 60.0
"""Seconds in which all processes of a run that is over must have ended; connections
that are shared stay for 10."""


class Trial:
    """One run, harmed and taken up again until its step is over."""

    def __init__(
        self,
        place: Place,
        name: str,
        dice: random.Random,
        tally: Tally,
        harms: Mapping[str, int],
        rounds: tuple[int, int],
    ) -> None:
        self.place, self.name, self.dice, self.tally = place, name, dice, tally
        self.harms, self.rounds = harms, rounds
        self.book = place.folder / f"{name}.toml"
        hosts = ", ".join(f'"{host}"' for host in place.homes)
        self.book.write_text(
            BOOK.format(hosts=hosts, name=name, lines=LINES, counts=place.counts)
        )
        self.viewers: list[subprocess.Popen[bytes]] = []
        self.harmed = Harmed()

    async def go(self) -> None:
        """Harm it some times, let it end, and hold it against what really ran."""
        self._show("run", str(self.book), "--json")
        self.directory = await self._directory()
        self.follower = Follower(self.directory)
        for _ in range(self.dice.randint(*self.rounds)):
            await self._attend()
            # A random instant is what this is about, often while scripts run.
            if self.dice.random() < 0.7:
                await self._until_something_runs()
            await asyncio.sleep(self.dice.uniform(0.0, 1.2))
            if self._is_over():
                break
            names, weights = list(self.harms), list(self.harms.values())
            self._harm(self.dice.choices(names, weights)[0])
        self.place.drop_answers(False)
        deadline = time.monotonic() + 4 * PATIENCE
        while self._state().ended is None:
            if time.monotonic() > deadline:
                log = self.directory.host_log.read_text()[-2000:]
                raise TimeoutError(f"{self.directory.path} does not end: {log}")
            await self._attend()
            if self._is_over():
                await self._end()
            await asyncio.sleep(0.1)
        await self._until(lambda: self.directory.host_pid() is None, 4 * PATIENCE)
        evidence = Evidence(
            self.place, self.directory, self._state(), self.harmed, self.name
        )
        evidence.judge(self.tally)
        for viewer in self.viewers:
            viewer.kill()
            viewer.wait()

    async def _until_something_runs(self) -> None:
        """Wait until a host runs the script, or none will."""
        deadline = time.monotonic() + 4 * PATIENCE
        while not self._is_over() and time.monotonic() < deadline:
            if self._fleet_counts()[HostStatus.RUNNING] and self.directory.host_pid():
                return
            await self._attend()
            await asyncio.sleep(0.02)

    # The run, as a person has it

    def _show(self, *words: str) -> None:
        """Start the program to show the run; a host process is started by it."""
        log = (self.place.folder / f"{self.name}.log").open("ab")
        with log:
            viewer = subprocess.Popen(
                [PROGRAM, *words],
                env=self.place.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        self.viewers.append(viewer)

    async def _directory(self) -> RunDirectory:
        """The folder of the run that is just being begun."""
        runs = self.place.folder / "state" / "mobius-tui" / "runs"
        found: list[Path] = []

        def came() -> bool:
            found[:] = [
                path.parent
                for path in runs.glob("*/journal.jsonl")
                if b"HostStarted" in path.read_bytes()
                and (path.parent / "runbook" / self.book.name).exists()
            ]
            return bool(found)

        await self._until(came, 4 * PATIENCE)
        return RunDirectory(found[0])

    def _state(self) -> RunState:
        self.follower.poll()
        return self.follower.state

    def _fleet(self) -> AttemptFleet | None:
        fleet = self._state().fleets.get(STEP)
        return fleet.last_attempt if fleet else None

    def _fleet_counts(self) -> Counter[HostStatus]:
        fleet = self._fleet()
        return fleet.counts() if fleet else Counter()

    async def _attend(self) -> None:
        """See to it that somebody shows the run, and do what it waits for."""
        self.viewers = [each for each in self.viewers if each.poll() is None]
        if self.directory.host_pid() is None or not self.viewers:
            if len(self.viewers) < 2:
                self._show("resume", self.directory.id, "--json")
            await self._until(self.directory.host_pid, 10)
        for action in self._wanted():
            if not await self._ask(action):
                return

    def _wanted(self) -> Iterator[Action]:
        """What a person does now, if there is anything to do."""
        state, fleet = self._state(), self._fleet()
        step = state.steps[STEP]
        if step.status is Status.PENDING:
            yield StartStep(step=STEP, attempt=1)
        if fleet is None or fleet.counts()[HostStatus.RUNNING]:
            return
        counts, tries = fleet.counts(), len(step.attempts)
        is_left = counts[HostStatus.WAITING] + counts[HostStatus.PENDING]
        again = is_left + counts[HostStatus.UNREACHABLE] and tries < ATTEMPTS
        if is_left or again:
            for host in fleet.hosts_with(HostStatus.UNKNOWN):
                yield SettleHost(
                    step=STEP,
                    attempt=fleet.attempt,
                    host=host,
                    settled="ran"
                    if times_run(self.place, host, self.name)
                    else "did not run",
                    reason="looked there",
                )
        if step.status is not Status.RUNNING and again:
            yield RetryStep(step=STEP, attempt=tries + 1)

    def _is_over(self) -> bool:
        status = self._state().steps[STEP].status
        return status not in (Status.PENDING, Status.RUNNING) and not any(
            self._wanted()
        )

    async def _end(self) -> None:
        if self._state().steps[STEP].status in (Status.UNKNOWN, Status.FAILED):
            await self._ask(OverrideStep(step=STEP, reason="looked there"))
        await self._ask(EndRun())

    async def _ask(self, action: Action) -> bool:
        """Ask the run's host for something; false where it did not do it."""
        with contextlib.suppress(MobiusError, OSError, TimeoutError):
            viewer = Viewer(self.directory)
            try:
                async with asyncio.timeout(PATIENCE):
                    reply = await viewer.send_intent(action)
            finally:
                await viewer.close()
            if not reply.ok:
                with (self.place.folder / f"{self.name}.log").open("a") as log:
                    log.write(f"{action} refused: {reply.text}\n")
            return reply.ok
        return False

    async def _until(self, condition: Callable[[], object], seconds: float) -> None:
        """Wait for something, but no longer."""
        deadline = time.monotonic() + seconds
        while not condition() and time.monotonic() < deadline:
            await asyncio.sleep(0.02)

    # Harm

    def _harm(self, harm: str) -> None:
        fleets = self.place.fleets(self.directory.host_pid())
        for kind in HARMS[harm]:
            if kind in LOSSES:
                self._lose(kind)
                continue
            found = fleets if kind == "fleet" else self._found(kind)
            for victim in found:
                if self.dice.random() < SHARE.get(kind, 1.0):
                    self._kill(victim)

    def _found(self, kind: str) -> list[Victim]:
        if kind == WAY:
            return self.place.ways()
        if kind == SESSION:
            return self.place.sessions()
        if kind == KEEPER:
            return self.place.keepers()
        pid = self.directory.host_pid()
        pids = [each.pid for each in self.viewers] if kind == "viewer" else [pid]
        with contextlib.suppress(psutil.Error):
            return [Victim(kind, psutil.Process(each)) for each in pids if each]
        return []

    def _lose(self, kind: str) -> None:
        """Let some hosts lose something, or all."""
        if kind == ANSWERS:
            self.tally.kills[kind] += self.place.drop_answers(self.dice.random() < 0.5)
            return
        if kind == CLOCK:
            days = self.dice.randint(-400, 400)
            self.tally.kills[kind] += self.place.move_clocks(days)
            return
        running = self._fleet()
        hosts = running.hosts_with(HostStatus.RUNNING) if running else ()
        for host in hosts:
            if self.dice.random() < SHARE[kind] and self.place.lose(kind, host):
                self.tally.kills[kind] += 1
                self.harmed.lost.add(host)

    def _kill(self, victim: Victim) -> None:
        with contextlib.suppress(psutil.Error):
            if not lives(victim.process):
                return
            victim.process.kill()
            self.tally.kills[victim.kind] += 1
            self.harmed.note(victim)


async def campaign(
    place: Place,
    kills: int,
    seed: int,
    *,
    harms: Mapping[str, int] = EVERY_HARM,
    rounds: tuple[int, int] = ROUNDS,
    seconds: float = 3600.0,
    tell: Callable[[Tally], None] = lambda _tally: None,
) -> Tally:
    """Trial after trial, until there were enough kills.

    Args:
        place: the hosts.
        kills: how many, at least.
        seed: of the dice.
        harms: which of `HARMS`, and how likely each is.
        rounds: of kills in a trial, fewest and most.
        seconds: after which no further trial begins.
        tell: hears what was found so far, whenever a trial is over.
    """
    tally, dice = Tally(), random.Random(seed)
    deadline = time.monotonic() + seconds
    for number in itertools.count():
        if tally.killed >= kills or time.monotonic() > deadline:
            break
        trial = Trial(place, f"trial{number}", dice, tally, harms, rounds)
        try:
            await trial.go()
        except TimeoutError as error:
            tally.broken.append(str(error))
        tell(tally)
    return tally


async def await_the_last(place: Place, tally: Tally) -> None:
    """Wait until no process of the runs is left; note those that stay."""
    deadline = time.monotonic() + LEFT_LIMIT
    while left := place.left():
        if time.monotonic() > deadline:
            for each in left:
                with contextlib.suppress(psutil.Error):
                    tally.left.append(f"{each.pid} {' '.join(each.cmdline())}")
            return
        await asyncio.sleep(0.2)


def main() -> int:
    """The long form, from the command line; 1 if something is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--hosts", type=int, default=20)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--transport", choices=["local", "sshd"], default="sshd")
    options = parser.parse_args()
    make = place_of_folders if options.transport == "local" else place_of_sshds
    # Stopped from outside, it ends what it started, as after Ctrl+C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = Path(tempfile.mkdtemp(prefix="mt-"))

    def tell(tally: Tally) -> None:
        print(tally.line(), flush=True)

    async def both(place: Place) -> Tally:
        most = options.minutes * 60
        tally = await campaign(
            place, options.kills, options.seed, seconds=most, tell=tell
        )
        await await_the_last(place, tally)
        return tally

    print(f"seed {options.seed}, in {folder}", flush=True)
    try:
        with make(folder, options.hosts) as place:
            tally = asyncio.run(both(place))
    except KeyboardInterrupt:
        print(f"stopped; what there is to look at is in {folder}")
        return 130
    tell(tally)
    if tally.holds:
        shutil.rmtree(folder)
        return 0
    print(f"NOT as it must be; what there is to look at is in {folder}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
