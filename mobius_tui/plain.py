"""A run as printed lines: for pipes, CI and simple terminals."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from mobius_tui.errors import EXIT_INCOMPLETE
from mobius_tui.run.attempts.attempt_files import last_output, last_output_of_file
from mobius_tui.run.client.follow_up import due_follow_up
from mobius_tui.run.client.start_host import release_host
from mobius_tui.run.client.viewer import SILENCE_LIMIT, Viewer
from mobius_tui.run.events.fleet_events import (
    HOST_STATUSES_NEEDING_PERSON,
    FleetHostEnded,
)
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.step_events import CheckTried, StepEnded, StepUnknown
from mobius_tui.run.fleet.host_output import output_path
from mobius_tui.run.intents.action import Action
from mobius_tui.run.intents.control_protocol import Reply
from mobius_tui.run.intents.run_intents import StartAutomatic
from mobius_tui.run.journal.describe_entry import journal_entry_text
from mobius_tui.run.planning.lost_secrets import lost_secret_notice
from mobius_tui.run.planning.plan import may_have_steps_beside
from mobius_tui.run.planning.step_texts import StepTexts
from mobius_tui.run.planning.variables import Values
from mobius_tui.run.planning.watch_progress import watch_duration, watch_progress_text
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.run.state.deliveries import (
    DeliveryStatus,
    delivery_text,
    undelivered,
)
from mobius_tui.run.state.step_state import Attempt, Status
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.safe_open import open_regular
from mobius_tui.sanitize import clean, decode, drop_overwritten, line

MESSAGE_PATIENCE = 20.0
"""Seconds for which an ended run is followed while its host sends messages; the host
itself gives up sooner, so this is for one that hangs."""
MAX_OUTPUT_READ_BYTES = 1 << 18
"""Bytes of output that are read and printed at a time."""


class NewOutputReader:
    """Reads the new lines of the outputs of running steps."""

    def __init__(self, directory: RunDirectory) -> None:
        self._directory = directory
        self._offsets: dict[Path, int] = {}

    def new_lines(
        self, step: str, attempt: int, *, whole: bool = False
    ) -> Iterator[str]:
        """The next lines since the last call, of `MAX_OUTPUT_READ_BYTES` at most.

        What is left over comes at later calls.

        Args:
            step: a step's id.
            attempt: its attempt.
            whole: whether an unfinished last line is included.
        """
        path = self._directory.attempt(step, attempt).output
        offset = self._offsets.get(path, 0)
        try:
            with open_regular(path) as file:
                if os.fstat(file.fileno()).st_size < offset:
                    offset = 0  # it rotated
                file.seek(offset)
                data = file.read(MAX_OUTPUT_READ_BYTES)
        except OSError:
            return
        if not whole or len(data) == MAX_OUTPUT_READ_BYTES:
            data = data[: data.rfind(b"\n") + 1] or (
                data if len(data) == MAX_OUTPUT_READ_BYTES else b""
            )
        self._offsets[path] = offset + len(data)
        for text in decode(data.removesuffix(b"\n")).split("\n") if data else ():
            yield clean(drop_overwritten(text))

    def forget(self, step: str, attempt: int) -> None:
        """Forget the position in the output of an attempt that has ended."""
        self._offsets.pop(self._directory.attempt(step, attempt).output, None)


def print_line(text: str) -> None:
    """Print a line on standard output, and flush it; a closed pipe is ignored."""
    try:
        print(text, flush=True)  # noqa: T201
    except OSError:  # a closed pipe or terminal
        # The run goes on, and so does its exit code.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - till exit


def escape_unprintable(row: str) -> str:
    """A line of JSON with every unprintable character escaped; parsed, it is equal."""
    if row.isprintable():
        return row
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in row)


MAX_EARLIER_LINES = 3
"""Earlier lines of a resumed run that are printed; of more, only the first and the
last."""


def progress_interval(total: float) -> float:
    """Seconds between two lines about the progress of a `watch` step.

    Args:
        total: the duration of the step, in seconds.
    """
    return min(60.0, max(1.0, total / 10))


class RunPrinter:
    """Prints a run as lines, or the lines of its journal."""

    def __init__(self, viewer: Viewer, *, as_json: bool) -> None:
        self._viewer = viewer
        self._json = as_json
        self._output = NewOutputReader(viewer.directory)
        self._texts = StepTexts(viewer.follower.plan)
        self._journal_file = open_regular(viewer.directory.journal)
        self._printed_turns: dict[AttemptId, int] = {}
        """By attempt of a `watch` step, the interval of its progress last looked at."""

    def close(self) -> None:
        """Close the journal."""
        self._journal_file.close()

    async def print_entries(self, entries: Sequence[Entry]) -> None:
        """Print new entries of the journal."""
        if self._json:
            for _ in entries:
                row = self._journal_file.readline().decode("utf-8", "replace")
                print_line(escape_unprintable(row.rstrip("\n")))
            return
        follower = self._viewer.follower
        for entry in entries:
            if isinstance(entry.event, CheckTried | StepEnded | StepUnknown):
                await self.print_output(
                    entry.event.step, entry.event.attempt, whole=True
                )
                if not isinstance(entry.event, CheckTried):
                    self._output.forget(entry.event.step, entry.event.attempt)
            text = journal_entry_text(entry, follower.plan, follower.state)
            stamp = time.strftime("%H:%M:%S", time.localtime(entry.at))
            if text is not None:
                print_line(f"{stamp} {line(text)}")
            for row in self._texts.lines(entry, follower.state):
                print_line(row)
            if (
                isinstance(entry.event, StepEnded)
                and entry.event.result != Status.PASSED
            ):
                self._print_error(entry.event, stamp)
            if isinstance(entry.event, FleetHostEnded):
                self._print_host(entry.event)

    def _print_host(self, ended: FleetHostEnded) -> None:
        """Print the line of a host's output that tells what went wrong."""
        if ended.status not in HOST_STATUSES_NEEDING_PERSON:
            return
        folder = self._viewer.directory.attempt(ended.step, ended.attempt).path
        last = last_output_of_file(output_path(folder, ended.host))
        if said := last.error or last.last:
            print_line(f"{line(ended.host):>8} | {line(said)}")

    async def print_earlier_entries(self, entries: tuple[Entry, ...]) -> None:
        """Print how a resumed run began, and its last entry; a few are all printed.

        The others were printed before, and would hide what follows. JSON lines are all
        printed again.
        """
        follower = self._viewer.follower
        told = [
            entry
            for entry in entries
            if journal_entry_text(entry, follower.plan, follower.state) is not None
        ]
        if self._json or len(told) <= MAX_EARLIER_LINES:
            await self.print_entries(entries)
            return
        await self.print_entries(told[:1])
        run = self._viewer.directory.id
        words = f"{len(told) - 2} lines were before; `mobius-tui report {run}` has all"
        print_line(f"{StepTexts.INDENT}{words}")
        await self.print_entries(told[-1:])

    def _print_error(self, ended: StepEnded, stamp: str) -> None:
        """Repeat the error of a step, if other lines were printed after it."""
        last = last_output(self._viewer.directory.attempt(ended.step, ended.attempt))
        if last.error and last.error != last.last:
            print_line(f"{stamp} why: {line(last.error)}")

    def is_sending(self) -> bool:
        """Whether a host still sends messages of the run, or tries them again."""
        state = self._viewer.follower.state
        going = (DeliveryStatus.QUEUED, DeliveryStatus.SENDING)
        is_going = any(own.status in going for own in state.deliveries)
        return is_going and not self._viewer.is_hostless

    def print_undelivered(self) -> None:
        """Print which messages of an ended run did not arrive, or may not have.

        Where lines of the journal are printed, it is said on stderr: no line has it
        that a host died while it sent.
        """
        state, is_hosted = self._viewer.follower.state, not self._viewer.is_hostless
        for own in undelivered(state.deliveries, hosted=is_hosted):
            text = delivery_text(own)
            if self._json:
                _print_notice(text)
            elif state.ended is None or text not in state.ended.reason:
                print_line(line(text))

    def print_follow_up(self) -> None:
        """Print the runbook that is proposed after the end of the run."""
        follower = self._viewer.follower
        proposal = None if self._json else due_follow_up(follower.plan, follower.state)
        if proposal is not None:
            print_line(line(f"due: {proposal.text}"))

    async def print_output(
        self, step: str, attempt: int, *, whole: bool = False
    ) -> None:
        """Print the new output of a step."""
        if self._json:
            return
        plan = self._viewer.follower.plan
        number = plan.numbers[step] if may_have_steps_beside(plan, step) else ""
        has_more = True
        while has_more:
            shown = False
            for text in self._output.new_lines(step, attempt, whole=whole):
                print_line(f"{number:>8} | {text}")
                shown = True
            await asyncio.sleep(0)  # a flood must not keep ctrl+c away
            has_more = whole and shown

    async def print_running(self) -> None:
        """Print the new output of all running steps, and their progress."""
        for step_id, step in self._viewer.follower.state.steps.items():
            if step.status is Status.RUNNING and step.last_attempt is not None:
                await self.print_output(step_id, step.last_attempt.number)
                self._print_progress(step_id, step.last_attempt)

    def _print_progress(self, step_id: str, last: Attempt) -> None:
        """Print the progress of a `watch` step, from time to time."""
        follower, now = self._viewer.follower, self._viewer.follower.now()
        step, name_of = follower.plan.steps[step_id], follower.plan.name
        values = Values(follower.state, now=now, name_of=name_of)
        total = watch_duration(step, values)
        if self._json or not total:
            return
        attempt = AttemptId(step_id, last.number)
        turn = int((now - last.started) / progress_interval(total))
        words = watch_progress_text(step, follower.state, values, now)
        if words and turn > self._printed_turns.get(attempt, 0):
            windows = follower.health.windows.items()
            states = ", ".join(f"{i} {w.status(now).state}" for i, w in windows)
            name = follower.plan.name(step_id)
            stamp = time.strftime("%H:%M:%S", time.localtime(now))
            print_line(f"{stamp} {line(f'watching: {name}, {words}: {states}')}")
        self._printed_turns[attempt] = turn


