"""What follows in a run by itself."""

from __future__ import annotations

from tests.run.books import ONE, step
from tests.run.conftest import Begin


async def test_what_follows_goes_on_while_a_failed_step_is_undecided(
    begin: Begin,
) -> None:
    run = await begin(ONE + step("f", "sleep 60", "follow = true") + step("a", "false"))
    await run.did("start", "f")
    await run.did("start", "a")
    await run.status("a", "failed")
    await run.did("note", text="the host has settled what came before this")
    assert run.state.steps["f"].status == "running"
    await run.did("override", "a", text="looked at")
    await run.status("f", "passed")
    await run.did("end")
    await run.over()
