"""What has to be typed before something destroys, and by whom else it is confirmed."""

from __future__ import annotations

from tests.run.books import ONE, step
from tests.run.conftest import Begin

DESTROYS = 'effect = "destroy"'
UNNAMED = ONE + step("look", "true") + step("drop", "echo dropped", DESTROYS)
STAGING = (
    """format = 1
[runbook]
id = "test"
title = "Test"
environment = "env"
protected = ["production"]
[var.env]
default = "staging"
"""
    + ONE
    + step("drop", "echo dropped", DESTROYS)
)
ROLLBACK = (
    """[health]
every = "1s"
[[health.probe]]
id = "api"
url = "http://127.0.0.1:1/health"
[health.trigger]
consecutive_failures = 3
then = "auto"
"""
    + ONE
    + step("look", "true")
    + '[[phase]]\nid = "auto"\ntitle = "Auto"\naside = true\n'
    + step("drop", "echo dropped", DESTROYS)
)


async def test_where_no_environment_is_named_the_number_is_typed(begin: Begin) -> None:
    run = await begin(UNNAMED)
    assert (await run.intend("start", "drop")).text == (
        "1.2 drop destroys; type 1.2 to confirm it"
    )
    assert not (await run.intend("start", "drop", confirm="1.1")).ok
    await run.did("start", "drop", confirm="1.2")
    await run.status("drop", "passed")


async def test_auto_wants_yes_there_too(begin: Begin) -> None:
    run = await begin(UNNAMED)
    await run.auto()
    state = await run.until(lambda s: s.auto_stopped)
    assert state.auto_stopped is not None
    assert "destroys where no environment is named; " in state.auto_stopped.reason
    assert "confirm it beforehand with --auto --yes" in state.auto_stopped.reason
    await run.auto(confirmed=True)
    assert (await run.over()).steps["drop"].status == "passed"


async def test_where_another_environment_is_protected_nothing_is(begin: Begin) -> None:
    run = await begin(STAGING)
    await run.did("start", "drop")
    await run.status("drop", "passed")


async def test_a_rollback_is_confirmed_by_the_number_of_its_phase(begin: Begin) -> None:
    run = await begin(ROLLBACK)
    assert "type A to confirm it" in (await run.intend("arm")).text
    assert "type A to confirm it" in (await run.intend("rollback")).text
    await run.did("arm", confirm="A")
    await run.did("disarm")
    await run.did("rollback", confirm="A")
    await run.status("drop", "passed")
