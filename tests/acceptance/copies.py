"""Copies of runs that are gone on with beside their originals, in every order.

`python -m tests.acceptance.copies --copies 200` is the long form. A run is killed at a
random moment, in mid-step or between two, and copied by one of the ways in which people
copy folders, before or after; or an older copy is put in its place. Then each side is
resumed, one after the other or at once, and taken over where a person is asked for it.
Whatever is said to be unknown is vouched for, and what is said not to have started is
begun again. No script may run twice on this machine, nothing may be called passed that
did not run, and nothing not started that did.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mobius_tui.errors import MobiusError, RunError
from mobius_tui.run.client.start_host import resume_run, take_over_run
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.step_events import StepEnded, StepUnknown
from mobius_tui.run.host.copies import whereabouts_of
from mobius_tui.run.intents.run_intents import StartAutomatic
from mobius_tui.run.intents.step_intents import OverrideStep, RetryStep
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.records.verification import run_problems
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.run_directory import RunDirectory
from tests.acceptance.campaigns import start_book, state_of_its_own
from tests.run.copied import copy_folder, write_over
from tests.waiting import PATIENCE, pauses, wait_for

STEPS = 5
"""Of each run."""
LONGEST_WAIT = 0.6
"""Seconds from the first script on in which the run is killed."""
ROUNDS = 2
"""How often each side is resumed."""


@dataclass(slots=True)
class Tally:
    """What a campaign found."""

    copies: int = 0
    resumed: int = 0
    refused: int = 0
    taken_over: int = 0
    unknown: int = 0
    twice: list[str] = field(default_factory=list)
    """Steps whose script ran more than once."""
    wrongly_known: list[str] = field(default_factory=list)
    """`passed` that did not run, `not started` that did, and a restart of no machine.
    """
    both: list[str] = field(default_factory=list)
    """Runs of which both sides could be gone on with."""
    broken: list[str] = field(default_factory=list)
    """What `verify` says of a side that went on."""
    ways: Counter[str] = field(default_factory=Counter)

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.twice or self.wrongly_known or self.both or self.broken)

    def line(self) -> str:
        """For a person."""
        ways = ", ".join(f"{count} {way}" for way, count in sorted(self.ways.items()))
        return (
            f"{self.copies} copies ({ways}): {self.resumed} resumed, {self.refused} "
            f"refused, {self.taken_over} taken over, {self.unknown} unknown; "
            f"twice: {self.twice or 0}, wrongly known: {self.wrongly_known or 0}, "
            f"both went on: {self.both or 0}, verify: {self.broken or 'ok'}"
        )


def book(folder: Path) -> str:
    """Steps that each write down that they ran."""
    lines = ['format = 2\n[runbook]\ntitle = "Copies"\n']
    for n in range(STEPS):
        script = f'echo "$MOBIUS_TUI_ATTEMPT" >> {folder}/ran; sleep 0.1'
        lines.append(f"[[step]]\nid = \"s{n}\"\nrun = '''{script}'''\n")
    return "".join(lines)


def _copy(run: Path, copy: Path) -> None:
    _do("cp", "-a", str(run), str(copy))


def _link(run: Path, copy: Path) -> None:
    _do("cp", "-al", str(run), str(copy))


def _sync(run: Path, copy: Path) -> None:
    if shutil.which("rsync"):
        _do("rsync", "-a", f"{run}/", f"{copy}/")
    else:
        copy_folder(run, copy)


def _pack(run: Path, copy: Path) -> None:
    archive = copy.with_suffix(".tar")
    _do("tar", "-C", str(run), "-cf", str(archive), ".")
    copy.mkdir(mode=0o700)
    _do("tar", "-C", str(copy), "-xpf", str(archive))


def _do(*words: str) -> None:
    """A command that may find a file gone that it was about to copy."""
    subprocess.run(words, check=False, capture_output=True)


WAYS: dict[str, Callable[[Path, Path], None]] = {
    "cp -a": _copy,
    "cp -al": _link,
    "rsync": _sync,
    "tar": _pack,
}
"""How a folder is copied while it stays."""
OTHER_WAYS = ("bound", "moved", "put back", "put back later", "written over")
"""What else happens to it: the copy is seen through a bind mount; it is moved; a copy
of it is put in its place, at once or once it went on; the older bytes are written over
its files."""


class Trial:
    """One run, and a copy of it."""

    def __init__(self, folder: Path, seed: int, way: str, tally: Tally) -> None:
        folder.mkdir()
        self.folder, self.dice = folder, random.Random(seed)
        self.way, self.tally = way, tally
        self.went_on: set[Path] = set()

    async def go(self) -> None:
        """Kill, copy, resume and judge."""
        self.run = await start_book(self.folder / "copies.toml", book(self.folder))
        await self._auto(self.run)
        wait_for((self.folder / "ran").exists)
        await asyncio.sleep(self.dice.random() * LONGEST_WAIT)
        copied_alive = self.dice.random() < 0.3
        if not copied_alive:
            self._kill(self.run)
        with self._sides() as sides:
            if self.dice.random() < 0.8:
                self._kill(self.run)
            self.dice.shuffle(sides)
            for _ in range(ROUNDS):
                if self.dice.random() < 0.4:
                    await asyncio.gather(*map(self._go_on, sides))
                else:
                    for side in sides:
                        await self._go_on(side)
            for side in sides:
                self._kill(side)
            await self._hold(sides)

    @contextlib.contextmanager
    def _sides(self) -> Iterator[list[RunDirectory]]:
        """The folders that claim to be the run, once it was copied."""
        copy = RunDirectory(self.folder / "copy")
        way = self.way
        self.tally.copies += 1
        if way in WAYS:
            WAYS[way](self.run.path, copy.path)
        elif way == "moved":
            self.run.path.rename(copy.path)
            self.run = copy
            self.tally.ways[way] += 1
            yield [copy]
            return
        else:
            _copy(self.run.path, copy.path)
        if way == "bound":
            yield from self._bound(copy)
            return
        self.tally.ways[way] += 1
        if way in ("put back", "put back later", "written over"):
            if way != "put back":
                wait_for(self._has_moved_on)
            self._kill(self.run)
            if way == "written over":
                write_over(self.run.path, copy.path)
            else:
                wait_for(self._is_removed)
                _copy(copy.path, self.run.path)
        yield [self.run, copy]

    def _is_removed(self) -> bool:
        """Remove the run; its keepers outlive its host, and may write once more."""
        shutil.rmtree(self.run.path, ignore_errors=True)
        return not self.run.path.exists()

    def _has_moved_on(self) -> bool:
        """Whether another step has begun, or no host is there that would begin one."""
        lines = (self.folder / "ran").read_text().splitlines()
        return len(lines) >= STEPS or self.run.host_pid() is None

    def _bound(self, copy: RunDirectory) -> Iterator[list[RunDirectory]]:
        view = self.folder / "view"
        view.mkdir()
        mounted = subprocess.run(
            ["mount", "--bind", copy.path, view], check=False, capture_output=True
        )
        if mounted.returncode:
            self.tally.ways["cp -a"] += 1
            yield [self.run, copy]
            return
        self.tally.ways["bound"] += 1
        try:
            yield [self.run, RunDirectory(view)]
        finally:
            # What was killed in it may not be gone yet.
            subprocess.run(["umount", "--lazy", view], check=True)

    async def _go_on(self, side: RunDirectory) -> None:
        """Resume a side by itself to where it stops; take it over where that is due."""
        before = self._entries(side)
        try:
            follower = Follower(side)
            if follower.state.ended is not None:
                return
            try:
                await resume_run(side, follower.runbook)
            except RunError as error:
                self.tally.refused += 1
                if "takeover" not in str(error) or self.dice.random() < 0.4:
                    return
                found = whereabouts_of(side)
                assert found is not None
                await take_over_run(side, follower.runbook, found.last.epoch)
                self.tally.taken_over += 1
            self.tally.resumed += 1
            await self._auto(side, to_its_end=True)
        except MobiusError:
            self.tally.refused += 1
        if self._entries(side) > before:
            self.went_on.add(side.path)

    @staticmethod
    def _entries(side: RunDirectory) -> int:
        with contextlib.suppress(OSError):
            return side.journal.read_bytes().count(b"\n")
        return 0

    async def _auto(self, side: RunDirectory, *, to_its_end: bool = False) -> None:
        """Let a side go on by itself; with a person who looks at what is unknown."""
        viewer = Viewer(side)
        try:
            if not await viewer.connect():
                return  # the host's socket is in the other folder
            await viewer.send_intent(StartAutomatic())
            pause = pauses()
            while to_its_end and not await self._is_over(viewer):
                await asyncio.sleep(next(pause))
        finally:
            await viewer.close()

    async def _is_over(self, viewer: Viewer) -> bool:
        viewer.follower.poll()
        state = viewer.follower.state
        if state.ended is not None or viewer.host_pid() is None:
            return True
        if state.auto is not None or _runs(state):
            return False
        for step_id, step in state.steps.items():
            if step.status is Status.UNKNOWN:
                await viewer.send_intent(OverrideStep(step=step_id, reason="looked"))
            elif step.status is Status.NOT_STARTED:
                number = len(step.attempts) + 1
                await viewer.send_intent(RetryStep(step=step_id, attempt=number))
        await viewer.send_intent(StartAutomatic())
        return False

    @staticmethod
    def _kill(side: RunDirectory) -> None:
        with contextlib.suppress(MobiusError):
            pid = side.host_pid()
            if pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                wait_for(lambda: side.host_pid() is None)

    async def _hold(self, sides: list[RunDirectory]) -> None:
        """Hold what the sides say against what really ran."""
        tally, name = self.tally, f"{self.folder.name} ({self.way})"
        wait_for(self._is_quiet)
        marks = (self.folder / "ran").read_text().split()
        attempts = Counter(mark.rpartition("/")[2] for mark in marks)
        times = Counter(mark.rpartition("/")[2].partition(".")[0] for mark in marks)
        tally.twice += [f"{name} {step}" for step, count in times.items() if count > 1]
        for side in sides:
            if b"restarted" in side.journal.read_bytes():
                tally.wrongly_known.append(f"{name} says that the machine restarted")
            for entry in Follower(side).initial_entries:
                event = entry.event
                tally.unknown += isinstance(event, StepUnknown)
                if isinstance(event, StepEnded):
                    count, result = times[event.step], event.result
                    if result == Status.NOT_STARTED:
                        count = attempts[f"{event.step}.{event.attempt}"]
                    if count != (result == Status.PASSED):
                        words = f"{name} {event.step} {result}, and ran {count} times"
                        tally.wrongly_known.append(words)
            # A folder of links has the journal, and not what came beside it since.
            if side.path in self.went_on and self.way != "cp -al":
                tally.broken += [f"{name} {each}" for each in run_problems(side)]
        if len(self.went_on) > 1 and not self._one_is_told(sides):
            tally.both.append(name)

    def _one_is_told(self, sides: list[RunDirectory]) -> bool:
        """Whether at most one side is where the run is, now that all is over."""
        free = 0
        for side in sides:
            found = whereabouts_of(side)
            assert found is not None
            with contextlib.suppress(RunError):
                found.refuse_older_copy()
                found.refuse_elsewhere()
                free += 1
        return free <= 1

    def _is_quiet(self) -> bool:
        """Whether no script of the run lives any more."""
        found = subprocess.run(
            ["pgrep", "-f", f"{self.folder}/ran"], check=False, capture_output=True
        )
        return found.returncode != 0


def _runs(state: RunState) -> bool:
    return any(step.status is Status.RUNNING for step in state.steps.values())


async def campaign(
    folder: Path,
    copies: int,
    seed: int,
    tell: Callable[[Tally], None] = lambda _tally: None,
) -> Tally:
    """One run after the other, each with a copy.

    Args:
        folder: for the runs.
        copies: how many.
        seed: of the dice.
        tell: hears what was found so far, whenever a run is over.
    """
    tally, every = Tally(), (*WAYS, *OTHER_WAYS)
    for n in range(copies):
        way = every[(seed + n) % len(every)]
        async with asyncio.timeout(PATIENCE * 4):
            await Trial(folder / f"run{n}", seed + n, way, tally).go()
        tell(tally)
    return tally


def main() -> int:
    """The long form, from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    def tell(tally: Tally) -> None:
        if tally.copies % max(1, options.copies // 10) == 0:
            print(tally.line(), flush=True)

    with state_of_its_own("mobius-copies-") as place:
        tally = asyncio.run(campaign(place, options.copies, options.seed, tell))
    print(tally.line())
    return 0 if tally.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
