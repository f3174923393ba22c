"""A run as lines: for pipes, for CI, for terminals that cannot draw."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from mobius_tui.errors import INCOMPLETE, OUTCOMES
from mobius_tui.run.attempts.attempt_files import last_output
from mobius_tui.run.client.follow_up import follow_up
from mobius_tui.run.client.viewer import SILENCE_LIMIT, Viewer
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.step_events import CheckTried, StepEnded, StepUnknown
from mobius_tui.run.intents.messages import Intent, Reply
from mobius_tui.run.journal.describe_entry import journal_entry_text
from mobius_tui.run.planning.step_texts import StepTexts
from mobius_tui.run.planning.variables import Values
from mobius_tui.run.planning.watch_progress import watch_duration, watch_progress_text
from mobius_tui.run.state.step_state import Attempt
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.safe_open import open_regular
from mobius_tui.sanitize import clean, collapse, decode, line

SLICE = 1 << 18
"""Bytes of output that are shown in one go."""


class OutputPrinter:
    """The output of the running steps, as it grows."""

    def __init__(self, directory: RunDirectory) -> None:
        self._directory = directory
        self._places: dict[Path, int] = {}

    def more(self, step: str, attempt: int, *, whole: bool = False) -> Iterator[str]:
        """The lines that came since the last call.

        Args:
            step: a step's id.
            attempt: its attempt.
            whole: whether a last line without an end counts too.
        """
        path = self._directory.attempt(step, attempt).output
        place = self._places.get(path, 0)
        try:
            with open_regular(path) as file:
                if os.fstat(file.fileno()).st_size < place:
                    place = 0  # it rotated
                file.seek(place)
                data = file.read(SLICE)
        except OSError:
            return
        if not whole or len(data) == SLICE:
            data = data[: data.rfind(b"\n") + 1] or (
                data if len(data) == SLICE else b""
            )
        self._places[path] = place + len(data)
        for text in decode(data.removesuffix(b"\n")).split("\n") if data else ():
            yield clean(collapse(text))

    def forget(self, step: str, attempt: int) -> None:
        """Know nothing more of an attempt: it is over."""
        self._places.pop(self._directory.attempt(step, attempt).output, None)


def say(text: str) -> None:
    """A line on standard output, at once; a reader that has gone misses it."""
    try:
        print(text, flush=True)  # noqa: T201
    except OSError:  # a pipe without a reader, a terminal that has gone
        # The run goes on, and so does its exit code.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - till exit


def plain_text(row: str) -> str:
    """A line of JSON that means the same, and that no terminal obeys."""
    if row.isprintable():
        return row
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in row)


def pace(whole: float) -> float:
    """Seconds between two lines that tell how far a `watch` step is."""
    return min(60.0, max(1.0, whole / 10))


class PlainReport:
    """A run printed as lines, or as its journal's own."""

    def __init__(self, viewer: Viewer, *, as_json: bool) -> None:
        self._viewer = viewer
        self._json = as_json
        self._output = OutputPrinter(viewer.directory)
        self._texts = StepTexts(viewer.follower.plan)
        self._raw = open_regular(viewer.directory.journal)
        self._told: dict[str, int] = {}
        """By attempt at watching, how often its clock was told."""

    def close(self) -> None:
        """Let go of the journal."""
        self._raw.close()

    async def entries(self, entries: tuple[Entry, ...]) -> None:
        """Print what the journal gained."""
        if self._json:
            for _ in entries:
                row = self._raw.readline().decode("utf-8", "replace")
                say(plain_text(row.rstrip("\n")))
            return
        follower = self._viewer.follower
        for entry in entries:
            if isinstance(entry.event, CheckTried | StepEnded | StepUnknown):
                await self.output(entry.event.step, entry.event.attempt, whole=True)
                if not isinstance(entry.event, CheckTried):
                    self._output.forget(entry.event.step, entry.event.attempt)
            text = journal_entry_text(entry, follower.plan, follower.state)
            stamp = time.strftime("%H:%M:%S", time.localtime(entry.at))
            if text is not None:
                say(f"{stamp} {line(text)}")
            for row in self._texts.lines(entry, follower.state):
                say(row)
            if isinstance(entry.event, StepEnded) and entry.event.result != "passed":
                self._say_error(entry.event, stamp)

    def _say_error(self, ended: StepEnded, stamp: str) -> None:
        """Say what went wrong once more, where other lines were printed after it."""
        last = last_output(self._viewer.directory.attempt(ended.step, ended.attempt))
        if last.error and last.error != last.last:
            say(f"{stamp} why: {line(last.error)}")

    def due(self) -> None:
        """Print what is due now that the run has ended."""
        follower = self._viewer.follower
        found = None if self._json else follow_up(follower.plan, follower.state)
        if found is not None:
            say(line(f"due: {found.text}"))

    async def output(self, step: str, attempt: int, *, whole: bool = False) -> None:
        """Print what a step's output gained."""
        if self._json:
            return
        more = True
        while more:
            shown = False
            for text in self._output.more(step, attempt, whole=whole):
                say(f"         | {text}")
                shown = True
            await asyncio.sleep(0)  # a flood must not keep ctrl+c away
            more = whole and shown

    async def running(self) -> None:
        """Print what the outputs of all running steps gained, and how far they are."""
        for step_id, step in self._viewer.follower.state.steps.items():
            if step.status == "running" and step.last is not None:
                await self.output(step_id, step.last.number)
                self._clock(step_id, step.last)

    def _clock(self, step_id: str, last: Attempt) -> None:
        """Print how far a step is that watches, from time to time."""
        follower, now = self._viewer.follower, self._viewer.follower.now()
        step, values = follower.plan.steps[step_id], Values(follower.state, now=now)
        whole = watch_duration(step, values)
        if self._json or not whole:
            return
        key, turn = f"{step_id}.{last.number}", int((now - last.started) / pace(whole))
        words = watch_progress_text(step, follower.state, values, now)
        if words and turn > self._told.get(key, 0):
            windows = follower.health.windows.items()
            states = ", ".join(f"{i} {w.status(now).state}" for i, w in windows)
            name = follower.plan.name(step_id)
            stamp = time.strftime("%H:%M:%S", time.localtime(now))
            say(f"{stamp} {line(f'watching: {name}, {words}: {states}')}")
        self._told[key] = turn


