"""What has to be typed before something destroys, and by whom else it is confirmed."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.run.events.fleet_events import (
    BatchStarted,
    FleetHostEnded,
    FleetHostSettled,
    FleetHostStarted,
    HostStatus,
)
from mobius_tui.run.events.run_events import Event
from mobius_tui.run.events.step_events import StepEnded, StepOverridden
from mobius_tui.run.intents.intent_actions import RetryStep, StartStep
from mobius_tui.run.journal.journal import read_journal
from mobius_tui.run.planning.confirmation import (
    host_count_if_begun,
    step_confirmation_word,
)
from mobius_tui.run.planning.permissions import decide
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.situation import ALLOWED, RefusalCode, Refused
from mobius_tui.run.state.step_state import Status
from mobius_tui.structs import replace
from tests.run.books import ONE, step
from tests.run.conftest import Begin
from tests.run.planning.situations import (
    AT_HOSTS,
    made,
    rolled_out,
    situation,
    state_after,
)

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
IN_PRODUCTION = (
    """format = 2
[runbook]
id = "test"
title = "Test"
environment = "env"
protected = ["production"]
[var.env]
default = "production"
"""
    + ONE
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


COVERED = (
    IN_PRODUCTION
    + '[[phase.step]]\nid = "way"\ntitle = "Way"\n'
    + 'choose = { var = "way", option = [{ value = "x" }, { value = "y" }] }\n'
    + step("stop", "echo stopped", DESTROYS + '\nundo.run = "echo begun"')
    + step("drop", 'echo "$way"', DESTROYS + '\nconfirmed_with = ["stop"]')
    + step("wipe", "true", DESTROYS + '\nconfirmed_with = ["drop"]')
)


async def test_what_was_typed_once_confirms_what_is_confirmed_with_it(
    begin: Begin,
) -> None:
    run = await begin(COVERED)
    await run.did("choose", "way", options=("x",))
    await run.status("way", "passed")
    refused = await run.intend("start", "drop")
    assert refused.text.endswith("type production to confirm it"), "out of order"
    assert not (await run.intend("start", "stop")).ok
    await run.did("start", "stop", confirm="production")
    await run.status("stop", "passed")
    await run.did("start", "drop")
    await run.status("drop", "passed")
    await run.did("start", "wipe")
    await run.status("wipe", "passed")
    # Decided again: what it does is something else now.
    await run.did("choose", "way", options=("y",), reason="it was the wrong one")
    assert not (await run.intend("retry", "drop")).ok
    await run.did("choose", "way", options=("x",), reason="it was the right one")
    await run.did("retry", "drop")
    await run.until(lambda state: len(state.steps["drop"].attempts) == 2)
    await run.status("drop", "passed")


async def test_who_decides_again_which_steps_apply_confirms_again(
    begin: Begin,
) -> None:
    """The dialog named what applied; the script is silent of what its guard asks."""
    run = await begin(
        IN_PRODUCTION
        + '[[phase.step]]\nid = "way"\ntitle = "Way"\n'
        + 'choose = { var = "way", option = [{ value = "x" }, { value = "y" }] }\n'
        + step("stop", "true", DESTROYS)
        + step(
            "drop",
            "true",
            DESTROYS + '\nconfirmed_with = ["stop"]\nwhen = { way = ["y"] }',
        )
    )
    await run.did("choose", "way", options=("x",))
    await run.status("way", "passed")
    await run.did("start", "stop", confirm="production")
    await run.status("stop", "passed")
    await run.did("choose", "way", options=("y",), reason="it was the wrong one")
    assert "type production" in (await run.intend("start", "drop")).text
    await run.did("start", "drop", confirm="production")


async def test_what_was_taken_back_confirms_nothing_any_more(begin: Begin) -> None:
    run = await begin(COVERED)
    await run.did("choose", "way", options=("x",))
    await run.did("start", "stop", confirm="production")
    await run.status("stop", "passed")
    await run.did("undo", steps=("stop",))
    await run.did("start", "undo-stop")
    await run.until(lambda state: state.steps["stop"].status is Status.UNDONE)
    assert not (await run.intend("start", "drop")).ok


async def test_what_failed_or_was_only_vouched_for_confirms_nothing(
    begin: Begin,
) -> None:
    run = await begin(
        IN_PRODUCTION
        + step("stop", "exit 1", DESTROYS)
        + step("drop", "true", DESTROYS + '\nconfirmed_with = ["stop"]')
    )
    await run.did("start", "stop", confirm="production")
    await run.status("stop", "failed")
    assert not (await run.intend("start", "drop")).ok
    await run.did("override", "stop", reason="stopped by hand")
    await run.status("stop", "overridden")
    assert not (await run.intend("start", "drop")).ok
    await run.did("start", "drop", confirm="production")


async def test_a_rollback_is_confirmed_by_the_number_of_its_phase(begin: Begin) -> None:
    run = await begin(ROLLBACK)
    assert "type A to confirm it" in (await run.intend("arm")).text
    assert "type A to confirm it" in (await run.intend("rollback")).text
    await run.did("arm", confirm="A")
    await run.did("disarm")
    await run.did("rollback", confirm="A")
    await run.status("drop", "passed")


def test_for_a_step_on_hosts_their_number_is_typed_as_well(tmp_path: Path) -> None:
    run = made(tmp_path)
    plan = Plan(run.runbook)
    step = plan.steps["roll-out"]
    began = read_journal(run.directory.journal).entries
    state = state_after(began, plan, [StepOverridden(step="gate", reason="seen")])
    assert step_confirmation_word(plan, state, step) == "production 2"
    refused = decide(StartStep(step="roll-out", attempt=1), situation(plan, state))
    assert isinstance(refused, Refused)
    assert refused.text.endswith("in production; type production 2 to confirm it")
    ended = StepEnded(step="roll-out", attempt=0, result=Status.FAILED)
    once = rolled_out(plan, HostStatus.OK, ended)
    state = state_after(began, plan, once)
    assert step_confirmation_word(plan, state, step) == "production 1", "one is left"
    first = state_after(began, plan, [StepOverridden(step="gate", reason="seen")])
    assert first.began is not None
    first.began = replace(first.began, limit="a")
    assert step_confirmation_word(plan, first, step) == "production 1", "of --limit"
    runbook = replace(run.runbook, targets={})
    assert (
        host_count_if_begun(Plan(runbook), state_after(began, plan, []), step) is None
    )


def test_where_a_host_is_unknown_no_other_attempt_begins(tmp_path: Path) -> None:
    run = made(tmp_path)
    plan = Plan(run.runbook)
    began = read_journal(run.directory.journal).entries
    ended = StepEnded(step="roll-out", attempt=0, result=Status.FAILED)
    once = rolled_out(plan, HostStatus.UNKNOWN, ended)
    settled = FleetHostSettled(**AT_HOSTS, host="a", settled="ran", reason="seen")
    again = RetryStep(step="roll-out", attempt=2, confirm="production 1")
    gate = StepOverridden(step="gate", reason="seen")
    state = state_after(began, plan, [gate, *once])
    refused = decide(again, situation(plan, state))
    assert isinstance(refused, Refused)
    assert refused.code is RefusalCode.UNSETTLED
    assert "nobody knows how far a got; say first whether it ran" in refused.text
    state = state_after(began, plan, [gate, *once, settled])
    assert decide(again, situation(plan, state)) == ALLOWED
    rest: list[Event] = [
        BatchStarted(**AT_HOSTS, batch=2, hosts=("b",)),
        FleetHostStarted(**AT_HOSTS, host="b"),
        FleetHostEnded(**AT_HOSTS, host="b", status=HostStatus.OK),
    ]
    whole = rolled_out(plan, HostStatus.OK, *rest, ended)
    refused = decide(again, situation(plan, state_after(began, plan, [gate, *whole])))
    assert isinstance(refused, Refused)
    assert "each of its hosts has passed" in refused.text
