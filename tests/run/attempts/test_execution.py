"""How an attempt ends whose keeper leaves no record that can be read."""

from __future__ import annotations

from mobius_tui.run.records.verification import run_problems
from tests.run.books import ONE, step
from tests.run.conftest import Begin


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
