"""What begins by itself, and why somebody is needed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from mobius_tui.run.intents.going_on import (
    can_go_on_without_person,
    next_step_without_person,
    steps_before_person_needed,
)
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.situation import Situation
from mobius_tui.run.planning.step_status import StepStatus
from mobius_tui.run.state.reducer import initial_state
from mobius_tui.runbook.library.loader import decode_runbook
from mobius_tui.runbook.model.actions import Effect
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.structs import replace

HEAD = 'format = 2\n[runbook]\ntitle = "X"\n'
STEP = "[[step]]\n"
READ = STEP + 'title = "Read"\nrun = "ls"\n'


def situation(text: str) -> Situation:
    data = (HEAD + text).encode()
    runbook, problems = decode_runbook(Path("x.toml"), data, lambda name: (name, b""))
    assert runbook is not None, problems
    plan = Plan(runbook)
    return Situation(plan=plan, state=initial_state(runbook), now=0.0, uid=0)


@pytest.mark.parametrize(
    ("text", "reach", "found"),
    [
        (READ, "read", "read"),
        (STEP + 'title = "C"\nrun = "touch x"\n', "read", "1.1 C changes something"),
        (STEP + 'title = "C"\nrun = "touch x"\n', "change", "c"),
        (STEP + 'title = "D"\nrun = "rm x"\n', "change", "1.1 D destroys"),
        (STEP + 'title = "M"\nmanual = "call"\n', "change", "1.1 M wants a person"),
        (
            STEP + 'title = "T"\nrun = "htop"\ntty = true\n',
            "change",
            "1.1 T wants a person at a terminal",
        ),
        (
            STEP + 'title = "A"\nrun = "ls"\napprove = { role = "lead" }\n',
            "change",
            "1.1 A waits: approval by lead, not asked for yet",
        ),
        (
            STEP + 'title = "V"\nrun = "echo $v"\n[var.v]\n',
            "read",
            "1.1 V waits: no v yet",
        ),
    ],
)
def test_what_begins_by_itself(text: str, reach: Effect, found: str) -> None:
    step = next_step_without_person(situation(text), reach)
    assert (step.id if isinstance(step, Step) else step) == found


@pytest.mark.parametrize(
    ("text", "goes_on"),
    [
        (READ, False),
        (READ + READ.replace("Read", "Again"), True),
        (READ + STEP + 'title = "M"\nmanual = "call"\n', False),
        (STEP + 'title = "M"\nmanual = "call"\n' + READ, False),
        (READ + READ.replace("Read", "B") + STEP + 'title = "D"\nrun = "rm x"\n', True),
    ],
)
def test_it_is_offered_where_one_follows_another(text: str, *, goes_on: bool) -> None:
    assert can_go_on_without_person(situation(text), "read") is goes_on


def test_what_begins_ends_at_the_first_that_wants_a_person() -> None:
    changes = STEP + 'title = "C"\nrun = "touch x"\n'
    later = STEP + 'title = "M"\nmanual = "call"\n' + changes.replace('"C"', '"L"')
    found = situation(READ + changes + later)
    begin = [step.id for step in steps_before_person_needed(found, "change")]
    assert begin == ["read", "c"]
    assert [step.id for step in steps_before_person_needed(found, "read")] == ["read"]
    assert not list(steps_before_person_needed(found, "change", "other"))


class Asked(dict[str, StepStatus]):
    """Statuses that note for which steps they were asked."""

    def __init__(self, statuses: Mapping[str, StepStatus]) -> None:
        super().__init__(statuses)
        self.steps: set[str] = set()

    def __getitem__(self, step_id: str) -> StepStatus:
        self.steps.add(step_id)
        return super().__getitem__(step_id)


def test_of_a_long_runbook_only_the_first_steps_are_looked_at() -> None:
    """It is asked every second, on the screen of a run."""
    found = situation("".join(READ.replace("Read", f"R{n}") for n in range(1000)))
    asked = Asked(found.statuses)
    found = replace(found, known_statuses=asked, known_proposal=found.proposal)
    assert can_go_on_without_person(found, "change")
    assert asked.steps == {"r0", "r1"}
