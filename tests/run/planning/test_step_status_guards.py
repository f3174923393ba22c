"""A step whose guard does not hold, or cannot be decided: nothing is silent."""

from __future__ import annotations

from mobius_tui.errors import EXIT_INCOMPLETE
from mobius_tui.run.events.step_events import StepPassedOver
from mobius_tui.run.journal.describe_entry import journal_entry_text
from tests.paths import CASES
from tests.run.books import ONE, step
from tests.run.conftest import Begin
from tests.run.running import Running

CASE = CASES / "authoring" / "when.toml"
WHY = "lag is 70, and the step wants lag > 1000"


def case(lag: str) -> str:
    """The case, whose first step measures another lag."""
    text = CASE.read_text()
    assert text.count("lag=99999") == 1
    return text.replace("lag=99999", f"lag={lag}")


def passed_over(run: Running) -> list[tuple[str, str]]:
    events = (entry.event for entry in run.entries())
    return [(e.step, e.reason) for e in events if isinstance(e, StepPassedOver)]


async def test_a_step_that_is_passed_over_is_on_record_once(begin: Begin) -> None:
    run = await begin(case("70"))
    assert "lag is not decided yet" in (await run.intend("start", "b")).text
    await run.did("start", "a")
    await run.until(lambda state: state.passed_over)
    assert passed_over(run) == [("b", WHY)]
    assert WHY in (await run.intend("start", "b")).text
    run.kill_host()
    await run.resume()
    await run.did("note", text="looked at it")
    assert passed_over(run) == [("b", WHY)]
    # Another value decides it anew.
    await run.did("set", values={"lag": "71"})
    await run.until(lambda state: "71" in state.passed_over["b"])
    await run.did("set", values={"lag": "1001"})
    await run.did("start", "b")
    await run.status("b", "failed")
    viewer = run.viewer
    assert viewer is not None
    follower = viewer.follower
    said = [journal_entry_text(e, follower.plan, follower.state) for e in run.entries()]
    assert f"passed over: 1.2 Stop when the lag is too big: {WHY}" in said


async def test_what_cannot_be_decided_waits_and_says_why(begin: Begin) -> None:
    run = await begin(case("unknown"))
    await run.auto()
    state = await run.until(lambda state: state.auto_stopped)
    assert state.auto_stopped is not None
    assert state.auto_stopped.code == EXIT_INCOMPLETE
    why = "cannot be decided: lag is 'unknown', and > 1000 wants a number"
    assert state.auto_stopped.reason == (
        f"1.2 Stop when the lag is too big waits: {why} (1.1 gives it: retry that)"
    )
    assert why in (await run.intend("start", "b")).text
    assert passed_over(run) == []
    assert state.steps["c"].status == "pending"
    await run.did("skip", "b", text="the replica was stopped by hand")
    await run.auto()
    await run.status("c", "passed")
    ended = (await run.over()).ended
    assert ended is not None
    assert ended.outcome == "incomplete"


async def test_an_aside_says_what_it_passes_over_each_time(begin: Begin) -> None:
    run = await begin(
        ONE
        + step("a", 'echo "n=1" >> "$RUNBOOK_OUTPUT"', 'outputs = ["n"]')
        + '[[phase]]\nid = "side"\ntitle = "Side"\naside = true\n'
        + step("s", "true", 'when = { n = "> 5" }')
    )
    await run.did("start", "a")
    await run.status("a", "passed")
    for _ in range(2):
        await run.did("enter", None, phase="side")
        await run.until(lambda state: not state.aside_frames)
    assert passed_over(run) == [("s", "n is 1, and the step wants n > 5")] * 2
