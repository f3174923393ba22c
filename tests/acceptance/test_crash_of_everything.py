"""Host, guard and viewer of a drill are killed at once: the next start cleans up."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import psutil
import pytest

from mobius_tui.drill.site import drill_site
from mobius_tui.drill.site.drill_site import processes_in
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.storage.run_directory import lock_holder
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_folders import runs_root
from tests.acceptance.terminal import PROGRAM
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.usefixtures("ended")


def test_the_next_start_takes_down_what_a_crash_left(tmp_path: Path) -> None:
    beside = tmp_path / "state" / "mobius-tui" / "sites" / "notes"
    beside.mkdir(parents=True)
    (beside / "mine.txt").write_text("no site")
    with (tmp_path / "said").open("wb") as said:
        viewer = subprocess.Popen(
            [PROGRAM, "drill", "--auto", "--plain"],
            env={**os.environ, "MOBIUS_PACE": "600"},  # the rollback script waits
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
    wait_for(lambda: all_runs(runs_root()))
    [run] = all_runs(runs_root())
    lock = run.attempt("execute", 1).lock
    wait_for(lambda: lock_holder(lock))
    [root] = [
        path.parent.parent for path in drill_site.sites_root().glob("*/run/owner")
    ]
    wait_for(lambda: "rollback_dhash" in str(processes_in(root)))
    site = drill_site.open_site(root)
    guard = int((root / "run" / "owner").read_text().split()[0])
    host = run.host_pid()
    assert host
    for pid in (host, guard, viewer.pid):
        os.kill(pid, signal.SIGKILL)
    viewer.wait()
    wait_for(lambda: run.host_pid() is None)
    left = [psutil.Process(pid) for pid, _ in processes_in(root)]
    assert len(left) > 4  # its services, and the script of a step
    assert drill_site.request_site(site, "/health")[0] == 500

    said_next = subprocess.run(
        [PROGRAM, "runs"],
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * PATIENCE,
    )
    assert said_next.returncode == 0, said_next.stderr
    assert f"taken down: {root.name}" in said_next.stderr
    assert not root.exists()
    wait_for(lambda: not any(process.is_running() for process in left))
    with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
        probe.connect(("127.0.0.1", site.port))
    assert (beside / "mine.txt").read_text() == "no site"
    assert Follower(run).state.ended is None  # its journal was not touched
    shutil.rmtree(beside)
