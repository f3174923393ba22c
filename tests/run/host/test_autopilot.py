"""A run that goes on by itself: what it retries, repairs, and stops for."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.cli import main
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_folders import runs_root
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


COUNTED = (
    '[var.tries]\ndefault = "5"\n[var.tens]\ndefault = ""\n'
    + ONE
    + step("a", "exit 1", 'retry = { attempts = "${tens}${tries}", every = "100ms" }')
)


async def test_how_often_it_is_tried_is_given_by_a_variable(begin: Begin) -> None:
    run = await begin(COUNTED, tries="2")
    await run.auto()
    state = await run.over()
    assert [each.status for each in state.steps["a"].attempts] == ["failed", "failed"]


async def test_rows_are_tried_as_often_as_a_variable_says(begin: Begin) -> None:
    body = COUNTED.replace("[[phase.step]]", '[[phase.step]]\nfor_each = ["x", "y"]')
    head = 'format = 2\n[runbook]\nid = "test"\ntitle = "Test"\n'
    run = await begin(head + body, tries="2")
    await run.auto()
    state = await run.over()
    assert state.steps["a"].status == "failed"
    assert len(state.steps["a--1"].attempts) == 2, "and its step waited for the second"


async def test_a_step_does_not_begin_with_what_is_no_count(
    begin: Begin, tmp_path: Path
) -> None:
    body = COUNTED.replace("exit 1", f"touch {tmp_path}/ran")
    run = await begin(body, tens="x")
    await run.did("start", "a")
    state = await run.status("a", "not started", "passed")
    assert state.steps["a"].reason == (
        "it could not be started: `retry.attempts`: 'x5' is none: `retry.attempts` is "
        "a whole number from 1 to 1000"
    )
    assert not (tmp_path / "ran").exists()


async def test_auto_stops_for_a_person(begin: Begin) -> None:
    body = ONE + '[[phase.step]]\nid = "m"\ntitle = "m"\nmanual = "Do it"\n'
    run = await begin(body)
    await run.auto()
    state = await run.until(lambda s: s.auto_stopped)
    assert state.auto_stopped is not None
    assert state.auto_stopped.code == 4
    assert state.ended is None
    assert run.directory.host_pid() is not None


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
    await run.auto(confirmed=True)
    assert (await run.over()).steps["a"].status == "passed"


ASKS_IN = (
    PROTECTED.partition("[[phase]]")[0]
    + """
[var.token]
secret = true
"""
    + ASKS.replace('"/srv/releases/good.tar.gz"', '""')
)


@pytest.mark.parametrize("environment", ["staging", "production"])
@pytest.mark.parametrize("asks", ["", "place", "token"])
async def test_what_is_advised_where_a_person_is_wanted_is_accepted(
    begin: Begin, environment: str, asks: str
) -> None:
    body = ASKS_IN.partition("[[phase.step.ask]]")[0]
    body += f'[[phase.step.ask]]\nvar = "{asks}"\n' if asks else ""
    run = await begin(body, env=environment)
    await run.auto()
    state = await run.until(lambda s: s.auto_stopped)
    assert state.auto_stopped is not None
    reason = state.auto_stopped.reason
    assert reason.startswith("1.1 m wants ")
    assert "; resume without --auto" in reason
    advised = environment == "staging" and asks != "token"
    assert ("or with --auto --manual tick" in reason) == advised
    refused = "--manual tick is refused in production, which is protected: nobody would"
    assert (refused in reason) == (environment == "production")
    assert ("no answers file gives a secret" in reason) == (
        environment == "staging" and asks == "token"
    )
    assert ("--answers FILE that has place" in reason) == (advised and asks == "place")
    reply = await run.intend("auto", manual="tick", answers={asks or "x": "/a"})
    if environment == "production":
        assert "--manual tick is refused in production" in reply.text
    elif advised:
        assert (await run.over()).steps["m"].status == "passed"


async def test_a_decision_without_options_has_no_answer_advised(begin: Begin) -> None:
    body = '[var.list]\ndefault = "\\tnone\\tall damaged"\n[var.file]\n' + ONE
    body += '[[phase.step]]\nid = "c"\ntitle = "c"\n[phase.step.choose]\n'
    run = await begin(body + 'var = "file"\nfrom = "list"\n')
    await run.auto()
    state = await run.until(lambda s: s.auto_stopped)
    assert state.auto_stopped is not None
    assert "list lists nothing to choose; resume" in state.auto_stopped.reason
    assert "--answers" not in state.auto_stopped.reason


def test_no_run_begins_only_to_be_refused_its_ticks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "book.toml"
    path.write_text(PROTECTED)
    assert main(["run", str(path), "--auto", "--manual", "tick", "--plain"]) == 2
    assert "--manual tick is refused in production" in capsys.readouterr().err
    assert not all_runs(runs_root())


async def test_what_follows_ends_with_its_phase(begin: Begin) -> None:
    run = await begin(ONE + step("f", "sleep 60", "follow = true") + step("a"))
    await run.auto()
    state = await run.over()
    assert state.ended is not None
    assert state.ended.outcome == "completed"
    assert state.steps["f"].status == "passed"
