"""What has to be typed before something destroys, and by whom else it is confirmed."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.run.events.event import Event
from mobius_tui.run.events.fleet_events import (
    BatchStarted,
    FleetHostEnded,
    FleetHostSettled,
    FleetHostStarted,
    HostStatus,
)
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import (
    AutoStarted,
    PhaseEntered,
    TakenOver,
    VariableSet,
)
from mobius_tui.run.events.step_events import (
    ChoiceMade,
    Result,
    StepEnded,
    StepOverridden,
    StepSkipped,
    StepStarted,
)
from mobius_tui.run.events.watch_events import RollbackBegan
from mobius_tui.run.intents.permissions import decide
from mobius_tui.run.intents.step_intents import RetryStep, StartStep
from mobius_tui.run.journal.journal import read_journal
from mobius_tui.run.planning.confirmation import (
    host_count_if_begun,
    step_confirmation_word,
)
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.situation import ALLOWED, RefusalCode, Refused
from mobius_tui.run.state.reducer import fold
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.model.actions import Run
from mobius_tui.structs import replace
from tests.conftest import MakeRunbook
from tests.run.books import ONE, PROTECTED_HEAD, step
from tests.run.conftest import Begin
from tests.run.copied import copied, taken_over
from tests.run.planning.situations import (
    AT_HOSTS,
    made,
    rolled_out,
    situation,
    state_after,
)
from tests.run.small_runbook import BEGAN

DESTROYS = 'effect = "destroy"'
UNNAMED = ONE + step("look", "true") + step("drop", "echo dropped", DESTROYS)
STAGING = (
    PROTECTED_HEAD.replace('default = "production"', 'default = "staging"')
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


COVERED = (
    PROTECTED_HEAD
    + ONE
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
        PROTECTED_HEAD
        + ONE
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
        PROTECTED_HEAD
        + ONE
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


async def test_what_was_typed_before_a_takeover_confirms_nothing_after_it(
    begin: Begin, tmp_path: Path
) -> None:
    run = await begin(COVERED)
    await run.did("choose", "way", options=("x",))
    await run.did("start", "stop", confirm="production")
    await run.status("stop", "passed")
    await run.drop()
    run.kill_host()
    there = await taken_over(copied(run, tmp_path / "there"))
    try:
        refused = await there.intend("start", "drop")
        assert refused.text.endswith("type production to confirm it")
        await there.did("start", "drop", confirm="production")
        await there.status("drop", "passed")
        await there.did("start", "wipe")
        await there.status("wipe", "passed")
    finally:
        await there.close()


CLAUSES = (
    PROTECTED_HEAD
    + ONE
    + '[[phase.step]]\nid = "way"\ntitle = "Way"\n'
    + 'choose = { var = "way", option = [{ value = "x" }, { value = "y" }] }\n'
    + '[[phase.step]]\nid = "far"\ntitle = "Far"\n'
    + 'choose = { var = "far", option = [{ value = "a" }, { value = "b" }] }\n'
    + step("stop", "true", f'{DESTROYS}\noutputs = ["id"]\nundo.run = "rm x"')
    + step("halt", "true", DESTROYS)
    + step(
        "drop",
        'echo "$way $id"',
        f'{DESTROYS}\nconfirmed_with = ["halt", "stop"]\nwhen = {{ far = ["a", "b"] }}',
    )
)
Told = tuple[str, Event]
"""By whom an event is, and the event."""
DECIDED: tuple[Told, ...] = (
    ("maria", ChoiceMade(step="way", attempt=1, var="way", values=("x",))),
    ("maria", ChoiceMade(step="far", attempt=1, var="far", values=("a",))),
)


def chosen(name: str, value: str, attempt: int = 2) -> Told:
    event = ChoiceMade(step=name, attempt=attempt, var=name, values=(value,))
    return "maria", event


def begun(by: str = "maria", attempt: int = 1, step_id: str = "stop") -> Told:
    return by, StepStarted(step=step_id, attempt=attempt)


def ended(
    result: Result = Status.PASSED,
    attempt: int = 1,
    step_id: str = "stop",
    exit_code: int | None = 0,
) -> Told:
    event = StepEnded(step=step_id, attempt=attempt, result=result, exit=exit_code)
    return "host", event


def found(value: str) -> Told:
    return "host", VariableSet(name="id", value=value, source="output", step="stop")


TAKEN: Told = "maria", TakenOver(epoch=2, place={}, taken_from={}, heard=1.0)
UNDONE = (
    ("maria", PhaseEntered(phase="undo", undoes=("undo-stop",))),
    begun(step_id="undo-stop"),
    ended(step_id="undo-stop"),
)
STOPPED = (begun(), found("7"), ended())
FAILED = ended(Status.FAILED, exit_code=1)
ROLLED: Told = "maria", RollbackBegan(phase="p", cause="person", reason="")


@pytest.mark.parametrize(
    ("story", "by"),
    [
        (STOPPED, "maria"),
        ((*STOPPED, chosen("way", "y"), chosen("way", "x", 3)), "maria"),
        ((*STOPPED, chosen("far", "b"), chosen("far", "a", 3)), "maria"),
        ((*STOPPED, begun(attempt=2), found("8"), ended(attempt=2)), "maria"),
        ((begun(), found("7"), ended(Status.WARNED)), "maria"),
        ((begun(), FAILED, begun("host", 2), found("7"), ended(attempt=2)), "maria"),
        ((found("7"), begun(step_id="halt"), ended(step_id="halt")), "maria"),
        ((("maria", AutoStarted()), begun("auto"), *STOPPED[1:]), "maria"),
        ((ROLLED, begun("auto"), *STOPPED[1:]), "maria"),
        ((TAKEN, *STOPPED), "maria"),
        ((*STOPPED, *UNDONE, begun(attempt=2), found("7"), ended(attempt=2)), "maria"),
    ],
    ids=[
        "as it was",
        "decided as before",
        "its guard as before",
        "done again",
        "warned",
        "tried again by itself",
        "another of them",
        "by the run that somebody made automatic",
        "by the rollback that somebody began",
        "since the takeover",
        "undone and done again",
    ],
)
def test_what_somebody_typed_confirms_the_rest_for_them(
    make_runbook: MakeRunbook, story: tuple[Told, ...], by: str
) -> None:
    assert word_for_drop(make_runbook, story, by) == ""
    assert word_for_drop(make_runbook, story, "bo") == "production", "not for another"
    assert word_for_drop(make_runbook, story, "") == "production", "not for nobody"


@pytest.mark.parametrize(
    "story",
    [
        (),
        (begun(), found("7")),
        (begun(), found("7"), FAILED),
        (
            begun(),
            found("7"),
            FAILED,
            ("maria", StepOverridden(step="stop", reason="x")),
        ),
        (("maria", StepSkipped(step="stop", reason="x")),),
        (begun(), found("7"), ended(Status.WARNED, exit_code=None)),
        (*STOPPED, chosen("way", "y")),
        (*STOPPED, chosen("far", "b")),
        (*STOPPED, ("maria", VariableSet(name="id", value="8", source="answer"))),
        (*STOPPED, *UNDONE),
        (*STOPPED, begun(attempt=2), found("7")),
        (*STOPPED, begun(attempt=2), found("7"), ended(Status.FAILED, 2)),
        (*STOPPED, begun(attempt=2), ended(Status.NOT_STARTED, 2, exit_code=None)),
        (begun("bo"), *STOPPED[1:]),
        (*STOPPED, begun("bo", 2), found("7"), ended(attempt=2)),
        (begun("bo"), FAILED, begun("host", 2), found("7"), ended(attempt=2)),
        (("bo", AutoStarted()), begun("auto"), *STOPPED[1:]),
        (("maria", AutoStarted()), ("bo", ROLLED[1]), begun("auto"), *STOPPED[1:]),
        (begun("host"), *STOPPED[1:]),
        (*STOPPED, TAKEN),
    ],
    ids=[
        "not begun",
        "running",
        "failed",
        "vouched for",
        "skipped",
        "warned without having begun",
        "decided again",
        "its guard decided again",
        "what it reads is another",
        "undone",
        "running again",
        "failed the second time",
        "not started the second time",
        "by another",
        "again by another",
        "tried again for another",
        "by the run that another made automatic",
        "by the rollback that another began",
        "by nobody",
        "taken over",
    ],
)
def test_what_has_changed_since_is_typed_again(
    make_runbook: MakeRunbook, story: tuple[Told, ...]
) -> None:
    assert word_for_drop(make_runbook, story, "maria") == "production"
    assert word_for_drop(make_runbook, story, "") == "production"


def test_a_step_that_does_not_destroy_confirms_nothing(
    make_runbook: MakeRunbook,
) -> None:
    """Nobody typed anything for it; `check` refuses to name it."""
    plan, state = after_story(make_runbook, STOPPED)
    stop = plan.steps["stop"]
    assert isinstance(stop.action, Run)
    changes = replace(stop, action=replace(stop.action, effect="change"))
    plan.steps = {**plan.steps, "stop": changes}
    word = step_confirmation_word(plan, state, plan.steps["drop"], "maria")
    assert word == "production"


def after_story(
    make_runbook: MakeRunbook, story: tuple[Told, ...]
) -> tuple[Plan, RunState]:
    began = replace(BEGAN, environment="production", protected=True)
    told = (("maria", began), *DECIDED, *story)
    entries = (
        Entry(n=n, at=1000.0 + n, mono=float(n), boot="b", by=who, event=event)
        for n, (who, event) in enumerate(told, 1)
    )
    plan = Plan(make_runbook(CLAUSES))
    state = fold(plan.runbook, entries)
    plan.catch_up(state)
    return plan, state


def word_for_drop(make_runbook: MakeRunbook, story: tuple[Told, ...], by: str) -> str:
    """The word that confirms `drop` for somebody, after a story."""
    plan, state = after_story(make_runbook, story)
    return step_confirmation_word(plan, state, plan.steps["drop"], by)


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
    assert step_confirmation_word(plan, state, step, "maria") == "production 2"
    refused = decide(StartStep(step="roll-out", attempt=1), situation(plan, state))
    assert isinstance(refused, Refused)
    assert refused.text.endswith("in production; type production 2 to confirm it")
    ended = StepEnded(step="roll-out", attempt=0, result=Status.FAILED)
    once = rolled_out(plan, HostStatus.OK, ended)
    state = state_after(began, plan, once)
    assert step_confirmation_word(plan, state, step, "maria") == "production 1", (
        "one is left"
    )
    first = state_after(began, plan, [StepOverridden(step="gate", reason="seen")])
    assert first.began is not None
    first.began = replace(first.began, limit="a")
    assert step_confirmation_word(plan, first, step, "maria") == "production 1", (
        "of --limit"
    )
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
