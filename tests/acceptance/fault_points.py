"""A run whose host is killed at every operation, and one in which every write fails.

`python -m tests.acceptance.fault_points` goes through all of them, in some minutes; CI
takes a few. What must hold is what must hold after random kills: see `crashes.hold`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mobius_tui.errors import MobiusError
from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.client.start_host import resume_run
from mobius_tui.run.client.start_run import start_new_run
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.intents.run_intents import AddNote, StartAutomatic
from mobius_tui.run.intents.step_intents import OverrideStep
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.state.step_state import STATUSES_NEEDING_DECISION
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.model.runbook import Runbook
from tests.acceptance.campaigns import state_of_its_own
from tests.acceptance.crashes import Tally, hold
from tests.acceptance.faulty import Fault, standing_in
from tests.run.webhooks import Webhook, webhook
from tests.waiting import PATIENCE, wait_for

KILLS = ("kill", "tear", "after")
ERRORS = ("ENOSPC", "EIO", "short")
TOLD = 50
"""Trials after which it says how far it is."""
HOOK = "THE_HOOK"
BOOK = """
format = 1
[runbook]
id = "points"
title = "Points"
[var.hook]
from_env = "THE_HOOK"
secret = true
[var.found]
default = "it"
[[channel]]
id = "chat"
kind = "slack"
url = "${hook}"
[[message]]
id = "news"
title = "News"
body = "It goes on"
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "first"
title = "First"
run = 'echo "$MOBIUS_TUI_ATTEMPT" >> RAN; echo "found=it" >> "$RUNBOOK_OUTPUT"'
outputs = ["found"]
[[phase.step]]
id = "tell"
title = "Tell"
message = "news"
to = ["chat"]
[[phase.step]]
id = "last"
title = "Last"
run = 'echo "$MOBIUS_TUI_ATTEMPT" >> RAN; test "$found" = it'
[phase.step.check]
file = { path = "RAN" }
"""


@dataclass(slots=True)
class Found(Tally):
    """What the trials found, besides what `crashes` counts."""

    trials: int = 0
    never_began: int = 0
    """Runs of which nothing was on record; nothing of them ran."""
    resumed: int = 0
    waited: int = 0
    """Full disks that were waited for."""
    sent_twice: int = 0
    wrong: list[str] = field(default_factory=list)

    def line(self) -> str:
        """For a person."""
        return (
            f"{self.trials} trials, {self.resumed} resumed, {self.waited} waited for "
            f"room, {self.never_began} never began, {self.attempts} attempts, "
            f"{self.acknowledged} acknowledged: {self.lost} lost, {self.doubles} "
            f"doubles, {self.false_ends} false ends, {self.sent_twice} messages twice, "
            f"{self.unknown} honest unknowns, verify: {self.broken or 'ok'}, "
            f"wrong: {self.wrong or 'nothing'}"
        )

    @property
    def is_good(self) -> bool:
        """Whether all that must hold has held."""
        bad = self.lost or self.doubles or self.false_ends or self.sent_twice
        return not (bad or self.broken or self.wrong)


class Points:
    """Trials, one after the other, against one webhook."""

    def __init__(self, folder: Path, hook: Webhook) -> None:
        self.folder = folder
        self.hook = hook
        self.found = Found()

    def operations(self) -> list[str]:
        """The operations of a host that nothing happens to, in order."""
        log = self.folder / "operations"
        asyncio.run(self.trial(Fault(at=0, log=str(log))))
        return log.read_text().splitlines()

    async def trial(self, fault: Fault) -> RunDirectory | None:
        """One run, whatever happens to its first host, to its end.

        Returns:
            The run; `None` where something was wrong.
        """
        self.found.trials += 1
        folder = self.folder / f"trial{self.found.trials}"
        folder.mkdir()
        path = folder / "points.toml"
        path.write_text(BOOK)
        try:
            async with asyncio.timeout(PATIENCE):
                return await _Trial(folder, load(path), fault, self).go()
        except (AssertionError, MobiusError, TimeoutError) as error:
            self.found.wrong.append(f"{fault.name}#{fault.at} {fault.how}: {error}")
            return None


class _Trial:
    def __init__(
        self, folder: Path, book: Runbook, fault: Fault, points: Points
    ) -> None:
        self.folder, self.book, self.fault = folder, book, fault
        self.found, self.hook = points.found, points.hook
        self.acknowledged: dict[str, int] = {}
        self.auto = StartAutomatic(manual="tick")

    async def go(self) -> RunDirectory:
        directory = await self._first_host()
        deadline = time.monotonic() + PATIENCE
        while not self._is_over(directory):
            assert time.monotonic() < deadline, "it did not come to an end"
            self.found.resumed += 1
            try:
                await resume_run(directory, self.book)
            except MobiusError as error:
                if "never began" not in str(error):
                    raise
                self.found.never_began += 1
                assert not (self.folder / "RAN").exists(), "it ran without a record"
                return directory
            await self._go_on(directory)
        wait_for(lambda: directory.host_pid() is None)
        hold(directory, self.folder / "RAN", self.acknowledged, self.found)
        if self.fault.how == "tear":
            # Nobody resumes a run that is over, and so nobody cuts off what its host
            # had begun to say after the end; `verify` tells of it.
            broken = self.found.broken
            self.found.broken = [each for each in broken if "is torn" not in each]
        texts = [text for text in self.hook.texts if directory.id in text]
        self.found.sent_twice += len(texts) > 1
        return directory

    async def _first_host(self) -> RunDirectory:
        """The host with the fault, until it has ended or waits for room in vain."""
        known = {run.id for run in all_runs(runs_root())}
        with standing_in(self.folder, self.fault), contextlib.suppress(MobiusError):
            directory = await start_new_run(
                prepare_briefing(self.book, given={}), auto=self.auto
            )
            await self._note(directory)
        [directory] = all_runs(runs_root(), excluded=known)
        await self._until_it_ends(directory)
        return directory

    async def _note(self, directory: RunDirectory) -> None:
        viewer = Viewer(directory)
        note = AddNote(text="noted")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                reply = await viewer.send_intent(note)
                if reply.ok:
                    self.acknowledged[reply.id] = reply.n
        await viewer.close()

    async def _until_it_ends(self, directory: RunDirectory) -> None:
        """Wait for the host's end; one that waits for room for good is killed."""
        deadline = time.monotonic() + PATIENCE
        viewer: Viewer | None = None
        while (pid := directory.host_pid()) is not None:
            assert time.monotonic() < deadline, "the host neither ends nor goes on"
            if self.fault.times == -1 and self.fault.how == "ENOSPC":
                viewer = viewer or Viewer(directory)
                await viewer.connect()
                if viewer.stall_reason:
                    await self._answered(viewer)
                    os.kill(pid, signal.SIGKILL)
                    self.found.waited += 1
                    await viewer.close()
                    wait_for(lambda: directory.host_pid() is None)
                    return
            await asyncio.sleep(0.01)
        if viewer is not None:
            await viewer.close()

    async def _answered(self, viewer: Viewer) -> None:
        """Whoever wants something while the disk is full is answered at once.

        It is refused where the journal has no room, and not where only a step waits.
        """
        assert "No space left" in viewer.stall_reason, viewer.stall_reason
        note = AddNote(text="now?")
        reply = await viewer.send_intent(note)
        is_journal = self.fault.name.startswith("write journal")
        assert reply.ok is not is_journal, f"{viewer.stall_reason}: {reply.text}"
        if reply.ok:
            self.acknowledged[reply.id] = reply.n
        else:
            assert "Free some space" in reply.text, reply.text

    def _is_over(self, directory: RunDirectory) -> bool:
        try:
            return Follower(directory).state.ended is not None
        except MobiusError:
            return False

    async def _go_on(self, directory: RunDirectory) -> None:
        """What a person does about what is not known, and on to the end."""
        viewer = Viewer(directory)
        async for _ in viewer.changes():
            state = viewer.follower.state
            if state.ended is not None or viewer.host_pid() is None:
                break
            for step_id, own in state.steps.items():
                if own.status in STATUSES_NEEDING_DECISION:
                    looked = OverrideStep(step=step_id, reason="looked")
                    await viewer.send_intent(looked)
            if state.auto is None:
                await viewer.send_intent(self.auto)
        await viewer.close()


