"""An attempt on hosts by Ansible: each `ansible-playbook`, from its start to its end.

`PlaybookClient` takes the same orders as `FleetClient`. There is no fleet process: each
`BeginHosts` starts one `ansible-playbook` under a keeper, which outlives this process,
and which `AttachHosts` finds again.

Ansible's workers start sessions of their own (ansible-core 2.19), so they do not get
signals to its process group, and outlive it when it is killed. They are found by the
attempt's mark and by the play's file `tree`, which no other process has open. What they
began on this machine is in their sessions, and is ended as well; what left these on
purpose (the shared connection of ssh, a service) is not.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import threading
import time
import traceback
from collections.abc import (
    AsyncIterator,
    Callable,
    Coroutine,
    Iterable,
    Iterator,
    Sequence,
)
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from mobius_tui.errors import MobiusError, RunError
from mobius_tui.run.attempts import exit_status, launcher
from mobius_tui.run.attempts.attempt_files import (
    ScriptEnd,
    ScriptEndCause,
    last_output,
    read_process_group,
    read_script_end,
)
from mobius_tui.run.attempts.stopping import ATTEMPT_MARK
from mobius_tui.run.fleet.fleet_lines import (
    AttachHosts,
    BeginHosts,
    HostReport,
    KnowSecrets,
    Order,
    OrderedHost,
    ReportedState,
    StopHosts,
)
from mobius_tui.run.keeper.attempt_record import NO_SPACE_EXIT
from mobius_tui.run.playbooks.play_events import (
    PlayEventReader,
    PlayOutputs,
    text_of_event,
)
from mobius_tui.run.playbooks.play_verdict import HostVerdict, PlayEnd, PlayProgress
from mobius_tui.run.playbooks.playbook_order import (
    PlaybookOrder,
    play_command,
    play_environment,
    write_play,
)
from mobius_tui.run.storage.play_files import PlayFiles, plays_of_attempt
from mobius_tui.run.storage.redaction import secret_literals
from mobius_tui.run.storage.run_directory import AttemptDirectory
from mobius_tui.structs import replace

_WORKER_POLL_INTERVAL = 0.02
"""Seconds between two polls whether a process has ended."""
_MAX_KILL_ROUNDS = 5
"""How often processes that are left are killed, at most."""


def workers_of(keeper_directory: AttemptDirectory, mark: str) -> list[psutil.Process]:
    """`ansible-playbook` and its workers, as far as they live; blocking.

    Args:
        keeper_directory: what the play's keeper writes.
        mark: the value of `ATTEMPT_MARK` in their environment.
    """
    tree = str(keeper_directory.tree.resolve())
    found = []
    for each in _processes_with_mark(mark):
        with suppress(psutil.Error, OSError):
            if any(opened.path == tree for opened in each.open_files()):
                found.append(each)
    return found


def is_ansible_alive(pid: int, mark: str) -> bool:
    """Whether a process of an attempt is still running.

    Args:
        pid: its process id, as the process itself wrote it down.
        mark: the value of `ATTEMPT_MARK` in its environment.
    """
    try:
        process = psutil.Process(pid)
        return (
            _is_process_alive(process) and process.environ().get(ATTEMPT_MARK) == mark
        )
    except (psutil.Error, OSError):
        return False


def end_workers(keeper_directory: AttemptDirectory, mark: str, grace: float) -> None:
    """End the workers and what they began here; blocking, for as long as it takes.

    Args:
        keeper_directory: what the play's keeper writes.
        mark: the value of `ATTEMPT_MARK` in their environment.
        grace: seconds between SIGTERM and SIGKILL.
    """
    sessions = {_session_id(each) for each in workers_of(keeper_directory, mark)} - {0}
    members = _members_of_sessions(sessions, mark)
    for each in members:
        with suppress(psutil.Error):
            each.terminate()
    _wait_for_end(members, grace)
    for _ in range(
        _MAX_KILL_ROUNDS
    ):  # one may have begun another just before it was ended
        members = _members_of_sessions(sessions, mark)
        for each in members:
            with suppress(psutil.Error):
                each.kill()
        _wait_for_end(members, grace)
        if not members:
            return


def _members_of_sessions(sessions: set[int], mark: str) -> list[psutil.Process]:
    """The living processes of some sessions of an attempt."""
    marked = _processes_with_mark(mark) if sessions else ()
    return [
        each
        for each in marked
        if _session_id(each) in sessions and _is_process_alive(each)
    ]


def _wait_for_end(processes: list[psutil.Process], seconds: float) -> None:
    """Wait until none of them lives, or for a while; blocking.

    Whoever adopts what a killed process leaves may not reap it: such a one is dead.
    """
    due = time.monotonic() + seconds
    while any(map(_is_process_alive, processes)) and time.monotonic() < due:
        time.sleep(_WORKER_POLL_INTERVAL)


def _is_process_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _processes_with_mark(mark: str) -> Iterator[psutil.Process]:
    """The living processes of an attempt that this user may look at."""
    for each in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if each.environ().get(ATTEMPT_MARK) == mark:
                yield each


def _session_id(process: psutil.Process) -> int:
    """The session of a process; 0 where it has gone."""
    try:
        return os.getsid(process.pid)
    except OSError:
        return 0


PLAY_POLL_INTERVAL = 0.1
"""Seconds between two reads of Ansible's events."""
MAX_ANSIBLE_OUTPUT = 16 << 20
"""Bytes that are kept of what Ansible prints besides its events: warnings, errors."""


