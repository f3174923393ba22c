"""The bundled runbook's automated rollback, where it cannot succeed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.rehearsal import rehearsal
from mobius_tui.run.client.start_run import start_new_run
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.intents.run_intents import EndRun
from mobius_tui.run.intents.watch_intents import ArmWatch
from mobius_tui.run.state.step_state import Status
from tests.run.running import wait_for_state
from tests.waiting import wait_for


async def test_without_a_backup_it_ends_in_failure_recovery_and_asks_for_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    fault = FAULTS["bad-release"]
    with rehearsal("mobius-rollback", fault, seed=0, given={}, keep=False) as briefing:
        shutil.rmtree(briefing.workdir / "backups")
        directory = await start_new_run(briefing, {"reason": "every page answers 500"})
        viewer = Viewer(directory)
        reply = await viewer.send_intent(ArmWatch(confirm="production"))
        assert reply.ok, reply.text
        state = wait_for_state(
            directory, lambda state: "failure-recovery" in state.entered_phases
        )
        assert state.steps["auto-find-backup"].status is Status.FAILED
        assert state.steps["auto-execute"].attempts == ()
        assert not state.watch.rollback_running
        assert "Find a good backup failed" in state.watch.rollback_stop_reason
        assert state.ended is None
        reply = await viewer.send_intent(EndRun())
        assert reply.ok, reply.text
        await viewer.close()
        wait_for(lambda: directory.host_pid() is None)
