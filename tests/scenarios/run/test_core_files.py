"""A process of ours that dies of a fault leaves its memory nowhere."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mobius_tui.run.attempts import launcher
from mobius_tui.run.fleet.fleet_lines import StepOrder, encode_order
from mobius_tui.run.fleet.transport import LocalRoute
from mobius_tui.run.storage.run_directory import AttemptDirectory
from tests.run.books import SECRETS
from tests.run.conftest import Begin
from tests.run.keepers import spec
from tests.waiting import wait_for


@pytest.fixture
def unlimited() -> Iterator[None]:
    """Core files of any size, as far as this machine lets them be."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_CORE, before)


def dumps_core(pid: int) -> bool:
    """Whether a child of this process leaves its memory when it dies of a fault."""
    os.kill(pid, signal.SIGABRT)
    _, status = os.waitpid(pid, 0)
    assert os.WTERMSIG(status) == signal.SIGABRT
    return os.WCOREDUMP(status)


@pytest.mark.usefixtures("unlimited")
def test_a_keeper_leaves_none(tmp_path: Path) -> None:
    directory = AttemptDirectory(tmp_path / "a.1")
    own = spec(secrets=("a secret of the step",))
    keeper = launcher.launch_keeper(directory, "ulimit -c; sleep 60", own, 2)
    wait_for(lambda: directory.output.exists() and directory.output.read_bytes())
    assert not dumps_core(keeper.pid)
    keeper.returncode = -signal.SIGABRT
    os.killpg(int(directory.pid.read_text()), signal.SIGKILL)
    limit = resource.getrlimit(resource.RLIMIT_CORE)[0]
    words = "unlimited" if limit == resource.RLIM_INFINITY else str(limit // 1024)
    assert directory.output.read_text().strip() == words, "the script's is its own"


@pytest.mark.usefixtures("unlimited")
async def test_a_host_leaves_none(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_TOKEN", "a secret of the run")
    run = await begin(SECRETS)
    assert not dumps_core(run.host())


@pytest.mark.usefixtures("unlimited")
def test_a_fleet_process_leaves_none(tmp_path: Path) -> None:
    words = [sys.executable, "-P", "-m", "mobius_tui.run.fleet.fleet_process"]
    fleet = subprocess.Popen(words, stdin=subprocess.PIPE, cwd=tmp_path)
    order = StepOrder(
        run="r",
        step="a",
        folder=str(tmp_path),
        route=LocalRoute(sites={}),
        host_count=1,
        script="true",
        secrets=("a secret of the step",),
    )
    assert fleet.stdin is not None
    fleet.stdin.write(encode_order(order))
    fleet.stdin.flush()
    wait_for((tmp_path / "hosts" / ".lock").exists)
    assert not dumps_core(fleet.pid)
    fleet.returncode = -signal.SIGABRT
    fleet.stdin.close()


@pytest.mark.usefixtures("unlimited")
def test_a_viewer_leaves_none(tmp_path: Path) -> None:
    book = tmp_path / "book.toml"
    book.write_text(
        'format = 2\n[runbook]\ntitle = "T"\n[[step]]\nid = "a"\nrun = "sleep 60"\n'
    )
    viewer = subprocess.Popen(
        [sys.executable, "-m", "mobius_tui", "run", str(book), "--plain"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        cwd=tmp_path,
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")},
    )
    assert viewer.stdout is not None
    assert viewer.stdout.readline()
    [run] = (tmp_path / "state" / "mobius-tui" / "runs").iterdir()
    is_dumped = dumps_core(viewer.pid)
    viewer.returncode = -signal.SIGABRT
    viewer.stdout.close()
    os.kill(int((run / "lock").read_text()), signal.SIGKILL)
    assert not is_dumped