@contextlib.contextmanager
def points(folder: Path) -> Iterator[Points]:
    """Trials in a folder, with a webhook for as long as the block lasts."""
    with webhook() as hook:
        os.environ[HOOK] = hook.url
        try:
            yield Points(folder, hook)
        finally:
            del os.environ[HOOK]


def kills(count: int) -> Iterator[Fault]:
    """Kills before, amid and after each operation."""
    for at in range(1, count + 1):
        for how in KILLS:
            yield Fault(at=at, how=how)


def errors(operations: Sequence[str]) -> Iterator[Fault]:
    """Each operation on a file that can fail, in each way, for a while and for good."""
    for name in sorted({each for each in operations if " " in each}):
        for at in range(1, operations.count(name) + 1):
            kinds = ERRORS if name.startswith(("write", "pwrite")) else ("EIO",)
            for how in kinds:
                yield Fault(at=at, how=how, name=name, times=3)
                if how != "short":
                    yield Fault(at=at, how=how, name=name, times=-1)


def main() -> int:
    """All of it, from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="take one of so many")
    options = parser.parse_args()
    with state_of_its_own("mobius-points-") as place, points(place) as trials:
        operations = trials.operations()
        every = [*kills(len(operations)), *errors(operations)]
        faults = every[:: options.every]
        for number, fault in enumerate(faults, 1):
            asyncio.run(trials.trial(fault))
            if number % TOLD == 0:
                words = f"{number} of {len(faults)}: {trials.found.line()}"
                print(words, file=sys.stderr)
    print(f"{len(operations)} operations")
    print(trials.found.line())
    return 0 if trials.found.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