class PlayRun:
    """One `ansible-playbook`, and its hosts."""

    def __init__(
        self,
        order: PlaybookOrder,
        files: PlayFiles,
        reported_hosts: frozenset[str],
        report: Callable[[HostReport], None],
    ) -> None:
        """Take a play whose files are written; blocking.

        Args:
            order: the attempt's.
            files: the play's.
            reported_hosts: those of its hosts that are reported; nobody waits for the
                others, which count as ended.
            report: called with each change of a host's state.
        """
        self._order, self._files, self._report = order, files, report
        self.hosts = {each.name: each for each in files.read_hosts()}
        begins = {each.name: each.output_begin for each in self.hosts.values()}
        self._events = PlayEventReader(files.events)
        self._progress = PlayProgress.of(begins, is_script=order.is_script)
        self._outputs = PlayOutputs(
            Path(order.folder), begins, order.max_output, order.clock_offset
        )
        self._mark = order.env.get(ATTEMPT_MARK, "")
        self.reported_hosts = reported_hosts
        self._ended = set(self.hosts) - reported_hosts
        self.is_stop_requested = False
        """Whether it is stopped as soon as there is something to stop."""

    def launch(self, log: int) -> subprocess.Popen[bytes]:
        """Start the keeper; blocking.

        Args:
            log: a file descriptor for its standard error.

        Raises:
            OSError: it cannot be started.
        """
        order = self._order
        spec = launcher.LaunchSpec(
            argv=launcher.BASH,
            env=play_environment(order, self._files),
            cwd=order.workdir,
            umask=order.umask,
            timeout=order.batch_timeout,
            max_output=MAX_ANSIBLE_OUTPUT,
            rotate=True,
            secrets=lambda: secret_literals(order.secrets),
        )
        command = play_command(order, self._files)
        return launcher.launch_keeper(self._files.keeper_directory, command, spec, log)

    async def follow(self, keeper: subprocess.Popen[bytes] | None) -> None:
        """Report the hosts' states until the play has ended; end workers that are left.

        Args:
            keeper: the keeper's process; `None` where an earlier process started it.
        """
        process = self._files.keeper_directory
        ended = asyncio.ensure_future(launcher.wait_until_unlocked(process.lock))
        while not (await asyncio.wait([ended], timeout=PLAY_POLL_INTERVAL))[0]:
            await self._catch_up()
            if self.is_stop_requested:
                launcher.request_stop(process)
        code = None if keeper is None else await asyncio.to_thread(keeper.wait)
        end = await asyncio.to_thread(read_script_end, process)
        if end is None:
            await self._follow_without_keeper()
        if end is None or end.cause is not ScriptEndCause.EXITED or end.code < 0:
            grace = launcher.DEFAULT_GRACE
            await asyncio.to_thread(end_workers, process, self._mark, grace)
        await self._catch_up()
        await self.conclude(self._end(end, code))

    @property
    def is_over(self) -> bool:
        """Whether the end of every host is reported.

        Ansible itself ends a moment later.
        """
        return len(self._ended) == len(self.hosts)

    def stop(self) -> None:
        """Request a stop, which `follow` carries out."""
        self.is_stop_requested = True

    async def conclude(self, end: PlayEnd) -> None:
        """Remove the play's private files, and report each host that has no end yet.

        Args:
            end: how `ansible-playbook` ended, by which the rest of its hosts are
                judged.
        """
        await asyncio.to_thread(self._files.remove_private)
        for name in self.hosts:
            await self._tell(name, self._progress.verdict(name, end))

    async def _follow_without_keeper(self) -> None:
        """Ansible goes on when its keeper has died: its events are still written."""
        process, limit = self._files.keeper_directory, self._order.batch_timeout
        pid = read_process_group(process)
        if not pid:
            return
        due = float("inf")
        if limit is not None:
            due = process.pid.lstat().st_mtime + limit
        while (
            is_ansible_alive(pid, self._mark)
            and not self.is_stop_requested
            and time.time() < due
        ):
            await self._catch_up()
            await asyncio.sleep(PLAY_POLL_INTERVAL)

    async def _catch_up(self) -> None:
        """Read new events, add them to the hosts' outputs, and report changes."""
        for name, verdict in await asyncio.to_thread(self._read):
            await self._tell(name, verdict)

    def _read(self) -> list[tuple[str, HostVerdict]]:
        news = []
        for event in self._events.read():
            is_script = self._order.is_script
            text = text_of_event(event, is_script=is_script)
            self._outputs.write(event.host, text, event.at)
            verdict = self._progress.apply(event)
            if verdict is not None:
                news.append((event.host, verdict))
        return news

    async def _tell(self, name: str, verdict: HostVerdict) -> None:
        if name in self._ended:
            return
        is_end = verdict.state != "running"
        sha256, spans_sha256 = "", ""
        reason, cause = verdict.reason, verdict.cause
        if is_end:
            self._ended.add(name)
            sha256 = await asyncio.to_thread(self._outputs.sha256, name)
            spans_sha256 = await asyncio.to_thread(self._outputs.spans_sha256, name)
            if why := self._outputs.lost.get(name):
                words = f"its output could not be written: {why}"
                reason, cause = f"{reason}; {words}" if reason else words, "output lost"
        self._report(
            HostReport(
                host=name,
                state=verdict.state,
                attempt=self.hosts[name].attempt,
                exit=verdict.exit,
                cause=cause,
                bytes=self._outputs.size(name),
                sha256=sha256,
                spans_sha256=spans_sha256,
                reason=reason,
                host_key=verdict.host_key,
            )
        )

    def _end(self, end: ScriptEnd | None, keeper_code: int | None) -> PlayEnd:
        """How it ended, in words."""
        process = self._files.keeper_directory
        if end is None and read_process_group(process) is None:
            if keeper_code == NO_SPACE_EXIT:
                return _failure("no space is left on this machine's disk")
            if keeper_code is not None:
                return _failure(
                    f"its keeper {exit_status.keeper_end_text(keeper_code)}"
                )
            return PlayEnd(why="this program died before it began")
        if self.is_stop_requested or (end and end.cause is ScriptEndCause.STOPPED):
            return PlayEnd(why="it was stopped")
        if end is None:
            return PlayEnd(why=f"its keeper {exit_status.keeper_end_text(keeper_code)}")
        limit = f"{self._order.batch_timeout or 0:g} s"
        words = exit_status.script_end_text(
            end, self._order.workdir, self._order.program, limit
        )
        if end.cause is ScriptEndCause.TIMED_OUT:
            return PlayEnd(why=words)
        if end.cause is ScriptEndCause.NOT_STARTED:
            return _failure(words)
        if end.cause is not ScriptEndCause.EXITED or end.code < 0:
            return PlayEnd(why=f"ansible-playbook: {words}")
        said = last_output(process)
        words = f"ansible-playbook: exit {end.code}: {said.error or said.last}"
        return PlayEnd(why=words, code=end.code)


