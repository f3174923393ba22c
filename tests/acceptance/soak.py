"""A long run, and what grows in it: memory, descriptors, processes.

`python -m tests.acceptance.soak` is the long form: 50,000 attempts, 500,000 checks at
a hundred times the usual beat, and 10 GB of output; it takes about an hour. CI does a
tiny one, which shows that the measuring works.

What is measured is the memory that each process has made (anonymous pages: those of
files count as its own or not by who else runs), once a tenth is done and at the end:
host, the keeper of a step that goes on all the while, a screen in a pseudo-terminal,
and `--json`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fcntl
import os
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from mobius_tui.errors import MobiusError
from mobius_tui.run.attempts.stopping import ATTEMPT_MARK
from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.client.start_run import start_new_run
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.intents.run_intents import EndRun
from mobius_tui.run.intents.step_intents import RetryStep, StartStep, StopStep
from mobius_tui.run.journal.follower import read_run_began
from mobius_tui.run.records.verification import run_problems
from mobius_tui.run.storage.run_directory import RunDirectory, lock_holder
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.model.runbook import Runbook
from tests.acceptance.campaigns import state_of_its_own
from tests.acceptance.terminal import PROGRAM
from tests.run.sites import Site
from tests.waiting import PATIENCE, wait_for

STEPS = 20
"""Different steps; each is tried again and again."""
PROBES = 10
GROWTH = 5 << 20
"""Bytes that a process may have more at the end than after a tenth."""
TITLE = b"Soaked for an hour"


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """How long the run is to be."""

    attempts: int = 50_000
    checks: int = 500_000
    bytes: int = 10_000_000_000
    """Of output, in all."""
    every: str = "100ms"
    """From check to check of each probe: a hundredth of the usual."""


LONG = Size()


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """One process at one moment."""

    bytes: int
    """That it has made."""
    descriptors: int
    """But for the connections of probes, of which some are always on their way."""


@dataclass(slots=True)
class Found:
    """What a soak found."""

    attempts: int = 0
    checks: int = 0
    bytes: int = 0
    seconds: float = 0.0
    before: dict[str, Measured] = field(default_factory=dict)
    after: dict[str, Measured] = field(default_factory=dict)
    orphans: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """What `verify` says."""

    def lines(self) -> Iterator[str]:
        """For a person."""
        yield (
            f"{self.attempts:,} attempts, {self.checks:,} checks, "
            f"{self.bytes / 1e9:.2f} GB of output in {self.seconds:,.0f} s"
        )
        for name, then in self.before.items():
            now = self.after[name]
            yield (
                f"{name:8} {then.bytes / 1e6:7.1f} MB, then {now.bytes / 1e6:7.1f}: "
                f"{(now.bytes - then.bytes) / 1e6:+.2f} MB, descriptors "
                f"{then.descriptors}, then {now.descriptors}"
            )
        yield f"orphans: {self.orphans or 0}, verify: {self.broken or 'ok'}"

    @property
    def is_good(self) -> bool:
        """Whether nothing grew that may not, and nothing was left."""
        steady = all(
            self.after[name].bytes - then.bytes < GROWTH
            and self.after[name].descriptors <= then.descriptors
            for name, then in self.before.items()
        )
        return steady and not self.orphans and not self.broken


def runbook(folder: Path, site: Site, size: Size) -> Runbook:
    """Steps that print, one that prints on and on, and probes at a fast beat."""
    each = max(1, size.bytes // max(1, size.attempts))
    rows = [f'format = 1\n[runbook]\nid = "soak"\ntitle = "{TITLE.decode()}"\n']
    rows.append(f'[health]\nevery = "{size.every}"\n')
    for n in range(PROBES):
        url = f"http://127.0.0.1:{site.port}/"
        rows.append(f'[[health.probe]]\nid = "p{n}"\nurl = "{url}"\n')
    rows.append('[[phase]]\nid = "p"\ntitle = "P"\n')
    rows.append(
        '[[phase.step]]\nid = "on"\ntitle = "On"\nfollow = true\n'
        "run = 'while :; do seq 2000; sleep 0.02; done'\n"
        'max_output = "1MiB"\n'
    )
    rows += (
        f'[[phase.step]]\nid = "s{n}"\ntitle = "S{n}"\neffect = "read"\n'
        f"run = '(yes a line of output || :) | head -c {each}'\n"
        for n in range(STEPS)
    )
    # As long as this one is not ticked, what follows goes on.
    rows.append('[[phase.step]]\nid = "m"\ntitle = "M"\nmanual = "End it"\n')
    path = folder / "soak.toml"
    path.write_text("".join(rows))
    return load(path)


class Shown:
    """The program in a pseudo-terminal; what it writes there is thrown away."""

    def __init__(self, run: str, *options: str) -> None:
        self._ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 36, 120, 0, 0))
        self.process = subprocess.Popen(
            [PROGRAM, "resume", run, *options],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm-256color"},
            start_new_session=True,
        )
        os.close(theirs)
        self.shows_run = threading.Event()
        """Set once the title of the runbook has been written."""
        threading.Thread(target=self._drain, daemon=True).start()

    def _drain(self) -> None:
        end = b""
        with contextlib.suppress(OSError):
            while data := os.read(self._ours, 1 << 16):
                end = (end + data)[-len(data) - len(TITLE) :]
                if TITLE in end:
                    self.shows_run.set()

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()
        os.close(self._ours)


class Soak:
    """One run."""

    def __init__(self, folder: Path, size: Size) -> None:
        self.size = size
        self.found = Found()
        self._began = time.monotonic()
        self._site = Site(folder)
        self._book = runbook(folder, self._site, size)
        self._done = dict.fromkeys((f"s{n}" for n in range(STEPS)), 0)

    async def go(self) -> Found:
        """Begin, try step after step, end, and look at what is left."""
        directory = await start_new_run(prepare_briefing(self._book, given={}))
        shown = {"screen": Shown(directory.id), "json": Shown(directory.id, "--json")}
        try:
            # Before it shows the run, each connects for a moment, to see if a host is
            # there.
            for name, each in shown.items():
                assert each.shows_run.wait(PATIENCE), f"{name} shows nothing"
            await self._soak(
                directory, {name: each.process.pid for name, each in shown.items()}
            )
        finally:
            for each in shown.values():
                each.close()
            self._site.close()
        self.found.seconds = time.monotonic() - self._began
        self.found.orphans = orphans(directory)
        self.found.broken = list(run_problems(directory))
        return self.found

    async def _soak(self, directory: RunDirectory, watched: dict[str, int]) -> None:
        viewer = Viewer(directory)
        following = asyncio.create_task(self._follow(viewer))
        try:
            await self._measure(directory, viewer, watched)
        finally:
            following.cancel()
            await viewer.close()

    async def _measure(
        self, directory: RunDirectory, viewer: Viewer, watched: dict[str, int]
    ) -> None:
        await self._start(viewer, "on", 1)
        keeper = directory.attempt("on", 1).lock
        wait_for(lambda: lock_holder(keeper))
        watched |= {
            "host": directory.host_pid() or 0,
            "keeper": lock_holder(keeper) or 0,
        }
        wait_for(lambda: _viewers(watched["host"]) == len(("screen", "json", "this")))
        for tenth in range(1, 11):
            await self._until(viewer, part=tenth / 10)
            self.found.after = {name: measured(pid) for name, pid in watched.items()}
            self.found.before = self.found.before or self.found.after
            self._report(tenth)
        state = viewer.follower.state
        self.found.attempts = sum(len(own.attempts) for own in state.steps.values())
        self.found.bytes = sum(
            own.output_bytes for step in state.steps.values() for own in step.attempts
        )
        await viewer.send_intent(StopStep(step="on", attempt=1))
        await viewer.send_intent(EndRun(reason="enough"))
        wait_for(lambda: directory.host_pid() is None)

    def _report(self, tenth: int) -> None:
        """Say how far it is: the long form takes longer than anybody looks on."""
        sizes = ", ".join(
            f"{name} {now.bytes / 1e6:.1f} MB, {now.descriptors} descriptors"
            for name, now in self.found.after.items()
        )
        minutes = (time.monotonic() - self._began) / 60
        print(f"{tenth}/10 after {minutes:.1f} min: {sizes}", file=sys.stderr)

    async def _follow(self, viewer: Viewer) -> None:
        async for _ in viewer.changes():
            self.found.checks = _checks(viewer)

    async def _until(self, viewer: Viewer, *, part: float) -> None:
        """Try steps, one after the other, until such a part of all has been done."""
        while sum(self._done.values()) < self.size.attempts * part:
            step = min(self._done, key=lambda each: self._done[each])
            self._done[step] += 1
            await self._start(viewer, step, self._done[step])
            async with asyncio.timeout(PATIENCE):
                while not _has_ended(viewer, step, self._done[step]):
                    await asyncio.sleep(0.002)
        while self.found.checks < self.size.checks * part:
            await asyncio.sleep(0.1)

    async def _start(self, viewer: Viewer, step: str, attempt: int) -> None:
        kind = StartStep if attempt == 1 else RetryStep
        reply = await viewer.send_intent(kind(step=step, attempt=attempt))
        if not reply.ok:
            raise MobiusError(reply.text)


def _has_ended(viewer: Viewer, step: str, attempt: int) -> bool:
    last = viewer.follower.state.steps[step].last_attempt
    return last is not None and last.number == attempt and last.ended is not None


def _checks(viewer: Viewer) -> int:
    windows = viewer.follower.health.windows.values()
    return sum(each.ok + each.failed + each.no_data for each in windows)


def _viewers(host: int) -> int:
    """How many viewers a host has: the connections besides the socket itself."""
    sockets = psutil.Process(host).net_connections(kind="unix")
    return sum(str(each.laddr) == "control.sock" for each in sockets) - 1


def measured(pid: int) -> Measured:
    """A process now."""
    process = psutil.Process(pid)
    links = [_link(each) for each in Path(f"/proc/{pid}/fd").iterdir()]
    others = sum(not link.startswith("socket:") for link in links)
    inside = len(process.net_connections(kind="unix"))
    made = sum(each.anonymous for each in process.memory_maps(grouped=False))
    return Measured(bytes=made, descriptors=others + inside)


def _link(path: Path) -> str:
    """What a descriptor leads to; as a socket where it was closed just now."""
    try:
        return str(path.readlink())
    except FileNotFoundError:
        return "socket:"


def orphans(directory: RunDirectory) -> list[str]:
    """What still lives of the run's steps, by the mark in their environment."""
    found = []
    key = read_run_began(directory).run_key
    for process in psutil.process_iter(["pid", "name", "environ"]):
        mark = (process.info["environ"] or {}).get(ATTEMPT_MARK, "")
        if mark.startswith(f"{key}/"):
            found.append(f"{process.info['pid']} {process.info['name']}")
    return found


def main() -> int:
    """The long form, or another size, from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attempts", type=int, default=LONG.attempts)
    parser.add_argument("--checks", type=int, default=LONG.checks)
    parser.add_argument("--gigabytes", type=float, default=10.0)
    options = parser.parse_args()
    size = Size(
        attempts=options.attempts,
        checks=options.checks,
        bytes=int(options.gigabytes * 1e9),
    )
    with state_of_its_own("mobius-soak-") as place:
        found = asyncio.run(Soak(place, size).go())
    print("\n".join(found.lines()))
    return 0 if found.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
