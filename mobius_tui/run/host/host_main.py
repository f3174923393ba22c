"""The host: the one detached process that runs a run and writes its journal.

`python -P -m mobius_tui.run.host.host_main` in the run's directory, with an order
(`Order`) as JSON on standard input. It needs no viewer. It starts so: lock, read and
verify the journal, cut a torn tail, fold, list the attempts left over, journal
HostStarted, and only then bind `control.sock`.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType

from mobius_tui.errors import INCOMPLETE, OK, MobiusError, RunError
from mobius_tui.health.health_record import MachineSample, ProbeResult
from mobius_tui.run.attempts.disk_space import JOURNAL, DiskSpaceWaiters
from mobius_tui.run.attempts.stopping import abandon
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import RunBegan
from mobius_tui.run.host import automatic
from mobius_tui.run.host.autopilot import run_autopilot
from mobius_tui.run.host.control_server import Control
from mobius_tui.run.host.dispatcher import Dispatcher
from mobius_tui.run.host.engine import Engine
from mobius_tui.run.host.lifecycle import (
    journal_host_end,
    journal_host_start,
    keep_sealing,
)
from mobius_tui.run.host.takeover import Order, environment, left_over, take
from mobius_tui.run.intents.envelope import Caller, Envelope
from mobius_tui.run.intents.replies import Reply
from mobius_tui.run.journal.follower import runbook_of
from mobius_tui.run.journal.journal import Journal, Tail, monotonic_run_clock, read
from mobius_tui.run.messaging.outbox import Outbox
from mobius_tui.run.planning.plan import Plan, will_retry
from mobius_tui.run.state.reducer import fold
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.watch.health_monitor import Monitor
from mobius_tui.run.watch.triggers import TriggerMonitor
from mobius_tui.run.watch.watch_command import WatchRunJudge
from mobius_tui.sanitize import line


class HostLog(io.TextIOBase):
    """A text file on a descriptor; nothing is held back, and no write fails."""

    def __init__(self, descriptor: int) -> None:
        """Write there.

        Args:
            descriptor: open for writing; it stays open.
        """
        self._descriptor = descriptor

    def fileno(self) -> int:
        """The descriptor."""
        return self._descriptor

    def write(self, text: str) -> int:
        """Write what there is room for."""
        with contextlib.suppress(OSError):
            os.write(self._descriptor, text.encode("utf-8", "backslashreplace"))
        return len(text)


PATIENCE = 10.0
"""Seconds in which a host seals what it has, and goes."""


def exit_on_sigterm(leave: Callable[[str], None], patience: float = PATIENCE) -> None:
    """Heed SIGTERM from now on; what else asks a process to go is not heard.

    What a loop is told of a signal it hears only when it comes round. One that does not
    is ended: what runs goes on under its keepers, as where a host was killed.

    Args:
        leave: told why, in the running event loop.
        patience: seconds that it then has.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGHUP, signal.SIGINT):
        loop.add_signal_handler(number, lambda: None)

    def told(_number: int, _frame: FrameType | None) -> None:
        signal.setitimer(signal.ITIMER_REAL, patience)
        loop.call_soon_threadsafe(leave, "it was asked to, by SIGTERM")

    signal.signal(signal.SIGALRM, _exit_at_once)
    signal.signal(signal.SIGTERM, told)


def _exit_at_once(_number: int, frame: FrameType | None) -> None:
    """Say what held it up, and end at once."""
    try:
        print(  # noqa: T201 - the host's log
            "the host was told to go, and is ended: something held it up", flush=True
        )
        traceback.print_stack(frame, file=sys.stdout)
    finally:
        os._exit(INCOMPLETE)


LOOK = 0.5
"""Seconds between looks whether anyone is there; all else stirs the host."""
SOON = 0.02
"""Seconds between looks of a host that is about to go."""


