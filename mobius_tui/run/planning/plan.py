"""The plan: what may be done next in a run, and in which order. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Literal

from mobius_tui.run.events.run_events import Outcome
from mobius_tui.run.planning.step_status import (
    StepStatus,
    Wait,
    approval_awaited,
    step_statuses,
    variables_awaited,
)
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import BAD, OPEN, Status, StepState
from mobius_tui.runbook.model.actions import Choose, Manual, Run, SendMessage, Watch
from mobius_tui.runbook.model.runbook import Phase, Runbook, Step
from mobius_tui.runbook.model.templates import variables_read, variables_set

Kind = Literal["run", "manual", "message", "choose", "watch", "check"]
"""What a step does, by its action; `check` where it only verifies."""

Next = Literal["start", "decide", "running", "wait", "end", "ended"]
"""What there is to do: start a step, decide on one that went wrong, wait, end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """The next right action."""

    kind: Next
    step: str | None = None
    text: str = ""


def kind_of(step: Step) -> Kind:
    """What a step does."""
    match step.action:
        case Run():
            return "run"
        case Manual():
            return "manual"
        case SendMessage():
            return "message"
        case Choose():
            return "choose"
        case Watch():
            return "watch"
        case None:
            return "check"


def effect_of(step: Step) -> str:
    """`read`, `change` or `destroy`; `read` for all but scripts."""
    return step.action.effect if isinstance(step.action, Run) else "read"


def follows(step: Step) -> bool:
    """Whether it goes on beside the others until it is stopped."""
    return isinstance(step.action, Run) and step.action.follow


def has_terminal(step: Step) -> bool:
    """Whether it has a terminal of its own, and a person at it."""
    return isinstance(step.action, Run) and step.action.tty


def will_retry(step: Step, own: StepState) -> bool:
    """Whether another attempt comes by itself, as the step's `retry` says."""
    return (
        step.retry is not None
        and own.status in (Status.FAILED, Status.TIMED_OUT)
        and len(own.attempts) < step.retry.attempts
    )


