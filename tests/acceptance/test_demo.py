"""The demo without a screen: from a truly broken site to a truly restored one."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.rehearsal import rehearsal
from mobius_tui.drill.site import drill_site
from mobius_tui.errors import MobiusError
from mobius_tui.plain import print_run
from mobius_tui.run.client.start_run import start_new_run
from mobius_tui.run.intents.run_intents import StartAutomatic
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.records.verification import run_problems
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_folders import runs_root
from tests.acceptance.terminal import PROGRAM
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.usefixtures("ended")

SHORT = ("--var", "monitor_for=7s")
"""Shorter than the ten seconds of a drill, longer than five checks take."""


class Watch(threading.Thread):
    """Asks the site's API, again and again, from outside."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: list[int] = []
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            for folder in drill_site.sites_root().glob("*"):
                try:
                    status, _ = drill_site.request_site(
                        drill_site.open_site(folder), "/health"
                    )
                except MobiusError:
                    continue
                if status and status not in self.seen[-1:]:
                    self.seen.append(status)
            time.sleep(0.02)


@contextmanager
def watching() -> Iterator[Watch]:
    watch = Watch()
    watch.start()
    try:
        yield watch
    finally:
        watch.over.set()
        watch.join()


@pytest.mark.parametrize(
    "words",
    [
        ("demo", "--auto", "--manual", "tick", "--yes", "--plain", *SHORT),
        pytest.param(
            ("drill", "--fault", "bad-release", "--auto", "--yes", "--json", *SHORT),
            marks=pytest.mark.drills,
        ),
    ],
)
def test_a_broken_site_is_restored_and_gone_afterwards(words: tuple[str, ...]) -> None:
    with watching() as watch:
        done = subprocess.run(
            [PROGRAM, *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=2 * PATIENCE,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    # Healthy as built, broken by the fault, restored by the run.
    assert watch.seen[-2:] == [500, 200]
    if "--json" in words:
        events = [json.loads(line)["event"] for line in done.stdout.splitlines()]
        assert events[0] == "RunBegan"
        assert "RunEnded" in events
    else:
        assert "COMPLETED" in done.stdout
        assert "Rollback complete" in done.stdout
    [run] = all_runs(runs_root())
    assert tuple(run_problems(run)) == ()
    state = Follower(run).state
    assert state.steps["execute"].status == "passed"
    assert state.steps["three-checks"].status == "passed"
    wait_for(lambda: not any(drill_site.sites_root().iterdir()))


def test_a_killed_demo_leaves_no_site() -> None:
    """The guard takes the site down when its starter dies before the run begins."""
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    folder = Path(child.stdout.readline().strip())
    assert folder.is_dir()
    child.kill()
    child.wait()
    child.stdout.close()
    wait_for(lambda: not folder.exists())


KILLED = """
import time
from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.rehearsal import rehearsal
fault = FAULTS["bad-release"]
with rehearsal("mobius-rollback", fault, seed=0, given={}, keep=False) as b:
    print(b.site, flush=True)
    time.sleep(60)
"""


def test_without_a_backup_it_fails_and_says_why(
    capsys: pytest.CaptureFixture[str],
) -> None:
    fault = FAULTS["bad-release"]

    async def go() -> int:
        directory = await start_new_run(briefing, {"reason": "test"})
        answers = {
            "indicators": "trigger",
            "scenario": "packages",
            "ic_ack": "@ic",
            "authorized_by": "@ops",
        }
        auto = StartAutomatic(answers=answers, manual="tick", confirmed=True)
        return await print_run(directory, as_json=False, auto=auto)

    with rehearsal("mobius-rollback", fault, seed=0, given={}, keep=False) as briefing:
        shutil.rmtree(briefing.workdir / "backups")
        assert asyncio.run(go()) == 1
    said = capsys.readouterr().out
    assert "no backup of production can be restored" in said
    assert "FAILED" in said
    assert "Restore the backup" not in said


def test_a_dry_run_leaves_nothing_behind_and_shows_every_command(
    state_home: Path,
) -> None:
    done = subprocess.run(
        [PROGRAM, "run", "mobius-rollback", "--dry-run", "--profile", "production"],
        capture_output=True,
        text=True,
        check=False,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": "/nonexistent",
            "XDG_STATE_HOME": str(state_home),
            "SLACK_WEBHOOK_URL": "https://hooks.example/secret-part",
        },
    )
    assert done.returncode == 0, done.stderr
    assert "rollback_dhash.sh --backup" in done.stdout
    assert "DESTROYS" in done.stdout
    assert "target_env=production" in done.stdout
    assert "backup_file=(no value yet)" in done.stdout
    assert "✔" not in done.stdout
    assert "secret-part" not in done.stdout + done.stderr
    assert not state_home.exists()
