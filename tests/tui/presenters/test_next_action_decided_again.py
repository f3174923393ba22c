"""Whatever a decision is changed to, and when: Enter leads on, to an end of the run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from mobius_tui.run.events.event import Event
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.events.run_events import PhaseEntered, RunBegan
from mobius_tui.run.events.step_events import (
    ApprovalAsked,
    ApprovalGiven,
    ChoiceMade,
    StepEnded,
    StepOverridden,
    StepPassedOver,
    StepRestored,
    StepSkipped,
    StepStarted,
    StepUnknown,
)
from mobius_tui.run.intents.action import Action
from mobius_tui.run.intents.approval_intents import AskApproval
from mobius_tui.run.intents.permissions import decide_offer
from mobius_tui.run.intents.run_intents import EnterPhase
from mobius_tui.run.intents.step_intents import (
    ChooseOptions,
    OverrideStep,
    RestoreStep,
    RetryStep,
    SkipStep,
    StartStep,
    TickStep,
)
from mobius_tui.run.planning.approval_rules import binding_digest, current_approval
from mobius_tui.run.planning.plan import Plan, effect_of, kind_of
from mobius_tui.run.planning.proposal import steps_passed_over
from mobius_tui.run.planning.run_outcome import (
    aside_outcome,
    end_of_aside,
    run_outcome,
)
from mobius_tui.run.planning.situation import ALLOWED, Situation
from mobius_tui.run.planning.step_status import step_statuses
from mobius_tui.run.state.reducer import advance, initial_state
from mobius_tui.run.state.step_state import STATUSES_NEEDING_DECISION, Status
from mobius_tui.runbook.library.loader import decode_runbook
from mobius_tui.runbook.model.actions import Choose
from mobius_tui.runbook.model.guards import evaluate_guard
from mobius_tui.runbook.model.runbook import Runbook, Step
from mobius_tui.tui.commands.command import FlowId
from mobius_tui.tui.presenters.next_action import GoOnInPhase, StartFlow, next_action
from mobius_tui.tui.presenters.run_view import RunView, build_run_view

HEAD = """format = 2
[runbook]
id = "made"
title = "Made"
[var.way]
[[phase]]
id = "first"
title = "First"
[[phase.step]]
id = "way"
title = "Which way"
choose = { var = "way", option = [{ value = "x" }, { value = "y" }, { value = "z" }] }
"""
KINDS = (
    'run = "true"\neffect = "read"',
    'run = "true"\neffect = "change"',
    'manual = "Do it"',
    'check = { file = { path = "/x" } }',
)
GUARDS = ('way = ["x"]', 'way = ["y", "z"]', 'way = ["!= z"]', 'not = { way = ["x"] }')
Result = Literal[Status.PASSED, Status.FAILED, Status.TIMED_OUT]
UID, SECOND, MANY = 1000, 1001, 120


@st.composite
def runbooks(draw: st.DrawFn) -> str:
    """Small runbooks around one decision, which comes first."""
    text, ids = HEAD, ["way"]
    asides = [False, *draw(st.lists(st.booleans(), max_size=2))]
    ways = ["continue", *(f"p{at}" for at, aside in enumerate(asides) if aside)]
    for at, is_aside in enumerate(asides):
        if at:
            text += f'[[phase]]\nid = "p{at}"\ntitle = "P{at}"\n'
            text += "aside = true\n" * is_aside
            text += "parallel = 2\n" * (not is_aside and draw(st.booleans()))
        for number in range(draw(st.integers(1, 4))):
            own = f"s{at}-{number}"
            text += f'[[phase.step]]\nid = "{own}"\ntitle = "{own}"\n'
            text += draw(st.sampled_from(KINDS)) + "\n"
            if draw(st.booleans()):
                text += f"when = {{ {draw(st.sampled_from(GUARDS))} }}\n"
            text += "gate = true\n" * draw(st.booleans())
            if draw(st.integers(0, 3)) == 0:
                text += f'needs = ["{draw(st.sampled_from(ids))}"]\n'
            if draw(st.integers(0, 4)) == 0:
                text += 'approve = { role = "ops", within = "10m" }\n'
            text += "optional = true\n" * draw(st.booleans())
            if not is_aside and draw(st.booleans()):
                text += f'on_failure = "{draw(st.sampled_from(ways))}"\n'
            ids.append(own)
    return text


@dataclass
class Walk:
    """A run that goes on by events, each of which the host permits."""

    plan: Plan
    hopeless: frozenset[str] = frozenset()
    """Steps that fail whenever they are begun, and are skipped then."""

    def __post_init__(self) -> None:
        self.state = initial_state(self.plan.runbook)
        self.at = 0
        self.write(
            RunBegan(
                run="r",
                runbook="made",
                file="f",
                sha256="0",
                title="Made",
                mode=Mode.INCIDENT,
                workdir="/",
                operator="ana",
                setting={},
            )
        )

    def write(self, happened: Event) -> None:
        self.at += 1
        at = float(self.at)
        entry = Entry(n=self.at, at=at, mono=at, boot="b", by="ana", event=happened)
        advance(self.state, entry)

    def settle(self) -> None:
        """What the host puts on record by itself after each change."""
        while True:
            statuses = step_statuses(self.plan, self.state)
            for step in steps_passed_over(self.plan, self.state, statuses):
                reason = statuses[step.id].reason
                if self.state.passed_over.get(step.id) != reason:
                    self.write(StepPassedOver(step=step.id, reason=reason))
            done = aside_outcome(self.plan, self.state)
            if done is None:
                return
            phase, passed = done
            self.write(end_of_aside(self.plan, self.state, phase, passed=passed))

    @property
    def situation(self) -> Situation:
        return Situation(
            plan=self.plan, state=self.state, now=float(self.at), uid=UID, name="ana"
        )

    def next_attempt(self, step: Step) -> int:
        return len(self.state.steps[step.id].attempts) + 1

    def may(self, action: Action) -> bool:
        return decide_offer(action, self.situation) == ALLOWED

    def begin(self, step: Step, ends: Result | None = Status.PASSED) -> bool:
        """Begin a step, if that is permitted; it ends at once."""
        ends = Status.FAILED if step.id in self.hopeless else ends
        number = self.next_attempt(step)
        starts: Action = StartStep(step=step.id, attempt=number)
        if number > 1:
            starts = RetryStep(step=step.id, attempt=number)
        if kind_of(step) == "manual":
            starts = TickStep(step=step.id, attempt=number)
        if not self.may(starts):
            return False
        reads = self.plan.variables_read[step.id]
        self.write(StepStarted(step=step.id, attempt=number, reads=reads))
        if ends is None:
            lost = StepUnknown(step=step.id, attempt=number, reason="lost")
            self.write(lost)
        else:
            self.write(StepEnded(step=step.id, attempt=number, result=ends))
        return True

    def approve(self, step: Step) -> bool:
        """Ask for a step's approval, if that is permitted, and get it."""
        number = self.next_attempt(step)
        if not self.may(AskApproval(step=step.id, attempt=number)):
            return False
        bound = binding_digest(self.plan, self.state, step)
        asked = ApprovalAsked(
            step=step.id,
            attempt=number,
            role="ops",
            count=1,
            within=600.0,
            binding=bound,
            uid=UID,
        )
        self.write(asked)
        self.grant(step)
        return True

    def grant(self, step: Step) -> None:
        """A second person approves a step."""
        asked = current_approval(self.plan, self.state, step)
        assert asked is not None
        self.write(
            ApprovalGiven(
                step=step.id,
                attempt=asked.request.attempt,
                binding=asked.request.binding,
                name="Ben",
                uid=SECOND,
            )
        )

    def choose(self, value: str) -> bool:
        """Decide, or decide again, if that is permitted."""
        step = self.plan.steps["way"]
        number = self.next_attempt(step)
        if not self.may(
            ChooseOptions(step="way", attempt=number, options=(value,), reason="seen")
        ):
            return False
        made = ChoiceMade(
            step="way", attempt=number, var="way", values=(value,), reads=()
        )
        self.write(made)
        return True

    def do(self, story: tuple[str, int]) -> None:
        """One thing that somebody does, if it is permitted; nothing else."""
        what, where = story
        steps = [s for s in self.plan.steps.values() if s.id != "way"]
        guarded = [step for step in steps if step.when] or steps
        steps = guarded if where % 3 else steps
        step = steps[where % len(steps)]
        phases = self.plan.runbook.phases
        match what:
            case "fails":
                self.begin(step, Status.FAILED)
            case "times out":
                self.begin(step, Status.TIMED_OUT)
            case "is lost":
                self.begin(step, None)
            case "passes":
                self.begin(step)
            case "skip" if self.may(SkipStep(step=step.id, reason="no")):
                self.write(StepSkipped(step=step.id, reason="no"))
            case "override" if self.may(OverrideStep(step=step.id, reason="no")):
                self.write(StepOverridden(step=step.id, reason="no"))
            case "approve":
                self.approve(step)
            case "choose":
                self.choose("xyz"[where % 3])
            case "enter":
                bad = self.state.steps[step.id].status in STATUSES_NEEDING_DECISION
                phase = phases[where % len(phases)]
                if phase.aside and self.may(EnterPhase(phase=phase.id)):
                    origin = step.id if bad else None
                    self.write(PhaseEntered(phase=phase.id, from_step=origin))
        self.settle()

    def view(self) -> RunView:
        return build_run_view(
            self.plan,
            self.state,
            now=float(self.at),
            host=1,
            uid=UID,
            last_outputs={},
            health={},
        )

    def enter(self) -> str:
        """Press Enter, and do what it asks for; returns what that was."""
        view = self.view()
        offered = next_action(view, None, moved=False)
        if isinstance(offered, GoOnInPhase):
            raise AssertionError(offered)
        assert isinstance(offered, StartFlow), f"Enter does nothing: {offered}"
        if offered.flow is FlowId.END_RUN:
            return "end"
        if (phase := view.phase(offered.key)) is not None:
            assert self.may(EnterPhase(phase=phase.id)), offered
            self.write(PhaseEntered(phase=phase.id))
            self.settle()
            return "phase"
        step = view.step(offered.key)
        assert step is not None
        if view.proposal.kind == "decide":
            self.decide_on(step)
            return "decide"
        if offered.flow is FlowId.ASK_APPROVAL:
            assert self.approve(step), offered
        elif offered.flow is FlowId.RESTORE:
            assert self.may(RestoreStep(step=step.id)), offered
            self.write(StepRestored(step=step.id))
        elif offered.flow is FlowId.CHOOSE:
            assert self.choose("y"), offered
        elif offered.flow is FlowId.SKIP:
            self.skip(step)
        else:
            assert self.begin(step), offered
        self.settle()
        return "step"

    def decide_on(self, step: Step) -> None:
        """What went wrong is tried again, else vouched for, else skipped."""
        assert not self.is_left_behind(step) or effect_of(step) != "read"
        if step.id in self.hopeless:
            self.skip(step)
            self.settle()
            return
        self.approve(step)
        if not self.begin(step):
            assert self.may(OverrideStep(step=step.id, reason="seen"))
            self.write(StepOverridden(step=step.id, reason="seen"))
        self.settle()

    def skip(self, step: Step) -> None:
        """Skip a step that may be skipped."""
        assert self.may(SkipStep(step=step.id, reason="no use"))
        self.write(StepSkipped(step=step.id, reason="no use"))

    def is_left_behind(self, step: Step) -> bool:
        """Whether the decision, as it is now, is against a step."""
        values = {name: each.text for name, each in self.state.variables.items()}
        return bool(step.when) and evaluate_guard(step.when, values).holds is False


