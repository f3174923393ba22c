"""The host: the one detached process that runs a run and writes its journal.

`python -P -m mobius_tui.run.host.host_main` in the run's directory, with a `HostSpec`
as JSON on standard input. It needs no viewer. It starts so: lock, read and verify the
journal, fold the entries to the state, list the attempts left over, cut a torn tail,
journal HostStarted, and only then bind `control.sock`.
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

from mobius_tui.confinement.enclosure import is_confined
from mobius_tui.errors import EXIT_INCOMPLETE, EXIT_OK, MobiusError, RunError
from mobius_tui.health.health_record import MachineSample, ProbeResult
from mobius_tui.run.attempts.attempt_runner import AttemptRunner
from mobius_tui.run.attempts.claim_cleaning import clean_claims
from mobius_tui.run.attempts.disk_space import JOURNAL_WAITER, DiskSpaceWaiters
from mobius_tui.run.attempts.run_context import HealthReadings, RunContext, StepTasks
from mobius_tui.run.attempts.stopping import abandon_run
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import RunBegan
from mobius_tui.run.host import consequences
from mobius_tui.run.host.autopilot import run_autopilot
from mobius_tui.run.host.control_server import ControlServer
from mobius_tui.run.host.dispatcher import Dispatcher
from mobius_tui.run.host.host_services import HostServices
from mobius_tui.run.host.host_setup import (
    HeldRun,
    HostSpec,
    left_over_attempts,
    step_environment,
    take_run,
)
from mobius_tui.run.host.lifecycle import (
    journal_host_end,
    journal_host_start,
    seal_health_regularly,
)
from mobius_tui.run.intents.action import Caller
from mobius_tui.run.intents.control_protocol import Envelope, Reply
from mobius_tui.run.journal.follower import load_run_runbook
from mobius_tui.run.journal.journal import (
    Journal,
    JournalContent,
    JournalWriter,
    monotonic_run_clock,
    read_journal,
)
from mobius_tui.run.keeper.process_table import forbid_core_dumps
from mobius_tui.run.messaging.outbox import Outbox
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.rollout.rollout import HealthySinceTracker
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.run.state.reducer import fold
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status, will_retry
from mobius_tui.run.storage.kept_files import protect_files
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_limits import (
    decode_things,
    limits_file,
    take_limits,
)
from mobius_tui.run.watch.health_monitor import HealthMonitor
from mobius_tui.run.watch.triggers import TriggerMonitor
from mobius_tui.run.watch.watch_run import WatchRunMonitor
from mobius_tui.sanitize import line
from mobius_tui.structs import replace


class HostLog(io.TextIOBase):
    """A text file on a descriptor; it is unbuffered, and no write fails."""

    def __init__(self, descriptor: int) -> None:
        """Write there.

        Args:
            descriptor: open for writing; it stays open.
        """
        self._descriptor = descriptor
        self.redact: Callable[[str], str] = str
        """Takes secrets out of what is written."""

    def fileno(self) -> int:
        """The descriptor."""
        return self._descriptor

    def write(self, text: str) -> int:
        """Write as much as the disk has room for."""
        with contextlib.suppress(OSError):
            data = self.redact(text).encode("utf-8", "backslashreplace")
            os.write(self._descriptor, data)
        return len(text)


FOLDER_GONE_REASON = "the run's folder was moved, removed or replaced"
"""Why a host ends that cannot start anything in it any more."""
EXIT_TIMEOUT = 10.0
"""Seconds in which a host seals health, and ends."""


def exit_on_sigterm(
    end_host: Callable[[str], None], timeout: float = EXIT_TIMEOUT
) -> None:
    """End the host on SIGTERM from now on, and ignore SIGHUP and SIGINT.

    An event loop that is blocked does not get the signal: the process then ends when
    the time is over. What runs goes on under its keepers, as where a host was killed.

    Args:
        end_host: called with the reason, in the running event loop.
        timeout: seconds in which the host must then end.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGHUP, signal.SIGINT):
        loop.add_signal_handler(number, lambda: None)

    def on_sigterm(_number: int, _frame: FrameType | None) -> None:
        signal.setitimer(signal.ITIMER_REAL, timeout)
        loop.call_soon_threadsafe(end_host, "it was asked to, by SIGTERM")

    signal.signal(signal.SIGALRM, _exit_at_once)
    signal.signal(signal.SIGTERM, on_sigterm)


