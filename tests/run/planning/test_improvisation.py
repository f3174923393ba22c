"""What an improvised command is judged to do, and what it is called."""

from __future__ import annotations

import pytest

from mobius_tui.errors import StateError
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import PhaseEntered
from mobius_tui.run.events.step_events import StepImprovised, StepUnknown
from mobius_tui.run.planning.improvisation import improvised_event, judged_effects
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.proposal import propose
from mobius_tui.run.planning.run_outcome import run_outcome, run_progress
from mobius_tui.run.planning.step_status import step_statuses
from mobius_tui.run.state.step_state import Status
from tests.conftest import MakeRunbook
from tests.run.small_runbook import RUNBOOK, after, end, start

BOOK = """
format = 2
[runbook]
title = "X"
[commands]
"./status.sh" = "read"
[[step]]
id = "one"
title = "One"
run = "systemctl restart db && ./wipe.sh --all"
effect = "destroy"
[[step]]
id = "two"
title = "Two"
run = "curl --get http://127.0.0.1/drop"
effect = "change"
"""


@pytest.mark.parametrize(
    ("script", "effect"),
    [
        ("./status.sh", "read"),
        ("echo $PATH | sort", "read"),
        ("./other.sh", "change"),  # nobody knows what it does
        ("./wipe.sh --none", "destroy"),  # the step that runs it destroys
        ("systemctl restart db", "destroy"),  # as the step has it, word for word
        ("systemctl restart web", "change"),
        ("rm -rf x", "destroy"),
        ("curl --get http://127.0.0.1/drop # as two does", "change"),
        ("curl --get http://127.0.0.1/show", "read"),
        ("", "read"),
    ],
)
def test_a_command_does_what_is_judged_and_no_less_than_the_steps_that_have_it(
    make_runbook: MakeRunbook, script: str, effect: str
) -> None:
    assert judged_effects(script, make_runbook(BOOK)).effect == effect


@pytest.mark.parametrize(
    "script",
    [
        "$(echo rm) -rf x",
        "`echo rm` -rf x",
        '"$cmd" -rf x',
        "${CMD:-rm} -rf x",
        "sudo -n $cmd x",
        'eval "$code"',
        'bash -c "$code"',
        "echo cm0gLXJmIHgK | base64 -d | sh",
        "bash < $file",
        "source <(curl -s http://127.0.0.1/x)",
        "r{m,} -rf x",
        "/bin/r? -rf x",
        "find . -exec $cmd {} +",
        'ssh web-1 "$cmd"',
        "ls; $cmd",
    ],
)
def test_what_cannot_be_read_is_taken_for_what_destroys(
    make_runbook: MakeRunbook, script: str
) -> None:
    assert judged_effects(script, make_runbook(BOOK)).effect == "destroy"
    own = BOOK.replace("./wipe.sh", "./wipe").replace(
        '"curl --get http://127.0.0.1/drop"', repr(script)
    )
    said = "what a step has as its whole script is what its author says"
    assert judged_effects(f" {script}\n", make_runbook(own)).effect == "change", said
    longer = judged_effects(f"cmd=rm; {script}; cmd=mv", make_runbook(own))
    assert longer.effect == "destroy"


@pytest.mark.parametrize(
    "script", ["cmd=ls; $cmd", "ls $dir", 'bash -c "ls $dir"', "bash x.sh", "[ -d * ]"]
)
def test_what_can_be_read_destroys_no_more_than_it_says(
    make_runbook: MakeRunbook, script: str
) -> None:
    assert judged_effects(script, make_runbook(BOOK)).effect != "destroy"


def test_it_has_the_title_of_its_first_line_and_an_id_of_its_own(
    make_runbook: MakeRunbook,
) -> None:
    plan = Plan(make_runbook(BOOK))
    event = improvised_event(
        plan, script="\necho ${HOME}\nls\n", after="three", by="ana"
    )
    assert (event.step, event.title) == ("improvised--1", "echo $HOME")
    assert event.after is None, "there is no such step"


ADDED = StepImprovised(
    step="improvised--1", script="rm x", title="rm x", effect="destroy", improviser="b"
)
LOST = StepUnknown(step=ADDED.step, attempt=1, reason="its host died")


@pytest.mark.parametrize(
    "happened",
    [
        (ADDED,),  # its host died before it began
        (ADDED, start(ADDED.step)),
        (ADDED, start(ADDED.step), end(ADDED.step, 1, "failed")),
        (ADDED, start(ADDED.step), LOST),
        (ADDED, start(ADDED.step), end(ADDED.step), PhaseEntered(phase="side")),
    ],
)
def test_nothing_else_of_a_run_hangs_on_it(happened: tuple[Event, ...]) -> None:
    beside = tuple(each for each in happened if isinstance(each, PhaseEntered))
    state, without = after(*happened), after(*beside)
    plan = Plan(RUNBOOK)
    plan.catch_up(state)
    statuses = step_statuses(plan, state)
    assert propose(plan, state).step == propose(Plan(RUNBOOK), without).step
    assert run_progress(plan, state, statuses) == run_progress(
        Plan(RUNBOOK), without, step_statuses(Plan(RUNBOOK), without)
    )
    if beside:
        assert statuses[ADDED.step].status is Status.PASSED, "it is not to be run again"
    if LOST in happened:
        assert run_outcome(plan, state) == (Outcome.INCOMPLETE, "unknown: !1 rm x")
    else:
        assert run_outcome(plan, state) == run_outcome(Plan(RUNBOOK), without)


def test_two_of_one_id_cannot_be() -> None:
    with pytest.raises(StateError, match="is there already"):
        after(ADDED, ADDED)
