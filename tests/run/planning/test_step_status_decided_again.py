"""A decision is made again: what it leaves behind is neither failed nor in the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

import pytest

from mobius_tui.errors import EXIT_OK
from mobius_tui.review.formats.junit_report import as_junit
from mobius_tui.review.report_builder import build_report
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.run_events import PhaseEntered, PhaseLeft, VariableSet
from mobius_tui.run.events.step_events import (
    ChoiceMade,
    RowsAdded,
    StepEnded,
    StepSkipped,
    StepStarted,
    StepUnknown,
)
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.proposal import propose
from mobius_tui.run.planning.run_outcome import run_outcome
from mobius_tui.run.planning.step_status import StepStatus, step_statuses
from mobius_tui.run.state.reducer import fold
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status
from tests.conftest import MakeRunbook
from tests.run.books import ONE, step
from tests.run.conftest import Begin
from tests.run.small_runbook import BEGAN, entries

FORMAT = 'format = 2\n[runbook]\nid = "test"\ntitle = "Test"\n'
OPTIONS = '[{ value = "restart" }, { value = "code" }, { value = "nothing" }]'
DECISION = (
    '[[phase.step]]\nid = "way"\ntitle = "What is to be done?"\n'
    f'choose = {{ var = "way", option = {OPTIONS} }}\n'
)
HEAD = f"{FORMAT}[var.way]\n[var.back]\n{ONE}{DECISION}"
IF_RESTART = 'when = { way = "restart" }\n'
IF_CODE = 'when = { way = "code" }\n'
BOOK = (
    HEAD
    + step("restart", "true", IF_RESTART + 'effect = "change"')
    + step("is-back", "exit 3", IF_RESTART + 'gate = true\non_failure = "side"')
    + step("code", "true", IF_CODE + 'needs = ["is-back"]')
    + step("always")
    + '[[phase]]\nid = "side"\ntitle = "Side"\naside = true\n'
    + step("mend")
)


def chosen(value: str, attempt: int = 1) -> ChoiceMade:
    return ChoiceMade(
        step="way", attempt=attempt, var="way", values=(value,), reads=(), reason="why"
    )


def ended(step_id: str, result: Status, number: int = 1) -> tuple[Event, ...]:
    return (
        StepStarted(step=step_id, attempt=number, reads=()),
        StepEnded(step=step_id, attempt=number, result=result),  # type: ignore[arg-type]
    )


@dataclass
class Made:
    """A run of a runbook by events, in memory."""

    plan: Plan
    state: RunState = field(init=False)

    def after(self, *events: Event) -> dict[str, StepStatus]:
        self.state = fold(self.plan.first_runbook, entries(BEGAN, *events))
        self.plan.catch_up(self.state)
        return step_statuses(self.plan, self.state)


async def decide(run: object, value: str, attempt: int) -> None:
    await run.did("choose", "way", attempt=attempt, options=[value], text="no help")  # type: ignore[attr-defined]


async def test_after_a_restart_that_did_not_help_code_leads_on(begin: Begin) -> None:
    run = await begin(BOOK)
    await decide(run, "restart", 1)
    await run.did("start", "restart")
    await run.status("restart", "passed")
    await run.did("start", "is-back")
    await run.status("is-back", "failed")
    assert propose(Plan(run.runbook), run.state).kind == "decide"
    await decide(run, "code", 2)
    assert propose(Plan(run.runbook), run.state).step == "code"
    for word in ("retry", "start"):
        refused = await run.intend(word, "is-back")
        assert "does not apply" in refused.text
    run.kill_host()
    await run.resume()
    await run.auto()
    end = (await run.over()).ended
    assert end is not None
    assert (end.outcome, end.outcome.exit_code) == ("completed", EXIT_OK)
    assert end.reason == "every step that applies is done"
    report = build_report(run.directory)
    told = {each.id: each for phase in report.phases for each in phase.steps}
    assert told["is-back"].status is Status.NOT_APPLICABLE
    assert [each.status for each in told["is-back"].tries] == [Status.FAILED]
    suite = ET.fromstring(as_junit(report))
    assert suite.get("failures") == "0"


async def test_what_would_be_tried_again_by_itself_is_not(begin: Begin) -> None:
    """Two steps are tried again after a second; a decision is made before the first."""
    again = 'retry = { attempts = 9, every = "1s" }'
    run = await begin(
        HEAD
        + step("first", "exit 1", IF_RESTART + again)
        + step("second", "exit 1", IF_CODE + again)
    )
    await decide(run, "restart", 1)
    await run.did("start", "first")
    await run.status("first", "failed")
    await decide(run, "code", 2)
    await run.did("start", "second")
    await run.until(lambda state: len(state.steps["second"].attempts) == 2)
    assert len(run.state.steps["first"].attempts) == 1


@pytest.mark.parametrize(
    ("result", "is_left_behind"),
    [
        (Status.FAILED, True),
        (Status.TIMED_OUT, True),
        (Status.STOPPED, True),
        (Status.NOT_STARTED, True),
        (Status.OUTPUT_LOST, True),
        (Status.PASSED, False),
        (Status.WARNED, False),
    ],
)
def test_only_what_asks_for_something_is_left_behind(
    make_runbook: MakeRunbook, result: Status, *, is_left_behind: bool
) -> None:
    made = Made(Plan(make_runbook(BOOK)))
    events = (chosen("restart"), *ended("restart", result), chosen("code", 2))
    own = made.after(*events)["restart"]
    assert (own.status is Status.NOT_APPLICABLE) is is_left_behind
    if not is_left_behind:
        assert own == StepStatus(status=result)
        return
    assert own.not_for == "not for code"
    assert own.reason == (
        f"way is code, and the step wants way = restart; {result} before that"
    )
    # Decided back, it asks again for what it asked for before.
    again = made.after(*events, chosen("restart", 3))
    assert again["restart"].status is result
    assert propose(made.plan, made.state).kind == "decide"


def test_a_skip_of_what_does_not_apply_lacks_nothing(make_runbook: MakeRunbook) -> None:
    made = Made(Plan(make_runbook(HEAD + step("restart", "true", IF_RESTART))))
    events = (chosen("restart"), StepSkipped(step="restart", reason="no"))
    made.after(*events)
    assert run_outcome(made.plan, made.state)[0] == "incomplete"
    made.after(*events, chosen("code", 2))
    assert run_outcome(made.plan, made.state)[0] == "completed"


def test_what_was_undone_is_in_the_way_of_nothing(make_runbook: MakeRunbook) -> None:
    undo = 'effect = "change"\ngate = true\nundo = "true"'
    book = HEAD + step("restart", "true", IF_RESTART + undo) + step("always")
    made = Made(Plan(make_runbook(book)))
    turned = PhaseEntered(phase="undo", undoes=("undo-restart",))
    done = (*ended("restart", Status.PASSED), turned)
    events = (chosen("restart"), *done, *ended("undo-restart", Status.PASSED))
    left = PhaseLeft(phase="undo", passed=True)
    found = made.after(*events, left)
    assert found["restart"].status is Status.UNDONE
    assert propose(made.plan, made.state).kind == "end"
    found = made.after(*events, left, chosen("code", 2))
    assert found["restart"].status is Status.NOT_APPLICABLE
    assert propose(made.plan, made.state).step == "always"


def test_no_decision_tells_how_far_a_change_got(make_runbook: MakeRunbook) -> None:
    look = step("look", "true", IF_RESTART + 'effect = "read"')
    made = Made(Plan(make_runbook(BOOK + look)))
    lost = [
        event
        for name in ("restart", "look")
        for event in (
            StepStarted(step=name, attempt=1, reads=()),
            StepUnknown(step=name, attempt=1, reason="lost"),
        )
    ]
    found = made.after(chosen("restart"), *lost, chosen("code", 2))
    assert found["restart"].status is Status.UNKNOWN
    assert found["look"].status is Status.NOT_APPLICABLE
    assert propose(made.plan, made.state).step == "restart"


def test_a_step_does_not_leave_itself_behind(make_runbook: MakeRunbook) -> None:
    """It gave its output, and its check failed: it is done again, if at all."""
    more = 'outputs = ["back"]\nwhen = { back = "no" }\ncheck.file = "/nowhere"'
    made = Made(Plan(make_runbook(HEAD + step("restore", "true", more))))
    at_first = VariableSet(name="back", value="no", source="set")
    gave = VariableSet(name="back", value="yes", source="output", step="restore")
    started, failed = ended("restore", Status.FAILED)
    found = made.after(at_first, started, gave, failed)
    assert found["restore"].status is Status.FAILED


def test_rows_are_left_behind_with_their_step(make_runbook: MakeRunbook) -> None:
    each = 'for_each = ["a", "b"]\n'
    book = HEAD + step("each", 'echo "$item"', IF_RESTART + each) + step("always")
    made = Made(Plan(make_runbook(book)))
    rows = RowsAdded(step="each", rows=("each-1", "each-2"), items=("a", "b"))
    failed = ended("each-1", Status.FAILED)
    events = (chosen("restart"), rows, *failed)
    made.after(*events)
    assert propose(made.plan, made.state).kind == "decide"
    found = made.after(*events, chosen("code", 2))
    left = {found[name].status for name in ("each", "each-1", "each-2")}
    assert left == {Status.NOT_APPLICABLE}
    assert propose(made.plan, made.state).step == "always"
