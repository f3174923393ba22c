"""What a run of the tests leaves behind: no process that a test started."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import psutil
import pytest

from tests.waiting import PATIENCE

MARK = "MOBIUS_TUI_TESTS"
"""The variable that all processes of one run of the tests have, and others have not."""
LOOK_INTERVAL = 0.1
OF_PYTHON = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")
"""Processes that Python keeps for one that lives."""


class Left(NamedTuple):
    """A process that is left."""

    process: psutil.Process
    words: Sequence[str]
    test: str
    """The test that started it, as far as it says so."""

    def line(self) -> str:
        """The process for a person."""
        words = " ".join(self.words)[:200]
        return f"{self.test}: process {self.process.pid}: {words!r}"


class LeftBehind:
    """The plugin: marks what the tests start, and looks for it at the end.

    Where tests run in workers only the process that began them looks, after the last
    one is gone. What has another environment, as behind `env -i` and sshd, is known by
    the folder that the test had.
    """

    def __init__(self, config: pytest.Config, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._left: list[Left] = []
        self._is_worker = hasattr(config, "workerinput")
        if not self._is_worker:
            os.environ[MARK] = secrets.token_hex(16)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Wait until nothing is left, and fail where something is."""
        if self._is_worker:
            return
        factory: pytest.TempPathFactory = session.config._tmp_path_factory  # type: ignore[attr-defined]
        folder = f"{factory.getbasetemp()}/"
        until = time.monotonic() + self._patience
        while left := list(processes(os.environ[MARK], folder)):
            if time.monotonic() > until:
                break
            time.sleep(LOOK_INTERVAL)
        self._left = left
        for each in left:
            with contextlib.suppress(psutil.Error):
                each.process.kill()
        if left and not session.exitstatus:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> None:
        """Name what was left, and who started it."""
        if self._left:
            terminalreporter.section("left behind, and killed now", red=True)
            for each in self._left:
                terminalreporter.line(each.line())


def processes(mark: str, folder: str) -> Iterator[Left]:
    """The processes of a run of the tests, but for this one and what it comes of.

    Args:
        mark: what they have as `MARK`.
        folder: what the tests' folders begin with.
    """
    family = {os.getpid(), *(each.pid for each in psutil.Process().parents())}
    for process in psutil.process_iter():
        if process.pid in family:
            continue
        with contextlib.suppress(psutil.Error, OSError):
            environment, words = process.environ(), process.cmdline()
            if process.status() == psutil.STATUS_ZOMBIE or any(
                word in " ".join(words) for word in OF_PYTHON
            ):
                continue
            places = [*environment.values(), *words, process.cwd() + "/"]
            if environment.get(MARK) == mark or any(folder in at for at in places):
                yield Left(process, words, _test(environment, places, folder))


def _test(environment: Mapping[str, str], places: Sequence[str], folder: str) -> str:
    """The test that a process says it is of, or the folder of that test."""
    named = environment.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
    inside = (at.partition(folder)[2].split("/") for at in places if folder in at)
    names = (part for parts in inside for part in parts if part.startswith("test_"))
    return named or next(names, "an unknown test")
