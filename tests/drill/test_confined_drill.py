"""A confined drill, from outside: what it leaves, and what becomes of it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mobius_tui.drill.site.drill_site import sites_root
from mobius_tui.drill.site.site_services import read_pid_file
from mobius_tui.drill.site_guard import take_down_orphan_sites
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import is_runbook
from mobius_tui.runbook.library.site_runbooks import site_runbook_files
from tests.program import PROGRAM, program
from tests.review.story import story
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.machine

BUNDLED = [path for path in site_runbook_files() if is_runbook(path)]
WAITS = """format = 2
[runbook]
title = "Waits"
[[step]]
title = "Wait"
run = "sleep 600"
"""


@pytest.fixture(autouse=True)
def _no_enclosure_stays(state_home: Path) -> Iterator[None]:
    yield
    for owner in sites_root().glob("*/run/owner"):
        if warden := read_pid_file(owner):
            os.kill(warden, signal.SIGKILL)
    wait_for(lambda: not any(map(read_pid_file, sites_root().glob("*/run/owner"))))
    take_down_orphan_sites(sites_root())
    assert not list(state_home.glob("mobius-tui/sites/*"))


@pytest.mark.drills
@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.stem)
def test_what_is_written_for_the_site_tries_nothing_beyond_it(path: Path) -> None:
    """Of these, and of no other, it is said that nothing real is touched."""
    asked = [each.name for each in load(path).variables.values() if each.ask]
    run = story(runs_root()).directory.id  # one asks which run it is about
    values = [word for name in asked for word in ("--var", f"{name}={run}")]
    done = subprocess.run(
        [PROGRAM, "drill", str(path), "--auto", "--plain", "--confined", *values],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=5 * PATIENCE,
    )
    said = done.stdout + done.stderr
    assert "no call to write or connect beyond its site was refused" in said


def test_one_that_never_begins_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "waits.toml"
    path.write_text(WAITS)
    done = program("drill", str(path), "--confined", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert all_runs(runs_root()) == ()
    assert not list(sites_root().iterdir())


def begun(path: Path) -> tuple[subprocess.Popen[bytes], RunDirectory]:
    """A confined drill that goes by itself, in the midst of its step."""
    path.write_text(WAITS)
    process = subprocess.Popen(
        [PROGRAM, "drill", str(path), "--confined", "--auto", "--plain"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(lambda: any(run.attempts() for run in all_runs(runs_root())))
    [run] = all_runs(runs_root())
    wait_for(lambda: run.attempt(*run.attempts()[0]).pid.exists())
    return process, run


def test_it_goes_on_when_its_command_is_gone_and_no_sweep_takes_it(
    tmp_path: Path,
) -> None:
    process, run = begun(tmp_path / "waits.toml")
    process.kill()
    process.wait()
    [owner] = sites_root().glob("*/run/owner")
    assert take_down_orphan_sites(sites_root()) == ()
    assert read_pid_file(owner) is not None
    assert run.host_pid() is not None


def test_when_it_was_killed_it_ends_and_nothing_of_it_is_run_outside(
    tmp_path: Path,
) -> None:
    process, run = begun(tmp_path / "waits.toml")
    [owner] = sites_root().glob("*/run/owner")
    warden = read_pid_file(owner)
    assert warden is not None
    os.kill(warden, signal.SIGKILL)
    process.wait(timeout=5 * PATIENCE)
    wait_for(lambda: run.host_pid() is None)
    program("resume", run.id, "--plain", "--auto", "--yes")
    wait_for(lambda: Follower(run).state.ended is not None)
    ended = Follower(run).state.ended
    assert ended is not None
    assert ended.outcome is Outcome.ABANDONED
    assert "what confined this drill is gone" in ended.reason
    assert len(run.attempts()) == 1