def _failure(words: str) -> PlayEnd:
    """An end before any host began, which is not worth a retry."""
    return PlayEnd(why=words, code=1)


def play_of_order(host: OrderedHost, plays: Sequence[PlayFiles]) -> PlayFiles | None:
    """The play that was begun for a host's order; `None` if none was; blocking."""
    for files in reversed(plays):
        for each in files.read_hosts():
            if (each.name, each.attempt) == (host.name, host.attempt):
                return files
    return None


ANSIBLE_EXIT_TIME = 3.0
"""Seconds that an Ansible has to end once all of its hosts have ended."""


class PlaybookClient:
    """The plays of one attempt of a step."""

    def __init__(self, order: PlaybookOrder, log: int) -> None:
        self._order, self._log = order, log
        self._reports: asyncio.Queue[HostReport | None] = asyncio.Queue()
        self._plays: set[PlayRun] = set()
        self._named: frozenset[str] = frozenset()
        """Hosts of all orders."""
        self._stopped: frozenset[str] = frozenset()
        """Hosts that are to be stopped as soon as their play is there."""
        self._following: dict[PlayRun, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()
        """Held while a play is begun: each has a number of its own."""

    @classmethod
    async def start(
        cls, order: PlaybookOrder, log: int | None = None
    ) -> PlaybookClient:
        """Prepare for a step; nothing begins before an order does.

        Args:
            order: must be the same for each client of an attempt, but for the clock.
            log: a file descriptor for the standard error of keepers; `None` for ours.
        """
        return cls(order, 2 if log is None else log)

    async def send(self, order: Order) -> None:
        """Give an order.

        `BeginHosts` is one play on all of its hosts. `StopHosts` stops the whole play
        of each host that it names.

        Raises:
            RunError: it is an order that makes no sense for Ansible, as `CleanHosts`.
        """
        match order:
            case BeginHosts(hosts=hosts) | AttachHosts(hosts=hosts):
                names = frozenset(each.name for each in hosts)
                self._named |= names
                self._stopped -= names
                is_begin = isinstance(order, BeginHosts)
                self._carry(self._begin(hosts) if is_begin else self._attach(hosts))
            case StopHosts(names=names):
                self._stop(names)
            case KnowSecrets(secrets=secrets):  # what runs is told by its sockets
                self._order = replace(self._order, secrets=secrets)
            case _:
                raise RunError("Ansible has its forks and its step from its start")

    async def reports(self) -> AsyncIterator[HostReport]:
        """The reports on hosts, until closed or failed; then start another client."""
        while (report := await self._reports.get()) is not None:
            yield report

    async def close(self) -> int:
        """Stop following; plays go on. Returns 0, as `FleetClient` returns a code.

        A play whose hosts have all ended is waited for, so that its files are removed.
        """
        try:
            following = self._following.items()
            over = [task for play, task in following if play.is_over]
            if over:
                await asyncio.wait(over, timeout=ANSIBLE_EXIT_TIME)
        finally:
            for task in self._tasks:
                task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._reports.put_nowait(None)
        return 0

    def _carry(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._end_task)

    def _end_task(self, task: asyncio.Task[None]) -> None:
        """A task that failed ends the reports, as of a fleet process that died."""
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            traceback.print_exception(error)
            self._reports.put_nowait(None)

    async def _begin(self, hosts: tuple[OrderedHost, ...]) -> None:
        async with self._turn:
            try:
                files = await asyncio.to_thread(write_play, self._order, hosts)
            except (OSError, MobiusError) as error:
                self._refuse(hosts, _play_error_text(error))
                return
            play = await self._play(files, hosts)
            if play.is_stop_requested:
                await play.conclude(PlayEnd(why="it was stopped before it began"))
                return
            try:
                keeper = await asyncio.to_thread(play.launch, self._log)
            except OSError as error:
                words = f"it could not be started: {_play_error_text(error)}"
                await play.conclude(PlayEnd(why=words, code=1))
                return
        await self._follow(play, keeper)

    async def _attach(self, hosts: tuple[OrderedHost, ...]) -> None:
        plays = await asyncio.to_thread(plays_of_attempt, Path(self._order.folder))
        wanted: dict[PlayFiles, list[OrderedHost]] = {}
        for each in hosts:
            files = await asyncio.to_thread(play_of_order, each, plays)
            if files is None:
                reason = "this program died before it began"
                state, attempt = ReportedState.VOID, each.attempt
                self._report(
                    HostReport(
                        host=each.name, state=state, attempt=attempt, reason=reason
                    )
                )
            else:
                wanted.setdefault(files, []).append(each)
        async with asyncio.TaskGroup() as tasks:
            for files, own in wanted.items():
                play = await self._play(files, tuple(own))
                tasks.create_task(self._follow(play, None))

    async def _play(self, files: PlayFiles, hosts: tuple[OrderedHost, ...]) -> PlayRun:
        names = frozenset(each.name for each in hosts)
        play = await asyncio.to_thread(PlayRun, self._order, files, names, self._report)
        self._plays.add(play)
        if names & self._stopped:
            self._stopped -= names
            play.stop()
        return play

    async def _follow(
        self, play: PlayRun, keeper: subprocess.Popen[bytes] | None
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._following[play] = task
        try:
            await play.follow(keeper)
        except (OSError, MobiusError) as error:
            await play.conclude(PlayEnd(why=_play_error_text(error)))
        finally:
            del self._following[play]
            self._plays.discard(play)
            if keeper is not None:  # it must be waited for, whoever follows it
                threading.Thread(target=keeper.wait, daemon=True).start()

    def _stop(self, names: tuple[str, ...] | None) -> None:
        """Stop plays; hosts whose play is not there yet are remembered."""
        wanted = self._named if names is None else frozenset(names)
        self._stopped |= wanted
        for play in self._plays:
            if wanted & play.reported_hosts:
                self._stopped -= play.reported_hosts
                play.stop()

    def _refuse(self, hosts: Iterable[OrderedHost], words: str) -> None:
        for each in hosts:
            self._report(
                HostReport(
                    host=each.name,
                    state=ReportedState.FAILED,
                    attempt=each.attempt,
                    reason=f"it could not be started: {words}",
                )
            )

    def _report(self, report: HostReport) -> None:
        self._reports.put_nowait(report)


def _play_error_text(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
