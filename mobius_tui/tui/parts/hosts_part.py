"""A step's hosts or its output: which of the two is shown, and the hosts' outputs."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import Struct
from rich.cells import cell_len
from textual.screen import Screen

from mobius_tui import sanitize
from mobius_tui.run.attempts.attempt_files import LastOutput, last_output_of_file
from mobius_tui.run.attempts.merged_output import (
    NO_TIME_LIMIT,
    MergedHost,
    MergedOutput,
)
from mobius_tui.run.attempts.output_reader import output_size_at
from mobius_tui.run.events.fleet_events import HostStatus
from mobius_tui.run.fleet.host_output import distinct_outputs, output_path, spans_path
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.run.storage.play_files import last_play_of
from mobius_tui.run.storage.run_directory import AttemptDirectory
from mobius_tui.structs import replace
from mobius_tui.tui.backend.full_screens import run_in_thread
from mobius_tui.tui.commands.command import PaneName
from mobius_tui.tui.dialogs.question import Notifier
from mobius_tui.tui.output.output_choice import OutputChoice, nothing_printed_text
from mobius_tui.tui.parts.run_feed import RunFeed
from mobius_tui.tui.presenters.fleet.host_marks import HOST_MARKS, HOST_STATUS_RANKS
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.styled_text import padded
from mobius_tui.tui.widgets.hosts_pane import HostsPane

MERGE_INTERVAL = 0.25
"""Seconds between two looks at what hosts have printed since."""
LONGEST_LABEL = 24
"""Cells of a host's name before a line at most: the line is what is read."""


class OpenedOutput(Struct, frozen=True, kw_only=True):
    """What is shown in place of a step's hosts."""

    step: str
    host: str = ""
    """The host whose output it is; empty for that of all hosts, or of a batch."""
    path: Path | None = None
    """Where the outputs of all hosts are, or that of a batch."""
    has_times: bool = False
    """Whether a file beside it says when its parts came."""
    title: str = ""
    nothing: str = ""
    """What is said where nothing was printed."""
    is_growing: bool = False
    """Whether it goes on while the step runs."""
    ends_at_moment: bool = False
    """Whether a review shows what of it had come by its moment alone."""


