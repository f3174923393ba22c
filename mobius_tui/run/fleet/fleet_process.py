"""The fleet process: asks the hosts of one attempt of a step, many at a time.

`python -m mobius_tui.run.fleet.fleet_process`; `fleet_lines` says what goes in and what
comes out. It keeps nothing that is not on the hosts or in their outputs here: when it
dies it is started again, and attaches. It ends when its standard input ends; what runs
on the hosts runs on.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import shutil
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from mobius_tui.errors import EXIT_INCOMPLETE, EXIT_OK, MobiusError, RunError
from mobius_tui.folders import sync_folder
from mobius_tui.run.fleet.claim_request import ClaimRequest, ClaimVerb
from mobius_tui.run.fleet.conversation import ConversationEnd, HostConversation
from mobius_tui.run.fleet.fleet_lines import (
    MAX_ORDER_BYTES,
    AttachHosts,
    BeginHosts,
    CleanHosts,
    HostReport,
    KnowSecrets,
    Order,
    OrderedHost,
    ReportedState,
    SetParallelHosts,
    StepOrder,
    StopHosts,
    decode_order,
    encode_report,
)
from mobius_tui.run.fleet.host_attempt import STATE_IF_NOT_ASKED, HostAttempt
from mobius_tui.run.fleet.host_output import HOSTS_FOLDER_NAME, make_private_folder
from mobius_tui.run.fleet.transport import (
    MULTIPLEXED_HOSTS,
    SshRoute,
    Transport,
    transport_to,
)
from mobius_tui.run.keeper.process_table import forbid_core_dumps
from mobius_tui.run.storage.run_directory import try_lock
from mobius_tui.structs import replace

SSH_SOCKETS_PREFIX = "mobius-tui-ssh-"
"""Prefix of the temporary folder for the sockets of shared ssh connections."""
LEFT_FOLDER_AGE = 60.0
"""Seconds after which such a folder that nobody has locked counts as left: connections
are kept for 10 of them, and it is locked as soon as it is made."""
OUTPUTS_LOCK_TIMEOUT = 15.0
"""Seconds to wait for the outputs' lock, which an earlier fleet process may hold."""


class HostAttemptQueue:
    """The hosts of one attempt: a queue, of which `width` are worked on at a time."""

    def __init__(
        self, step: StepOrder, sockets: Path | None, tasks: asyncio.TaskGroup
    ) -> None:
        self.step, self._sockets, self._tasks = step, sockets, tasks
        self._width = step.width
        self._waiting: deque[tuple[OrderedHost, ClaimVerb]] = deque()
        self._running: dict[str, HostAttempt] = {}
        self._conversing: set[asyncio.Task[None]] = set()
        self._stopped: set[str] = set()
        """Hosts that are to be stopped as soon as they are asked."""
        self._numbers: dict[str, int] = {}
        """A number for each host, which names the socket of its connections."""

    def execute_order(self, order: Order) -> None:
        """Do what an order says, or begin to.

        Raises:
            RunError: it is a second `StepOrder`, or names a host whose last order is
                not done yet.
        """
        match order:
            case BeginHosts(hosts=hosts):
                self._enqueue(hosts, ClaimVerb.START)
            case AttachHosts(hosts=hosts):
                self._enqueue(hosts, ClaimVerb.ATTACH)
            case StopHosts(names=names):
                self._stop(names)
            case SetParallelHosts(width=width):
                self._width = width
            case KnowSecrets(secrets=secrets):
                self.step = replace(self.step, secrets=secrets)
                for attempt in self._running.values():
                    attempt.know(self.step)
            case CleanHosts(hosts=hosts):
                self._enqueue(hosts, ClaimVerb.CLEAN)
            case StepOrder():
                raise RunError("the fleet process was told of its step twice")
        self._start_waiting_hosts()

    def close(self) -> None:
        """End all conversations."""
        self._waiting.clear()
        for task in self._conversing:
            task.cancel()

    def _enqueue(self, hosts: tuple[OrderedHost, ...], verb: ClaimVerb) -> None:
        busy = {*self._running, *(order.name for order, _ in self._waiting)}
        for order in hosts:
            if order.name in busy:
                raise RunError(f"the host {order.name!r} is asked already")
            busy.add(order.name)
            self._waiting.append((order, verb))

    def _start_waiting_hosts(self) -> None:
        while self._waiting and len(self._running) < self._width:
            order, verb = self._waiting.popleft()
            try:
                attempt = HostAttempt(
                    order, self.step, self._transport(order), send_report
                )
            except RunError as error:
                self._report_unasked(order, STATE_IF_NOT_ASKED[verb], str(error))
                continue
            self._running[order.name] = attempt
            if order.name in self._stopped:
                attempt.stop()
            task = self._tasks.create_task(self._work(attempt, verb))
            self._conversing.add(task)
            task.add_done_callback(self._conversing.discard)

    async def _work(self, attempt: HostAttempt, verb: ClaimVerb) -> None:
        if verb is ClaimVerb.CLEAN:
            report = await self._clean(attempt)
        else:
            report = await attempt.carry_through(verb)
        del self._running[attempt.order.name]
        self._stopped.discard(attempt.order.name)
        send_report(report)
        self._start_waiting_hosts()

    async def _clean(self, attempt: HostAttempt) -> HostReport:
        name = attempt.order.name
        request = ClaimRequest(
            verb=ClaimVerb.CLEAN,
            run=self.step.run,
            step=self.step.step,
            host=name,
            claims_in=self.step.route.claims_in,
        )
        try:
            answer = await HostConversation(attempt.transport, request, None).exchange()
        except OSError as error:
            answer = ConversationEnd(reason=str(error))
        if answer.cleaned:
            return HostReport(host=name, state=ReportedState.CLEANED)
        return HostReport(
            host=name, state=ReportedState.UNREACHABLE, reason=answer.reason
        )

    def _stop(self, names: tuple[str, ...] | None) -> None:
        kept: deque[tuple[OrderedHost, ClaimVerb]] = deque()
        for order, verb in self._waiting:
            is_named = names is None or order.name in names
            if is_named and verb is ClaimVerb.START:
                reason = "it was stopped before it began"
                self._report_unasked(order, ReportedState.VOID, reason)
                continue
            kept.append((order, verb))
            if is_named:
                self._stopped.add(order.name)
        self._waiting = kept
        for name, attempt in self._running.items():
            if names is None or name in names:
                attempt.stop()

    def _report_unasked(
        self, order: OrderedHost, state: ReportedState, reason: str
    ) -> None:
        """Report a host that no connection was made to."""
        send_report(
            HostReport(
                host=order.name, state=state, attempt=order.attempt, reason=reason
            )
        )

    def _transport(self, order: OrderedHost) -> Transport:
        number = self._numbers.setdefault(order.name, len(self._numbers))
        socket = self._sockets / str(number) if self._sockets else None
        return transport_to(order, self.step.route, socket)


