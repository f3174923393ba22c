"""Terminals, and the end of every host that a test's state folder knows."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mobius_tui.drill.site.drill_site import sites_root
from mobius_tui.run.attempts.launcher import ask_to_stop
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_home import runs_root
from tests.acceptance.terminal import PROGRAM, Terminal

Open = Callable[..., Terminal]


@pytest.fixture
def terminal(state_home: Path) -> Iterator[Open]:
    """Open the program in a terminal; it, its host and its site end with the test."""
    assert not state_home.exists()
    opened: list[Terminal] = []

    def go(
        *words: str,
        columns: int = 120,
        rows: int = 36,
        program: str = PROGRAM,
        **env: str,
    ) -> Terminal:
        size = {"columns": columns, "rows": rows}
        opened.append(Terminal(*words, **size, env=env, program=program))
        return opened[-1]

    yield go
    for each in opened:
        each.close()
    end_all()


@pytest.fixture
def ended(state_home: Path) -> Iterator[None]:
    """Hosts and sites end with the test."""
    assert not state_home.exists()
    yield
    end_all()


def end_all() -> None:
    """End the hosts of this test's state folder, and wait until its sites are gone."""
    for run in all_runs(runs_root()):
        pid = run.host_pid()
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        for path in run.steps.iterdir():
            step, _, number = path.name.rpartition(".")
            ask_to_stop(run.attempt(step, int(number)))
    for owner in sites_root().glob("*/run/owner"):
        pid = int(owner.read_text().split()[0])
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    from mobius_tui.drill.orphaned_sites import reap_orphans

    deadline = time.monotonic() + 60
    while any(sites_root().glob("*")) and time.monotonic() < deadline:
        reap_orphans(sites_root())
        time.sleep(0.05)
