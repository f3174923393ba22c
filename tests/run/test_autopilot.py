"""A run that goes on by itself: what it retries, repairs, and stops for."""

from __future__ import annotations

from pathlib import Path

from tests.run.books import FAILS, ONE, PROTECTED, step
from tests.run.conftest import Begin


async def test_warnings_and_continue(begin: Begin) -> None:
    body = (
        ONE
        + step("a", "exit 3", "warning = [3]")
        + step("b", "exit 4", 'on_failure = "continue"')
        + step("c", "exit 5", "success = [5]")
    )
    run = await begin(body)
    await run.auto()
    state = await run.over()
    assert state.ended is not None
    assert state.ended.outcome == "completed"
    assert state.steps["a"].status == "warned"
    assert state.steps["b"].status == "warned"
    assert state.steps["c"].status == "passed"


async def test_a_failure_phase_repairs_in_auto(begin: Begin) -> None:
    run = await begin(FAILS)
    await run.auto()
    state = await run.over()
    assert state.ended is not None
    assert state.ended.outcome == "completed"
    assert state.steps["a"].status == "recovered"
    assert state.steps["b"].status == "passed"


async def test_auto_fails_with_the_reason(begin: Begin) -> None:
    run = await begin(ONE + step("a", "echo broken >&2; exit 7") + step("b"))
    await run.auto()
    state = await run.over()
    assert state.ended is not None
    assert state.ended.outcome == "failed"
    assert "exit 7" in state.ended.reason
    assert state.steps["b"].status == "pending"


async def test_auto_retries_as_the_step_says(begin: Begin, tmp_path: Path) -> None:
    script = f"test -e {tmp_path}/second || {{ touch {tmp_path}/second; exit 1; }}"
    retry = 'retry = { attempts = 3, every = "100ms" }'
    run = await begin(ONE + step("a", script, retry))
    await run.auto()
    state = await run.over()
    assert state.ended is not None
    assert state.ended.outcome == "completed"
    assert len(state.steps["a"].attempts) == 2


async def test_auto_stops_for_a_person(begin: Begin) -> None:
    body = ONE + '[[phase.step]]\nid = "m"\ntitle = "m"\nmanual = "Do it"\n'
    run = await begin(body)
    await run.auto()
    state = await run.until(lambda s: s.auto_stopped)
    assert state.auto_stopped is not None
    assert state.auto_stopped.code == 4
    assert state.ended is None
    assert run.directory.host() is not None


ASKS = """
[var.place]
default = "/srv/releases/good.tar.gz"
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "m"
title = "m"
manual = "Name it"
[[phase.step.ask]]
var = "place"
match = '/.+'
"""


async def test_a_variable_that_has_a_value_is_its_own_answer(begin: Begin) -> None:
    run = await begin(ASKS)
    await run.auto(manual="tick")
    state = await run.over()
    assert state.steps["m"].status == "passed"
    assert state.variables["place"].text == "/srv/releases/good.tar.gz"
    run = await begin(ASKS, place="/tmp/other")
    await run.auto({"place": "/tmp/said"}, manual="tick")
    assert (await run.over()).variables["place"].text == "/tmp/said"


async def test_an_answer_of_a_variable_s_own_must_match_too(begin: Begin) -> None:
    run = await begin(ASKS.replace("/srv/", "srv/"))
    await run.auto(manual="tick")
    state = await run.until(lambda s: s.auto_stopped)
    assert state.auto_stopped is not None
    assert "does not match" in state.auto_stopped.reason


async def test_a_variable_without_a_value_is_no_answer(begin: Begin) -> None:
    run = await begin(ASKS.replace("/srv/releases/good.tar.gz", ""))
    await run.auto(manual="tick")
    state = await run.until(lambda s: s.auto_stopped)
    assert state.auto_stopped is not None
    assert "wants an answer for place" in state.auto_stopped.reason


async def test_auto_wants_yes_for_what_destroys(begin: Begin) -> None:
    run = await begin(PROTECTED)
    await run.auto()
    state = await run.until(lambda s: s.auto_stopped)
    assert state.auto_stopped is not None
    assert "--yes" in state.auto_stopped.reason
    await run.auto(yes="yes")
    assert (await run.over()).steps["a"].status == "passed"


async def test_ticking_by_itself_is_refused_where_it_is_protected(begin: Begin) -> None:
    run = await begin(PROTECTED)
    reply = await run.intend("auto", None, values={"--manual": "tick"})
    assert "refused in production" in reply.text


async def test_what_follows_ends_with_its_phase(begin: Begin) -> None:
    run = await begin(ONE + step("f", "sleep 60", "follow = true") + step("a"))
    await run.auto()
    state = await run.over()
    assert state.ended is not None
    assert state.ended.outcome == "completed"
    assert state.steps["f"].status == "passed"
