"""An attempt at a step on many hosts: which begin when, and what becomes of each.

`rollout.next_move` alone decides what begins, holds and ends. It is journaled before it
is done: a host's start is durable before anything is sent to it. A fleet process sends
the orders to the hosts; if it dies, another one attaches to those that had begun.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from mobius_tui.errors import MobiusError, RunError
from mobius_tui.run.attempts import launcher
from mobius_tui.run.attempts.attempt_files import ScriptEnd, ScriptEndCause
from mobius_tui.run.attempts.attempt_hosts import (
    AttemptHosts,
    attempt_of_claim,
)
from mobius_tui.run.attempts.exit_status import script_end_text
from mobius_tui.run.attempts.host_checks import HostChecks
from mobius_tui.run.attempts.play_run import PlaybookClient
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.events.fleet_events import (
    BatchEnded,
    BatchHeld,
    BatchStarted,
    FleetHostEnded,
    FleetHostStarted,
    HostResult,
    HostStatus,
)
from mobius_tui.run.events.step_events import Result
from mobius_tui.run.fleet import fleet_lines
from mobius_tui.run.fleet.fleet_client import FleetClient
from mobius_tui.run.fleet.fleet_lines import (
    AttachHosts,
    BeginHosts,
    HostReport,
    KnowSecrets,
    StopHosts,
)
from mobius_tui.run.fleet.transport import transport_to
from mobius_tui.run.journal.journal import JournalWriter
from mobius_tui.run.planning.rollback import belongs_to_rollback
from mobius_tui.run.playbooks.playbook_order import PlaybookOrder
from mobius_tui.run.rollout.rollout import (
    RolloutEnd,
    RolloutHealth,
    RolloutMove,
    RolloutResult,
    count_failed_hosts,
    next_move,
)
from mobius_tui.run.state.fleet_state import PASSED_HOST_STATUSES, AttemptFleet
from mobius_tui.run.state.step_state import Status, attempts_allowed
from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.model.templates import is_for_each_host
from mobius_tui.structs import replace

POLL_INTERVAL = 0.2
"""Seconds between two evaluations, where no host reports anything."""
FLEET_RESTART_PAUSE = 1.0
"""Seconds before another fleet process is started in place of one that died."""
MAX_FLEET_RESTARTS = 5
"""Fleet processes in a row that may die without a report before hosts are unknown."""
_RESULT_BY_ROLLOUT_RESULT: Mapping[RolloutResult, Result | Literal[Status.UNKNOWN]] = {
    "passed": Status.PASSED,
    "warned": Status.WARNED,
    "failed": Status.FAILED,
    "stopped": Status.STOPPED,
    "unknown": Status.UNKNOWN,
}
_STATUS_BY_REPORTED_STATE: Mapping[fleet_lines.ReportedState, HostResult] = {
    fleet_lines.ReportedState.CHANGED: HostStatus.CHANGED,
    fleet_lines.ReportedState.UNREACHABLE: HostStatus.UNREACHABLE,
    fleet_lines.ReportedState.UNKNOWN: HostStatus.UNKNOWN,
    fleet_lines.ReportedState.VOID: HostStatus.PENDING,
}
"""The status of a host by its reported state; for other states the exit status counts.
"""


class FleetAttempt:
    """One attempt at a step with hosts."""

    def __init__(
        self, context: RunContext, writer: JournalWriter, step: Step, number: int
    ) -> None:
        """Prepare; `run` begins.

        Args:
            context: the run's.
            writer: of its journal.
            step: one with a rollout, whose attempt has started.
            number: of the attempt.
        """
        assert isinstance(step.action, Run)
        self._context, self._writer, self._step = context, writer, step
        self._number, self._action = number, step.action
        self._hosts = AttemptHosts(context, writer, step, number)
        self._reports: asyncio.Queue[HostReport | None] = asyncio.Queue()
        self._checking: dict[str, asyncio.Task[None]] = {}
        self._client: FleetClient | PlaybookClient | None = None
        self._silent_starts = 0
        """Fleet processes that were started since one reported anything."""
        self._is_stop_sent = False

    async def run(self) -> tuple[Result | Literal[Status.UNKNOWN], str]:
        """Run it to its end, from where an earlier host of the run left it.

        Returns:
            The result, and the reason in words.

        Raises:
            MobiusError: its hosts cannot be found, or are not those that were shown.
            OSError: a file cannot be written, or a process not be started.
        """
        state = self._context.state
        last = state.steps[self._step.id].attempts[self._number - 1]
        if self._hosts.is_by_ansible and state.is_taken_over(last):
            return await self._lose_plays()
        await self._hosts.find()
        self._plan = self._hosts.rollout_plan()
        self._order = self._hosts.order()
        self._logs = await self._hosts.log_marks(self._plan)
        stop = self._context.step_tasks.start(self._step.id, asyncio.Event().wait())
        self._context.told_fleets.add(self._tell_secrets)
        try:
            end = await self._until_over(stop)
        finally:
            self._context.told_fleets.discard(self._tell_secrets)
            stop.cancel()
            for task in self._checking.values():
                task.cancel()
            await asyncio.gather(*self._checking.values(), return_exceptions=True)
            await self._disconnect()
        result = _RESULT_BY_ROLLOUT_RESULT[end.result]
        if result is Status.PASSED and (warned := self._warned_hosts()):
            return Status.WARNED, f"{end.words}; a warning of {warned}"
        if result is Status.WARNED and self._is_tried_again():
            result = Status.FAILED
        return result, end.words + self._first_reason()

    async def _lose_plays(self) -> tuple[Literal[Status.UNKNOWN], str]:
        """End what Ansible did where the run was before: it leaves no claims to ask."""
        why = "the run was taken over while it ran; how far it got is not known"
        if self._number in self._hosts.step_fleet.attempts:
            for host in self._fleet.hosts_with(HostStatus.RUNNING):
                lost = HostReport(host=host, state=fleet_lines.ReportedState.UNKNOWN)
                await self._end_host(lost, HostStatus.UNKNOWN, why)
        return Status.UNKNOWN, why

    # From move to move

    @property
    def _fleet(self) -> AttemptFleet:
        return self._hosts.fleet

    async def _until_over(self, stop: asyncio.Task[bool]) -> RolloutEnd:
        """Make moves until no host runs and none may begin."""
        while True:
            self._take_checked()
            stopped = stop.done() or self._stop_asked()
            if stopped and not self._is_stop_sent:
                await self._stop_hosts()
            async with self._writer.turn:
                move = self._next_move(stopped)
                if move.begin and (changed := await self._hosts.playbook_changes()):
                    move = self._next_move(stopped, changed)
                await self._journal_move(move)
            if move.end is not None:
                return move.end
            await self._connect_where_wanted(move.begin)
            await self._wait_for_news(stop, move.look_again)

    def _next_move(self, stopped: bool, changed: str = "") -> RolloutMove:
        now = self._context.clock.wall()
        return next_move(
            self._plan,
            self._fleet,
            self._health(),
            now=now,
            stopped=stopped,
            changed=changed,
        )

    def _health(self) -> RolloutHealth:
        """Health as it is now; a trigger does not hold the rollback that it began."""
        found = self._context.health.rollout()
        is_answer = belongs_to_rollback(self._context.plan, self._step)
        return replace(found, fired_at=None) if is_answer else found

    def _stop_asked(self) -> bool:
        last = self._context.state.steps[self._step.id].last_attempt
        return last is not None and last.stop_asked

    async def _journal_move(self, move: RolloutMove) -> None:
        """Make a move durable; the turn is held by the caller."""
        write, step, number = self._writer.write, self._step.id, self._number
        if move.end_batch is not None:
            hosts = self._plan.batches[move.end_batch - 1]
            statuses = [self._fleet.hosts[host].status for host in hosts]
            counts = {str(each): statuses.count(each) for each in set(statuses)}
            event = BatchEnded(
                step=step, attempt=number, batch=move.end_batch, counts=counts
            )
            await write(event, "host")
        if move.start_batch is not None:
            hosts = self._plan.batches[move.start_batch - 1]
            started = BatchStarted(
                step=step, attempt=number, batch=move.start_batch, hosts=hosts
            )
            await write(started, "host")
        held, hold = self._fleet.held, move.hold
        if hold and (held is None or (held.why, held.batch) != (hold.why, hold.batch)):
            words = self._context.redact(hold.words)
            holds = BatchHeld(
                step=step, attempt=number, batch=hold.batch, why=hold.why, reason=words
            )
            await write(holds, "host")
        for host in move.begin:
            await write(FleetHostStarted(step=step, attempt=number, host=host), "host")

    async def _connect_where_wanted(self, begun: Sequence[str]) -> None:
        """Order hosts to begin; attach to running ones where no fleet process does."""
        if self._client is None:
            running = self._fleet.hosts_with(HostStatus.RUNNING)
            asked = [host for host in running if host not in self._checking]
            if not asked:
                return
            if not await self._connect(asked):
                return
            fresh = set(begun)
            before = [host for host in asked if host not in fresh]
            await self._send(AttachHosts, before)
        await self._send(BeginHosts, begun)

    async def _connect(self, asked: Sequence[str]) -> bool:
        """Start a fleet process; false if too many died before their first report.

        The hosts that were begun are unknown then.

        Args:
            asked: the hosts that it would be asked about.
        """
        if self._silent_starts >= MAX_FLEET_RESTARTS:
            why = "what asks the hosts ends by itself; host.log says more"
            for host in asked:
                lost = HostReport(host=host, state=fleet_lines.ReportedState.UNKNOWN)
                await self._end_host(lost, HostStatus.UNKNOWN, why)
            self._silent_starts = 0
            return False
        if self._silent_starts:
            await asyncio.sleep(FLEET_RESTART_PAUSE)
        self._silent_starts += 1
        log, order = self._context.keeper_log, self._order
        offset = self._context.clock.wall() - time.time()
        if isinstance(order, PlaybookOrder):
            order = replace(order, clock_offset=offset)
            self._client = await PlaybookClient.start(order, log)
        else:
            order = replace(order, clock_offset=offset)
            self._client = await FleetClient.start(order, log)
        self._reading = asyncio.ensure_future(self._read(self._client))
        self._is_stop_sent = False
        return True

    async def _tell_secrets(self) -> None:
        """Have all secrets redacted that are known by now, also by what begins later.

        A play that has begun is told by its own sockets.
        """
        known = tuple(self._context.secrets.values())
        self._order = replace(self._order, secrets=known)
        if self._client is not None:
            await self._client.send(KnowSecrets(secrets=known))

    async def _disconnect(self) -> None:
        """Close the fleet process; what runs on hosts goes on."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(launcher.DEFAULT_GRACE):
                    await client.close()

    async def _send(
        self, order: type[AttachHosts | BeginHosts], names: Sequence[str]
    ) -> None:
        if names and self._client is not None:
            hosts = tuple(self._hosts.host_order(name) for name in names)
            await self._client.send(order(hosts=hosts))

    async def _stop_hosts(self) -> None:
        """Stop what runs; a check that is being made is given up."""
        self._is_stop_sent = True
        for task in self._checking.values():
            task.cancel()
        if self._client is not None:
            await self._client.send(StopHosts())

    async def _read(self, client: FleetClient | PlaybookClient) -> None:
        try:
            async for report in client.reports():
                self._reports.put_nowait(report)
        except RunError as error:
            print(f"step {self._step.id}: {error}", flush=True)  # noqa: T201
        self._reports.put_nowait(None)

    # What the hosts came to

    async def _wait_for_news(
        self, stop: asyncio.Task[bool], look_again: float | None
    ) -> None:
        """Wait for a report, a stop, a check's end or the time to look again."""
        seconds = POLL_INTERVAL
        if look_again is not None:
            until = look_again - self._context.clock.wall()
            seconds = max(0.01, min(seconds, until))
        if self._reports.empty():
            news = asyncio.ensure_future(self._reports.get())
            waited: set[asyncio.Future[Any]] = {news, *self._checking.values()}
            if not self._is_stop_sent:
                waited.add(stop)
            await asyncio.wait(
                waited, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if not news.cancel() and not news.cancelled():
                await self._take(news.result())
        while not self._reports.empty():
            await self._take(self._reports.get_nowait())

    async def _take(self, report: HostReport | None) -> None:
        """Journal what a report says; `None` says that the fleet process has gone."""
        if report is None:
            await self._disconnect()
            return
        self._silent_starts = 0
        state = self._fleet.hosts.get(report.host)
        expected = state and self._hosts.claim_of(state)
        if (
            report.state is fleet_lines.ReportedState.RUNNING
            or state is None
            or state.status is not HostStatus.RUNNING
            or report.attempt != expected
        ):
            return
        status, reason = self._judged(report)
        if status in PASSED_HOST_STATUSES and any(
            map(is_for_each_host, self._step.checks)
        ):
            checking = asyncio.ensure_future(self._check(report, status, reason))
            self._checking[report.host] = checking
            return
        await self._end_host(report, status, reason)

    def _judged(self, report: HostReport) -> tuple[HostResult, str]:
        """A host's status by its report, and the reason."""
        reason = report.reason
        if report.of_attempt is not None:
            words = f"attempt {attempt_of_claim(report.of_attempt)} had run it"
            reason = f"{words}: {reason}" if reason else words
        if status := _STATUS_BY_REPORTED_STATE.get(report.state):
            return status, reason
        if report.exit is None or report.cause not in set(ScriptEndCause):
            return HostStatus.FAILED, reason
        limit = self._context.values(self._step).fill(self._action.timeout or "")
        cause = ScriptEndCause(report.cause)
        end = ScriptEnd(cause=cause, code=report.exit, bytes=report.bytes)
        words = script_end_text(end, limit=limit)
        status = HostStatus.FAILED
        if cause is ScriptEndCause.EXITED and report.exit in self._action.success:
            status, words = HostStatus.OK, ""
        elif cause is ScriptEndCause.EXITED and report.exit in self._action.warning:
            status = HostStatus.OK
            words = f"exit {report.exit}, which this step calls a warning"
        return status, "; ".join(filter(None, (words, reason)))

    async def _check(self, report: HostReport, status: HostResult, reason: str) -> None:
        """Make the checks of a host whose script ended well, and journal its end."""
        values = self._hosts.values_of(report.host)
        try:
            way = transport_to(
                self._hosts.host_order(report.host), self._hosts.route(), None
            )
            checks = HostChecks(
                self._context,
                self._writer,
                self._step,
                self._number,
                report.host,
                values,
                way,
                self._logs,
            )
            problem = await checks.run()
        except asyncio.CancelledError:
            if not self._is_stop_sent:
                raise
            problem = "it was stopped during its checks"
        except MobiusError as error:
            problem = str(error)
        if problem:
            await self._end_host(report, HostStatus.FAILED, problem)
        else:
            await self._end_host(report, status, reason)

    def _take_checked(self) -> None:
        """Forget checks that are over.

        Raises:
            Exception: one ended by a fault of this program.
        """
        for host, task in list(self._checking.items()):
            if task.done():
                del self._checking[host]
                if not task.cancelled():
                    task.result()

    async def _end_host(
        self, report: HostReport, status: HostResult, reason: str
    ) -> None:
        event = FleetHostEnded(
            step=self._step.id,
            attempt=self._number,
            host=report.host,
            status=status,
            exit=report.exit,
            output_bytes=report.bytes,
            output_sha256=report.sha256 or None,
            spans_sha256=report.spans_sha256 or None,
            reason=self._context.redact(reason),
            host_key=report.host_key,
        )
        await self._writer.write_in_turn(event)

    def _first_reason(self) -> str:
        """What is to be said of the first host that did not pass, or else passed."""
        bad = self._fleet.hosts_with(
            HostStatus.FAILED, HostStatus.UNREACHABLE, HostStatus.UNKNOWN
        )
        passed = self._fleet.hosts_with(*PASSED_HOST_STATUSES)
        for name in bad[:1] or passed:
            if reason := self._fleet.hosts[name].reason:
                return f"; {name}: {reason}"
        return ""

    def _is_tried_again(self) -> bool:
        """Whether `retry` begins failed hosts again before `max_failed` counts."""
        own = self._context.state.steps[self._step.id].attempts[self._number - 1]
        is_last = self._number >= attempts_allowed(self._step.retry, own)
        return not is_last and count_failed_hosts(self._plan, self._fleet) > 0

    def _warned_hosts(self) -> str:
        """The hosts whose exit status the step calls a warning; empty for none."""
        warning = self._action.warning
        hosts = self._fleet.hosts.items()
        names = [name for name, each in hosts if each.exit in warning]
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return ", ".join(names[:3]) + more
