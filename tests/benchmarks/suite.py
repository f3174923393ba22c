"""Where the time of the tests goes: by folder, by kind, and the thirty dearest.

`python -m tests.benchmarks suite [ARGUMENT …]` runs pytest with this as its plugin; the
arguments are pytest's. What a process started by a test does is counted where the test
waits for its end, and what it starts in turn is its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from textual.app import App

from tests.paths import ROOT

COUNTED = ("tests", "wall", "own", "children", "processes", "sites", "screens")
"""The columns. Wall and the processor times, of the test's own process and of those it
waited for, in seconds; what it started, built and opened, in numbers."""
DEAREST = 30
_STARTS = ("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn")
_PROPERTY = "costs"
Row = list[float]


class Counter:
    """What this process has used, started, built and opened so far."""

    def __init__(self) -> None:
        self._processes = self._sites = self._screens = 0
        sys.addaudithook(self._audit)
        opened = App.run_test

        def run_test(*arguments: Any, **more: Any) -> Any:
            self._screens += 1
            return opened(*arguments, **more)

        App.run_test = run_test  # type: ignore[method-assign]

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in _STARTS:
            self._processes += 1
        elif event == "open" and arguments[1] == "w":
            self._sites += f"{arguments[0]}".endswith("/site.json")

    def now(self) -> Row:
        """The columns, as they stand."""
        times = os.times()
        return [
            *(0, time.monotonic(), times.user + times.system),
            times.children_user + times.children_system,
            *(self._processes, self._sites, self._screens),
        ]


class Costs:
    """The plugin: what each test costs goes to the process that prints the tables."""

    def __init__(self) -> None:
        self._counter = Counter()
        self._by_test: dict[str, Row] = {}
        self._before = self._counter.now()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self) -> Iterator[None]:
        """Look at what has been used before a test."""
        self._before = self._counter.now()
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self,
        call: pytest.CallInfo[None],
    ) -> Iterator[None]:
        """Add it to the last of the test's reports."""
        report: Any = yield
        if call.when == "teardown":
            now = self._counter.now()
            used = [a - b for a, b in zip(now, self._before, strict=True)]
            used[0] = 1
            report.user_properties.append((_PROPERTY, used))
        return report  # type: ignore[no-any-return]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what a worker's test has cost."""
        row: Any = dict(report.user_properties).get(_PROPERTY)
        if row:
            self._by_test[report.nodeid] = row

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> None:
        """Print the tables."""
        folders: dict[str, Row] = defaultdict(lambda: [0.0] * len(COUNTED))
        kinds: dict[str, Row] = defaultdict(lambda: [0.0] * len(COUNTED))
        for test, row in self._by_test.items():
            path = test.partition("::")[0].removeprefix("tests/")
            folder = "/".join(path.split("/")[:-1][:2]) or "."
            _add(folders[folder], row)
            _add(kinds[kind_of(row)], row)
        dearest = sorted(self._by_test.items(), key=lambda each: -each[1][1])
        for title, rows in (
            ("by folder", sorted(folders.items(), key=lambda each: -each[1][1])),
            ("by kind", sorted(kinds.items(), key=lambda each: -each[1][1])),
            ("the dearest", dearest[:DEAREST]),
        ):
            terminalreporter.section(f"costs, {title}")
            terminalreporter.line("".join(f"{name:>11}" for name in COUNTED))
            for key, row in rows:
                cells = (f"{n:11.1f}" if n % 1 else f"{n:11.0f}" for n in row)
                terminalreporter.line(f"{''.join(cells)}  {key}")


def _add(total: Row, row: Row) -> None:
    total[:] = [a + b for a, b in zip(total, row, strict=True)]


def kind_of(row: Sequence[float]) -> str:
    """What a test is, by the dearest thing that it does."""
    _, wall, own, _, processes, sites, screens = row
    if sites:
        return "builds a site"
    if processes:
        return "starts processes"
    if screens:
        return "opens a screen"
    return "computes" if wall < 2 * own + 0.05 else "waits"


def pytest_configure(config: pytest.Config) -> None:
    """Begin to count, in each process."""
    config.pluginmanager.register(Costs())


def main(arguments: Sequence[str]) -> int:
    """Run the tests with the tables at their end; gives pytest's exit code."""
    words = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", __name__]
    return subprocess.run([*words, *arguments], cwd=ROOT, check=False).returncode
