"""Follows a started watch until it is over, or a signal ends this process."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mobius_tui.commands.support.watch_lines import WatchLines
from mobius_tui.errors import FAILED, INCOMPLETE, INTERRUPTED
from mobius_tui.plain import HostNotices
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.intents.intent_actions import EndRun
from mobius_tui.run.planning.rollback import is_only_watched, is_rollback_under_way
from mobius_tui.run.storage.run_directory import RunDirectory

REPLY_SECONDS = 5.0
"""Seconds that the host has to answer; Ctrl+C must not hang on it."""
SIGNAL_REASONS = {
    signal.SIGINT: "Ctrl+C",
    signal.SIGTERM: "told to end, by SIGTERM",
    signal.SIGHUP: "its terminal went away",
}
"""What ends a watch that was not detached, in words."""


class StopSignals:
    """The first signal that asked this process to end, if one came."""

    def __init__(self) -> None:
        self.number: signal.Signals | None = None
        # Asked now: a terminal that has gone says that it is none.
        streams = ("stdout", "stderr")
        self._terminals = [n for n in streams if getattr(sys, n).isatty()]

    def receive(self, number: signal.Signals) -> None:
        """Handle a signal: note it, and stop writing to a terminal that went away."""
        self.number = self.number or number
        if number == signal.SIGHUP:
            for name in self._terminals:
                setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115, PTH123 - till exit

    @property
    def is_redirected(self) -> bool:
        """Whether standard output was no terminal when this process started."""
        return "stdout" not in self._terminals


@contextmanager
def stop_signals() -> Iterator[StopSignals]:
    """Receive the signals that end a process, instead of being ended by them."""
    loop, signals = asyncio.get_running_loop(), StopSignals()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, signals.receive, number)
    try:
        yield signals
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


class FollowedWatch:
    """A watch whose lines are printed until it is over, or a signal comes."""

    def __init__(
        self,
        directory: RunDirectory,
        signals: StopSignals,
        lines: Callable[[Viewer], WatchLines],
        reason: str = "",
    ) -> None:
        self._viewer = Viewer(directory)
        self._lines = lines(self._viewer)
        self._signals = signals
        self._reason = reason
        self._resume_hint = f"`mobius-tui resume {directory.id}`"

    async def follow(self) -> int:
        """Print the watch until it is over; returns the exit code."""
        viewer = self._viewer
        try:
            await self._lines.print_new(viewer.follower.initial_entries)
            host = HostNotices(viewer)
            async for changes in viewer.changes():
                await self._lines.print_new(changes.entries)
                host.print_changes()
                code = self._code_if_over()
                if code is None and viewer.host_pid() is None and not changes:
                    since = viewer.follower.unwatched_note(time.time())
                    words = f"its host is gone{since}; {self._resume_hint}"
                    code = self._end(INCOMPLETE, words)
                if code is None and self._signals.number is not None:
                    code = await self._end_by_signal(self._signals.number)
                if code is not None:
                    return code
        finally:
            self._lines.close()
            await viewer.close()
        return INCOMPLETE

    def _code_if_over(self) -> int | None:
        """Print the summary if the watch is over; returns the exit code then."""
        state = self._viewer.follower.state
        if state.ended is not None:
            return self._end(state.ended.outcome.exit_code, state.ended.reason)
        if state.watch.watch_run_end_reason:
            reason = state.watch.watch_run_end_reason
            words = f"{reason}; {self._resume_hint} goes on from there"
            return self._end(FAILED, words)
        return None

    def _end(self, code: int, reason: str) -> int:
        self._lines.summary(code, reason)
        return code

    def _leave_with(self, words: str) -> int:
        return self._end(INTERRUPTED, f"left; {words}; {self._resume_hint}")

    async def _end_by_signal(self, number: signal.Signals) -> int | None:
        """End the watch, or leave it, as a signal asks.

        Returns:
            The exit code; `None` where the signal is ignored.
        """
        follower = self._viewer.follower
        watch = follower.state.watch
        assert watch.watch_run is not None
        if watch.watch_run.detached:
            if number == signal.SIGHUP and self._signals.is_redirected:
                self._signals.number = None
                return None
            return self._leave_with("the watch goes on")
        if watch.rollback_running or (
            is_rollback_under_way(watch) and number != signal.SIGINT
        ):
            return self._leave_with("the rollback goes on")
        if not is_only_watched(follower.plan, follower.state):
            return self._leave_with("the run stays open")
        reason = self._reason or SIGNAL_REASONS[number]
        try:
            sent = self._viewer.send_intent(EndRun(reason=reason))
            reply = await asyncio.wait_for(sent, REPLY_SECONDS)
        except TimeoutError:
            return self._leave_with("not ended: its host does not answer")
        if not reply.ok:
            return self._leave_with(f"not ended: {reply.text}")
        changes = self._viewer.follower.poll()
        await self._lines.print_new(changes.entries)
        return self._code_if_over()
