"""Random kills of a run that goes over hosts: of its host process, and of all below.

`python -m tests.acceptance.rollout_crashes --kills 1000` is the long form; CI does a
few. However it goes, no host may run its script twice, nothing may be known wrongly, no
output may be cut or doubled, and nobody may be unknown whose keeper was not killed.
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
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from mobius_tui.run.events.fleet_events import HoldReason, HostStatus
from mobius_tui.run.state.fleet_state import FleetState
from mobius_tui.run.state.run_state import RunState
from mobius_tui.runbook.library.loader import load
from tests.run.running import Running

HOSTS = 12
LINES = 8
BOOK = f"""format = 2
[runbook]
title = "Hosts"
[targets.web]
hosts = ["web-[1:{HOSTS}]"]
[[step]]
id = "go"
hosts = "web"
effect = "change"
timeout = "1m"
parallel = 4
batch = ["2", "50%", "100%"]
undo = "none: a test"
run = '''
echo "$RUNBOOK_HOST" >> "$HOME/ran"
i=0
while [ $i -lt {LINES} ]; do echo line $i; sleep 0.05; i=$((i+1)); done
'''
"""
WHOLE = "".join(f"line {n}\n" for n in range(LINES))
HARMS = ("host", "host", "fleet", "way", "keeper")
"""What is killed: the run's host process, the fleet process, a host's `sh` here, or a
keeper on a host."""
LONGEST_PAUSE = 1.2
"""Seconds between two kills, at most."""


@dataclass(slots=True)
class Tally:
    """What a campaign found."""

    kills: Counter[str] = field(default_factory=Counter)
    trials: int = 0
    unknown: int = 0
    twice: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether all is as it must be."""
        return not (self.twice or self.wrong or self.unknown > self.kills["keeper"])

    def line(self) -> str:
        """What was found, in a line."""
        return (
            f"{self.kills.total()} kills {dict(self.kills)} in {self.trials} trials of "
            f"{HOSTS} hosts: twice {self.twice}, wrong {self.wrong}, unknown "
            f"{self.unknown}"
        )


async def campaign(folder: Path, kills: int, seed: int) -> Tally:
    """Run trials until so many processes were killed."""
    chance, tally = random.Random(seed), Tally()
    while tally.kills.total() < kills:
        tally.trials += 1
        await _trial(folder / f"trial{tally.trials}", chance, tally)
    return tally


async def _trial(folder: Path, chance: random.Random, tally: Tally) -> None:
    sites = {f"web-{n}": folder / f"web-{n}" for n in range(1, HOSTS + 1)}
    for site in sites.values():
        site.mkdir(parents=True)
    (folder / "book.toml").write_text(BOOK)
    run = Running(load(folder / "book.toml"))
    try:
        await run.begin(host_sites={name: str(site) for name, site in sites.items()})
        await run.did("start", "go")
        for _ in range(chance.randint(2, 5)):
            await asyncio.sleep(chance.random() * LONGEST_PAUSE)
            if run.state.steps["go"].status != "running":
                break
            await _harm(run, sites, chance, tally)
        await run.until(_is_settled)
        _compare(run, sites, tally)
        if run.state.steps["go"].status == "running":
            await run.did("stop", "go")
    finally:
        await run.close()


async def _harm(
    run: Running, sites: dict[str, Path], chance: random.Random, tally: Tally
) -> None:
    harm = chance.choice(HARMS)
    if harm == "host":
        run.kill_host()
        await asyncio.sleep(chance.choice((0.0, chance.random())))
        await run.resume()
        tally.kills[harm] += 1
        return
    with contextlib.suppress(psutil.Error, ProcessLookupError):
        fleets = run.host_children("fleet_process")
        found = {
            "fleet": [each.pid for each in fleets],
            "way": [child.pid for each in fleets for child in each.children()],
            "keeper": _keepers(sites),
        }[harm]
        if found:
            os.kill(chance.choice(found), signal.SIGKILL)
            tally.kills[harm] += 1


def _keepers(sites: dict[str, Path]) -> list[int]:
    """The keepers of claims that have not ended."""
    found = []
    for site in sites.values():
        for file in site.glob(".mobius-tui/claims/*/*/*/*/keeper"):
            words = file.read_text().split()
            if words and not file.with_name("exit").exists():
                found.append(int(words[0]))
    return found


def _is_settled(state: RunState) -> bool:
    """Whether nothing goes on any more that does not want a person."""
    if state.steps["go"].status != "running":
        return True
    last = state.fleets["go"].last if "go" in state.fleets else None
    if last is None or last.held is None or last.counts()[HostStatus.RUNNING]:
        return False
    return last.held.why is HoldReason.UNKNOWN


def _compare(run: Running, sites: dict[str, Path], tally: Tally) -> None:
    """Compare what the run says of each host with what is on it."""
    fleet = run.state.fleets["go"].last
    assert isinstance(fleet, FleetState)
    outputs = run.directory.attempt("go", fleet.attempt).path / "hosts"
    for name, host in fleet.hosts.items():
        ran, output = sites[name] / "ran", outputs / name / "output"
        times = len(ran.read_text().splitlines()) if ran.exists() else 0
        text = output.read_text() if output.exists() else ""
        if times > 1:
            tally.twice.append(name)
        is_wrong = {
            HostStatus.OK: times != 1 or text != WHOLE,
            HostStatus.WAITING: times > 0,
            HostStatus.PENDING: times > 0,
            HostStatus.UNKNOWN: not WHOLE.startswith(text),
        }.get(host.status, True)
        if is_wrong:
            tally.wrong.append(f"{name} {host.status} ran {times}: {host.reason}")
        tally.unknown += host.status is HostStatus.UNKNOWN


def main() -> int:
    """Run a campaign; 1 if something is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rollout-crashes-") as name:
        os.environ["XDG_STATE_HOME"] = f"{name}/state"
        tally = asyncio.run(campaign(Path(name), options.kills, options.seed))
    print(f"seed {options.seed}: {tally.line()}")
    return 0 if tally.holds else 1


if __name__ == "__main__":
    sys.exit(main())