def send_report(report: HostReport) -> None:
    """Write a report to standard output; ignore that nobody reads it any more.

    A reader that is gone gives no more orders either, which ends this process.
    """
    data = memoryview(encode_report(report))
    with contextlib.suppress(BrokenPipeError):
        while data:
            data = data[os.write(1, data) :]


@contextlib.contextmanager
def locked_outputs(folder: Path) -> Iterator[None]:
    """Lock the outputs of an attempt, which only one process may write.

    Raises:
        RunError: another process holds the lock for too long, or the folder cannot be
            made.
    """
    try:
        make_private_folder(folder / HOSTS_FOLDER_NAME)
        sync_folder(folder)  # what is noted of claims in it must not get lost
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        lock = os.open(folder / HOSTS_FOLDER_NAME / ".lock", flags, 0o600)
    except OSError as error:
        raise RunError(
            f"{folder / HOSTS_FOLDER_NAME} cannot be used: {error.strerror}"
        ) from error
    try:
        deadline = time.monotonic() + OUTPUTS_LOCK_TIMEOUT
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise RunError(
                        f"another process writes in {folder / HOSTS_FOLDER_NAME}"
                    ) from error
                time.sleep(0.05)
        yield
    finally:
        os.close(lock)


@contextlib.contextmanager
def shared_connections(step: StepOrder) -> Iterator[Path | None]:
    """A folder for the sockets of shared connections; `None` where none are shared."""
    if not isinstance(step.route, SshRoute) or step.host_count > MULTIPLEXED_HOSTS:
        yield None
        return
    _remove_left_folders()
    folder = Path(tempfile.mkdtemp(prefix=SSH_SOCKETS_PREFIX))
    lock = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        try_lock(lock)  # for as long as this process lives, nobody takes it for left
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _remove_left_folders() -> None:
    """Remove folders of sockets that fleet processes of this account left, killed."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    for each in Path(tempfile.gettempdir()).glob(f"{SSH_SOCKETS_PREFIX}*"):
        with contextlib.suppress(OSError):
            handle = os.open(each, flags)
            try:
                seen = os.fstat(handle)
                is_old = time.time() - seen.st_mtime > LEFT_FOLDER_AGE
                if is_old and seen.st_uid == os.getuid() and try_lock(handle):
                    shutil.rmtree(each, ignore_errors=True)
            finally:
                os.close(handle)


async def serve_orders(orders: asyncio.StreamReader) -> None:
    """Take orders until they end; a line without its newline is ignored.

    Raises:
        RunError: a line is not a valid order.
    """
    first = await orders.readline()
    if not first.endswith(b"\n"):
        return
    step = decode_order(first)
    if not isinstance(step, StepOrder):
        raise RunError("the fleet process must be told of its step first")
    with locked_outputs(Path(step.folder)), shared_connections(step) as sockets:
        async with asyncio.TaskGroup() as tasks:
            fleet = HostAttemptQueue(step, sockets, tasks)
            while (text := await orders.readline()).endswith(b"\n"):
                fleet.execute_order(decode_order(text))
            fleet.close()


async def _serve_standard_input() -> None:
    reader = asyncio.StreamReader(limit=MAX_ORDER_BYTES)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    await serve_orders(reader)


def main() -> int:
    """Serve until standard input ends."""
    os.umask(0o077)
    forbid_core_dumps()
    exit_code = EXIT_OK
    try:
        asyncio.run(_serve_standard_input())
    except* MobiusError as group:
        for error in group.exceptions:
            sys.stderr.write(f"{error}\n")
        exit_code = EXIT_INCOMPLETE
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
