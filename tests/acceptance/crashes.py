"""Random kills of viewer, host and keeper, and what must hold all the same.

`python -m tests.acceptance.crashes --kills 2000` is the long form, and 10,000 the
longest; CI does 47. What was found so far is said at every tenth. With `--parallel 6`
so many steps run side by side; with `--rows` they are rows of steps with `for_each`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mobius_tui.errors import MobiusError
from mobius_tui.run.attempts.attempt_files import read_process_group
from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.client.start_host import resume_run
from mobius_tui.run.client.start_run import start_new_run
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.run_events import RunEnded
from mobius_tui.run.events.step_events import StepEnded, StepStarted, StepUnknown
from mobius_tui.run.intents.action import Action
from mobius_tui.run.intents.control_protocol import Reply, new_id
from mobius_tui.run.intents.run_intents import AddNote, EndRun, StartAutomatic
from mobius_tui.run.intents.step_intents import OverrideStep
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.records.verification import run_problems
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.run_directory import RunDirectory, lock_holder
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.runbook import Runbook
from tests.acceptance.campaigns import state_of_its_own
from tests.waiting import PATIENCE

PER_RUN = 40
"""Kills of one run; a long journal would cost more than it teaches."""


@dataclass(slots=True)
class Tally:
    """What a campaign found."""

    kills: int = 0
    hosts: int = 0
    keepers: int = 0
    viewers: int = 0
    acknowledged: int = 0
    lost: int = 0
    """Acknowledged events that the journal does not hold."""
    doubles: int = 0
    """Attempts whose script ran more than once."""
    false_ends: int = 0
    """`passed` that did not run, `not started` that did."""
    unknown: int = 0
    attempts: int = 0
    broken: list[str] = field(default_factory=list)
    """What `verify` says."""

    def line(self) -> str:
        """For a person."""
        return (
            f"{self.kills} kills ({self.hosts} hosts, {self.keepers} keepers, "
            f"{self.viewers} viewers), {self.attempts} attempts, "
            f"{self.acknowledged} acknowledged events: {self.lost} lost, "
            f"{self.doubles} doubles, {self.false_ends} false ends, "
            f"{self.unknown} honest unknowns, verify: {self.broken or 'ok'}"
        )


ROWS = 12
"""Rows of each step, where steps have rows."""


def runbook_of_rows(folder: Path, steps: int, parallel: int) -> Runbook:
    """Steps with rows that each write down that they ran; so do the lists of items."""
    path = folder / "crashes.toml"
    lines = ['format = 2\n[runbook]\ntitle = "Crashes"\n[[phase]]\ntitle = "P"\n']
    says = f'echo "$MOBIUS_TUI_ATTEMPT" >> {folder}/ran; sleep 0.02'
    for n in range(steps // ROWS + 1):
        lines += [
            f'[[phase.step]]\ntitle = "S{n} ${{item}}"\nmax_failed = {ROWS}\n',
            f"for_each = {{ run = '''{says}; seq {ROWS}''' }}\n",
            f"run = '''{says}'''\n",
            f"parallel = {parallel}\n" if parallel > 1 else "",
        ]
    path.write_text("".join(lines))
    return load(path)


def runbook(folder: Path, steps: int, parallel: int) -> Runbook:
    """Steps that each write down that they ran, so many of them side by side."""
    path = folder / "crashes.toml"
    lines = ['format = 2\n[runbook]\ntitle = "Crashes"\n[[phase]]\ntitle = "P"\n']
    if parallel > 1:
        lines.append(f"parallel = {parallel}\n")
    for n in range(steps):
        script = f'echo "$MOBIUS_TUI_ATTEMPT" >> {folder}/ran; sleep 0.02'
        lines.append(f"[[phase.step]]\ntitle = \"S{n}\"\nrun = '''{script}'''\n")
        lines.append("independent = true\n" if parallel > 1 else "")
    path.write_text("".join(lines))
    return load(path)


class Campaign:
    """One run, killed again and again."""

    def __init__(
        self,
        folder: Path,
        kills: int,
        seed: int,
        tally: Tally,
        *,
        parallel: int,
        rows: bool = False,
    ) -> None:
        folder.mkdir()
        self.folder = folder
        self.dice = random.Random(seed)
        self.parallel = parallel
        make = runbook_of_rows if rows else runbook
        self.book = make(folder, (kills * 3 + 20) * parallel, parallel)
        self.tally = tally
        self.left = kills
        self.acknowledged: dict[str, int] = {}
        self.directory = RunDirectory(folder)
        self.viewers: list[subprocess.Popen[bytes]] = []

    async def go(self) -> None:
        """Kill until there were enough, then end the run."""
        self.directory = await start_new_run(prepare_briefing(self.book, given={}))
        while self.left > 0:
            await self._round()
        await self._finish()
        self._judge()

    async def _round(self) -> None:
        viewer = await self._on()
        with contextlib.suppress(MobiusError, OSError):
            await asyncio.wait_for(self._wish(viewer, StartAutomatic()), PATIENCE)
            note = AddNote(text="mark")
            wishing = asyncio.ensure_future(self._wish(viewer, note))
            if self.dice.random() < 0.15:
                self._open_viewer()
            # A random instant is what the test is about; nothing is waited for.
            while_many = 1 if self.parallel == 1 else 3
            await asyncio.sleep(self.dice.random() * 0.09 * while_many)
            self._kill()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(wishing, 1)
        await viewer.close()

    async def _on(self) -> Viewer:
        """A living host, a viewer on it, and no unknown step left undecided."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                await resume_run(self.directory, self.book)
                viewer = Viewer(self.directory)
                await self._decide(viewer)
                return viewer
            except MobiusError:
                if time.monotonic() > deadline:
                    raise

    async def _decide(self, viewer: Viewer) -> None:
        """What a person does about unknown and failed steps: look, and vouch."""
        viewer.follower.poll()
        for step_id, step in viewer.follower.state.steps.items():
            if step.status in ("unknown", "not started", "failed"):
                last = step.last_attempt
                assert last is not None
                group = read_process_group(self.directory.attempt(step_id, last.number))
                if group:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(group, signal.SIGKILL)
                await self._wish(viewer, OverrideStep(step=step_id, reason="looked"))

    async def _wish(self, viewer: Viewer, action: Action) -> Reply:
        intent = new_id()
        reply = await viewer.send_intent(action, intent)
        if reply.ok and isinstance(action, AddNote | OverrideStep):
            self.acknowledged[intent] = reply.n
        return reply

    def _open_viewer(self) -> None:
        words = [sys.executable, "-m", "mobius_tui", "resume", self.directory.id]
        self.viewers.append(
            subprocess.Popen(
                [*words, "--json"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )

    def _kill(self) -> None:
        victims = self.dice.choice(
            (("host",), ("host",), ("keeper",), ("host", "keeper"), ("keeper", "host"))
        )
        if self.viewers:
            viewer = self.viewers.pop()
            viewer.kill()
            viewer.wait()
            self.tally.viewers += 1
            self._count()
        for victim in victims:
            pid = self.directory.host_pid() if victim == "host" else self._keeper()
            if not pid:
                continue
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                self._count()
                self.tally.hosts += victim == "host"
                self.tally.keepers += victim == "keeper"

    def _count(self) -> None:
        self.tally.kills += 1
        self.left -= 1

    def _keeper(self) -> int | None:
        newest = sorted(
            self.directory.steps.iterdir(), key=lambda path: path.stat().st_mtime_ns
        )[-2 * self.parallel :]
        alive = [pid for path in newest if (pid := lock_holder(path / "lock"))]
        return self.dice.choice(alive) if alive else None

    async def _finish(self) -> None:
        """No more kills: let what runs end, and end the run."""
        deadline = time.monotonic() + PATIENCE
        while True:
            viewer = await self._on()
            if viewer.follower.state.ended is not None:
                break
            reply = await self._wish(viewer, EndRun())
            await viewer.close()
            if reply.ok:
                break
            assert time.monotonic() < deadline, reply.text
            await asyncio.sleep(0.02)
        while self.directory.host_pid() is not None:
            assert time.monotonic() < deadline, "the host did not let go"
            await asyncio.sleep(0.02)

    def _judge(self) -> None:
        hold(self.directory, self.folder / "ran", self.acknowledged, self.tally)


def hold(
    directory: RunDirectory, ran: Path, acknowledged: Mapping[str, int], tally: Tally
) -> None:
    """Hold the journal of a run that is over against what really ran.

    Args:
        directory: the run's.
        ran: a line, `RUN/STEP.ATTEMPT`, for each script that ran.
        acknowledged: intents that were answered, and the entry that the answer named.
        tally: gets what was found.
    """
    follower = Follower(directory)
    entries, steps = follower.initial_entries, follower.plan.steps
    marks = ran.read_text().split() if ran.exists() else []
    times = Counter(mark.rpartition("/")[2] for mark in marks)
    by_intent = {entry.intent: entry.n for entry in entries if entry.intent}
    tally.acknowledged += len(acknowledged)
    tally.lost += sum(by_intent.get(i) != n for i, n in acknowledged.items())
    tally.doubles += sum(count > 1 for count in times.values())
    for entry in entries:
        event = entry.event
        tally.attempts += isinstance(event, StepStarted)
        tally.unknown += isinstance(event, StepUnknown)
        if isinstance(event, StepEnded) and isinstance(steps[event.step].action, Run):
            did = times[str(AttemptId(event.step, event.attempt))]
            tally.false_ends += event.result == Status.PASSED and did != 1
            tally.false_ends += event.result == Status.NOT_STARTED and did != 0
    assert any(isinstance(entry.event, RunEnded) for entry in entries)
    tally.broken += list(run_problems(directory))


async def campaign(
    folder: Path,
    kills: int,
    seed: int,
    *,
    beside: int = 1,
    parallel: int = 1,
    rows: bool = False,
    tell: Callable[[Tally], None] = lambda _tally: None,
) -> Tally:
    """Run after run, each killed some dozens of times.

    Args:
        folder: for the runs.
        kills: how many, at least.
        seed: of the dice.
        beside: runs that are killed at the same time.
        parallel: steps of a run that run side by side.
        rows: whether they are rows of steps with `for_each`.
        tell: hears what was found so far, whenever a run is over.
    """
    tally = Tally()
    runs = iter(enumerate(range(0, kills, PER_RUN)))

    async def some() -> None:
        for n, done in runs:
            few = min(PER_RUN, kills - done)
            place = folder / f"run{n}"
            one = Campaign(place, few, seed + n, tally, parallel=parallel, rows=rows)
            await one.go()
            tell(tally)

    async with asyncio.TaskGroup() as group:
        for _ in range(beside):
            group.create_task(some())
    return tally


def main() -> int:
    """The long form, from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--beside", type=int, default=1, help="runs at a time")
    parser.add_argument(
        "--parallel", type=int, default=1, help="steps of a run side by side"
    )
    parser.add_argument(
        "--rows", action="store_true", help="steps are rows of a `for_each`"
    )
    options = parser.parse_args()
    told = 0

    def tell(tally: Tally) -> None:
        nonlocal told
        if tally.kills >= told + options.kills / 10:
            told = tally.kills
            print(tally.line(), flush=True)

    with state_of_its_own("mobius-crashes-") as place:
        work = campaign(
            place,
            options.kills,
            options.seed,
            beside=options.beside,
            parallel=options.parallel,
            rows=options.rows,
            tell=tell,
        )
        tally = asyncio.run(work)
    print(tally.line())
    return 1 if tally.lost or tally.doubles or tally.false_ends or tally.broken else 0


if __name__ == "__main__":
    sys.exit(main())
