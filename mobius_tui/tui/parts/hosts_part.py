"""A step's hosts or its output: which of the two is shown, and the hosts' outputs."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from textual.screen import Screen

from mobius_tui.run.attempts.attempt_files import LastOutput, last_output_of
from mobius_tui.run.events.fleet_events import HostStatus
from mobius_tui.run.fleet.gathered_output import one_after_the_other, same_once
from mobius_tui.run.fleet.host_output import output_path
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.tui.backend.base_page import run_in_thread
from mobius_tui.tui.dialogs.question import Notifier
from mobius_tui.tui.parts.run_feed import RunFeed
from mobius_tui.tui.presenters.fleet.host_marks import HOST_MARKS, RANKS
from mobius_tui.tui.presenters.fleet.hosts_now import StepHosts
from mobius_tui.tui.presenters.output_choice import OutputChoice
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.widgets.hosts_pane import HostsPane


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenedOutput:
    """What is shown in place of a step's hosts."""

    step: str
    host: str = ""
    """The host whose output it is; empty where it is of all."""
    path: Path | None = None
    """Where the outputs of all hosts are, as they were when they were gathered."""
    title: str = ""


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
        self.pane = HostsPane(id="hosts")
        self.opened: OpenedOutput | None = None
        """What is shown in place of the hosts; `None` while they are."""
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._reading: Mapping[str, int] | None = None
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
        found = view.hosts(shown.hosts_of) if shown.hosts_of else None
        if self.opened is not None and self.opened.step != shown.hosts_of:
            self.opened = None
        self.pane.step = shown.hosts_of or None
        opened = self.opened
        if found is None or opened is None:
            return shown
        number = view.plan.numbers[opened.step]
        if not opened.host:
            return replace(
                shown,
                path=opened.path,
                spans=None,
                limit=None,
                title=f"Output · {number} · {opened.title}",
                running=False,
                placeholder="They printed nothing.",
                tabs=(),
            )
        own = found.newest.get(opened.host)
        if own is None:
            return shown
        is_running = own.status is HostStatus.RUNNING
        word = HOST_MARKS[own.status].glyph_and_word[0]
        return replace(
            shown,
            path=self._output_of(opened.step, own.attempt, opened.host),
            spans=None,
            limit=None,
            title=f"Output · {number} · {opened.host} {word}",
            running=is_running and view.reviewed_duration is None,
            placeholder="It has printed nothing yet." if is_running else "Nothing.",
            tabs=(),
        )

    def _output_of(self, step: str, attempt: int, host: str) -> Path:
        folder = self._feed.directory.attempt(*AttemptId(step, attempt)).path
        return output_path(folder, host)

    def open(self, step: str, host: str) -> None:
        """Have the output of a host shown in place of the hosts."""
        self.opened = OpenedOutput(step=step, host=host)

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
        self._reading = hosts
        if not self._is_reading:
            self._is_reading = True
            work = self._read_tails(step)
            self._screen.run_worker(work, name="tails", exit_on_error=False)

    async def _read_tails(self, step: str) -> None:
        try:
            while self._reading is not None:
                hosts, self._reading = self._reading, None
                paths = {
                    host: self._output_of(step, attempt, host)
                    for host, attempt in hosts.items()
                }
                self.pane.show_tails(step, await run_in_thread(partial(_tails, paths)))
        finally:
            self._is_reading = False

    # The outputs of all

    async def gather(self, step: str, *, same: bool, shown: Callable[[], None]) -> None:
        """A worker: write the outputs of all hosts into a file, and have it shown.

        Args:
            step: whose hosts.
            same: whether hosts with the same output share one copy of it.
            shown: is called when there is something to show.
        """
        found = self.pane.found
        if found is None:
            return
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="mobius-tui-")
        kind = "same" if same else "all"
        path = Path(self._folder.name) / f"{kind}-{time.monotonic_ns()}"
        hosts = list(self._states(step, found))
        try:
            pieces = same_once(hosts) if same else one_after_the_other(hosts)
            await run_in_thread(partial(_write, path, pieces))
        except OSError as error:
            self._tell(f"Not gathered: {path}: {error.strerror}", is_problem=True)
            return
        words = "each output once" if same else "all hosts"
        at = time.strftime("%H:%M:%S", time.localtime(self._feed.now()))
        self.opened = OpenedOutput(step=step, path=path, title=f"{words}, at {at}")
        shown()

    def _states(self, step: str, found: StepHosts) -> Iterator[tuple[str, str, Path]]:
        """Each host with its state in words, and its output; the worst first."""
        ordered = sorted(found.newest.items(), key=lambda each: RANKS[each[1].status])
        for name, own in ordered:
            if own.started is not None:
                ended = f" {own.exit}" if own.exit else ""
                state = f"{HOST_MARKS[own.status].word}{ended}"
                yield name, state, self._output_of(step, own.attempt, name)

    def end(self) -> None:
        """Remove what was gathered."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


def _tails(paths: Mapping[str, Path]) -> Mapping[str, LastOutput]:
    """The last line of each output, by host."""
    return {host: last_output_of(path) for host, path in paths.items()}


def _write(path: Path, pieces: Iterator[bytes]) -> None:
    with path.open("xb") as file:
        file.writelines(pieces)
