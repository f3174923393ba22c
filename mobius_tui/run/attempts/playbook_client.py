"""Runs an attempt on hosts by Ansible; takes the same orders as `FleetClient`.

There is no fleet process: each `BeginHosts` starts one `ansible-playbook` under a
keeper, which outlives this process, and which `AttachHosts` finds again.
"""

from __future__ import annotations

import asyncio
import subprocess
import threading
import traceback
from collections.abc import AsyncIterator, Coroutine, Iterable
from pathlib import Path
from typing import Any

from mobius_tui.errors import MobiusError, RunError
from mobius_tui.run.attempts.play_run import PlayRun, play_of_order
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
from mobius_tui.run.playbooks.play_verdict import PlayEnd
from mobius_tui.run.playbooks.playbook_order import PlaybookOrder, write_play
from mobius_tui.run.storage.play_files import PlayFiles, plays_of_attempt
from mobius_tui.structs import replace

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
