"""The real `mobius-tui watch`, and the end of its host with the test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_folders import runs_root
from tests.acceptance.campaigns import end_all
from tests.acceptance.conftest import terminal as terminal
from tests.run.running import wait_for_state
from tests.run.watched_service import Service, book, service
from tests.waiting import PATIENCE, wait_for

PROGRAM = str(Path(sys.executable).with_name("mobius-tui"))


class Watch:
    """One of them, and what it says."""

    def __init__(self, folder: Path, *words: str, **env: str) -> None:
        self._out, self._err = folder / "said-out", folder / "said-err"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [PROGRAM, "watch", *words],
                stdout=out,
                stderr=err,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "TZ": "UTC", **env},
                start_new_session=True,
            )

    @property
    def out(self) -> str:
        return self._out.read_text()

    @property
    def err(self) -> str:
        return self._err.read_text()

    def until(self, text: str) -> None:
        wait_for(lambda: text in self.out or self.process.poll() is not None)
        assert text in self.out, self.out + self.err

    def code(self) -> int:
        code = self.process.wait(timeout=PATIENCE)
        assert "Traceback" not in self.out + self.err
        return code

    def send(self, number: int) -> None:
        os.kill(self.process.pid, number)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        self.process.wait()

    @property
    def run(self) -> RunDirectory:
        [run] = all_runs(runs_root())
        return run

    @property
    def state(self) -> RunState:
        return Follower(self.run).state

    def over(self) -> RunState:
        """Wait until the run has ended and its host is gone."""
        wait_for_state(self.run, lambda state: state.ended)
        wait_for(lambda: self.run.host_pid() is None)
        return self.state


StartWatch = Callable[..., Watch]
WriteBook = Callable[..., Path]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Service]:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "well").touch()
    with service(folder) as answering:
        yield answering


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the runbook lies and the files are that decide over health."""
    return tmp_path / "site"


@pytest.fixture
def write_book(tmp_path: Path, site: Service) -> WriteBook:
    """Write the runbook of `tests/run/watched_service.py`."""

    def write(
        where: str = "staging",
        grace: str = "0.3s",
        change: Callable[[str], str] = lambda text: text,
    ) -> Path:
        path = tmp_path / "site" / "book.toml"
        # A beat that a busy machine can keep: what comes late is no data.
        text = book(site, where=where, grace=grace).replace("50ms", "200ms", 1)
        path.write_text(change(text))
        return path

    return write


@pytest.fixture
def watch(tmp_path: Path, write_book: WriteBook) -> Iterator[StartWatch]:
    """Begin a watch of that runbook."""
    started: list[Watch] = []

    def go(
        *words: str,
        where: str = "staging",
        grace: str = "0.3s",
        change: Callable[[str], str] = lambda text: text,
        **env: str,
    ) -> Watch:
        path = write_book(where, grace, change)
        started.append(Watch(tmp_path, str(path), *words, **env))
        return started[-1]

    yield go
    for each in started:
        if each.process.poll() is None:
            each.kill()
    end_all()
