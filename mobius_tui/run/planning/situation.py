"""What `permissions.decide` needs to know, and what it returns. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from functools import cached_property

from msgspec import Struct

from mobius_tui.errors import RunError, StateError
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.run_events import AUTO_AUTHOR, PhaseEntered
from mobius_tui.run.planning.plan import Plan, running_steps
from mobius_tui.run.planning.proposal import Proposal, propose
from mobius_tui.run.planning.rollback import step_blocking_rollback
from mobius_tui.run.planning.step_status import StepStatus, step_statuses
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.model.runbook import Phase, Step


class RefusalCode(StrEnum):
    """Why an action is refused, for whoever says it in words of their own."""

    NO_HOST = "no host"
    RUN_ENDED = "the run has ended"
    RUN_OPEN = "the run has not ended"
    ONLY_UNDONE = "the run is open again to be undone, and for nothing else"
    UNKNOWN = "no such step, phase or message"
    ILLEGAL = "the state of the run or the step does not allow it"
    WRONG_KIND = "the step is of another kind"
    MOVED_ON = "another attempt is the next one"
    WAITS = "the step waits"
    NOT_APPLICABLE = "the step does not apply"
    RUNNING = "the step is running"
    NOT_RUNNING = "the step is not running"
    SKIPPED = "the step was skipped"
    DONE = "the step has ended"
    NOT_BAD = "the step did not go wrong"
    NO_CHECKS = "the step has no checks"
    BEING_CHECKED = "its checks are being made"
    BUSY = "another step is running"
    ALIVE = "the last attempt may still be running"
    GATE = "a gate cannot be skipped"
    OWN_APPROVAL = "who approved it does not begin it, or the approval has lapsed"
    NO_APPROVAL = "nobody's approval is wanted"
    ASKED_ALREADY = "the approval is asked for already"
    NOBODY_WAITS = "no approval is waited for"
    LAPSED = "the time to approve is over"
    HAS_APPROVED = "who asks has approved it"
    QUEUED = "the message was queued already"
    NO_PERSON_NEEDED = "the message wants nobody"
    NOT_SETTABLE = "the variable cannot be set during a run"
    UNATTENDED = "nobody would see that it went wrong"
    PROTECTED = "it is refused in a protected environment"
    NO_ROLLBACK = "there is no phase that a trigger begins"
    ROLLBACK_BEGUN = "the rollback is made once in a run"
    NOTHING_TO_UNDO = "nothing can be undone"
    ARMED = "the watch is armed"
    NOT_ARMED = "the watch is not armed"
    NO_COUNTDOWN = "no countdown is under way"
    NO_DRILL = "only a drill has that"
    HOST_NEEDED = "the host is needed"
    NOTHING_HELD = "nothing is held that a person may release"
    SETTLED = "nothing is to be said of the host"
    UNSETTLED = "of a host nobody has said yet whether it ran"
    UNFILLED = "what a person is asked for is not given, or is not what it must be"


class Allowed(Struct, frozen=True):
    """The action may be done now."""


class Refused(Struct, frozen=True):
    """The action may not be done now."""

    code: RefusalCode
    text: str
    """Why not, in a sentence for a person."""
    why: str = ""
    """The reason alone, without the step's name, where the code does not say it."""


Permission = Allowed | Refused
ALLOWED = Allowed()


class NotPermittedError(RunError):
    """An action may not be done now; its words say why."""

    def __init__(self, code: RefusalCode, text: str, why: str = "") -> None:
        """Refuse it.

        Args:
            code: why.
            text: why, in a sentence for a person.
            why: the reason alone, without the name of the step that it is about.
        """
        super().__init__(text)
        self.refused = Refused(code, text, why)


def no_survivors(_step: Step) -> tuple[str, ...]:
    """Default of `Situation.survivors_of`: no process of the last attempt is alive."""
    return ()


