"""What the long forms have in common: a state of their own, and the end of it all."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from mobius_tui.drill.site.drill_site import sites_root
from mobius_tui.drill.site_guard import take_down_orphan_sites
from mobius_tui.errors import MobiusError
from mobius_tui.run.attempts.launcher import request_stop
from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.client.start_run import start_new_run
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.loader import load
from tests.run.running import alive
from tests.waiting import PATIENCE, wait_for


@contextlib.contextmanager
def state_of_its_own(prefix: str = "mobius-") -> Iterator[Path]:
    """A temporary folder that holds state and configuration of this process.

    Ends with every host and site that came to be in it. Where the program refuses what
    it was asked for, says so, and ends the process with exit code 1.

    Args:
        prefix: of the folder's name.
    """
    with tempfile.TemporaryDirectory(prefix=prefix) as name:
        os.environ["XDG_STATE_HOME"] = f"{name}/state"
        os.environ["XDG_CONFIG_HOME"] = f"{name}/config"
        try:
            yield Path(name)
        except MobiusError as error:
            print(error, file=sys.stderr)
            raise SystemExit(1) from error
        finally:
            hosts = [run.host_pid() for run in all_runs(runs_root())]
            end_all()
            # Until it is gone each writes in the folder, which is removed now.
            wait_for(lambda: not any(pid and alive(pid) for pid in hosts))


async def start_book(path: Path, text: str, **given: str) -> RunDirectory:
    """Write a runbook and start a run of it.

    Args:
        path: its file.
        text: what is written.
        given: values of its variables.
    """
    path.write_text(text)
    return await start_new_run(prepare_briefing(load(path), given=given))


def end_all() -> None:
    """End the hosts of this test's state folder, and wait until its sites are gone."""
    for run in all_runs(runs_root()):
        pid = run.host_pid()
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        for attempt in run.attempts():
            request_stop(run.attempt(*attempt))
    for owner in sites_root().glob("*/run/owner"):
        pid = int(owner.read_text().split()[0])
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE
    while any(sites_root().glob("*")) and time.monotonic() < deadline:
        take_down_orphan_sites(sites_root())
        time.sleep(0.05)
