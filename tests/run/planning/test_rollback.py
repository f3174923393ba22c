"""A rollback that would stop: said before it is armed, and so it does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.cli import main
from mobius_tui.errors import EXIT_OK, EXIT_USAGE
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.proposal import propose
from mobius_tui.run.planning.rollback import belongs_to_rollback, rollback_stop_texts
from mobius_tui.run.state.reducer import initial_state
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import AsideFrame, StateVariable, Status, StepState
from mobius_tui.run.state.watch_state import Alarm, Countdown, WatchState
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import bundled_folder
from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.probes import Health, Triggers
from mobius_tui.runbook.model.runbook import Phase, Runbook, Step, Variable
from mobius_tui.structs import replace
from tests.health.checks import trace
from tests.paths import CASES
from tests.run.conftest import Begin
from tests.tui.runs import MadeRun

CASE = CASES / "authoring" / "armed.toml"
STOPS = (
    "A.1 Restore: backup has no value: 1.1 Find the backup, which gives it, is no part "
    "of it"
)


def test_nothing_is_armed_that_would_stop_with_nobody_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = main(["watch", str(CASE), "--auto-rollback", "--plain", "--duration", "1s"])
    said = capsys.readouterr()
    assert code == EXIT_USAGE
    assert f"Auto would stop, and wait for a person, at {STOPS}." in said.err
    assert "check --explain unattended" in said.err
    assert said.out == ""
    assert all_runs(runs_root()) == ()


async def test_it_stops_where_it_was_said_to(begin: Begin) -> None:
    run = await begin(CASE.read_text())
    plan = Plan(run.runbook)
    assert rollback_stop_texts(plan, run.state) == (STOPS,)
    await run.did("rollback", confirm="A")
    state = await run.until(lambda state: state.watch.rollback_stop_reason)
    assert state.watch.rollback_stop_reason.startswith(
        "A.1 Restore waits: no backup yet"
    )


async def test_what_the_main_line_has_found_by_then_is_there(begin: Begin) -> None:
    run = await begin(CASE.read_text())
    await run.did("start", "find")
    await run.status("find", "passed")
    assert rollback_stop_texts(Plan(run.runbook), run.state) == ()


NAMES = ("u", "v", "w")
WHEN: list[dict[str, tuple[str, ...]]] = [
    {},
    {"size": ("> 5",)},
    {"size": ("< 5",)},
    {"u": ("x",)},
]
STEPS = st.lists(
    st.fixed_dictionaries(
        {
            "gives": st.sets(st.sampled_from(NAMES), max_size=1),
            "reads": st.sets(st.sampled_from(NAMES), max_size=2),
            "needs": st.sets(st.sampled_from(["s0", "s1", "s2", "find"]), max_size=1),
            "gate": st.booleans(),
            "when": st.sampled_from(WHEN),
        }
    ),
    min_size=1,
    max_size=4,
)


def made(steps: list[dict[str, Any]], *, replaces: bool) -> Runbook:
    """A main line of one step, and a phase that a trigger begins."""
    find = Step(id="find", title="F", action=Run(script="x"), outputs=("u",))
    known = {"find", *(f"s{number}" for number in range(len(steps)))}
    own = tuple(
        Step(
            id=f"s{number}",
            title="S",
            action=Run(script="true"),
            outputs=tuple(each["gives"]),
            uses=tuple(sorted(each["reads"] - each["gives"])),
            needs=tuple((each["needs"] & known) - {f"s{number}"}),
            gate=each["gate"],
            when=each["when"],
        )
        for number, each in enumerate(steps)
    )
    before = ("main",) if replaces else ()
    return Runbook(
        id="r",
        title="R",
        path=Path("r.toml"),
        phases=(
            Phase(id="main", title="M", steps=(find,)),
            Phase(id="auto", title="A", steps=own, aside=True, instead_of=before),
        ),
        variables={name: Variable(name=name) for name in (*NAMES, "size")},
        health=Health(trigger=Triggers(then="auto")),
    )


def goes_through(runbook: Runbook, state: RunState) -> bool:
    """Whether the plan of the host leads to the end of the phase by itself."""
    plan = Plan(runbook)
    state.entered_phases = state.entered_phases.appended("auto")
    state.aside_frames = (AsideFrame(phase="auto", from_step=None),)
    while (proposal := propose(plan, state)).kind == "start":
        assert proposal.step is not None
        state.steps[proposal.step] = StepState(status=Status.PASSED)
        for name in plan.steps[proposal.step].outputs:
            state.variables[name] = StateVariable(text="x", source="output")
    return proposal.kind == "end"


@given(steps=STEPS, replaces=st.booleans(), known=st.sets(st.sampled_from(NAMES)))
def test_it_is_what_the_plan_of_the_host_does(
    steps: list[dict[str, Any]], *, replaces: bool, known: set[str]
) -> None:
    runbook = made(steps, replaces=replaces)
    state = initial_state(runbook)
    for name in (*known, "size"):
        state.variables[name] = StateVariable(text="7", source="begin")
    stops = rollback_stop_texts(Plan(runbook), state)
    assert goes_through(runbook, state.copy()) == (not stops), stops


def test_a_secret_that_the_host_was_not_given_is_missing() -> None:
    steps = [
        {"gives": set(), "reads": {"u"}, "needs": set(), "gate": False, "when": {}}
    ]
    runbook = made(steps, replaces=False)
    secret = Variable(name="u", secret=True, from_env="TOKEN")
    main, auto = runbook.phases
    alone = replace(main, steps=(replace(main.steps[0], outputs=()),))
    runbook = replace(runbook, phases=(alone, auto), variables={"u": secret})
    state, plan = initial_state(runbook), Plan(runbook)
    why = ("A.1 S: u has no value: set TOKEN before that",)
    assert rollback_stop_texts(plan, state) == why
    state.variables["u"] = StateVariable(text=None, source="secret")
    assert rollback_stop_texts(plan, state) == ()
    state.lost_secrets = ("u",)
    lost, *rest = rollback_stop_texts(plan, state)
    assert lost.startswith("the secret u (set TOKEN= and resume) is not known any more")
    assert tuple(rest) == why
    state.secrets_gone_without = frozenset(("u",))
    assert rollback_stop_texts(plan, state) == why


@pytest.mark.parametrize("form", ["--plain", "--json"])
def test_a_backtest_of_its_record_says_so(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = MadeRun(tmp_path / "runs", load(CASE), values={})
    run.health(trace("offfo"))
    code = main(["watch", "--replay", str(run.directory.health), form])
    said = capsys.readouterr().out
    assert code == EXIT_OK
    assert STOPS in said
    # What no run is beside, or none that can be read, is tried all the same.
    run.directory.journal.write_bytes(b"nonsense\n")
    assert main(["watch", "--replay", str(run.directory.health), form]) == EXIT_OK
    assert STOPS not in capsys.readouterr().out


def alarm(reason: str) -> Alarm:
    return Alarm(probe="api", rule="success_rate", reason=reason, at=1.0)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (WatchState(), ""),
        (WatchState(latest_alarm=alarm("b")), "b"),
        (
            WatchState(alarms=(alarm("a"), alarm("b")), latest_alarm=alarm("b")),
            "a; 1 more",
        ),
        (
            WatchState(
                alarms=(alarm("a"), alarm("b")),
                countdown=Countdown(alarm=alarm("b"), n=9, began=1.0, grace=1.0),
            ),
            "b",
        ),
    ],
)
def test_one_reason_is_told_everywhere(state: WatchState, reason: str) -> None:
    assert state.rollback_reason == reason


def test_a_trigger_does_not_hold_what_it_is_there_to_begin() -> None:
    book = load(bundled_folder() / "examples" / "fleet-rollback.toml")
    plan = Plan(book)
    answers = {each.id for each in book.steps() if belongs_to_rollback(plan, each)}
    own = {"roll-back", "auto-roll-back", "older-backup"}
    assert own < answers
    assert not answers & {"smoke-tests", "three-checks", "monitor"}
    without = replace(book, health=None)
    assert not any(belongs_to_rollback(Plan(without), each) for each in book.steps())