class Situation(Struct, frozen=True, kw_only=True, dict=True):
    """All that is needed to decide whether an action is permitted."""

    plan: Plan
    state: RunState
    now: float
    """Seconds since 1970."""
    uid: int
    """The uid of the caller."""
    name: str = ""
    """The account's name of whoever asks."""
    has_host: bool = True
    """Whether a host runs the run."""
    known_statuses: Mapping[str, StepStatus] | None = None
    """The status of each step if the caller has computed it already; else computed on
    demand.
    """
    known_proposal: Proposal | None = None
    """What is to be done next, if the caller has computed it already."""
    survivors_of: Callable[[Step], tuple[str, ...]] = no_survivors
    """The processes of a step's last attempt that still live, in words; only the host
    can look."""
    being_checked: Collection[str] = ()
    """Ids of the steps whose checks are being made, or that watch health."""
    viewers: int = 1
    """How many viewers are connected."""

    @property
    def by_whose_word(self) -> str:
        """The account by whose word the action would be done."""
        return self.state.automatic_by if self.name == AUTO_AUTHOR else self.name

    @cached_property
    def statuses(self) -> Mapping[str, StepStatus]:
        """The status of each step."""
        return (
            step_statuses(self.plan, self.state)
            if self.known_statuses is None
            else self.known_statuses
        )

    @cached_property
    def proposal(self) -> Proposal:
        """What is to be done next."""
        if self.known_proposal is not None:
            return self.known_proposal
        return propose(self.plan, self.state, self.statuses)

    @cached_property
    def busy_step(self) -> Step | None:
        """The first step that runs and is no live output; `None` if there is none."""
        return next(iter(running_steps(self.plan, self.state)), None)

    @cached_property
    def rollback_blocker(self) -> Step | None:
        """The running step that a rollback waits for."""
        return step_blocking_rollback(self.plan, self.state)

    @property
    def environment_phrase(self) -> str:
        """` in production`, where that is protected; else nothing."""
        began = self.state.began
        return f" in {began.environment}" if began and began.protected else ""

    def step(self, step_id: str) -> Step:
        """The step of an id.

        Raises:
            NotPermittedError: there is none.
        """
        step = self.plan.steps.get(step_id)
        if step is None:
            words = f"this runbook has no step {step_id!r}"
            raise NotPermittedError(RefusalCode.UNKNOWN, words)
        return step

    def next_attempt(self, step: Step) -> int:
        """The number of the attempt that comes next."""
        return len(self.state.steps[step.id].attempts) + 1

    def require_event_allowed(self, event: Event) -> None:
        """Raise unless the event is a legal transition in the run's current state.

        Args:
            event: what would go on record.

        Raises:
            NotPermittedError: it may not follow.
        """
        try:
            self.state.validate_event(event)
        except StateError as error:
            words = self._why_not(event) or str(error)
            raise NotPermittedError(RefusalCode.ILLEGAL, words) from error

    def _why_not(self, event: Event) -> str:
        """Why an event may not follow, for people, where that can be said.

        The state's own words name events and ids, which only the source has.
        """
        if self.state.ended is not None:
            return "the run has ended"
        step = getattr(event, "step", None) or ""
        own = self.state.steps.get(step)
        if own is None:
            return ""
        name = self.plan.name(step)
        if own.status is Status.RUNNING:
            return f"{name} is running; wait, or stop it"
        return f"{name} is {own.status}; that cannot be done with it now"

    def require_applies(self, step: Step) -> None:
        """Refuse what does not apply; what its guard's check found is looked at anew.

        Raises:
            NotPermittedError: it does not.
        """
        own = self.statuses[step.id]
        excluded = own.status is Status.NOT_APPLICABLE or own.is_guard_false
        if excluded and not own.found_by_guard_check:
            why = own.reason if own.status is Status.NOT_APPLICABLE else own.not_for
            words = f"{self.plan.name(step.id)} does not apply: {why}"
            raise NotPermittedError(RefusalCode.NOT_APPLICABLE, words, why)

    def require_phase_enterable(self, phase: Phase) -> None:
        """Raise unless the phase can be entered now.

        Raises:
            NotPermittedError: it is an aside, and a step of it is running; or a
                `PhaseEntered` may not follow in the run's current state.
        """
        for step in phase.steps if phase.aside else ():
            if self.state.steps[step.id].status is Status.RUNNING:
                why = f"{self.plan.name(step.id)} is running"
                raise NotPermittedError(
                    RefusalCode.BUSY, f"{why}; wait, or stop it", why
                )
        self.require_event_allowed(PhaseEntered(phase=phase.id))


def require_text(typed: str) -> str:
    """Require a non-empty text from a person; returns it stripped.

    Raises:
        NotPermittedError: it is empty, or blank.
    """
    if not typed.strip():
        words = "a reason is wanted; it stays on record"
        raise NotPermittedError(RefusalCode.UNFILLED, words)
    return typed.strip()