class StepHostsPart:
    """Switches between the list of a step's hosts and the output of one or of all."""

    def __init__(self, screen: Screen[Any], feed: RunFeed, tell: Notifier) -> None:
        """Show no hosts yet.

        Args:
            screen: has the workers.
            feed: the run.
            tell: says why outputs cannot be gathered.
        """
        self._screen, self._feed, self._tell = screen, feed, tell
        self.pane = HostsPane(id=PaneName.HOSTS)
        self.opened: OpenedOutput | None = None
        """What is shown in place of the hosts; `None` while they are."""
        self._view: RunView | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._wanted_tails: tuple[str, Mapping[str, int]] | None = None
        self._is_reading = False

    @property
    def is_listed(self) -> bool:
        """Whether the hosts are shown in place of the output."""
        return self.pane.step is not None and self.opened is None

    def show(self, view: RunView, shown: OutputChoice) -> OutputChoice:
        """Show the hosts of what is shown, or the output that was opened.

        Args:
            view: the run.
            shown: the output that belongs to the row under the cursor.

        Returns:
            The output that is shown, or would be.
        """
        self._view = view
        found = view.hosts(shown.hosts_of) if shown.hosts_of else None
        if self.opened is not None and self.opened.step != shown.hosts_of:
            self.opened = None
        self.pane.step = shown.hosts_of or None
        opened = self.opened
        if found is None or opened is None:
            return shown
        number = view.plan.numbers[opened.step]
        if not opened.host:
            limit = None
            if opened.ends_at_moment and opened.path is not None:
                limit = _size_at(opened.path, self._bounds(opened.step)[1])
            return replace(
                shown,
                path=opened.path,
                spans=_spans_of(opened.path) if opened.has_times else None,
                limit=limit,
                title=f"Output · {number} · {opened.title}",
                running=opened.is_growing and found.is_running,
                placeholder=opened.nothing or "They have printed nothing.",
                tabs=(),
            )
        own = found.host_states.get(opened.host)
        if own is None:
            return shown
        is_running = own.status is HostStatus.RUNNING
        is_past = view.reviewed_duration is not None
        word = HOST_MARKS[own.status].glyph_and_word[0]
        path = self._output_of(opened.step, own.attempt, opened.host)
        folder = AttemptDirectory(path.parent)
        return replace(
            shown,
            path=path,
            spans=_spans_of(path),
            limit=output_size_at(folder, view.now) if is_running and is_past else None,
            title=f"Output · {number} · {opened.host} {word}",
            running=is_running and not is_past,
            placeholder=nothing_printed_text(running=is_running),
            tabs=(),
        )

    def _output_of(self, step: str, attempt: int, host: str) -> Path:
        return output_path(self._folder_of(step, attempt), host)

    def _folder_of(self, step: str, attempt: int) -> Path:
        return self._feed.directory.attempt(*AttemptId(step, attempt)).path

    def open(self, step: str, host: str) -> None:
        """Have the output of a host shown in place of the hosts."""
        self.opened = OpenedOutput(step=step, host=host)

    async def open_batch(
        self, step: str, host: str, *, shown: Callable[[], None]
    ) -> None:
        """A worker: have shown what Ansible printed for the batch of a host.

        Args:
            step: whose hosts they are.
            host: one of the batch.
            shown: is called when there is something to show.
        """
        found = self._view.hosts(step) if self._view is not None else None
        own = found.host_states.get(host) if found is not None else None
        if found is None or own is None:
            return
        folder = self._feed.directory.attempt(*AttemptId(step, own.attempt)).path
        play = await run_in_thread(partial(last_play_of, folder, host))
        if play is None:
            name = sanitize.line(host)
            self._tell(f"Ansible has not begun with {name}.", is_problem=False)
            return
        is_past = self._view is None or self._view.reviewed_duration is not None
        self.opened = OpenedOutput(
            step=step,
            path=play.keeper_directory.output,
            has_times=True,
            title=f"Ansible, batch {own.batch}",
            nothing="Ansible has printed nothing that is of no host.",
            is_growing=not is_past,
            ends_at_moment=True,
        )
        shown()

    def close(self) -> bool:
        """Show the hosts again; returns whether something else was shown."""
        was_open = self.opened is not None
        self.opened = None
        return was_open

    # The last lines

    def read_tails(self, step: str, hosts: Mapping[str, int]) -> None:
        """Read the last lines of hosts, in a thread; one look at a time.

        Args:
            step: whose hosts they are.
            hosts: the attempt of each.
        """
        self._wanted_tails = step, hosts
        if not self._is_reading:
            self._is_reading = True
            work = self._read_tails()
            self._screen.run_worker(work, name="tails", exit_on_error=False)

    async def _read_tails(self) -> None:
        try:
            while self._wanted_tails is not None:
                (step, hosts), self._wanted_tails = self._wanted_tails, None
                folders = {
                    attempt: self._folder_of(step, attempt)
                    for attempt in set(hosts.values())
                }
                paths = {
                    host: output_path(folders[attempt], host)
                    for host, attempt in hosts.items()
                }
                self.pane.show_tails(
                    step,
                    await run_in_thread(partial(_read_last_outputs_of_hosts, paths)),
                )
        finally:
            self._is_reading = False

    # The outputs of all

    async def gather(
        self,
        step: str,
        *,
        same: bool,
        shown: Callable[[], None],
        grown: Callable[[], None],
    ) -> None:
        """A worker: write the outputs of all hosts into a file, and have it shown.

        Args:
            step: whose hosts.
            same: whether hosts with the same output share one copy of it; else they
                are merged line by line, for as long as the step runs and it is open.
            shown: is called when there is something to show.
            grown: is called when there may be more of it.
        """
        path = self._new_file()
        try:
            if same:
                await self._gather_same(step, path)
                shown()
            else:
                await self._merge(step, MergedOutput(path), shown, grown)
        except OSError as error:
            self._tell(f"Not gathered: {path}: {error.strerror}", is_problem=True)

    def _new_file(self) -> Path:
        """A name for a file in a private folder of its own."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="mobius-tui-")
        return Path(tempfile.mkdtemp(dir=self._folder.name), "output")

    async def _gather_same(self, step: str, path: Path) -> None:
        hosts = [(h.name, h.state, h.output) for h in self._hosts_of(step)]
        _, moment = self._bounds(step)
        pieces = distinct_outputs(hosts, partial(_size_at, moment=moment))
        await run_in_thread(partial(_write, path, pieces))
        at = time.strftime("%H:%M:%S", time.localtime(self._feed.now()))
        title = f"each output once, at {at}"
        self.opened = OpenedOutput(step=step, path=path, title=title)

    async def _merge(
        self,
        step: str,
        merged: MergedOutput,
        shown: Callable[[], None],
        grown: Callable[[], None],
    ) -> None:
        opened: OpenedOutput | None = None
        while True:
            is_growing, moment = self._bounds(step)
            until = NO_TIME_LIMIT if moment is None else int(moment * 1e9)
            hosts = self._hosts_of(step)
            catch_up = partial(
                merged.catch_up, hosts, is_last=not is_growing, until=until
            )
            await run_in_thread(catch_up)
            if opened is None:
                # The call before holds back what it sees for the first time.
                await run_in_thread(catch_up)
                opened = self.opened = OpenedOutput(
                    step=step,
                    path=merged.path,
                    has_times=True,
                    title=_merged_title(merged),
                    is_growing=is_growing,
                )
                shown()
            if self.opened is opened:
                grown()
            if not is_growing or self.opened is not opened:
                return
            await asyncio.sleep(MERGE_INTERVAL)

    def _bounds(self, step: str) -> tuple[bool, float | None]:
        """Whether hosts of a step may go on, and until when their lines are shown.

        That is in seconds since 1970; `None` where all are shown.
        """
        view = self._view
        found = view.hosts(step) if view is not None else None
        if view is None or found is None or not found.is_running:
            return False, None
        is_past = view.reviewed_duration is not None
        return not is_past, view.now if is_past else None

    def _hosts_of(self, step: str) -> list[MergedHost]:
        """The hosts of a step that began; the worst first."""
        found = self._view.hosts(step) if self._view is not None else None
        if found is None:
            return []
        names = {host: sanitize.line(host) for host in found.host_states}
        cells = min(LONGEST_LABEL, max(map(cell_len, names.values()), default=0))
        ordered = sorted(
            found.host_states.items(),
            key=lambda each: HOST_STATUS_RANKS[each[1].status],
        )
        hosts = []
        for name, own in ordered:
            if own.started is not None:
                ended = f" {own.exit}" if own.exit else ""
                one = MergedHost(
                    name=name,
                    label=f"{padded(names[name], cells)} ",
                    state=f"{HOST_MARKS[own.status].word}{ended}",
                    output=self._output_of(step, own.attempt, name),
                    is_over=own.status is not HostStatus.RUNNING,
                )
                hosts.append(one)
        return hosts

    def end(self) -> None:
        """Remove what was gathered."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


def _spans_of(path: Path | None) -> Path | None:
    """What says when an output came; `None` where that was not kept."""
    spans = spans_path(path) if path is not None else None
    return spans if spans is not None and spans.exists() else None


def _size_at(output: Path, moment: float | None) -> int | None:
    """The bytes that an output had at a moment; `None` for all of it, without one."""
    if moment is None:
        return None
    return output_size_at(AttemptDirectory(output.parent), moment)


def _merged_title(merged: MergedOutput) -> str:
    """What the output of all is, in words."""
    if not merged.hosts_without_times:
        return "all hosts, by time"
    if not merged.has_merged_lines:
        return "all hosts, one after the other"
    return f"all hosts, by time; {merged.hosts_without_times} without times first"


def _read_last_outputs_of_hosts(paths: Mapping[str, Path]) -> Mapping[str, LastOutput]:
    """The last line of each output, by host."""
    return {host: last_output_of_file(path) for host, path in paths.items()}


def _write(path: Path, pieces: Iterator[bytes]) -> None:
    with path.open("xb") as file:
        file.writelines(pieces)