class Plan:
    """A runbook with its numbers, and what may be done in each state of its run."""

    def __init__(self, runbook: Runbook) -> None:
        self.runbook = runbook
        self.steps: Mapping[str, Step] = {s.id: s for s in runbook.steps()}
        self.main = tuple(phase for phase in runbook.phases if not phase.aside)
        self.phase_of: Mapping[str, Phase] = {
            step.id: phase for phase in runbook.phases for step in phase.steps
        }
        self.phase_numbers: Mapping[str, str] = phase_numbers(runbook)
        self.numbers: Mapping[str, str] = {
            step.id: f"{self.phase_numbers[phase.id]}.{place}"
            for phase in runbook.phases
            for place, step in enumerate(phase.steps, 1)
        }
        self.reads: Mapping[str, tuple[str, ...]] = {
            step.id: variables_read(step, runbook) for step in runbook.steps()
        }
        self.is_guarded = any(step.when for step in runbook.steps())
        """Whether a step applies only where its guard holds."""
        self.givers: Mapping[str, str] = {
            name: step.id
            for step in reversed(tuple(runbook.steps()))
            for name in variables_set(step)
        }
        """By variable, the first step that gives it a value."""

    def name(self, step_id: str) -> str:
        """`2.1 Restore`."""
        return f"{self.numbers[step_id]} {self.steps[step_id].title}"

    def standings(self, state: RunState) -> dict[str, StepStatus]:
        """Where every step stands."""
        return step_statuses(self, state)

    def in_order(self, state: RunState) -> Iterator[Step]:
        """The steps in the order in which they are proposed now.

        In an aside phase, its own; on the main line, from the phase that the run went
        to, and then what was left out before it.
        """
        if state.frames:
            yield from self.runbook.phase(state.frames[-1].phase).steps
            return
        ids = [phase.id for phase in self.main]
        start = ids.index(state.at_phase) if state.at_phase in ids else 0
        for phase in (*self.main[start:], *self.main[:start]):
            yield from phase.steps

    def passed_over(
        self, state: RunState, standings: Mapping[str, StepStatus]
    ) -> tuple[Step, ...]:
        """The steps that the run has come past since their guards do not hold.

        They stand before what is proposed now.
        """
        if not self.is_guarded:
            return ()
        next_one = self.proposal(state, standings).step
        before = takewhile(lambda step: step.id != next_one, self.in_order(state))
        return tuple(step for step in before if standings[step.id].is_passed_over)

    def proposal(
        self, state: RunState, standings: Mapping[str, StepStatus] | None = None
    ) -> Proposal:
        """The next right action."""
        if state.ended is not None:
            return Proposal(kind="ended", text=state.ended.reason)
        found = self.standings(state) if standings is None else standings
        waiting: Step | None = None
        for step in self.in_order(state):
            standing = found[step.id]
            if standing.status is Status.RUNNING and not follows(step):
                return Proposal(kind="running", step=step.id)
            if standing.status in BAD:
                return Proposal(kind="decide", step=step.id, text=standing.reason)
            if standing.status is Status.WAITING and waiting is None:
                waiting = step
            if standing.status is Status.PENDING and (
                waiting is None or self._frees(step, found[waiting.id])
            ):
                return Proposal(kind="start", step=step.id)
        if waiting is None:
            return Proposal(kind="end")
        waits = found[waiting.id].waits
        text = ", ".join(self._why(wait, found) for wait in waits)
        return Proposal(kind="wait", step=waiting.id, text=text)

    def _frees(self, step: Step, standing: StepStatus) -> bool:
        """Whether a step gives what another waits for, and so comes before it."""
        return any(
            wait.on == step.id or wait.on in variables_set(step)
            for wait in standing.waits
        )

    def _why(self, wait: Wait, found: Mapping[str, StepStatus]) -> str:
        """A wait, and what could end it."""
        if wait.kind not in ("variable", "choice", "guard"):
            return wait.text
        giver = self.givers.get(wait.on)
        if giver is None:
            return wait.text
        skipped = found[giver].status is Status.SKIPPED
        do = "undo its skip" if skipped else "retry that"
        return f"{wait.text} ({self.numbers[giver]} gives it: {do})"

    def waits_of_retry(self, state: RunState, step_id: str) -> tuple[Wait, ...]:
        """What a step that has ended would wait for if it were pending."""
        variables = variables_awaited(self, state, step_id)
        return (*variables, *approval_awaited(self, state, self.steps[step_id]))

    def busy(self, state: RunState) -> Step | None:
        """The step that runs now, other than those that follow."""
        for step in self.steps.values():
            running = state.steps[step.id].status is Status.RUNNING
            if running and not follows(step):
                return step
        return None

    def aside_done(self, state: RunState) -> tuple[str, bool] | None:
        """The aside phase that has come to its end, and whether it passed."""
        if not state.frames:
            return None
        phase = self.runbook.phase(state.frames[-1].phase)
        found = self.standings(state)
        statuses = [found[s.id].status for s in phase.steps if not follows(s)]
        if any(s not in OPEN and s is not Status.SKIPPED for s in statuses):
            return None
        optional = {s.id for s in phase.steps if s.optional}
        passed = all(
            found[s.id].status in OPEN or s.id in optional
            for s in phase.steps
            if not follows(s)
        )
        return phase.id, passed

    def outcome(self, state: RunState) -> tuple[Outcome, str]:
        """How the run would end if it ended now, and why."""
        found = self.standings(state)
        counted = [
            step
            for phase in self.runbook.phases
            if not phase.aside or phase.id in state.entered
            for step in phase.steps
        ]
        for status, outcome in (
            (Status.UNKNOWN, "incomplete"),
            *((bad, "failed") for bad in sorted(BAD - {Status.UNKNOWN})),
        ):
            names = [self.name(s.id) for s in counted if found[s.id].status is status]
            if names:
                return outcome, f"{status}: {', '.join(names)}"  # type: ignore[return-value]
        open_ = [
            self.name(step.id)
            for step in counted
            if found[step.id].status in (Status.PENDING, Status.WAITING, Status.RUNNING)
            and not step.optional
            and not (follows(step) and found[step.id].status is Status.RUNNING)
        ]
        if open_:
            return "abandoned", f"not done: {', '.join(open_[:5])}" + (
                f" and {len(open_) - 5} more" if len(open_) > 5 else ""
            )
        skipped = [
            self.name(step.id)
            for step in counted
            if found[step.id].status is Status.SKIPPED and not step.optional
        ]
        if skipped:
            return "incomplete", f"skipped: {', '.join(skipped)}"
        return "completed", "every step that applies is done"

    def progress(
        self, state: RunState, standings: Mapping[str, StepStatus]
    ) -> tuple[int, int]:
        """How many of the steps that apply are done, and how many apply."""
        counted = [
            standings[step.id].status
            for phase in self.runbook.phases
            if not phase.aside or phase.id in state.entered
            for step in phase.steps
        ]
        applicable = [s for s in counted if s is not Status.NOT_APPLICABLE]
        done = [
            s
            for s in applicable
            if s not in (Status.PENDING, Status.WAITING, Status.RUNNING)
            and s not in BAD
        ]
        return len(done), len(applicable)


def phase_numbers(runbook: Runbook) -> dict[str, str]:
    """By phase, a number for the main line, a letter for an aside."""
    found: dict[str, str] = {}
    mains = asides = 0
    for phase in runbook.phases:
        if phase.aside:
            letter = chr(ord("A") + asides) if asides < 26 else f"A{asides}"
            asides += 1
            found[phase.id] = letter
        else:
            mains += 1
            found[phase.id] = str(mains)
    return found


Standings = Mapping[str, StepStatus]
"""Where steps stand, by their ids."""

_NOT_DONE = frozenset({Status.PENDING, Status.WAITING}) | BAD


def is_out_of_order(
    plan: Plan, state: RunState, step_id: str, known: Standings | None = None
) -> bool:
    """Whether a step would be begun now while one before it is still to be done.

    What may be left out, or goes on beside the others, is in nobody's way.

    Args:
        plan: the run's.
        state: the run, before the step begins.
        step_id: the step.
        known: where each step stands, for whoever knows it already.
    """
    undone = undone_before(plan, state, step_id, known)
    return undone is None or bool(undone)


def undone_before(
    plan: Plan, state: RunState, step_id: str, known: Standings | None = None
) -> tuple[str, ...] | None:
    """The steps that are to be done before one; `None` where the run is not there.

    Args:
        plan: the run's.
        state: the run, before the step begins.
        step_id: the step.
        known: where each step stands, for whoever knows it already.
    """
    if follows(plan.steps[step_id]):
        return ()
    before = []
    for step in plan.in_order(state):
        if step.id == step_id:
            break
        if not step.optional and not follows(step):
            before.append(step.id)
    else:
        return None  # it is of a phase that the run is not in
    left = [each for each in before if state.steps[each].status in _NOT_DONE]
    if not left:
        return ()
    found = plan.standings(state) if known is None else known
    return tuple(each for each in left if found[each].status in _NOT_DONE)
