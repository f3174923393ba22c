"""How an attempt ends whose keeper leaves no record that can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.run.attempts import launcher
from mobius_tui.run.records.verification import run_problems
from mobius_tui.run.state.step_state import Status
from tests.conftest import MakeRunbook
from tests.run.books import ONE, step
from tests.run.conftest import Begin
from tests.run.offices import new_run, office


async def test_a_script_whose_record_cannot_be_read_may_have_run(begin: Begin) -> None:
    in_the_way = 'mkdir "$(dirname "$RUNBOOK_OUTPUT")/exit"; echo done'
    run = await begin(ONE + step("a", in_the_way))
    await run.did("start", "a")
    state = await run.status("a", "unknown", "not started")
    assert state.steps["a"].status == "unknown", state.steps["a"].reason
    assert state.steps["a"].reason.startswith("how it ended cannot be read: ")
    assert list(run_problems(run.directory)) == []
    await run.did("retry", "a")
    await run.until(lambda s: len(s.steps["a"].attempts) == 2)
    await run.status("a", "unknown")


async def test_a_keeper_that_dies_before_the_script_is_not_the_hosts_death(
    make_runbook: MakeRunbook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in = tmp_path / "keeper.py"
    stand_in.write_text("import os\nos.kill(os.getpid(), 9)\n")
    monkeypatch.setattr(launcher, "KEEPER_PROGRAM", stand_in)
    runbook = make_runbook(ONE + step("a"))
    async with office(
        new_run(tmp_path, runbook), runbook, {}, workdir=str(tmp_path)
    ) as host:
        reply = await host.intend("start", "a")
        assert reply.ok, reply.text
        steps = host.services.context.state.steps
        await host.until(lambda: steps["a"].status is not Status.RUNNING)
        assert steps["a"].status is Status.NOT_STARTED
        reason = steps["a"].reason
        assert reason.startswith("its keeper was ended by SIGKILL (")
        assert reason.endswith(" before the script began; nothing of it ran")