def read(text: str) -> Runbook:
    runbook, problems = decode_runbook(
        Path("made.toml"), text.encode(), lambda name: (name, b"")
    )
    assert runbook is not None, (problems, text)
    return runbook


STORIES = st.tuples(
    st.sampled_from(
        (
            *("fails", "fails", "times out", "is lost", "passes", "passes"),
            *("skip", "override", "approve", "choose", "enter"),
        )
    ),
    st.integers(0, 11),
)


@settings(
    max_examples=MANY, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(runbooks(), st.lists(STORIES, max_size=10), st.sampled_from("xyz"))
def test_whatever_is_decided_again_enter_leads_to_an_end(
    text: str, stories: list[tuple[str, int]], last: str
) -> None:
    walk = Walk(Plan(read(text)))
    assert isinstance(walk.plan.steps["way"].action, Choose)
    walk.choose("x")
    for story in stories:
        walk.do(story)
    walk.choose(last)
    walk.settle()
    _assert_nothing_left_behind_is_in_the_way(walk)
    for _ in range(MANY):
        if walk.enter() == "end":
            break
    else:
        raise AssertionError("Enter leads nowhere")
    _assert_nothing_left_behind_is_in_the_way(walk)
    outcome, why = run_outcome(walk.plan, walk.state)
    event(f"ends {outcome}")
    assert outcome in (Outcome.COMPLETED, Outcome.INCOMPLETE), why


def _assert_nothing_left_behind_is_in_the_way(walk: Walk) -> None:
    statuses = step_statuses(walk.plan, walk.state)
    _, why = run_outcome(walk.plan, walk.state)
    for step in walk.plan.steps.values():
        own = walk.state.steps[step.id].status
        is_open = own in STATUSES_NEEDING_DECISION | {Status.SKIPPED}
        if not walk.is_left_behind(step) or not is_open:
            continue
        assert not walk.begin(step), f"{step.id} begins"
        if own is Status.UNKNOWN and effect_of(step) != "read":
            continue  # no decision tells how far it got
        event("left behind")
        assert statuses[step.id].status is Status.NOT_APPLICABLE
        assert statuses[step.id].not_for
        assert walk.plan.name(step.id) not in why
        waits = [wait.on for each in statuses.values() for wait in each.waits]
        assert step.id not in waits


def test_what_others_need_and_always_fails_is_no_circle() -> None:
    """Who has skipped it is asked whether the others are skipped, too."""
    steps = ('id = "open"', 'id = "stop"\nneeds = ["open"]', 'id = "start"')
    made = (f'[[phase.step]]\n{each}\nrun = "true"\n' for each in steps)
    walk = Walk(Plan(read(HEAD + "".join(made))), frozenset({"open"}))
    walk.choose("x")
    assert [walk.enter() for _ in range(5)] == [
        *("step", "decide", "step", "step", "end")
    ]
    assert walk.state.steps["stop"].status is Status.SKIPPED
    assert walk.state.steps["start"].status is Status.PASSED