def _exit_at_once(_number: int, frame: FrameType | None) -> None:
    """Log what delayed the end, and exit."""
    try:
        print(  # noqa: T201 - the host's log
            "the host was told to go, and is ended: something held it up", flush=True
        )
        traceback.print_stack(frame, file=sys.stdout)
    finally:
        os._exit(EXIT_INCOMPLETE)


CHECK_INTERVAL = 0.5
"""Seconds between two checks for viewers; all else sets `activity`."""
END_CHECK_INTERVAL = 0.02
"""Seconds between two checks of a host that is about to end."""


OUTSIDE_REASON = (
    "what confined this drill is gone, and with it its site; nothing of it is run "
    "outside"
)
"""Why a confined drill ends whose host begins anew."""


class HostProcess:
    """One run, and the process that runs it."""

    def __init__(self, directory: RunDirectory, spec: HostSpec, held: HeldRun) -> None:
        self.directory = directory
        self.spec = spec
        self.held = held
        self.activity = asyncio.Event()
        """Set whenever there may be reason to end."""
        self.end_reason = ""
        """Why it ends; empty while it does not."""

    def end(self, why: str) -> None:
        """End the host; what runs goes on under its keepers."""
        self.end_reason = self.end_reason or why
        self.activity.set()

    async def run(self) -> int:
        """Run the run until it or this host ends.

        Raises:
            RunError: it cannot be taken over.
        """
        journal_content = read_journal(self.directory.journal)
        began = self._began(journal_content)
        runbook = load_run_runbook(self.directory, began)
        with contextlib.suppress(OSError):  # a step that calls one says what is wrong
            protect_files(self.directory.files, runbook.files)
        self._limits = take_limits(decode_things(began.limits), limits_file())
        state = fold(runbook, journal_content.entries)
        left_over = left_over_attempts(self.directory, state)
        self.clock = monotonic_run_clock(
            journal_content.entries[-1] if journal_content.entries else None
        )
        journal = Journal(self.directory.journal, journal_content, self.clock)
        code = EXIT_OK
        try:
            async with asyncio.TaskGroup() as tasks:
                plan = Plan(runbook)
                plan.catch_up(state)
                self._make_parts(plan, state, journal, began, tasks)
                is_outside = began.confined and not is_confined()
                await journal_host_start(
                    self.context,
                    self.writer,
                    self._handle_intent,
                    replace(self.spec, first_intent=None) if is_outside else self.spec,
                    self.held.key,
                    journal_content,
                    left_over,
                )
                if is_outside and state.ended is None:
                    await abandon_run(self.context, self.writer, OUTSIDE_REASON)
                await self._serve(left_over)
                failed = self.writer.failure or journal.stall_reason
                code = EXIT_INCOMPLETE if failed else EXIT_OK
                raise _HostEnded
        except* _HostEnded:
            pass
        finally:
            journal.close()
        return code

    def _began(self, journal_content: JournalContent) -> RunBegan:
        if journal_content.entries:
            first = journal_content.entries[0].event
            if isinstance(first, RunBegan):
                return first
            raise RunError(f"{self.directory.id}: its journal does not begin the run")
        if self.spec.began is None:
            raise RunError(
                f"{self.directory.id} never began; remove {self.directory.path}"
            )
        return self.spec.began

    def _make_parts(
        self,
        plan: Plan,
        state: RunState,
        journal: Journal,
        began: RunBegan,
        tasks: asyncio.TaskGroup,
    ) -> None:
        self.control_server = ControlServer(
            self._handle_intent,
            shared=began.share is not None,
            share_control=began.share_control,
        )
        self.health_monitor = HealthMonitor(self.directory, plan.runbook, self.clock)
        probes = plan.runbook.health.probes if plan.runbook.health else ()
        self.healthy_since_tracker = HealthySinceTracker(
            probes, max_age_of=self.health_monitor.stale_after
        )
        health = HealthReadings(
            states=self.health_monitor.states,
            last_checks=self.health_monitor.last_checks,
            at_end=self.health_monitor.text_at_end,
            unknown_triggers=lambda: self.triggers.unknown_triggers(),
            rollout=lambda: self.healthy_since_tracker.at(
                self.clock.wall(), state.watch.latest_alarm
            ),
        )
        self.context = RunContext(
            directory=self.directory,
            folder_number=self.directory.folder_number(),
            plan=plan,
            state=state,
            clock=self.clock,
            secrets=dict(self.spec.secrets),
            env=step_environment(self.directory, began),
            keeper_log=sys.stderr.fileno(),
            tasks=tasks,
            step_tasks=StepTasks(tasks),
            health=health,
        )
        self.writer = JournalWriter(
            journal,
            state,
            self._on_entry,
            self.activity,
            harmless=self.context.harmless,
        )
        if isinstance(sys.stdout, HostLog):
            sys.stdout.redact = self.context.redact
        self.disk_waiters = DiskSpaceWaiters(self._on_disk_space)
        self.runner = AttemptRunner(
            self.context, self.writer, self.disk_waiters, self._journal_consequences
        )
        self.services = HostServices(
            context=self.context,
            writer=self.writer,
            runner=self.runner,
            viewer_count=lambda: self.control_server.viewer_count,
        )
        self.dispatcher = Dispatcher(self.services)
        self.triggers = TriggerMonitor(self.context, self.writer)
        self.outbox = Outbox(self.context, self.writer)
        self.watch_run_monitor = WatchRunMonitor(
            self.context, self.writer, lambda: self.control_server.no_viewer_since
        )
        self.health_monitor.on_record = self._on_health_record

    async def _journal_consequences(self) -> None:
        await consequences.journal_consequences(self.context, self.writer)

    def _on_health_record(self, record: ProbeResult | MachineSample) -> None:
        self.triggers.apply_health(record)
        if isinstance(record, ProbeResult):
            self.healthy_since_tracker.apply(record)
        self.watch_run_monitor.log_health(record)

    def _on_entry(self, entry: Entry) -> None:
        """Note an entry; add new steps to the plan; tell viewers, triggers, outbox."""
        with contextlib.suppress(OSError):  # it is a precaution; the journal is on disk
            self.held.key.note(entry.n, self.writer.journal.head)
        self.context.plan.catch_up(self.context.state)
        self.control_server.poke(entry.n)
        self.triggers.apply_entry(entry)
        self.outbox.apply_entry(entry)

    def _on_disk_space(self, why: str) -> None:
        """Tell viewers and the log that the disk is full, or has space again."""
        text = f"the disk is full: {why}" if why else "there is room on the disk again"
        print(line(text), flush=True)  # noqa: T201
        self.control_server.report_stall(why)

    async def _handle_intent(self, envelope: Envelope, caller: Caller) -> Reply:
        reply = await self.dispatcher.handle_intent(envelope, caller)
        return replace(reply, text=self.context.redact(reply.text))

    async def _serve(self, left_over: tuple[AttemptId, ...]) -> None:
        """Do everything that a host does, until it ends.

        Args:
            left_over: attempts that an earlier host left behind.
        """
        context, writer, tasks = self.context, self.writer, self.context.tasks
        await self.control_server.listen(self.directory.socket)
        writer.journal.on_stall = partial(self.disk_waiters.set_waiting, JOURNAL_WAITER)
        writer.journal.wait_out_full_disk()
        background = [
            tasks.create_task(work, name=name)
            for name, work in (
                ("autopilot", run_autopilot(self.services)),
                ("monitor", self.health_monitor.watch(context)),
                ("triggers", self.triggers.run()),
                ("watch", self.watch_run_monitor.run()),
                ("outbox", self.outbox.run()),
                ("seals", seal_health_regularly(context, writer, self.health_monitor)),
                ("approvals", consequences.expire_approvals_regularly(context, writer)),
            )
        ]
        for step_id, number in left_over:
            self.runner.execute_in_task(
                context.plan.steps[step_id], number, resumed=True
            )
        for step in context.plan.steps.values():
            if will_retry(step.retry, context.state.steps[step.id]):
                tasks.create_task(self.runner.retry(step))
        await self._journal_consequences()
        await self._until_over()
        self.control_server.stop_listening()
        if self._limits is not None and context.state.ended is not None:
            os.close(self._limits)  # what is left to do is at nothing of others
        for task in background:
            task.cancel()
        self.health_monitor.close()
        self.watch_run_monitor.close()
        if context.state.ended is not None:
            await clean_claims(context)
        await journal_host_end(context, writer, self.health_monitor, self.end_reason)
        await self.control_server.close()

    async def _until_over(self) -> None:
        """Wait for the run's end, a signal, a release, or a failed journal."""
        loop = asyncio.get_running_loop()
        state, writer, services = self.context.state, self.writer, self.services
        while not self.end_reason:
            self.activity.clear()
            if writer.failure is not None:
                print(f"the host ends: {writer.failure}", flush=True)  # noqa: T201
                self.end(writer.failure)
            elif self.outbox.delays_host_end(
                loop.time(), is_released=services.is_released
            ):
                await self._wait(END_CHECK_INTERVAL)
            elif state.ended is not None and not _is_any_running(state):
                self.end("the run ended")
            elif self.context.is_folder_gone():
                self.end(FOLDER_GONE_REASON)
            elif services.is_released:
                self.end("nobody watches, and nothing runs")
            elif self._is_deserted_drill(loop.time()):
                reason = "nobody watched this drill any more"
                await abandon_run(self.context, writer, reason)
            else:
                await self._wait(
                    END_CHECK_INTERVAL if state.ended is not None else CHECK_INTERVAL
                )

    async def _wait(self, seconds: float) -> None:
        """Wait so long, or until there is activity."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.activity.wait()

    def _is_deserted_drill(self, now: float) -> bool:
        since = self.control_server.no_viewer_since
        return (
            self.context.state.is_drill
            and since is not None
            and now - since > self.spec.unwatched_limit
            and self.context.state.auto is None
            and self.context.state.ended is None
        )


class _HostEnded(Exception):  # noqa: N818 - it is no error, but what ends the task group
    """The host ends: it cancels the tasks of the group."""


def _is_any_running(state: RunState) -> bool:
    return any(step.status is Status.RUNNING for step in state.steps.values())


async def _main(directory: RunDirectory, spec: HostSpec, held: HeldRun) -> int:
    host = HostProcess(directory, spec, held)
    exit_on_sigterm(host.end)
    return await host.run()


def _first_error(error: BaseException) -> BaseException:
    """The first failure in a group of them."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def main() -> int:
    """Take over the run in the current directory.

    Returns:
        The exit code: 0 when the run ended, or its host was released or ended by
        SIGTERM; 4 when the run could not be taken over, its journal failed, or the host
        itself did.
    """
    forbid_core_dumps()
    directory = RunDirectory(Path.cwd())
    sys.stdout = sys.stderr = HostLog(sys.stderr.fileno())
    try:
        spec = HostSpec.decode(sys.stdin.buffer.read())
        held = take_run(directory, spec)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        code = asyncio.run(_main(directory, spec, held))
        held.close()
    except MobiusError as error:
        print(error, file=sys.stderr, flush=True)  # noqa: T201
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - the log is the only place to say it
        stamp = time.strftime("%Y-%m-%d %H:%M:%S")
        print(f"{stamp} the host failed", file=sys.stderr)  # noqa: T201
        traceback.print_exc()
        print(f"the host failed: {_first_error(error)!r}", file=sys.stderr)  # noqa: T201
        return EXIT_INCOMPLETE
    return code


if __name__ == "__main__":
    sys.exit(main())
