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


async def test_what_follows_alone_in_its_phase_goes_on_until_the_run_ends(
    begin: Begin,
) -> None:
    alone = '[[phase]]\nid = "logs"\ntitle = "Logs"\n'
    follows = step("f", "sleep 60", "follow = true")
    run = await begin(ONE + step("a") + alone + follows)
    await run.did("start", "f")
    await run.did("start", "a")
    await run.status("a", "passed")
    await run.did("note", text="the host has settled what came before this")
    last = run.state.steps["f"].last_attempt
    assert last is not None
    assert not last.stop_asked
    assert run.state.steps["f"].status == "running"
    await run.did("end")
    state = await run.over()
    assert state.steps["f"].status == "passed"
    assert state.ended is not None
    assert state.ended.outcome == "completed"
