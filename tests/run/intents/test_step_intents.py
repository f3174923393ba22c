"""Intents, judged against the state of a run: what waits, and what is refused."""

from __future__ import annotations

import pytest

from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.intents.step_intents import StartStep
from tests.run.books import FAILS, ONE, PROTECTED, SECRET, SECRETS, step
from tests.run.conftest import Begin
from tests.run.running import alive


async def test_a_repeated_intent_gets_the_first_answer(begin: Begin) -> None:
    run = await begin(ONE + step("a", "echo once"))
    action = StartStep(step="a", attempt=1)
    assert run.viewer is not None
    first = await run.viewer.send_intent(action, "same")
    again = await run.viewer.send_intent(action, "same")
    assert first.ok
    assert (again.ok, again.n) == (True, first.n)
    await run.status("a", "passed")
    started = [e for e in run.entries() if isinstance(e.event, StepStarted)]
    assert len(started) == 1


async def test_a_late_intent_is_refused(begin: Begin) -> None:
    run = await begin(ONE + step("a", "exit 1"))
    await run.did("start", "a")
    await run.status("a", "failed")
    late = await run.intend("retry", "a", attempt=1)
    assert not late.ok
    assert "moved on" in late.text
    await run.did("retry", "a")


async def test_one_step_at_a_time_unless_it_follows(begin: Begin) -> None:
    body = ONE + step("f", "sleep 60", "follow = true") + step("a", "sleep 60")
    run = await begin(body + step("b"))
    await run.did("start", "f")
    await run.did("start", "a")
    refused = await run.intend("start", "b")
    assert "is running; one at a time" in refused.text
    await run.did("stop", "a")
    await run.status("a", "stopped")
    await run.did("stop", "f")
    await run.status("f", "passed")


async def test_a_gate_a_need_and_a_variable_are_waited_for(begin: Begin) -> None:
    body = (
        "[var.v]\n"
        + ONE
        + step("a", "exit 1", "gate = true")
        + step("b", "true")
        + step("c", 'echo "$v"', 'needs = ["b"]')
    )
    run = await begin(body)
    await run.did("start", "a")
    await run.status("a", "failed")
    assert "waits: gate 1.1" in (await run.intend("start", "b")).text
    skip = await run.intend("skip", "a", text="no")
    assert "is a gate" in skip.text
    await run.did("override", "a", text="seen by hand")
    assert "needs 1.2" in (await run.intend("start", "c")).text
    await run.did("start", "b")
    await run.status("b", "passed")
    assert "no v yet" in (await run.intend("start", "c")).text
    await run.did("set", values={"v": "1"})
    await run.did("start", "c")
    await run.status("c", "passed")


async def test_a_manual_step_wants_answers_that_match(begin: Begin) -> None:
    body = ONE + (
        '[[phase.step]]\nid = "m"\ntitle = "m"\nmanual = "Page them"\n'
        "ask = { var = \"who\", match = '@[a-z]+' }\n"
    )
    run = await begin(body)
    assert "an answer is wanted" in (await run.intend("tick", "m")).text
    wrong = await run.intend("tick", "m", values={"who": "ana"})
    assert "does not match" in wrong.text
    await run.did("tick", "m", values={"who": "@ana"}, text="by phone")
    state = run.state
    assert state.steps["m"].status == "passed"
    assert state.variables["who"].text == "@ana"


CHOICE = (
    ONE
    + """
[[phase.step]]
id = "which"
title = "Which?"
[phase.step.choose]
var = "kind"
[[phase.step.choose.option]]
value = "code"
[[phase.step.choose.option]]
value = "data"
go = "side"
[[phase.step.choose.option]]
value = "none"
end = true
"""
    + step("a", "true", 'when = { kind = ["code"] }')
    + '[[phase]]\nid = "side"\ntitle = "Side"\naside = true\n'
    + step("s")
)


async def test_a_choice_decides_what_applies(begin: Begin) -> None:
    run = await begin(CHOICE)
    assert "“Which?” is not decided yet" in (await run.intend("start", "a")).text
    await run.did("choose", "which", names=("data",))
    assert run.state.aside_frames[0].phase == "side"
    assert "does not apply" in (await run.intend("start", "a")).text
    await run.did("start", "s")
    await run.until(lambda s: not s.aside_frames)
    await run.did("choose", "which", names=("code",))
    await run.did("start", "a")
    await run.status("a", "passed")
    assert (
        "give a reason" in (await run.intend("choose", "which", names=("data",))).text
    )
    await run.did("choose", "which", names=("none",), text="it recovered")
    assert (await run.over()).ended is not None


async def test_a_failure_phase_is_offered_to_a_person(begin: Begin) -> None:
    run = await begin(FAILS)
    await run.did("start", "a")
    await run.status("a", "failed")
    assert "gate" in (await run.intend("start", "b")).text
    await run.did("enter", "a", phase="repair")
    await run.did("start", "r")
    await run.status("a", "recovered")
    await run.did("start", "b")


async def test_what_destroys_wants_the_name_typed(begin: Begin) -> None:
    run = await begin(PROTECTED)
    assert "type production to confirm" in (await run.intend("start", "a")).text
    wrong = await run.intend("start", "a", confirm="Production")
    assert not wrong.ok
    await run.did("start", "a", confirm="production")
    await run.status("a", "passed")


async def test_ending_is_refused_while_a_change_runs(begin: Begin) -> None:
    run = await begin(ONE + step("a", "sleep 60"))
    run.directory.stats.mkdir()  # what it came to cannot be summed up there
    await run.did("start", "a")
    assert "still running" in (await run.intend("end")).text
    await run.did("stop", "a")
    await run.status("a", "stopped")
    await run.did("end", text="enough")
    state = await run.over()
    assert state.ended is not None
    assert state.ended.outcome == "failed"
    assert run.directory.record.exists()


async def test_ending_stops_what_follows(begin: Begin) -> None:
    run = await begin(ONE + step("f", "echo $$; sleep 60", "follow = true") + step("a"))
    await run.did("start", "f")
    await run.output("f", "\n")
    pid = int(run.directory.attempt("f", 1).output.read_text())
    await run.did("end")
    await run.over()
    assert not alive(pid)
    ends = [e.event for e in run.entries() if isinstance(e.event, StepEnded)]
    assert [end.result for end in ends] == ["passed"]


async def test_a_missing_secret_makes_its_step_wait_until_it_is_set_and_resumed(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = '[var.where]\nfrom_env = "WHERE"\n'
    run = await begin(where + SECRETS + step("last", 'echo "$where"'))
    remedy = "waits: no token yet: set THE_TOKEN and resume"
    assert remedy in (await run.intend("start", "named")).text
    first = run.host()
    await run.resume()
    assert run.host() == first
    monkeypatch.setenv("THE_TOKEN", SECRET)
    monkeypatch.setenv("WHERE", "here")
    await run.resume()
    assert run.host() != first
    await run.did("start", "named")
    await run.status("named", "passed")
    await run.did("start", "last")
    await run.status("last", "passed")
    assert run.state.variables["where"].text == "here"
    run.kill_host()
    monkeypatch.delenv("THE_TOKEN")
    await run.resume()
    assert remedy in (await run.intend("retry", "named")).text
