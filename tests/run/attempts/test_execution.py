"""How an attempt ends whose keeper leaves no record that can be read."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest

from mobius_tui.run.attempts import launcher
from mobius_tui.run.attempts.disk_space import DiskSpaceWaiters
from mobius_tui.run.attempts.execution import AttemptExecution
from mobius_tui.run.records.verification import run_problems
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.run_directory import lock_holder
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


async def test_of_what_has_begun_a_fault_of_ours_makes_an_unknown_end(
    make_runbook: MakeRunbook, tmp_path: Path
) -> None:
    runbook = make_runbook(ONE + step("a", "echo begun; until test -e go; do :; done"))
    async with office(
        new_run(tmp_path, runbook), runbook, {}, workdir=str(tmp_path)
    ) as host:
        reply = await host.intend("start", "a")
        assert reply.ok, reply.text
        context, writer = host.services.context, host.services.writer
        attempt = context.directory.attempt("a", 1)
        await host.until(
            lambda: attempt.output.exists() and attempt.output.stat().st_size
        )
        waiters = DiskSpaceWaiters(lambda _: None)
        own = AttemptExecution(context, writer, waiters, context.plan.steps["a"], 1)
        await own.fail("this program failed: KeyError('x')")
        last = context.state.steps["a"]
        assert last.status is Status.UNKNOWN
        assert last.reason == "this program failed: KeyError('x')"
        assert last.last_attempt is not None
        assert len(last.last_attempt.left) == 1
        keeper = lock_holder(attempt.lock)
        assert keeper
        (tmp_path / "go").touch()
        await host.until(lambda: not psutil.pid_exists(keeper))


@pytest.mark.parametrize("is_asked", [True, False])
async def test_who_stopped_it_is_said_where_it_is_known(
    begin: Begin, is_asked: bool
) -> None:
    run = await begin(ONE + step("a", "echo begun; sleep 60"))
    await run.did("start", "a")
    await run.output("a", "begun")
    if is_asked:
        await run.did("stop", "a", attempt=1)
    else:
        os.kill(run.keeper("a"), signal.SIGTERM)
    state = await run.status("a", "stopped")
    by_sigterm = "its keeper was told by SIGTERM to stop it; who did that is not on"
    reason = state.steps["a"].reason
    assert (reason == "stopped") is is_asked
    assert reason.startswith(by_sigterm) is not is_asked