class HostWords:
    """Tells on stderr what a living host is kept from, and that it is no longer."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._stalled = ""
        self._is_silent = False

    def tell(self) -> None:
        """Tell what has changed since the last call."""
        stalled, is_silent = self._viewer.stalled, self._viewer.host_silence > 0
        if stalled and not self._stalled:
            _say(_full(self._viewer))
        elif self._stalled and not stalled:
            _say("there is room on the disk again")
        if is_silent and not self._is_silent:
            _say(_still(self._viewer, "gives no sign of life"))
        elif self._is_silent and not is_silent:
            _say("the host answers again")
        self._stalled, self._is_silent = stalled, is_silent


async def intend(viewer: Viewer, intent: Intent) -> Reply:
    """Send an intent and wait for its answer; say so where none comes."""
    asking = asyncio.create_task(viewer.intend(intent))
    done, _ = await asyncio.wait({asking}, timeout=SILENCE_LIMIT)
    if not done:
        _say(_full(viewer) if viewer.stalled else _still(viewer, "does not answer"))
    return await asking


def _full(viewer: Viewer) -> str:
    return f"the disk is full: {viewer.stalled}; free some space, and the run goes on"


def _still(viewer: Viewer, words: str) -> str:
    pid = viewer.host_pid()
    if pid is None:
        return f"the host {words}"
    remedy = f"if it was stopped, `kill -CONT {pid}` lets it go on"
    return f"the host, process {pid}, {words}; {remedy}"


def _say(words: str) -> None:
    print(f"mobius-tui: {line(words)}", file=sys.stderr, flush=True)  # noqa: T201


async def show(
    directory: RunDirectory, *, as_json: bool, auto: Intent | None, sent: bool = False
) -> int:
    """Print a run until it has ended, or nobody goes on with it.

    Args:
        directory: the run.
        as_json: whether the journal's own lines are printed.
        auto: the intent that makes it run by itself.
        sent: whether the run began with it.

    Returns:
        The exit code that its end, or its standstill, has.
    """
    viewer = Viewer(directory)
    lines = PlainReport(viewer, as_json=as_json)
    try:
        await lines.entries(viewer.follower.entries)
        if auto is not None and not sent and viewer.follower.state.ended is None:
            reply = await intend(viewer, auto)
            if not reply.ok:
                print(f"mobius-tui: {line(reply.text)}", file=sys.stderr)  # noqa: T201
                return INCOMPLETE
        return await _follow(viewer, lines, automatic=auto is not None)
    finally:
        lines.close()
        await viewer.close()


async def _follow(viewer: Viewer, lines: PlainReport, *, automatic: bool) -> int:
    state = viewer.follower.state
    host = HostWords(viewer)
    async for changes in viewer.changes():
        await lines.entries(changes.entries)
        await lines.running()
        host.tell()
        if state.ended is not None:
            lines.due()
            return OUTCOMES[state.ended.outcome]
        if automatic and state.auto_stopped is not None:
            await viewer.intend(Intent(wish="release"))
            return state.auto_stopped.code
        if viewer.host_pid() is None and not changes:
            since = viewer.follower.unwatched_note(time.time())
            print(  # noqa: T201
                f"mobius-tui: no host runs {viewer.directory.id} any more{since}; "
                f"`mobius-tui resume {viewer.directory.id}` goes on with it",
                file=sys.stderr,
            )
            return INCOMPLETE
    return INCOMPLETE
