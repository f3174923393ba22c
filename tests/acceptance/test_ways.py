"""How many keys and questions each way of the MOBIUS runbooks is, by the real app.

A person who does what Enter says; whatever a dialog asks is answered. A key that a new
dialog does not take, as it guards against what was typed ahead, is counted once.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field

import pytest

from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.planning.plan import Plan, effect_of
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.model.actions import Run
from tests.acceptance.conftest import Open
from tests.acceptance.driving import CTRL_G, ENTER, fill, next_line, press_until
from tests.acceptance.terminal import Terminal
from tests.paths import ROOT
from tests.waiting import PATIENCE

TITLE = re.compile(r"╭─ (Decide|Do|Run|Tell|Send|Restart|What) ?(.*?) ─")
DIALOG = re.compile(r"(Not yet|Don't|Mark as told)")
CONFIRM = re.compile(r"Type (\S+) to confirm")
BUSY = re.compile(r"\d|Watching")
"""How the line of Enter begins where a step runs, and nothing is asked for."""
ANSWER = re.compile(r"\((?:such as|a path)[^)]*\)|Issue")
MARKED = re.compile(r"\((?:•)\)|\[x\]", re.IGNORECASE)


@dataclass(kw_only=True, slots=True)
class Count:
    """What a way has cost so far."""

    keys: int = 0
    questions: list[str] = field(default_factory=list)
    before_change: int = -1
    """Questions until something was changed; -1 where nothing was."""
    typed_production: int = 0
    pressed: list[str] = field(default_factory=list)
    """At what each key was pressed that is no letter of an answer."""


class Person:
    """Goes a way by keys."""

    def __init__(self, screen: Terminal) -> None:
        self.screen, self.count = screen, Count()
        self.done = ""

    def enter(self, what: str = ENTER, patience: float = 2.0) -> None:
        """Press a key until the screen is another; it counts as one."""
        before = _without_clocks(self.screen.text())
        self.count.pressed.append(f"{before}: {next_line(self.screen.text())}")
        press_until(self.screen, what, lambda t: _without_clocks(t) != before, patience)
        self.count.keys += 1

    def go_on(self) -> None:
        """Do what the screen asks for now."""
        text = self.settled()
        if not DIALOG.search(text):
            self.done = _step(text)
            self.enter()
            return
        confirm = CONFIRM.search(text)
        answer = ANSWER.search(text)
        self.count.questions.append(_title(text))
        if confirm:
            self.type(confirm[1])
            self.count.typed_production += 1
        elif answer and "Mark as told" not in text:
            self.type("@ops" if "such as @" in answer[0] else "it went wrong")
        elif "Enter decides" in text and not MARKED.search(text):
            self.enter(" ", 2.0)
        self.close()

    def type(self, words: str) -> None:
        """Type into the dialog's line."""
        fill(self.screen, words)
        self.count.keys += len(words)

    def close(self) -> None:
        """Press Enter until the dialog is gone."""
        title = _title(self.screen.text())
        press_until(
            self.screen,
            ENTER,
            lambda t: not DIALOG.search(t) or _title(t) != title,
            2.0,
        )
        self.count.keys += 1

    def settled(self) -> str:
        """The screen, once it asks for something that has not been done yet."""

        def asks(text: str) -> bool:
            step, line = _step(text), next_line(text)
            is_new = step != self.done or not _has_begun(step)
            fresh = step != "" and is_new and not BUSY.match(line)
            return bool(DIALOG.search(text)) or fresh

        return self.screen.until(asks)


def _has_begun(proposed: str) -> bool:
    """Whether a proposed step has begun: a key may come just as another is proposed."""
    [run] = all_runs(runs_root())
    follower = Follower(run)
    numbers = {number: step for step, number in follower.plan.numbers.items()}
    step = numbers.get(proposed.rpartition(" ")[2])
    return step is None or bool(follower.state.steps[step].attempts)


def _without_clocks(text: str) -> str:
    """What of a screen a key may have changed: a dialog, or the line of Enter."""
    return f"{_title(text)} {bool(MARKED.search(text))} {_step(text)}"


def _step(text: str) -> str:
    """What Enter does, and at which step; not what is said of it beside."""
    found = re.match(r"[A-Za-z]*:? ?\d+\.\d+", next_line(text))
    return found[0] if found else next_line(text)


def _title(text: str) -> str:
    found = TITLE.search(text) if DIALOG.search(text) else None
    return found[0] if found else ""


def go(screen: Terminal, until: str) -> Count:
    """Go a way from Begin until a step is over."""
    screen.until("Begin", 60)
    person = Person(screen)
    press_until(screen, CTRL_G, lambda t: "Enter ▸" in t)
    person.count.keys += 1
    deadline = time.monotonic() + 4 * PATIENCE
    while True:
        assert time.monotonic() < deadline, screen.text()
        [run] = all_runs(runs_root())
        follower = Follower(run)
        plan, state = follower.plan, follower.state
        changed = any(
            _changes(plan, name) for name in state.steps if state.steps[name].attempts
        )
        if changed and person.count.before_change < 0:
            person.count.before_change = len(person.count.questions)
        last = state.steps[until].last_attempt
        if last is None:
            person.go_on()
        elif last.ended is None:
            screen.read()
        else:
            return person.count


def _changes(plan: Plan, step: str) -> bool:
    own = plan.steps[step]
    return isinstance(own.action, Run) and effect_of(own) != "read"


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """A way, and what it costs: a row of the table in the README."""

    name: str
    runbook: str
    fault: str
    until: str
    keys: int
    questions: int
    before_change: int
    typed: int = 1
    """How often the environment is typed: once for each decision."""
    side_by_side: int = 0
    """Steps that may go on while another is begun."""


WAYS = (
    Way(
        name="`mobius-quick`",
        runbook="mobius-quick",
        fault="bad-release",
        until="three-checks",
        keys=18,
        questions=2,
        before_change=1,
    ),
    Way(
        name="`mobius-rollback`, packages",
        runbook="mobius-rollback",
        fault="bad-release",
        until="services",
        keys=46,
        questions=9,
        before_change=5,
        side_by_side=2,
    ),
    Way(
        name="`mobius-config-rollback`",
        runbook="mobius-config-rollback",
        fault="config-drift",
        until="is-back-config",
        keys=23,
        questions=4,
        before_change=2,
    ),
    Way(
        name="`mobius-failure-recovery`",
        runbook="mobius-failure-recovery",
        fault="bad-release",
        until="is-back-again",
        keys=64,
        questions=11,
        before_change=6,
        typed=2,
    ),
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_what_a_way_costs_is_what_the_table_says(terminal: Open, way: Way) -> None:
    screen = terminal("drill", way.runbook, "--fault", way.fault, whole_frames=True)
    count = go(screen, way.until)
    found = (count.keys, len(count.questions), count.before_change)
    assert count.before_change <= 6
    assert count.typed_production == way.typed, "once for what one decision covers"
    assert found[1:] == (way.questions, way.before_change), count
    # Where steps go on side by side one may end as Enter is pressed, and another is
    # proposed: that key does nothing.
    assert way.keys <= count.keys <= way.keys + way.side_by_side, count
    readme = (ROOT / "runbooks" / "README.md").read_text()
    row = f"| {way.name} | {way.keys} | {way.questions} | {way.before_change} |"
    assert row in readme