class Host:
    """A run being run."""

    def __init__(self, directory: RunDirectory, order: Order) -> None:
        self.directory = directory
        self.order = order
        self.stirred = asyncio.Event()
        """Set whenever there may be reason to go."""
        self.why = ""
        """Why it goes; empty while it stays."""

    def leave(self, why: str) -> None:
        """Let go of the run; what runs goes on under its keepers."""
        self.why = self.why or why
        self.stirred.set()

    async def run(self) -> int:
        """Run the run until it has ended or is let go of.

        Raises:
            RunError: it cannot be taken on.
        """
        tail = read(self.directory.journal)
        began = self._began(tail)
        runbook = runbook_of(self.directory, began)
        state = fold(runbook, tail.entries)
        left = left_over(self.directory, state)
        self.clock = monotonic_run_clock(tail.entries[-1] if tail.entries else None)
        journal = Journal(self.directory.journal, tail, self.clock)
        code = OK
        try:
            async with asyncio.TaskGroup() as tasks:
                engine = self._engine(Plan(runbook), state, journal, began, tasks)
                await journal_host_start(engine, self._judge, self.order, tail, left)
                await self._serve(engine, tasks, left)
                code = INCOMPLETE if engine.broken or journal.stalled else OK
                raise _Done
        except* _Done:
            pass
        finally:
            journal.close()
        return code

    def _began(self, tail: Tail) -> RunBegan:
        if tail.entries:
            first = tail.entries[0].event
            if isinstance(first, RunBegan):
                return first
            raise RunError(f"{self.directory.id}: its journal does not begin the run")
        if self.order.began is None:
            raise RunError(
                f"{self.directory.id} never began; remove {self.directory.path}"
            )
        return self.order.began

    def _engine(
        self,
        plan: Plan,
        state: RunState,
        journal: Journal,
        began: RunBegan,
        tasks: asyncio.TaskGroup,
    ) -> Engine:
        self.control = Control(
            self._judge,
            shared=began.share is not None,
            control=began.share_control,
        )
        self.monitor = Monitor(self.directory, plan.runbook, self.clock)
        self.engine = Engine(
            directory=self.directory,
            plan=plan,
            state=state,
            journal=journal,
            clock=self.clock,
            secrets=dict(self.order.secrets),
            env=environment(began),
            log=sys.stderr.fileno(),
            tasks=tasks,
            on_entry=self._tell,
            health=self.monitor.states,
            looked=self.monitor.looked,
            blind=lambda: self.watching.blind(),
            viewers=lambda: self.control.viewers,
            room=DiskSpaceWaiters(self._short),
            stirred=self.stirred,
        )
        self.dispatcher = Dispatcher(self.engine)
        self.watching = TriggerMonitor(self.engine)
        self.outbox = Outbox(self.engine)
        self.job = WatchRunJudge(self.engine, lambda: self.control.empty_since)
        self.monitor.on_record = self._see
        return self.engine

    def _see(self, record: ProbeResult | MachineSample) -> None:
        self.watching.see(record)
        self.job.see(record)

    def _tell(self, entry: Entry) -> None:
        """An entry is on record: viewers and the watch hear of it."""
        self.control.poke(entry.n)
        self.watching.heed(entry)
        self.outbox.heed(entry)

    def _short(self, why: str) -> None:
        """The disk is full, or has room again: viewers and the log hear of it."""
        said = f"the disk is full: {why}" if why else "there is room on the disk again"
        print(line(said), flush=True)  # noqa: T201
        self.control.stall(why)

    async def _judge(self, envelope: Envelope, caller: Caller) -> Reply:
        return await self.dispatcher.judge(envelope, caller)

    async def _serve(
        self, engine: Engine, tasks: asyncio.TaskGroup, left: tuple[str, ...]
    ) -> None:
        await self.control.listen(self.directory.socket)
        engine.journal.on_stall = partial(engine.room.waits, JOURNAL)
        engine.journal.wait_for_room()
        background = [
            tasks.create_task(run_autopilot(engine), name="autopilot"),
            tasks.create_task(self.monitor.watch(engine), name="monitor"),
            tasks.create_task(self.watching.run(), name="watch"),
            tasks.create_task(self.job.run(), name="job"),
            tasks.create_task(self.outbox.run(), name="outbox"),
            tasks.create_task(keep_sealing(engine, self.monitor), name="seal"),
            tasks.create_task(automatic.expire_approvals(engine), name="approvals"),
        ]
        for name in left:
            step_id, _, number = name.rpartition(".")
            engine.conduct(engine.plan.steps[step_id], int(number), found=True)
        for step in engine.plan.steps.values():
            if will_retry(step, engine.state.steps[step.id]):
                tasks.create_task(engine.again(step))
        await engine.settle()
        await self._until_over(engine)
        for task in background:
            task.cancel()
        self.monitor.close()
        self.job.close()
        await journal_host_end(engine, self.monitor, self.why)
        await self.control.close()

    async def _until_over(self, engine: Engine) -> None:
        """Wait for the run's end, a signal, a release, or a broken journal."""
        loop = asyncio.get_running_loop()
        while not self.why:
            self.stirred.clear()
            if engine.broken is not None:
                print(f"the host ends: {engine.broken}", flush=True)  # noqa: T201
                self.leave(engine.broken)
            elif self.outbox.keeps_the_host(loop.time()):
                await self._a_moment(SOON)
            elif engine.state.ended is not None and not _running(engine):
                self.leave("the run ended")
            elif engine.is_released:
                self.leave("nobody watches, and nothing runs")
            elif self._deserted(engine, loop.time()):
                await abandon(engine, "nobody watched this drill any more")
            else:
                await self._a_moment(SOON if engine.state.ended is not None else LOOK)

    async def _a_moment(self, seconds: float) -> None:
        """Wait so long, or until something stirs."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.stirred.wait()

    def _deserted(self, engine: Engine, now: float) -> bool:
        began = engine.state.began
        since = self.control.empty_since
        return (
            began is not None
            and began.mode == "drill"
            and since is not None
            and now - since > self.order.unwatched
            and engine.state.auto is None
            and engine.state.ended is None
        )


class _Done(Exception):  # noqa: N818 - it is no error, but what ends the task group
    """The run is over, or let go of: end the tasks that wait."""


def _running(engine: Engine) -> bool:
    return any(step.status is Status.RUNNING for step in engine.state.steps.values())


async def _main(directory: RunDirectory, order: Order) -> int:
    host = Host(directory, order)
    exit_on_sigterm(host.leave)
    return await host.run()


def _first_of(error: BaseException) -> BaseException:
    """The first failure in a group of them."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def main() -> int:
    """Take the run in the current directory on.

    Returns:
        0 when it ended or was let go of; 4 when it could not be taken on.
    """
    directory = RunDirectory(Path.cwd())
    sys.stdout = sys.stderr = HostLog(sys.stderr.fileno())
    try:
        order = Order.decode(sys.stdin.buffer.read())
        lock = take(directory)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        code = asyncio.run(_main(directory, order))
        os.close(lock)
    except MobiusError as error:
        print(error, file=sys.stderr, flush=True)  # noqa: T201
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - the log is the only place to say it
        stamp = time.strftime("%Y-%m-%d %H:%M:%S")
        print(f"{stamp} the host failed", file=sys.stderr)  # noqa: T201
        traceback.print_exc()
        print(f"the host failed: {_first_of(error)!r}", file=sys.stderr)  # noqa: T201
        return INCOMPLETE
    return code


if __name__ == "__main__":
    sys.exit(main())
