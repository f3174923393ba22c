"""Following a watch that was begun, until it is over or this process is told to go."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mobius_tui.commands.support.watch_lines import WatchLines
from mobius_tui.errors import FAILED, INCOMPLETE, INTERRUPTED, OUTCOMES
from mobius_tui.plain import HostWords
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.intents.messages import Intent
from mobius_tui.run.planning.rollback import is_only_watched, is_rollback_under_way
from mobius_tui.run.storage.run_directory import RunDirectory

PATIENCE = 5.0
"""Seconds that the host has to answer: who presses Ctrl+C must get away."""
WHY = {
    signal.SIGINT: "Ctrl+C",
    signal.SIGTERM: "told to end, by SIGTERM",
    signal.SIGHUP: "its terminal went away",
}
"""What ends a watch that was not detached, in words."""


class StopSignals:
    """The signals that asked this process to go."""

    def __init__(self) -> None:
        self.number: signal.Signals | None = None
        # Asked now: a terminal that has gone says that it is none.
        streams = ("stdout", "stderr")
        self._terminals = [n for n in streams if getattr(sys, n).isatty()]

    def hear(self, number: signal.Signals) -> None:
        """Take one in."""
        self.number = self.number or number
        if number == signal.SIGHUP:
            for name in self._terminals:
                setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115, PTH123 - till exit

    @property
    def is_read(self) -> bool:
        """Whether lines go where a terminal's end does not matter."""
        return "stdout" not in self._terminals


@contextmanager
def stop_signals() -> Iterator[StopSignals]:
    """Hear the signals that end a process, rather than be ended by them."""
    loop, heard = asyncio.get_running_loop(), StopSignals()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, heard.hear, number)
    try:
        yield heard
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


class FollowedWatch:
    """A watch that is followed until it is over, or whoever began it goes."""

    def __init__(
        self,
        directory: RunDirectory,
        heard: StopSignals,
        lines: Callable[[Viewer], WatchLines],
        why: str = "",
    ) -> None:
        self._viewer = Viewer(directory)
        self._lines = lines(self._viewer)
        self._heard = heard
        self._why = why
        self._way = f"`mobius-tui resume {directory.id}`"

    async def follow(self) -> int:
        """Print it; returns the exit code."""
        viewer = self._viewer
        try:
            await self._lines.more(viewer.follower.entries)
            host = HostWords(viewer)
            async for changes in viewer.changes():
                await self._lines.more(changes.entries)
                host.tell()
                code = self._over()
                if code is None and viewer.host_pid() is None and not changes:
                    since = viewer.follower.unwatched_note(time.time())
                    words = f"its host is gone{since}; {self._way}"
                    code = self._end(INCOMPLETE, words)
                if code is None and self._heard.number is not None:
                    code = await self._leave(self._heard.number)
                if code is not None:
                    return code
        finally:
            self._lines.close()
            await viewer.close()
        return INCOMPLETE

    def _over(self) -> int | None:
        """The exit code of a watch that is over."""
        state = self._viewer.follower.state
        if state.ended is not None:
            return self._end(OUTCOMES[state.ended.outcome], state.ended.reason)
        if state.watch.watch_run_end_reason:
            words = (
                f"{state.watch.watch_run_end_reason}; {self._way} goes on from there"
            )
            return self._end(FAILED, words)
        return None

    def _end(self, code: int, why: str) -> int:
        self._lines.summary(code, why)
        return code

    def _left(self, words: str) -> int:
        return self._end(INTERRUPTED, f"left; {words}; {self._way}")

    async def _leave(self, number: signal.Signals) -> int | None:
        """Go, as a signal asks; returns the exit code, or `None` to go on for now."""
        follower = self._viewer.follower
        watch = follower.state.watch
        assert watch.watch_run is not None
        if watch.watch_run.detached:
            if number == signal.SIGHUP and self._heard.is_read:
                self._heard.number = None
                return None
            return self._left("the watch goes on")
        if watch.rollback_running or (
            is_rollback_under_way(watch) and number != signal.SIGINT
        ):
            return self._left("the rollback goes on")
        if not is_only_watched(follower.plan, follower.state):
            return self._left("the run stays open")
        why = self._why or WHY[number]
        try:
            asked = self._viewer.intend(Intent(wish="end", text=why))
            reply = await asyncio.wait_for(asked, PATIENCE)
        except TimeoutError:
            return self._left("not ended: its host does not answer")
        if not reply.ok:
            return self._left(f"not ended: {reply.text}")
        changes = self._viewer.follower.poll()
        await self._lines.more(changes.entries)
        return self._over()