class HostNotices:
    """Prints on stderr what a host lacks or waits for, and when it no longer does."""

    def __init__(self, viewer: Viewer, *, tells_of_lost: bool) -> None:
        self._viewer = viewer
        self._tells_of_lost = tells_of_lost
        """Whether it tells of lost secrets; an automatic run stops for them, and says
        so."""
        self._lost: str | None = None
        self._stalled = ""
        self._is_silent = False

    def print_changes(self) -> None:
        """Print what has changed since the last call."""
        stalled, is_silent = self._viewer.stall_reason, self._viewer.host_silence > 0
        follower = self._viewer.follower
        lost = lost_secret_notice(follower.plan.runbook, follower.state)
        if lost != self._lost and self._tells_of_lost:
            _print_notice(lost or "no secret is wanted any more: the run can go on")
        self._lost = lost
        if stalled and not self._stalled:
            _print_notice(_disk_full_text(self._viewer))
        elif self._stalled and not stalled:
            _print_notice("there is room on the disk again")
        if is_silent and not self._is_silent:
            _print_notice(_silent_host_text(self._viewer, "gives no sign of life"))
        elif self._is_silent and not is_silent:
            _print_notice("the host answers again")
        self._stalled, self._is_silent = stalled, is_silent


async def send_and_await_reply(viewer: Viewer, action: Action) -> Reply:
    """Ask the host for an action and await its answer; print a notice if none comes."""
    asking = asyncio.create_task(viewer.send_intent(action))
    done, _ = await asyncio.wait({asking}, timeout=SILENCE_LIMIT)
    if not done:
        _print_notice(
            _disk_full_text(viewer)
            if viewer.stall_reason
            else _silent_host_text(viewer, "does not answer")
        )
    return await asking


