"""A real run under a real host, for tests: begun, watched, killed, resumed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

import pexpect
import psutil

from mobius_tui.run.attempts.attempt_files import read_process_group
from mobius_tui.run.attempts.launcher import request_stop
from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.client.start_host import resume_run
from mobius_tui.run.client.start_run import start_new_run
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.intents.control_protocol import Reply
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.storage.run_directory import RunDirectory, lock_holder
from mobius_tui.runbook.model.runbook import Runbook
from tests.run.asking import action
from tests.waiting import pauses, wait_for


class Running:
    """One run; every process that it started is gone after `close`."""

    def __init__(self, runbook: Runbook) -> None:
        self.runbook = runbook
        self.directory = RunDirectory(Path("/nonexistent"))
        self.viewer: Viewer | None = None
        self._pids: set[int] = set()

    async def begin(
        self,
        *,
        workdir: Path | None = None,
        host_sites: Mapping[str, str] | None = None,
        limit: str = "",
        **given: str,
    ) -> Running:
        briefing = prepare_briefing(
            self.runbook,
            given=given,
            workdir=workdir or self.runbook.path.parent,
            host_sites=host_sites,
            limit=limit,
        )
        self.directory = await start_new_run(briefing)
        await self._look()
        return self

    async def resume(self) -> Running:
        await self.drop()
        await resume_run(self.directory, self.runbook)
        await self._look()
        return self

    async def _look(self) -> None:
        self.viewer = Viewer(self.directory)
        await self.viewer.connect()
        pid = self.directory.host_pid()
        if pid:
            self._pids.add(pid)

    @property
    def state(self) -> RunState:
        assert self.viewer is not None
        self.viewer.follower.poll()
        return self.viewer.follower.state

    def entries(self) -> tuple[Entry, ...]:
        return Follower(self.directory).initial_entries

    async def intend(
        self, word: str, step: str | None = None, **fields: object
    ) -> Reply:
        assert self.viewer is not None
        if step is not None and "attempt" not in fields and word != "stop":
            own = self.state.steps.get(step)
            fields["attempt"] = 1 + (len(own.attempts) if own else 0)
        return await self.viewer.send_intent(action(word, step, **fields))

    async def did(self, word: str, step: str | None = None, **fields: object) -> None:
        reply = await self.intend(word, step, **fields)
        assert reply.ok, reply.text

    async def auto(
        self, answers: Mapping[str, str] | None = None, **more: object
    ) -> None:
        await self.did("auto", None, answers=answers or {}, **more)

    async def until(self, condition: Callable[[RunState], object]) -> RunState:
        pause = pauses()
        while not condition(self.state):
            try:
                await asyncio.sleep(next(pause))
            except AssertionError as error:
                log = self.directory.host_log.read_text()
                shown = {k: (v.status, v.reason) for k, v in self.state.steps.items()}
                raise AssertionError(f"{error}: {shown}\n{log}") from None
        return self.state

    async def status(self, step: str, *wanted: str) -> RunState:
        return await self.until(lambda state: state.steps[step].status in wanted)

    async def output(self, step: str, text: str, attempt: int = 1) -> None:
        path = self.directory.attempt(step, attempt).output
        await self.until(lambda _: path.exists() and text in path.read_text())

    async def over(self) -> RunState:
        await self.until(lambda state: state.ended is not None)
        return await self.until(lambda _: self.directory.host_pid() is None)

    def host(self) -> int:
        pid = self.directory.host_pid()
        assert pid
        return pid

    def host_children(self, words: str) -> list[psutil.Process]:
        """The processes that the host started, with these words in their arguments."""
        children = psutil.Process(self.host()).children()
        return [each for each in children if words in " ".join(each.cmdline())]

    def kill_host(self) -> None:
        kill_host_of(self.directory)

    def keeper(self, step: str, attempt: int = 1) -> int:
        lock = self.directory.attempt(step, attempt).lock
        wait_for(lambda: lock_holder(lock))
        pid = lock_holder(lock)
        assert pid
        return pid

    def kill_keeper(self, step: str, attempt: int = 1) -> None:
        lock = self.directory.attempt(step, attempt).lock
        os.kill(self.keeper(step, attempt), signal.SIGKILL)
        wait_for(lambda: lock_holder(lock) is None)

    async def drop(self) -> None:
        if self.viewer is not None:
            await self.viewer.close()
        self.viewer = None

    async def close(self) -> None:
        await self.drop()
        if not self.directory.path.exists():
            return
        pid = self.directory.host_pid()
        if pid:
            os.kill(pid, signal.SIGKILL)
        for each in self.directory.attempts():
            attempt = self.directory.attempt(*each)
            request_stop(attempt)
            group = read_process_group(attempt)
            if group and not lock_holder(attempt.lock):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(group, signal.SIGKILL)
        for dead in self._pids:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(dead, 0)


def kill_host_of(directory: RunDirectory) -> None:
    """Kill the host of a run; it is gone on return."""
    pid = directory.host_pid()
    assert pid, "no host runs it"  # to 0 it would go to whoever runs the tests
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: directory.host_pid() is None)


def wait_for_state(
    directory: RunDirectory, condition: Callable[[RunState], object]
) -> RunState:
    """Follow a run until its state is as it should be."""
    run = Follower(directory)

    def is_reached() -> object:
        run.poll()
        return condition(run.state)

    wait_for(is_reached)
    return run.state


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def end_child(child: pexpect.spawn[bytes]) -> None:
    """End a program in a pseudo-terminal, and wait until it has ended."""
    with contextlib.suppress(pexpect.ExceptionPexpect):  # which waits 0.1 s alone
        child.close(force=True)
    wait_for(lambda: not child.isalive())