def _disk_full_text(viewer: Viewer) -> str:
    return (
        f"the disk is full: {viewer.stall_reason}; free some space, and the run goes on"
    )


def _silent_host_text(viewer: Viewer, words: str) -> str:
    pid = viewer.host_pid()
    if pid is None:
        return f"the host {words}"
    remedy = f"if it was stopped, `kill -CONT {pid}` lets it go on"
    return f"the host, process {pid}, {words}; {remedy}"


def _print_notice(words: str) -> None:
    print(f"mobius-tui: {line(words)}", file=sys.stderr, flush=True)  # noqa: T201


async def print_run(
    directory: RunDirectory,
    *,
    as_json: bool,
    auto: StartAutomatic | None,
    is_auto_sent: bool = False,
    is_resumed: bool = False,
) -> int:
    """Print a run until it has ended, its host has gone, or `--auto` has stopped.

    The whole of `--plain` and `--json`.

    Args:
        directory: the run.
        as_json: whether the lines of the journal are printed.
        auto: the action that makes the run automatic; `None` for none.
        is_auto_sent: whether that was sent when the run began.
        is_resumed: whether an open run goes on, whose lines were printed before.

    Returns:
        The exit code for the outcome, or for a run that is not continued.
    """
    viewer = Viewer(directory)
    report = RunPrinter(viewer, as_json=as_json)
    try:
        entries = viewer.follower.initial_entries
        if is_resumed and viewer.follower.state.ended is None:
            await report.print_earlier_entries(entries)
        else:
            await report.print_entries(entries)
        if (
            auto is not None
            and not is_auto_sent
            and viewer.follower.state.ended is None
        ):
            reply = await send_and_await_reply(viewer, auto)
            if not reply.ok:
                print(f"mobius-tui: {line(reply.text)}", file=sys.stderr)  # noqa: T201
                await release_host(viewer)
                return EXIT_INCOMPLETE
        return await _follow(viewer, report, automatic=auto is not None)
    finally:
        report.close()
        await viewer.close()


async def _follow(viewer: Viewer, report: RunPrinter, *, automatic: bool) -> int:
    state = viewer.follower.state
    host = HostNotices(viewer, tells_of_lost=not automatic)
    given_up = 0.0
    async for changes in viewer.changes():
        await report.print_entries(changes.entries)
        await report.print_running()
        host.print_changes()
        if state.ended is not None:
            given_up = given_up or time.monotonic() + MESSAGE_PATIENCE
            if report.is_sending() and time.monotonic() < given_up:
                continue
            report.print_undelivered()
            report.print_follow_up()
            return state.ended.outcome.exit_code
        if automatic and state.auto_stopped is not None:
            await release_host(viewer)
            return state.auto_stopped.code
        if viewer.is_hostless:
            since = viewer.follower.unwatched_note(time.time())
            print(  # noqa: T201
                f"mobius-tui: no host runs {viewer.directory.id} any more{since}; "
                f"`mobius-tui resume {viewer.directory.id}` goes on with it",
                file=sys.stderr,
            )
            return EXIT_INCOMPLETE
    return EXIT_INCOMPLETE
